"""Which folders of a collection are its classes, and which only hold them.

A folder per class is what all layouts share. Around it stand folders of a split (train, test), the
parts of one download, a lonely outer folder; inside it the folders of a split again, or one
called images. The tree of folders is read from the outside: as long as folders hold classes they
are laid on top of each other, and those found then are the classes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tinyteach.data.folder_names import (
    annotations_among,
    are_annotations,
    downloads_among,
    folded,
    holds_classes,
    initials_among,
    is_split,
    parts_of_one,
    splits_among,
)
from tinyteach.data.labels_in_names import labels_in_names
from tinyteach.errors import PhotoError

Place = tuple[str, ...]  # a file's folders and name, beginning with the source's own name


@dataclass
class Reading:
    """The class of each file, None for one that lies beside the classes; and what was decided."""

    classes: list[str | None]
    parts: list[str] = field(default_factory=list)  # names of folders that only hold classes
    notes: list[str] = field(default_factory=list)


@dataclass
class _Folder:
    """A folder with the photographs (by number) that lie directly in it."""

    name: str
    photos: list[int] = field(default_factory=list)
    folders: dict[str, "_Folder"] = field(default_factory=dict)
    splits_inside: bool = False  # photographs of folders of a split were taken for its own
    split_of_classes: bool = False  # folders of a split, with folders in them, lie below it

    def all_photos(self) -> list[int]:
        inner = [number for folder in self.folders.values() for number in folder.all_photos()]
        return self.photos + inner

    def add(self, other: "_Folder") -> None:
        """Lay another folder's content over this one's."""
        self.photos += other.photos
        self.splits_inside |= other.splits_inside
        for name, folder in other.folders.items():
            self.folders.setdefault(name, _Folder(name)).add(folder)


def classes_by_place(places: Sequence[Place], known: Iterable[str] = ()) -> Reading:
    """The class that folders give each file. ``known``: names that are classes for certain.

    PhotoError where the folders can be read in two ways.
    """
    if not places:
        return Reading([])
    return _Reader(places, {folded(name) for name in known}).read()


def classes_at_level(places: Sequence[Place], level: int) -> Reading:
    """The class that a person says: the folder at this level, 0 being the source itself."""
    return Reading([place[level] if len(place) > level + 1 else None for place in places])


class _Reader:
    def __init__(self, places: Sequence[Place], known: set[str]) -> None:
        self._places = places
        self._known = known
        self._reading = Reading([None] * len(places))

    def read(self) -> Reading:
        root = _Folder(self._places[0][0])
        for number, place in enumerate(self._places):
            folder = root
            for name in place[1:-1]:
                folder = folder.folders.setdefault(name, _Folder(name))
            folder.photos.append(number)
        for folder in root.folders.values():
            self._take_in(folder)
        self._decide(root, [root.name])
        return self._reading

    def _holds(self, name: str) -> bool:
        return folded(name) not in self._known and holds_classes(name)

    def _take_in(self, folder: _Folder) -> None:
        """Folders within a class that are none: cat/train and cat/test, n0123/images."""
        for inner in folder.folders.values():
            self._take_in(inner)
        self._leave_out_annotations(folder)
        inside = list(folder.folders.values())
        names = [inner.name for inner in inside]
        folder.split_of_classes = any(
            inner.split_of_classes
            or (is_split(inner.name) and inner.folders)
            or _repeats(inner, folder)
            for inner in inside
        )
        flat = all(not inner.folders and self._holds(inner.name) for inner in inside)
        lonely = len(inside) == 1 and (
            folded(names[0]) == folded(folder.name)
            or (self._holds(names[0]) and not folder.split_of_classes)
        )
        if inside and (flat or lonely) and len(folder.photos) <= len(folder.all_photos()) / 2:
            folder.folders = {}
            for inner in inside:
                folder.splits_inside |= is_split(inner.name)
                folder.add(inner)

    def _leave_out_annotations(self, folder: _Folder) -> None:
        masks = [inner for name, inner in folder.folders.items() if are_annotations(name)]
        others = [inner for inner in folder.folders.values() if inner not in masks]
        beside = {name for other in others for name in other.folders}
        of_classes = {mask.name for mask in masks if mask.folders and set(mask.folders) <= beside}
        for name in annotations_among(list(folder.folders)) | of_classes:
            del folder.folders[name]

    def _decide(self, folder: _Folder, above: list[str]) -> None:
        """Give classes to all photographs below a folder that may hold classes."""
        self._leave_out_annotations(folder)
        inside = list(folder.folders.values())
        deeper = sum(len(inner.all_photos()) for inner in inside)
        if not inside or (len(inside) == 1 and len(folder.photos) >= deeper):
            self._one_class(folder, above)
        elif len(folder.photos) > deeper:
            raise _ambiguous(folder, inside)
        elif len(inside) == 1:
            self._decide(inside[0], [*above, inside[0].name])
        else:
            self._several(folder, inside, above)

    def _one_class(self, folder: _Folder, above: list[str]) -> None:
        """Photographs of one folder alone, which is named for its class or not at all."""
        numbers = folder.all_photos()
        if folder.splits_inside or (is_split(above[-1]) and self._holds(above[-1])):
            self._label_by_names(numbers)
            return
        name = next((name for name in reversed(above) if not self._holds(name)), None)
        if not self._label_by_names(numbers, strict=name is not None) and name is not None:
            self._set(numbers, name)

    def _several(self, folder: _Folder, inside: list[_Folder], above: list[str]) -> None:
        holding = self._holding(folder, inside)
        if not holding:
            self._each_a_class(inside)
        elif all(not inner.folders for inner in holding):
            self._label_by_names([number for inner in holding for number in inner.all_photos()])
        else:
            self._reading.parts += [inner.name for inner in holding]
            self._decide(self._laid_together(folder, inside, holding), above)

    def _each_a_class(self, inside: list[_Folder]) -> None:
        for inner in inside:
            self._set(inner.all_photos(), inner.name)
            if self._holds(inner.name):
                self._reading.notes.append(
                    f"{inner.name} is taken for a class, as others stand beside it."
                )
        nested = [inner.name for inner in inside if inner.folders]
        if nested:
            some = " and ".join(nested[:2])
            self._reading.notes.append(f"Folders inside of {some} are taken for a part of it.")

    def _holding(self, folder: _Folder, inside: list[_Folder]) -> list[_Folder]:
        """Those of a folder's folders that hold classes; none where they are the classes."""
        names = [inner.name for inner in inside]
        deep = [inner for inner in inside if inner.folders]
        beside = set(map(folded, names))
        mirrors = [inner for inner in deep if _mirrors(inner, beside)]
        if mirrors and len(mirrors) < len(inside):
            return mirrors
        by_name = self._by_name(folder, names, deep)
        if not deep:
            return inside if by_name >= set(names) else []
        others = [inner for inner in inside if not inner.folders and inner.name not in by_name]
        sharing = _sharing(deep)
        if any(inner.name in by_name for inner in deep) or (sharing and not others):
            shared = {inner.name for inner in sharing}
            found = [inner for inner in deep if inner.name in by_name | shared]
            held = _count(found)
            if held >= _count(others) and 2 * held >= _count(deep):
                return deep
        return []

    def _by_name(self, folder: _Folder, names: list[str], deep: list[_Folder]) -> set[str]:
        found = {name for name in names if holds_classes(name)} | splits_among(names)
        found |= downloads_among([inner.name for inner in deep])
        found |= {inner.name for inner in deep if folded(inner.name) == folded(folder.name)}
        found |= {inner.name for inner in deep if inner.split_of_classes}
        found |= initials_among({inner.name: inner.folders for inner in deep if not inner.photos})
        found |= set(names) if parts_of_one(names) else set()
        return {name for name in found if folded(name) not in self._known}

    def _laid_together(
        self, folder: _Folder, inside: list[_Folder], holding: list[_Folder]
    ) -> _Folder:
        together = _Folder(folder.name)
        for inner in holding:
            for name, child in inner.folders.items():
                together.folders.setdefault(name, _Folder(name)).add(child)
        there = {folded(name) for name in together.folders}
        beside = {folded(inner.name) for inner in inside}
        mirror = all(_mirrors(inner, beside) for inner in holding)
        held = {inner.name for inner in holding}
        for inner in inside:
            if inner.name not in held and (mirror or folded(inner.name) in there):
                together.folders.setdefault(inner.name, _Folder(inner.name)).add(inner)
        return together

    def _label_by_names(self, numbers: list[int], strict: bool = False) -> bool:
        labels = labels_in_names([self._places[number][-1] for number in numbers], strict)
        for number, label in zip(numbers, labels, strict=True):
            self._reading.classes[number] = label
        if any(labels):
            self._reading.notes.append("Classes are taken from the beginnings of file names.")
        return any(labels)

    def _set(self, numbers: list[int], name: str) -> None:
        for number in numbers:
            self._reading.classes[number] = name


