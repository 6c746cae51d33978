"""What an import would take for what, before anything of it is written."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tinyteach.data.entries import shown
from tinyteach.data.layouts import ClassPhoto, Collection, read_collection
from tinyteach.data.names import check_room, only_composed_otherwise, portable_name, same_name
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError

_LOOK_ALIKE = ", which look the same but have their accents in letters or beside them,"


@dataclass(frozen=True)
class ImportPlan:
    """The photographs of a source, and the project's class for each class there."""

    collection: Collection
    names: dict[str, str | None]  # class there → class here; None where no class can be called so
    existing: frozenset[str] = frozenset()  # classes that the project had before

    @property
    def renamed(self) -> dict[str, str]:
        """Classes there that are called otherwise here."""
        return {there: here for there, here in self.names.items() if here and here != there}

    def rename_lines(self) -> list[str]:
        """A sentence for each class that is called otherwise here."""
        return [
            f"Class {there!r} there has accents beside its letters; here they are in them."
            if only_composed_otherwise(there, here)
            else f"Class {there!r} there is added to {here!r}, which the project has."
            if here in self.existing
            else f"Class {there!r} there is {here!r} here."
            for there, here in self.renamed.items()
        ]

    def folders(self) -> dict[str, dict[str, int]]:
        """By class here the folders that it comes from, with the photographs in each."""
        found: dict[str, dict[str, int]] = {}
        for photo in self.collection.photos:
            here = self.names[photo.class_name]
            if here:
                counts, place = found.setdefault(here, {}), shown(photo.folder)
                counts[place] = counts.get(place, 0) + 1
        return dict(sorted(found.items()))


def plan_import(project: Project, source: str | Path, level: int | None = None) -> ImportPlan:
    """Read what a source holds; PhotoError also where two classes of it would become one.

    ProjectError where there would be more classes than a head can have.
    """
    existing = project.classes()
    collection = read_collection(source, existing, level)
    names = names_here(source, collection.photos, existing)
    check_room([*existing, *(name for name in names.values() if name)])
    return ImportPlan(collection, names, frozenset(existing))


def names_here(
    source: str | Path, photos: Iterable[ClassPhoto], existing: Iterable[str]
) -> dict[str, str | None]:
    """The class here for each class there; PhotoError where two of these would become one."""
    names = _names_here(photos, existing)
    _check_apart(source, photos, names)
    return names


def _names_here(photos: Iterable[ClassPhoto], existing: Iterable[str]) -> dict[str, str | None]:
    here, taken = {}, list(existing)
    for there in sorted({photo.class_name for photo in photos}):
        name = portable_name(there)
        here[there] = name and (same_name(name, taken) or name)
        taken.append(name or "")
    return here


def _check_apart(
    source: str | Path, photos: Iterable[ClassPhoto], names: dict[str, str | None]
) -> None:
    """PhotoError where classes that stand beside each other, or are unlike, become one.

    train/Cat and test/cat are one class that is written in two ways; Cat beside cat are two.
    """
    holders: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for photo in photos:
        holders[photo.class_name].add(photo.holder)
    by_name: dict[str, list[str]] = defaultdict(list)
    for there, here in names.items():
        if here:
            by_name[here].append(there)
    for here, several in by_name.items():
        for one, other in combinations(several, 2):
            alike = _LOOK_ALIKE if only_composed_otherwise(one, other) else ""
            if not same_name(one, [other]) or holders[one] & holders[other]:
                raise PhotoError(
                    f"The classes {one!r} and {other!r} in {source}{alike} would both be called "
                    f"{here!r} here; rename one of them there and try again."
                )
