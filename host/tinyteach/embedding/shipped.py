"""The embeddings that ship; light, since refusals before work need their names."""

from pathlib import Path

EMBEDDING_FILE = Path(__file__).with_name("embedding.tflite")
# By the names that users give.
EMBEDDING_FILES = {
    "base": EMBEDDING_FILE,
    "tiny": EMBEDDING_FILE.with_stem("embedding_tiny"),
    "open": EMBEDDING_FILE.with_stem("embedding_open"),
    "plus": EMBEDDING_FILE.with_stem("embedding_plus"),
}
# Each recognises better than those before it. open, which products may ship, is none of them.
BETTER_AND_BETTER = ("tiny", "base", "plus")
