"""Files of embeddings, by what users call them; light, so that a refusal comes before any work."""

from pathlib import Path

from tinyteach.embedding import shipped as of_tinyteach
from tinyteach.errors import ModelError, UsageError
from tinyteach.files import read_file
from tinyteach.plain_text import one_of

# TFLite's schema: file_identifier, which FlatBuffers puts behind the root's offset.
IDENTIFIER, IDENTIFIER_AT = b"TFL3", 4


def shipped() -> dict[str, Path]:
    """The files of the embeddings that ship, by name; the first is the default."""
    return {name: path for name, path in of_tinyteach.EMBEDDING_FILES.items() if path.is_file()}


def embedding_path(named: str, folder: Path | None = None) -> Path:
    """The file of an embedding that ships, or a file in ``folder``, by default the current one.

    Raises UsageError with a sentence that says what there is.
    """
    known = shipped()
    path = known.get(named) or (folder or Path()) / named
    choose = f"choose {one_of(list(known))}, or name a .tflite file"
    try:
        if path.is_dir():
            raise UsageError(f"{named!r} is a folder and no embedding; {choose}.")
        if path.is_file():
            return path
    except (OSError, ValueError):
        pass  # too long for a path, or in a folder of somebody else's
    raise UsageError(f"There is no embedding {named!r}; {choose}.")


def check_kind(path: Path) -> None:
    """ModelError where a file is not even of the kind; whether boards run it is not asked."""
    begins = read_file(path)[IDENTIFIER_AT:][: len(IDENTIFIER)]
    if begins != IDENTIFIER:
        raise ModelError(f"{path} is no .tflite model that boards can read; choose another file.")
