"""Which embeddings there are, and which one a project and a board use."""

from hashlib import sha256
from pathlib import Path

from tinyteach.data.project import DEFAULT_EMBEDDING, Project
from tinyteach.device.repl.fitness import heap_needed
from tinyteach.device.repl.pairing import Wanted
from tinyteach.device.repl.survey import EMBEDDING
from tinyteach.embedding.requirements import arena_bytes
from tinyteach.embedding.runtime import Embedding, load_embedding, open_embedding
from tinyteach.embedding.view_names import SQUARE
from tinyteach.errors import BoardRefusedError, ModelError
from tinyteach.files import made_folder, write_atomically
from tinyteach.head.format.head_file import Head
from tinyteach.service.projects.embedding_files import embedding_path, shipped
from tinyteach_protocol import errors

# A fingerprint's first hex digits, as a person reads it.
SHORT_DIGITS = 12


def load_named(named: str, folder: Path | None = None) -> Embedding:
    """The same, loaded; ModelError where the file is damaged or no embedding."""
    return load_embedding(embedding_path(named, folder))


def project_embedding(project: Project) -> Embedding:
    """The embedding that a project names."""
    return load_named(project.embedding, project.root)


def as_setting(named: str, root: Path) -> str:
    """How the project in ``root`` names what was named in the current folder.

    Raises ModelError where that is no embedding, or none that boards run.
    """
    path = embedding_path(named).resolve()
    if named in shipped():
        return named
    load_named(str(path))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def for_pairing(named: str | None, camera: str | None = None) -> Wanted:
    """What to put on a board: the embedding ``named``, or with None whatever it has, else base."""
    if named is not None:
        content = load_named(named).content
        return Wanted(content, camera=camera, arena_bytes=arena_of(content), fitting=fitting)
    default, *others = (path.read_bytes() for path in shipped().values())
    return Wanted(default, others, is_embedding, camera, fitting=fitting)


def heap_of(content: bytes, is_wide: bool = False) -> int:
    """Bytes of heap that an agent takes with the embedding in it; in words of 64 bits."""
    return heap_needed(len(content), arena_of(content), is_wide)


def fitting(heap_bytes: int) -> list[str]:
    """Those that ship for which so much heap is enough, by name, the smallest first.

    Of a board whose words have 64 bits it is what `in_32_bits` makes of it.
    """
    needed = {name: heap_of(path.read_bytes()) for name, path in shipped().items()}
    return sorted((name for name in needed if needed[name] <= heap_bytes), key=needed.__getitem__)


def put_into(folder: Path, named: str | None) -> Path:
    """Write an embedding, by default base, where the agent looks for it in a board's ROMFS."""
    path = folder / EMBEDDING.lstrip("/")
    content = load_named(DEFAULT_EMBEDDING if named is None else named).content
    with made_folder(path.parent):
        write_atomically(path, content)
    return path


def arena_of(content: bytes) -> int:
    """Bytes that the embedding's tensors take of a board's memory."""
    return arena_bytes(content)


def is_embedding(content: bytes) -> bool:
    """Whether a file's content can serve as one."""
    try:
        open_embedding(content)
    except ModelError:
        return False
    return True


def name_of(fingerprint: bytes) -> str | None:
    """What the embedding with that SHA-256 is called; None where it is none that ships."""
    for name, path in shipped().items():
        if sha256(path.read_bytes()).digest() == fingerprint:
            return name
    return None


def find_embedding(project: Project, fingerprint: bytes) -> Embedding | None:
    """The embedding with that SHA-256: the project's, or one that ships; None where it is not."""
    own = project_embedding(project)
    if own.fingerprint == fingerprint:
        return own
    name = name_of(fingerprint)
    return load_named(name) if name else None


def described(fingerprint: bytes) -> str:
    """An embedding for a person: its name if it ships, and its fingerprint's first digits."""
    digits = fingerprint.hex()[:SHORT_DIGITS]
    return " ".join(filter(None, [name_of(fingerprint), digits]))


def check_head(head: Head, embedding: Embedding) -> None:
    """ModelError where the project's head was trained with another than its embedding."""
    trained_with = head.embedding_fingerprint
    if trained_with != embedding.fingerprint:
        raise ModelError(
            f"The head was trained with the embedding {described(trained_with)}, and the project "
            f"names {described(embedding.fingerprint)}; run 'tinyteach train'."
        )


def check_view(head: Head) -> None:
    """BoardRefusedError where a head was trained on views that no board with the agent has."""
    if head.preprocessing != SQUARE:
        raise BoardRefusedError(
            "The head was trained on the views of a Grove Vision AI V2, which is not this board's "
            "way of seeing; run 'tinyteach train --view square', then deploy again."
        )


def check_board(fingerprint: bytes, head: Head) -> None:
    """BoardRefusedError where a board has another embedding than ``head`` was trained with."""
    trained_with = head.embedding_fingerprint
    if fingerprint and fingerprint != trained_with:
        raise BoardRefusedError(
            f"The head was trained with the embedding {described(trained_with)}, and the board "
            f"has {described(fingerprint)}; run 'tinyteach upgrade', which puts the project's "
            "embedding on the board and retrains for it.",
            errors.WRONG_EMBEDDING,
        )
