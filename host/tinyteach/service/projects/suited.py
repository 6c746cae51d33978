"""Whether a project's embedding suits boards: what those who make and pair are told."""

from pathlib import Path

from tinyteach.board_facts import facts_of
from tinyteach.data.project import Project
from tinyteach.device.registry import paired_boards
from tinyteach.device.repl.fitness import in_32_bits
from tinyteach.embedding.shipped import BETTER_AND_BETTER
from tinyteach.errors import TinyTeachError
from tinyteach.service.projects.embedding_files import shipped
from tinyteach.service.projects.embeddings import (
    described,
    fitting,
    heap_of,
    name_of,
    project_embedding,
)
from tinyteach.service.projects.opening import project_meant


def of_small_boards(project: Project) -> list[str]:
    """A sentence where boards that were paired here may give an agent less than it will need."""
    if project.embedding in shipped():
        return []
    content = project_embedding(project).content
    needed = heap_of(content)
    small = [
        f"{board.name} ({facts.budget.heap_peak_bytes})"
        for board in paired_boards()
        if (facts := facts_of(board.machine)) and facts.budget.heap_peak_bytes < needed
    ]
    if not small:
        return []
    return [
        f"With this embedding the agent takes {needed} bytes of memory, more than it may on "
        f"{', '.join(small)}; choose a smaller one, or another board."
    ]


def of_another(folder: Path | None, fingerprint: str) -> list[str]:
    """A sentence where a board has another embedding than the project in ``folder``, by default the
    current one, names; ``fingerprint``: the SHA-256 of the board's as hex, empty without.
    """
    try:
        project = project_meant(folder)
        own = project_embedding(project).fingerprint if project else b""
    except TinyTeachError:
        return []  # what uses the project says so
    if not own or not fingerprint or own.hex() == fingerprint:
        return []
    return [
        f"The project names the embedding {described(own)}, and the board has "
        f"{described(bytes.fromhex(fingerprint))}; 'tinyteach upgrade' puts the project's on it."
    ]


def of_larger(heap_bytes: int, fingerprint: str, is_wide: bool = False) -> list[str]:
    """A sentence where a board's heap holds a larger embedding of those that ship than it has.

    ``is_wide``: its words have 64 bits. ``fingerprint``: the SHA-256 of the board's as hex; the
    user's own have no size of ours.
    """
    name = name_of(bytes.fromhex(fingerprint))
    fits = [each for each in fitting(in_32_bits(heap_bytes, is_wide)) if each in BETTER_AND_BETTER]
    if name not in fits or name == fits[-1]:
        return []
    return [
        f"The board's memory holds the embedding {fits[-1]}, too, which recognises better than "
        f"{name} and takes longer; 'tinyteach upgrade --embedding {fits[-1]}' puts it there."
    ]
