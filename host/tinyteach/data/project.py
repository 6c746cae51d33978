"""A project: a folder with settings, photographs by class, and the head trained on them.

    <project>/tinyteach.json         name, board, embedding, order of the classes
    <project>/photos/<class>/*.png   the photographs; each folder in photos/ is a class
    <project>/photos.jsonl           where and when each was taken, see photo_index.py
    <project>/learnt/<class>/        what came from a board without photographs, see learnt.py
    <project>/heads/                 head.tflite and its report; history/ keeps those before
    <project>/deleted/               what was deleted and can be put back, see deleted.py
    <project>/.features.npz          what was computed of the photographs, see kept_features.py
    <project>/.pixels.json           by their pixels which there are, see pixel_index.py

The folders are the truth: a class exists while its folder does, whoever made
it. The settings only give the order.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from tinyteach.data.compaction import compact_index
from tinyteach.data.litter import is_litter
from tinyteach.data.names import (
    check_class_name,
    check_room,
    name_fault,
    name_key,
    only_composed_otherwise,
    same_name,
    stored_form,
)
from tinyteach.data.photo_index import move_records
from tinyteach.data.project_settings import FORMAT_VERSION, may_name, read_settings
from tinyteach.errors import ProjectError, UsageError
from tinyteach.files import IN_USE, made_folder, reason, remedy, write_json
from tinyteach.locks import one_at_a_time

SETTINGS_NAME = "tinyteach.json"
DELETED = "deleted"  # the folder of what can be put back, see deleted.py
DEFAULT_EMBEDDING = "base"
COLOURS = 8  # that front ends tell classes apart by; a class has the number of one
_REMOVED = ".removed"  # of folders on their way out, hidden


class Project:
    """An opened project folder. Make one with `Project.create` or `Project.open`."""

    def __init__(self, root: Path, settings: dict[str, Any]) -> None:
        self.root = root
        self._settings = settings

    @classmethod
    def create(
        cls, path: str | Path, name: str | None = None, embedding: str = DEFAULT_EMBEDDING
    ) -> "Project":
        """Make a project in a new or existing folder; files that are there stay.

        Where that fails, nothing is left of it.
        """
        root = Path(path).resolve()
        if os.path.lexists(root / SETTINGS_NAME):
            raise ProjectError(f"{root} is a TinyTeach project already; name another folder.")
        settings = {"format": FORMAT_VERSION, "name": name or root.name, "board": None}
        project = cls(root, {**settings, "embedding": embedding, "classes": []})
        try:
            with made_folder(project.photos_dir):
                write_json(project.settings_path, project._settings)
        except ProjectError as error:
            raise ProjectError(f"No project can be made in {root}: {error}") from error
        return project

    @classmethod
    def open(cls, path: str | Path) -> "Project":
        """Open an existing project; ProjectError where there is none or it is damaged."""
        root = Path(path).resolve()
        try:
            return cls(root, read_settings(root / SETTINGS_NAME))
        except FileNotFoundError as error:
            raise ProjectError(
                f"{root} is not a TinyTeach project; make one with 'tinyteach new NAME' "
                "or name one with --project DIR."
            ) from error

    def __repr__(self) -> str:
        return f"Project({str(self.root)!r})"

    @property
    def name(self) -> str:
        return str(self._settings["name"])

    @name.setter
    def name(self, name: str) -> None:
        self._set(name=name)

    @property
    def board(self) -> str | None:
        """The board that commands in this project mean, as `--board` would name it."""
        return self._settings.get("board")

    @board.setter
    def board(self, name: str | None) -> None:
        """Remembers none that `_may_name` has a project not name."""
        if name is None or may_name(name):
            self._set(board=name)

    @property
    def embedding(self) -> str:
        """One that ships, by name, or a .tflite file: absolute, or relative to the project."""
        return self._settings.get("embedding") or DEFAULT_EMBEDDING

    @embedding.setter
    def embedding(self, name: str) -> None:
        self._set(embedding=name)

    @property
    def settings_path(self) -> Path:
        return self.root / SETTINGS_NAME

    @property
    def photos_dir(self) -> Path:
        return self.root / "photos"

    def learnt_dir(self, class_name: str) -> Path:
        """Where that which a class learnt on a board lies; may be missing."""
        return self.root / "learnt" / class_name

    @property
    def index_path(self) -> Path:
        return self.root / "photos.jsonl"

    @property
    def deleted_dir(self) -> Path:
        """Where what was deleted lies until it is put back; may be missing."""
        return self.root / DELETED

    @property
    def heads_dir(self) -> Path:
        """Where the head and its report lie; missing until a head is trained."""
        return self.root / "heads"

    @property
    def head_path(self) -> Path:
        return self.heads_dir / "head.tflite"

    def report_path(self, suffix: str) -> Path:
        """heads/report.<suffix>, as in ``report_path("html")``."""
        return self.heads_dir / f"report.{suffix.lstrip('.')}"

    def classes(self) -> list[str]:
        """Class names: those in the settings in their order, then folders made by hand."""
        folders = self._class_folders()
        known = [name for name in dict.fromkeys(self._settings["classes"]) if name in folders]
        return known + [name for name in sorted(folders) if name not in known]

    def unusable_folders(self) -> dict[Path, str]:
        """Folders in photos/ that are no class, each with the reason as a clause."""
        used = {name_key(name): folder for name, folder in self._class_folders().items()}
        unusable = {}
        for folder in self._folders():
            twin = used.get(name_key(folder.name))
            if twin != folder:
                looks = twin and only_composed_otherwise(twin.name, folder.name)
                same = "looks like and is the same class as" if looks else "is the same class as"
                clash = f"{same} {twin.name!r} beside it" if twin else ""
                unusable[folder] = name_fault(folder.name) or clash
        return unusable

    def order_classes(self, names: list[str]) -> None:
        """Put the classes into this order; ProjectError unless it names each of them once."""
        if sorted(names) != sorted(self.classes()):
            raise ProjectError(
                f"An order names every class once; {self._classes_sentence()}. Try again."
            )
        self._set(classes=names)

    def colours(self) -> dict[str, int]:
        """The number of each class's colour, below COLOURS: as chosen, else the first free one."""
        chosen = self._settings.get("colours")
        kept = chosen if isinstance(chosen, dict) else {}
        found = {n: kept[n] % COLOURS for n in self.classes() if isinstance(kept.get(n), int)}
        for place, name in enumerate(self.classes()):
            if name not in found:
                free = [c for c in range(COLOURS) if c not in found.values()]
                found[name] = free[0] if free else place % COLOURS
        return {name: found[name] for name in self.classes()}

    def set_colour(self, name: str, colour: int) -> None:
        """Give a class a colour; UsageError where there is none of that number."""
        if not 0 <= colour < COLOURS:
            raise UsageError(f"A colour is a number from 0 to {COLOURS - 1}; choose one of them.")
        self._set(colours={**self.colours(), self.class_name(name): colour})

    def class_dir(self, name: str) -> Path:
        """The folder of a class; ProjectError names the classes there are."""
        return self._class_folders()[self.class_name(name)]

    def class_name(self, name: str) -> str:
        """A class's name as it is stored; ProjectError names the classes there are."""
        found = same_name(name, self.classes())
        if found is None:
            raise ProjectError(f"There is no class {name!r} here; {self._classes_sentence()}.")
        return found

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While classes and photographs stay where they are: no other process moves them.

        What another one changed before is known then. ProjectError where its turn does not end.
        """
        with one_at_a_time(self.settings_path):
            self._settings = read_settings(self.settings_path)
            yield

    def add_classes(self, names: Sequence[str]) -> list[str]:
        """Add empty classes and return their names as stored; none where one cannot be."""
        wanted: list[str] = []
        with self.changing():
            for name in names:
                stored = check_class_name(name)
                self._refuse_clash(stored)
                if same_name(stored, wanted):
                    raise ProjectError(f"{stored!r} is named twice; name each class once.")
                wanted.append(stored)
            check_room([*self.classes(), *wanted])
            return [self.add_class(name) for name in wanted]

    def add_class(self, name: str) -> str:
        """Add an empty class and return its name as stored; where that fails, there is none."""
        with self.changing():
            return self._add_class(name)

    def _add_class(self, name: str) -> str:
        stored = check_class_name(name)
        self._refuse_clash(stored)
        before, colours = self.classes(), self.colours()
        check_room([*before, stored])
        folder = self.photos_dir / stored
        self._change(lambda: folder.mkdir(parents=True))
        try:
            self._set(classes=[*before, stored])
            self._set(colours={**colours, stored: self.colours()[stored]})
        except ProjectError:
            self._change(folder.rmdir)
            raise
        return stored

    def rename_class(self, old: str, new: str) -> str:
        """Rename a class, its photographs with it; returns the name as stored.

        The settings and the index know both names before a folder moves, so that wherever this
        is cut no photograph loses its record, and the same command completes it.
        """
        with self.changing():
            stored = self._rename_class(old, new)
        self.compact_index()
        return stored

    def _rename_class(self, old: str, new: str) -> str:
        name, source, before = self.class_name(old), self.class_dir(old), self.classes()
        stored = check_class_name(new)
        self._refuse_clash(stored, besides=name)
        place, colours = before.index(name), self.colours()
        both = [*before[:place], stored, *before[place:]]
        self._set(classes=both, colours={**colours, stored: colours[name]})
        move_records(self.index_path, f"photos/{source.name}", f"photos/{stored}")
        if self.learnt_dir(name).is_dir():
            self._change(lambda: self.learnt_dir(name).rename(self.learnt_dir(stored)))
        self._change(lambda: source.rename(self.photos_dir / stored))
        self._set(classes=self.classes(), colours=self.colours())
        return stored

    def remove_class(self, name: str, delete_photos: bool = False) -> None:
        """Remove a class; one with anything in its folders only with ``delete_photos``.

        Its folders leave their places at once, before what is in them goes: wherever this is cut
        there is no half of a class.
        """
        with self.changing():
            self._put_aside(name, delete_photos)
        for folder in self.photos_dir.glob(f".*{_REMOVED}"):  # also those of a removal that was cut
            self._change(partial(_delete_folder, folder))
        with self.changing():  # last: on a full disk there is room now
            self._set(classes=self.classes())
        self.compact_index()

    def compact_index(self) -> None:
        """Leave out of the index what is of no use, where that is most of it."""
        with self.changing():
            compact_index(self.index_path, self.photos_dir, self.deleted_dir)

    def _put_aside(self, name: str, delete_photos: bool) -> None:
        folder, name = self.class_dir(name), self.class_name(name)
        learnt = self.learnt_dir(name)
        count = sum(len(names) for place in (folder, learnt) for _, _, names in os.walk(place))
        if count and not delete_photos:
            raise ProjectError(
                f"Class {name!r} holds {count} {'file' if count == 1 else 'files'}; "
                f"delete them too with 'tinyteach class remove \"{name}\" --delete-photos', or "
                "move them elsewhere first."
            )
        for each in (learnt, folder):
            if each.is_dir():
                self._change(partial(each.rename, self.photos_dir / f".{token_hex(8)}{_REMOVED}"))

    def _class_folders(self) -> dict[str, Path]:
        """The folder of each class, by its name as it is stored.

        Of several that mean the same class the one that the settings name, else the one that is
        called so, else the first.
        """
        found: dict[str, Path] = {}
        folders = self._folders()
        for folder in sorted(folders, key=self._claim):
            if not name_fault(folder.name):
                found.setdefault(name_key(folder.name), folder)
        return {stored_form(folder.name): folder for folder in found.values()}

    def _claim(self, folder: Path) -> tuple[bool, bool, bool]:
        """False first: how well a folder of several stands for a class."""
        stored, known = stored_form(folder.name), self._settings["classes"]
        return folder.name not in known, stored not in known, folder.name != stored

    def _folders(self) -> list[Path]:
        """Those in photos/ that are not hidden, in the order of names."""
        try:
            entries = sorted(self.photos_dir.iterdir())
            return [entry for entry in entries if not is_litter(entry.name) and entry.is_dir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ProjectError(
                f"{self.photos_dir} cannot be listed ({reason(error)}); check its permissions."
            ) from error

    def _refuse_clash(self, name: str, besides: str | None = None) -> None:
        existing = same_name(name, (other for other in self.classes() if other != besides))
        if existing is not None:
            raise ProjectError(
                f"There is a class {existing!r} already (upper and lower case count as the same); "
                "choose another name."
            )

    def _classes_sentence(self) -> str:
        names = self.classes()
        if not names:
            return "add it with 'tinyteach class add'"
        return "the classes are " + ", ".join(names)

    def _set(self, **changes: object) -> None:
        """Change settings and leave what another program changed meanwhile."""
        with one_at_a_time(self.settings_path):
            self._settings = {**read_settings(self.settings_path), **changes}
            write_json(self.settings_path, self._settings)

    def _change(self, action: Callable[[], object]) -> None:
        try:
            action()
        except (OSError, ValueError) as error:
            raise ProjectError(
                f"The folder {self.photos_dir} could not be changed ({reason(error)}); "
                f"{remedy(error, IN_USE)}."
            ) from error


def _delete_folder(folder: Path) -> None:
    with suppress(FileNotFoundError):  # another process deletes it, too
        if folder.is_symlink():  # made by hand: what it leads to is not the project's
            folder.unlink()
        else:
            shutil.rmtree(folder)
