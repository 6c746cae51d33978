"""Import photographs, and tell what was taken for what: before, after, and without doing it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tinyteach.data.entries import Skipped
from tinyteach.data.import_plan import ImportPlan, plan_import
from tinyteach.data.importing import import_folder
from tinyteach.errors import PhotoError
from tinyteach.progress import Progress
from tinyteach.service.projects.keeping import check_keeps_photos
from tinyteach.service.projects.opening import open_project
from tinyteach.service.words.values import check_recordings

_FOLDERS_SHOWN = 3
_UNDATED = "{} without the day on which it was taken: a recording of its own each."
_ALIKE_MAX = 5  # files left out of one folder for one reason that are named one by one


@dataclass(frozen=True)
class ImportSummary:
    """Photographs added a class, what was left out with the reason, what was taken for what.

    ``renamed`` is by the class's name in the source. ``classes`` has for each class here the
    folders in the source with the photographs found there, ``parts`` folders that were taken
    only to hold classes, ``notes`` sentences on what else was decided.
    """

    added: dict[str, int]
    skipped: list[str]
    renamed: dict[str, str] = field(default_factory=dict)
    classes: dict[str, dict[str, int]] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    known: int = 0
    dry_run: bool = False
    skipped_lines: list[str] = field(default_factory=list)  # the same, many alike as one
    told: list[str] = field(default_factory=list)  # ``parts`` and ``notes`` for a person
    rename_lines: list[str] = field(default_factory=list)  # ``renamed`` for a person
    undated: int = 0  # added, each a recording of its own: they do not say on which day they were

    def as_dict(self) -> dict[str, object]:
        for_persons = ("skipped_lines", "told", "rename_lines")
        return {name: value for name, value in asdict(self).items() if name not in for_persons}

    def together_with(self, other: "ImportSummary") -> "ImportSummary":
        """Two imports as one."""
        mine, its = vars(self), vars(other)
        return ImportSummary(**{name: _joined(mine[name], its[name]) for name in mine})

    def plan_lines(self) -> list[str]:
        """For a person, before: what would be taken for what."""
        found = [
            f"{name}: {_photographs(sum(folders.values()))} in {_some(folders)}."
            for name, folders in self.classes.items()
        ]
        if self.dry_run:
            return [
                *self.decided(),
                *found,
                *self.left_out(),
                "This was a dry run: nothing was written.",
            ]
        return [*self.decided(), *found]

    def lines(self) -> list[str]:
        """For a person, after: what was taken."""
        added = [
            f"{name}: {_photographs(count)} added from {_some(self.classes[name])}."
            for name, count in self.added.items()
        ]
        nothing = "Nothing is new: all of these photographs are in the project already."
        return [
            *added,
            *([nothing] if self.known and not self.added else []),
            *self.rename_lines,
            *([_UNDATED.format(_photographs(self.undated))] if self.undated else []),
            *self.left_out(),
        ]

    def left_out(self) -> list[str]:
        return [f"Skipped {line}" for line in self.skipped_lines]

    def decided(self) -> list[str]:
        """For a person: what was taken for what, and what is called otherwise."""
        return [*self.told, *self.rename_lines]


def _joined(one: Any, other: Any) -> Any:
    """Numbers added, lists in a row, objects by their names; of two words the second."""
    if isinstance(one, dict):
        both = {name: _joined(one[name], other[name]) for name in one.keys() & other.keys()}
        return one | other | both
    return other if isinstance(one, str | bool) else one + other


class NothingImportedError(PhotoError):
    """None of the photographs could be taken; ``summary`` has the reasons."""

    def __init__(self, source: Path, summary: ImportSummary) -> None:
        count = sum(sum(folders.values()) for folders in summary.classes.values())
        super().__init__(
            f"None of the {_photographs(count)} in {source} could be taken; the first that was "
            f"left out is {summary.skipped[0].rstrip('.')}."
        )
        self.summary = summary


def plan_photos(folder: Path, source: Path, level: int | None = None) -> ImportPlan:
    """What an import would take for what; nothing is written and no photograph opened."""
    return plan_import(open_project(folder), source, level)


def planned(plan: ImportPlan, dry_run: bool = False) -> ImportSummary:
    """A plan, to be told."""
    return _summary(plan, {}, plan.collection.skipped, dry_run=dry_run)


def import_photos(
    folder: Path,
    source: Path,
    progress: Progress,
    plan: ImportPlan | None = None,
    recordings: str | None = None,
) -> ImportSummary:
    """Add the photographs of a folder of class folders, or of a zip or tar of one.

    ``recordings``: what of them counts as one, see `import_folder`.
    NothingImportedError where none could be taken.
    """
    check_recordings(recordings)
    project = open_project(folder)
    check_keeps_photos(project)
    plan = plan or plan_photos(folder, source)
    result = import_folder(
        project,
        source,
        lambda done, total: progress("Importing", done, total),
        plan=plan,
        recordings=recordings,
    )
    summary = _summary(plan, result.added, result.skipped, result.known)
    summary = replace(summary, undated=result.undated)
    if not result.added and not result.known:
        raise NothingImportedError(source, summary)
    return summary


def _summary(
    plan: ImportPlan,
    added: dict[str, int],
    skipped: Sequence[Skipped],
    known: int = 0,
    dry_run: bool = False,
) -> ImportSummary:
    no_pictures = plan.collection.no_pictures()
    return ImportSummary(
        added,
        [*(f"{item.name}: {item.reason}" for item in skipped), *no_pictures],
        plan.renamed,
        plan.folders(),
        plan.collection.parts,
        plan.collection.notes,
        known,
        dry_run,
        [*grouped(skipped), *no_pictures],
        plan.collection.decided(),
        plan.rename_lines(),
    )


def grouped(skipped: Sequence[Skipped]) -> list[str]:
    """A line for each file; one for many of a folder that were left out for the same reason.

    One for all that are copies.
    """
    copies = [item for item in skipped if item.is_copy]
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in skipped if len(copies) < 2 else (s for s in skipped if not s.is_copy):
        alike[item.name.rpartition("/")[0], item.reason].append(item.name)
    lines = []
    for (folder, reason), names in alike.items():
        if len(names) > _ALIKE_MAX:
            names = [f"{len(names)} files in {folder}, such as {names[0]}"]
        lines += [f"{name}: {reason}" for name in names]
    if len(copies) > 1:
        lines.append(
            f"{len(copies)} photographs that are there already or came twice, such as "
            f"{copies[0].name}."
        )
    return lines


def _photographs(count: int) -> str:
    return f"{count} photograph{'' if count == 1 else 's'}"


def _some(folders: dict[str, int]) -> str:
    names = list(folders)
    more = len(names) - _FOLDERS_SHOWN
    return ", ".join(names[:_FOLDERS_SHOWN]) + (f" and {more} more" if more > 0 else "")
