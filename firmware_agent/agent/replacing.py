"""Another embedding in the place of the one at work. Loaded when needed only (seldom.py)."""

import gc
import os

from agent import files
from agent.models import EMBEDDING, IN_ROM
from agent.tflite.errors import ModelError

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.models import Models
    from agent.recogniser import Recogniser


def replace(models: "Models", path: str, digest: bytes) -> None:
    """Put the embedding at ``path`` to work; if that fails, the old one is loaded again."""
    recogniser = models.recogniser
    # Two embeddings do not fit into a small heap at once.
    recogniser.use_head(None, b"")
    recogniser.unload()
    try:
        models.read(_take, recogniser, path, digest)
    except (ModelError, MemoryError, OSError):
        recogniser.unload()
        gc.collect()
        models.load_embedding()
        if recogniser.ready:
            models.load_head()
        raise
    models.load_head()


def _take(recogniser: "Recogniser", path: str, digest: bytes) -> None:
    """The uploaded one, or the same in ROMFS, where its weights take no heap."""
    if files.size_of(IN_ROM) >= 0 and files.sha256_of(IN_ROM) == digest:
        recogniser.load_embedding(IN_ROM, digest)
        # In this order: the flash's own is at work until it is gone.
        os.remove(path)
        files.remove(EMBEDDING)
    else:
        recogniser.load_embedding(path, digest)
        os.rename(path, EMBEDDING)
