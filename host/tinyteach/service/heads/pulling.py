"""From a board into a project: the classes of its head, and the examples that it carries."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from tinyteach.data.learnt import list_learnt, save_learnt
from tinyteach.data.names import portable_name, same_name
from tinyteach.data.project import Project
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError, ModelError, ProjectError
from tinyteach.files import read_file
from tinyteach.head.format.examples import without_known
from tinyteach.head.format.head_file import Head, load_head
from tinyteach.head.format.head_file import read_head as read
from tinyteach.head.format.rejection import UNKNOWN
from tinyteach.plain_text import plain
from tinyteach.progress import Progress
from tinyteach.results import JsonResult
from tinyteach.service.photos.unsure_views import bring_unsure, sorting_hint
from tinyteach.service.projects.embeddings import (
    SHORT_DIGITS,
    described,
    name_of,
    project_embedding,
)
from tinyteach_protocol import errors, messages
from tinyteach_protocol.error_sentences import error_sentence

NO_EXAMPLES = (
    "The head on the board carries no examples of its classes, because an earlier TinyTeach made "
    "it: only photographs of each class, such as by 'tinyteach retrain --from-board --add DIR', "
    "can replace it."
)


@dataclass(frozen=True)
class Pulled(JsonResult):
    """What came from a board: its classes, the examples of each and the views that are new here.

    A class whose examples are all here by another name is none of them.
    """

    board: str
    fingerprint: str  # of the board's head, hex digits
    classes: list[str]
    examples: dict[str, int]
    unsorted: int  # views that the board was not sure of

    def lines(self) -> list[str]:
        """For a person."""
        total = sum(self.examples.values())
        hint = sorting_hint(self.unsorted)
        if not total:
            of = f" of {', '.join(self.classes)}" if self.classes else ""
            return [f"All that the board knows{of} is here already.", *hint]
        by_class = ", ".join(f"{name} {count}" for name, count in self.examples.items() if count)
        examples = f"{total} example{'' if total == 1 else 's'}"
        pulled = f"Pulled {examples} from the board ({by_class}). Next: tinyteach train"
        return [*hint, pulled]


def pull(client: BoardClient, project: Project, progress: Progress) -> Pulled:
    """Bring what a board knows into a project, where training takes it in place of photographs."""
    head = read_head(client, progress)
    if head.examples is None:
        raise ModelError(NO_EXAMPLES)
    return add_to_project(project, client, head)


def read_head(client: BoardClient, progress: Progress) -> Head:
    """The head at work on a board, whole and checked."""
    return load_head(read_head_file(client, progress))


def read_head_file(client: BoardClient, progress: Progress) -> bytes:
    """The same as its file, which is what the board holds; BoardRefusedError where it has none."""
    held = client.teach(messages.TEACH_LIST)
    if not held.size:
        raise BoardRefusedError(error_sentence(errors.NO_HEAD), errors.NO_HEAD)
    content = client.read_head(held.size, lambda done, total: progress("Pulling", done, total))
    if sha256(content).digest() != held.fingerprint:
        raise LinkError("The head did not arrive as the board holds it; try again.")
    return content


def add_to_project(project: Project, client: BoardClient, head: Head) -> Pulled:
    """Add a board's classes, examples and unsure views to a project with its head's embedding."""
    _agree_on_embedding(project, head.embedding_fingerprint)
    known, added = _known_here(project), {}
    for label, rows in _examples_by_label(head):
        fresh = without_known(rows, known)
        if len(rows) and not len(fresh) and not _is_here(project, label):
            continue  # they are here by another name, or the class was removed here
        name = _class_here(project, label)
        added[name] = _save(project, name, fresh, head)
    unsorted = bring_unsure(project, client, head)
    return Pulled(client.board_id, head.fingerprint.hex(), list(added), added, unsorted)


def learnt_counts(project: Project) -> dict[str, int]:
    """How many examples from boards a project has, by class."""
    counts: dict[str, int] = {}
    for file in list_learnt(project)[0]:
        counts[file.class_name] = counts.get(file.class_name, 0) + len(file.features)
    return counts


def _examples_by_label(head: Head) -> list[tuple[str, np.ndarray]]:
    """Each class of a head with its examples, int8 [N, F]; unknown only where it has some."""
    if head.examples is None:
        return [(label, np.empty((0, 0), np.int8)) for label in head.labels]
    *known, unknown = head.examples.vectors
    rows = list(zip(head.labels, known, strict=True))
    return [*rows, (UNKNOWN, unknown)] if len(unknown) else rows


def _save(project: Project, name: str, fresh: np.ndarray, head: Head) -> int:
    if len(fresh):
        digits = head.fingerprint.hex()[:SHORT_DIGITS]
        save_learnt(project, name, digits, fresh, head.embedding_fingerprint)
    return len(fresh)


def _agree_on_embedding(project: Project, fingerprint: bytes) -> None:
    """A project without classes takes the board's embedding; another must have the same."""
    if project_embedding(project).fingerprint == fingerprint:
        return
    name = name_of(fingerprint)
    if name is None or project.classes():
        raise ProjectError(
            f"The board's head was made with the embedding {described(fingerprint)}, and the "
            f"project names {described(project_embedding(project).fingerprint)}; pull into a new "
            "project, made with the board's embedding."
        )
    project.embedding = name


def _is_here(project: Project, label: str) -> bool:
    name = portable_name(plain(label))
    return name is not None and same_name(name, project.classes()) is not None


def _class_here(project: Project, label: str) -> str:
    """The project's class for a label, made where it is not there."""
    name = portable_name(plain(label))
    if name is None:
        raise ProjectError(f"No class here can be called {label!r}, as one on the board is.")
    return same_name(name, project.classes()) or project.add_class(name)


def _known_here(project: Project) -> set[bytes]:
    """Features that are in the project: learnt, or examples in the head trained here."""
    known = {row.tobytes() for file in list_learnt(project)[0] for row in file.features}
    try:
        own = read(read_file(project.head_path)).examples
    except (OSError, ModelError, ProjectError):
        return known
    return known | {row.tobytes() for of_class in own.vectors for row in of_class} if own else known
