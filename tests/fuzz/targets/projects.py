"""Files of a project: damaged by a disk, by hand, or by whoever made the folder."""

import json
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from fuzz.targets.target import Target
from tinyteach.data import kept_features, pixel_index
from tinyteach.data.deleted import delete_class, restore
from tinyteach.data.kept_features import KeptFeatures, load_kept, save_kept
from tinyteach.data.learnt import list_learnt, save_learnt
from tinyteach.data.photo_index import PhotoRecord, format_records, parse_records
from tinyteach.data.project import SETTINGS_NAME, Project
from tinyteach.files import parse_json
from tinyteach.service.heads.head_list import heads_lines, list_heads
from tinyteach.service.heads.training import load_report

MADE_BY = b"fuzz"
HEAD = "20260102T030405000000Z-0123456789ab"
REPORT = {
    "title": "4 photographs of 2 classes",
    "labels": ["cat", "cup"],
    "accuracy": 0.75,
    "interval": [0.3, 0.95],
    "method": "Held back by recording.",
    "unknown": "Nothing is unknown.",
    "enough": {
        **{"forecast": [], "copies": [], "mislabelled": [], "one_background": []},
        "sentences": ["Record more of cup."],
    },
    "sources": {"sentences": ["All photographs are a board's."]},
    "advice": ["Record more."],
    "confusion": [[1, 1], [0, 2]],
    "worst": [],
    "tested": [],
    "in_several_classes": [["a.png", "b.png"]],
    "classes": [
        {"label": "cat", "photos": 2, "recordings": 1, "precision": 1.0, "recall": 0.5},
        {"label": "cup", "photos": 2, "recordings": 1, "precision": None, "recall": None},
    ],
}


@cache
def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="tinyteach-fuzz-")


@cache
def _project(name: str) -> Project:
    """One for each target, since each leaves its files."""
    project = Project.create(Path(_folder().name) / name, "fuzzed")
    project.add_class("cat")
    return project


def decode_settings(data: bytes) -> None:
    """They are opened, shown, changed."""
    root = _project("settings").root
    (root / SETTINGS_NAME).write_bytes(data)
    project = Project.open(root)
    assert project.classes() == ["cat"] and project.colours()["cat"] >= 0
    json.dumps([project.name, project.board, project.embedding])
    assert isinstance(project.class_dir("CAT"), Path)


def decode_photo_index(data: bytes) -> None:
    """What is read is written as what reads the same."""
    records = parse_records(data)
    assert parse_records(format_records(records.values()).encode()) == records


def decode_kept_features(data: bytes) -> None:
    project = _project("kept")
    kept_features.kept_path(project).write_bytes(data)
    for each in load_kept(project, MADE_BY).values():
        assert each.views.shape[1] == len(each.features)


def decode_kept_pixels(data: bytes) -> None:
    """Whatever it says, photographs that are not there are not known."""
    project = _project("pixels")
    for content in (data, _checked(data)):
        pixel_index.kept_path(project).write_bytes(content)
        index = pixel_index.PixelIndex(project)
        assert index.owner(bytes(32)) is None
        index.keep()


def _checked(data: bytes) -> bytes:
    """With a check sum that fits, where there is anything to check."""
    try:
        return pixel_index.as_kept(parse_json(data)["files"])
    except (ValueError, TypeError, KeyError):
        return data


def decode_learnt(data: bytes) -> None:
    project = _project("learnt")
    folder = project.learnt_dir("cat")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "head.npz").write_bytes(data)
    found, problems = list_learnt(project)
    assert len(found) + len(problems) == 1


def decode_report(data: bytes) -> None:
    """The last one and one of the history, which are shown."""
    project = _project("report")
    kept = project.heads_dir / "history" / HEAD
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "head.tflite").touch()
    (kept / "report.json").write_bytes(data)
    heads_lines(list_heads(project.root))
    project.report_path("json").write_bytes(data)
    load_report(project.root).lines()


def decode_deleted(data: bytes) -> None:
    """What says in which order the classes were is damaged; they come back all the same."""
    project = _project("deleted")
    number = delete_class(project, "cat")
    (project.root / "deleted" / number / "undo.json").write_bytes(data)
    restore(project, number)
    assert project.classes() == ["cat"]


def _saved(name: str, save) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        project = Project.create(Path(folder) / name, "fuzzed")
        project.add_class("cat")
        return save(project)


def _settings() -> list[bytes]:
    return [_saved("p", lambda project: project.settings_path.read_bytes())]


def _photo_index() -> list[bytes]:
    records = [
        PhotoRecord("photos/cat/1.png", "cat", "desk", "ov2640", "2026-01-02", "r1", "square", 0),
        PhotoRecord("photos/cüp/1.png", "cüp", "", "", "", "r2", "view", 96),
    ]
    return [format_records(records).encode()]


def _kept_features() -> list[bytes]:
    one = KeptFeatures(np.zeros(4, np.int8), np.ones((2, 4), np.int8), np.zeros(3, np.uint8))

    def save(project: Project) -> bytes:
        save_kept(project, MADE_BY, {bytes(32): one})
        return kept_features.kept_path(project).read_bytes()

    return [_saved("p", save)]


def _kept_pixels() -> list[bytes]:
    ns = 1_700_000_000_000_000_000
    return [
        pixel_index.as_kept({"cat/1.png": (120, ns, ns, "00" * 32), "cat/2.png": (9, 1, 1, "")})
    ]


def _learnt() -> list[bytes]:
    rows = np.arange(8, dtype=np.int8).reshape(2, 4)
    return [_saved("p", lambda p: save_learnt(p, "cat", "head", rows, bytes(32)).read_bytes())]


_NPZ = (b"PK\1\2", b"PK\3\4", b"\x93NUMPY", b"'descr': '|O'", b"'shape': (9999999999,)")

TARGETS = (
    Target(
        "project_settings",
        decode_settings,
        _settings,
        words=(b'"format":', b'"classes":', b'"colours":', b'"embedding":', b"null", b"1e999"),
    ),
    Target("photo_index", decode_photo_index, _photo_index, (), (b'"path":', b'"burst":', b"\n")),
    Target("kept_features", decode_kept_features, _kept_features, (), _NPZ),
    Target(
        *("kept_pixels", decode_kept_pixels, _kept_pixels),
        words=(b'"made_by":', b'"files":', b"null", b"[]", b"1e999"),
    ),
    Target("learnt", decode_learnt, _learnt, (), _NPZ),
    Target(
        "reports",
        decode_report,
        lambda: [json.dumps(REPORT).encode()],
        words=tuple(f'"{key}":'.encode() for key in REPORT) + (b"null", b"[]", b"{}", b"1e999"),
    ),
    Target("deleted_notes", decode_deleted, lambda: [b'{"classes": ["cat", "cup"]}'], slow=True),
)