def _sharing(folders: list[_Folder]) -> list[_Folder]:
    """Those that have the same folders in them as another, half of the smaller one's at least."""
    inner = [{folded(name) for name in folder.folders} for folder in folders]
    having: dict[str, list[int]] = defaultdict(list)
    for number, names in enumerate(inner):
        for name in names:
            having[name].append(number)

    def shares(number: int) -> bool:
        others = (other for name in inner[number] for other in having[name] if other != number)
        return any(
            2 * len(inner[number] & inner[other]) >= min(len(inner[number]), len(inner[other]))
            for other in others
        )

    return [folder for number, folder in enumerate(folders) if shares(number)]


def _mirrors(folder: _Folder, beside: set[str]) -> bool:
    """Whether the folders in it are called like those beside it: cat, dog and more/cat."""
    own = {folded(name) for name in folder.folders}
    return 2 * len(own & (beside - {folded(folder.name)})) >= len(own)


def _repeats(folder: _Folder, outer: _Folder) -> bool:
    """Whether it is a copy of the folder around it, as some archives hold."""
    beside = {folded(name) for name in outer.folders}
    is_same = folded(folder.name) == folded(outer.name)
    return is_same and len(folder.folders) > 1 and _mirrors(folder, beside)


def _count(folders: list[_Folder]) -> int:
    return sum(len(folder.all_photos()) for folder in folders)


def _ambiguous(folder: _Folder, inside: list[_Folder]) -> PhotoError:
    names = ", ".join(inner.name for inner in inside[:4])
    return PhotoError(
        f"{len(folder.photos)} photographs lie in {folder.name} beside the folders {names}, so "
        "that nothing says which class they belong to; move them into a folder named like their "
        "class, or say with --level (of 'tinyteach import' and 'tinyteach test') which folders are "
        "the classes."
    )
