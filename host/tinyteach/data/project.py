"""A project: a folder with settings, photographs by class, and the head trained on them.

    <project>/tinyteach.json         name, board, embedding, order of the classes
    <project>/photos/<class>/*.png   the photographs; each folder in photos/ is a class
    <project>/photos.jsonl           where and when each was taken, see photo_index.py
    <project>/learnt/<class>/        what came from a board without photographs, see learnt.py
    <project>/heads/                 head.tflite and its report; history/ keeps those before
    <project>/deleted/               what was deleted and can be put back, see deleted.py

The folders are the truth: a class exists while its folder does, whoever made
it. The settings only give the order.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinyteach.data.files import reason, write_json
from tinyteach.data.litter import is_litter
from tinyteach.data.names import check_class_name, is_class_name, same_name
from tinyteach.data.photo_index import move_records
from tinyteach.errors import ProjectError, UsageError

SETTINGS_NAME = "tinyteach.json"
FORMAT_VERSION = 1
DEFAULT_EMBEDDING = "base"
COLOURS = 8  # that front ends tell classes apart by; a class has the number of one


class Project:
    """An opened project folder. Make one with `Project.create` or `Project.open`."""

    def __init__(self, root: Path, settings: dict[str, Any]) -> None:
        self.root = root
        self._settings = settings

    @classmethod
    def create(
        cls, path: str | Path, name: str | None = None, embedding: str = DEFAULT_EMBEDDING
    ) -> "Project":
        """Make a project in a new or existing folder; files that are there stay."""
        root = Path(path).resolve()
        if (root / SETTINGS_NAME).exists():
            raise ProjectError(f"{root} is a TinyTeach project already; name another folder.")
        settings = {"format": FORMAT_VERSION, "name": name or root.name, "board": None}
        project = cls(root, {**settings, "embedding": embedding, "classes": []})
        try:
            project.photos_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"No project can be made in {root} ({reason(error)}); name a folder of yours."
            ) from error
        write_json(project.settings_path, project._settings)
        return project

    @classmethod
    def open(cls, path: str | Path) -> "Project":
        """Open an existing project; ProjectError where there is none or it is damaged."""
        root = Path(path).resolve()
        if not (root / SETTINGS_NAME).is_file():
            raise ProjectError(
                f"{root} is not a TinyTeach project; make one with 'tinyteach new NAME' "
                "or name one with --project DIR."
            )
        return cls(root, _read_settings(root / SETTINGS_NAME))

    def __repr__(self) -> str:
        return f"Project({str(self.root)!r})"

    @property
    def name(self) -> str:
        return self._settings["name"]

    @property
    def board(self) -> str | None:
        """The board that commands in this project mean, as `--board` would name it."""
        return self._settings.get("board")

    @board.setter
    def board(self, name: str | None) -> None:
        self._set("board", name)

    @property
    def embedding(self) -> str:
        """One that ships, by name, or a .tflite file: absolute, or relative to the project."""
        return self._settings.get("embedding") or DEFAULT_EMBEDDING

    @embedding.setter
    def embedding(self, name: str) -> None:
        self._set("embedding", name)

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
    def heads_dir(self) -> Path:
        """Where the head and its report lie; made when first asked for."""
        folder = self.root / "heads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def head_path(self) -> Path:
        return self.heads_dir / "head.tflite"

    def report_path(self, suffix: str) -> Path:
        """heads/report.<suffix>, as in ``report_path("html")``."""
        return self.heads_dir / f"report.{suffix.lstrip('.')}"

    def classes(self) -> list[str]:
        """Class names: those in the settings in their order, then folders made by hand."""
        folders = sorted(name for name in self._folder_names() if is_class_name(name))
        known = [name for name in self._settings["classes"] if name in folders]
        return known + [name for name in folders if name not in known]

    def unusable_folders(self) -> list[Path]:
        """Folders in photos/ whose names no class may have."""
        names = sorted(name for name in self._folder_names() if not is_class_name(name))
        return [self.photos_dir / name for name in names]

    def order_classes(self, names: list[str]) -> None:
        """Put the classes into this order; ProjectError unless it names each of them once."""
        if sorted(names) != sorted(self.classes()):
            raise ProjectError(
                f"An order names every class once; {self._classes_sentence()}. Try again."
            )
        self._set("classes", names)

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
        self._set("colours", {**self.colours(), self.class_dir(name).name: colour})

    def class_dir(self, name: str) -> Path:
        """The folder of a class; ProjectError names the classes there are."""
        found = same_name(name, self.classes())
        if found is None:
            raise ProjectError(f"There is no class {name!r} here; {self._classes_sentence()}.")
        return self.photos_dir / found

    def add_class(self, name: str) -> str:
        """Add an empty class and return its name as stored."""
        stored = check_class_name(name)
        self._refuse_clash(stored)
        before, colours = self.classes(), self.colours()
        self._change(lambda: (self.photos_dir / stored).mkdir(parents=True))
        self._set("classes", [*before, stored])
        self._set("colours", {**colours, stored: self.colours()[stored]})
        return stored

    def rename_class(self, old: str, new: str) -> str:
        """Rename a class, its photographs with it; returns the name as stored."""
        source = self.class_dir(old)
        stored = check_class_name(new)
        self._refuse_clash(stored, besides=source.name)
        order = [stored if name == source.name else name for name in self.classes()]
        colours = self.colours()
        colours[stored] = colours.pop(source.name)
        self._change(lambda: source.rename(self.photos_dir / stored))
        if self.learnt_dir(source.name).is_dir():
            self._change(lambda: self.learnt_dir(source.name).rename(self.learnt_dir(stored)))
        self._set("classes", order)
        self._set("colours", colours)
        move_records(self.index_path, f"photos/{source.name}", f"photos/{stored}")
        return stored

    def remove_class(self, name: str, delete_photos: bool = False) -> None:
        """Remove a class; one with anything in its folders only with ``delete_photos``."""
        folder = self.class_dir(name)
        learnt = self.learnt_dir(folder.name)
        count = sum(1 for place in (folder, learnt) for path in place.rglob("*") if path.is_file())
        if count and not delete_photos:
            raise ProjectError(
                f"Class {folder.name!r} holds {count} {'file' if count == 1 else 'files'}; "
                "say that they are to be deleted too, or move them elsewhere first."
            )
        self._change(lambda: _delete_folder(folder))
        if learnt.is_dir():
            self._change(lambda: _delete_folder(learnt))
        self._set("classes", self.classes())

    def _folder_names(self) -> list[str]:
        try:
            entries = list(self.photos_dir.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ProjectError(
                f"{self.photos_dir} cannot be listed ({reason(error)}); check its permissions."
            ) from error
        return [entry.name for entry in entries if entry.is_dir() and not is_litter(entry.name)]

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

    def _set(self, key: str, value: Any) -> None:
        """Change one setting and leave what another program changed meanwhile."""
        self._settings = {**_read_settings(self.settings_path), key: value}
        write_json(self.settings_path, self._settings)

    def _change(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            raise ProjectError(
                f"The folder {self.photos_dir} could not be changed ({reason(error)}); "
                "close programs that use it and try again."
            ) from error


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        fault = _settings_fault(settings)
    except OSError as error:
        fault = reason(error)
    except ValueError as error:  # not JSON, or not UTF-8
        fault = str(error)
    if fault:
        raise ProjectError(
            f"{path} is damaged ({fault}); mend it, or delete it and run 'tinyteach new' "
            "on this folder again, which keeps the photographs."
        )
    if settings["format"] > FORMAT_VERSION:
        raise ProjectError(
            f"{path} was written by a newer TinyTeach; update with 'pip install -U tinyteach'."
        )
    return settings


def _settings_fault(settings: Any) -> str:
    if not isinstance(settings, dict):
        return "it is no JSON object"
    text = str | None
    expected: dict[str, Any] = {"format": int, "name": str, "classes": list}
    expected |= {"board": text, "embedding": text}
    for key, kind in expected.items():
        if not isinstance(settings.get(key), kind):
            return f"{key!r} is missing or of another kind"
    if not all(isinstance(name, str) for name in settings["classes"]):
        return "'classes' holds something else than names"
    return ""


def _delete_folder(folder: Path) -> None:
    if folder.is_symlink():  # made by hand: what it leads to is not the project's
        folder.unlink()
    else:
        shutil.rmtree(folder)
