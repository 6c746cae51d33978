"""Files of a user's that are damaged, in the wrong place or not ours: a sentence, no traceback.

The system's refusal that no place foresaw ends with code 1; here each place has its own sentence.
"""

import json
import os
import re
import secrets
import shutil

import numpy as np
import pytest

from json_schema import as_sentences
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.errors import ProjectError, TinyTeachError

# What reads a project, and of which file it shows.
CLASSES, REPORT, HEADS = ("class list",), ("report", "report --json"), ("heads", "heads --json")
ALL = (*CLASSES, *REPORT, *HEADS, "classify --host PHOTO", "export ZIP")
JSON_OF_OTHER_KINDS = {
    "null": b"null",
    "list": b"[]",
    "list of lists": b"[[1], [2]]",
    "number": b"7",
    "huge number": b"9" * 5000,
    "infinite": b'{"accuracy": 1e999, "format": 1e999, "classes": 1e999}',
    "not a number": b'{"accuracy": NaN}',
    "text": b'"words"',
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "wrong inside": b'{"format": 1, "name": "x", "classes": [{}], "labels": 3, "title": []}',
    "list for object": b'{"classes": [null], "labels": [null], "accuracy": "high"}',
    "lone surrogate": b'{"format": 1, "name": "\\ud800", "classes": ["\\ud800"]}',
    "zero byte": b'{"format": 1, "name": "x", "classes": [], "embedding": "a\\u0000b"}',
    "empty": b"",
    "cut": b'{"format": 1, "na',
    "binary": bytes(range(256)) * 20,
    "UTF-16": '{"format": 1}'.encode("utf-16"),
}
NO_FILES = ("folder", "pipe", "link into nothing", "link to itself")
WORDS_OF_PYTHON = re.compile(
    r"Expecting|Extra data|column|codec|start byte|unpack|buffer|Errno|Error|argument"
    "|magic number|embedded"
)
READ_BY = {
    "tinyteach.json": (*CLASSES, "report"),
    "photos.jsonl": (*CLASSES, "export ZIP"),
    "heads/report.json": REPORT,
    "heads/head.tflite": ("heads", "classify --host PHOTO"),
    "history/report.json": HEADS,
    "history/head.tflite": ("heads",),
    "learnt/cat/a.npz": CLASSES,
}


@pytest.fixture
def place(trained_project):
    """place(name): a file of a trained project's, those of the history by their bare name."""

    def find(name):
        if name.startswith("history/"):
            (folder,) = (trained_project / "heads" / "history").iterdir()
            return folder / name.removeprefix("history/")
        path = trained_project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    return find


@pytest.fixture
def sentences(tinyteach, trained_project, tmp_path):
    """Runs what reads a project; each command does its work or says in a sentence why not."""

    def run(*lines):
        photo = str(next((trained_project / "photos" / "cat").glob("*.png"), "none.png"))
        for line in lines:
            line = line.replace("PHOTO", photo).replace("ZIP", f"{tmp_path}/{secrets.token_hex(4)}")
            result = tinyteach("-p", trained_project, *line.split())
            assert result.code != exit_code_of(TinyTeachError), (line, result.err)
            assert "Traceback" not in result.out + result.err
            assert result.code == 0 or result.err.count("\n") == 1, (line, result.err)
            told = result.out + as_sentences(result.err)
            assert not WORDS_OF_PYTHON.search(told), told

    return run


def test_json_of_every_other_kind(place, sentences):
    for name, lines in READ_BY.items():
        path = place(name)
        before = path.read_bytes() if path.exists() else None
        for content in JSON_OF_OTHER_KINDS.values():
            path.write_bytes(content)
            sentences(*lines)
        path.unlink() if before is None else path.write_bytes(before)


def spoil(path, how):
    """Put something else in the place of a file."""
    path.unlink(missing_ok=True)
    if how == "folder":
        path.mkdir()
        (path / "inside").write_text("")
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "link into nothing":
        path.symlink_to(path.with_name("gone"))
    else:
        path.symlink_to(path)


@pytest.mark.parametrize("how", NO_FILES)
def test_what_is_no_file(place, sentences, how):
    for name, lines in READ_BY.items():
        path = place(name)
        before = path.read_bytes() if path.exists() else None
        spoil(path, how)
        sentences(*lines)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        if before is not None:
            path.write_bytes(before)


def test_what_is_no_file_does_not_disturb_a_training(place, sentences):
    for number, how in enumerate(NO_FILES):
        spoil(place(f"learnt/cat/{number}.npz"), how)
    for how in ("pipe", "folder"):
        path = place("heads/report.json")
        spoil(path, how)
        sentences("train")


@pytest.mark.parametrize("name", ["heads", "photos", "photos/cat", "learnt", "heads/history"])
def test_a_file_where_a_folder_belongs(trained_project, sentences, name):
    path = trained_project / name
    shutil.rmtree(path, ignore_errors=True)
    path.write_bytes(b"x")
    sentences(*ALL, "class add new", "train", "class rename coffee tea", "class remove tea")


def test_a_project_that_cannot_be_read_is_named(fails, trained_project):
    path = trained_project / "tinyteach.json"
    spoil(path, "folder")
    assert f"{path} cannot be read (it is a folder)" in fails("-p", trained_project, "train")


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_settings_with_a_byte_order_mark(tinyteach, project, mark):
    path = project / "tinyteach.json"
    path.write_bytes(path.read_text(encoding="utf-8").encode(mark))
    listed = tinyteach("-p", project, "class", "list", "--json")
    assert [row["name"] for row in json.loads(listed.out)["classes"]] == ["cat", "coffee"]
    assert tinyteach("-p", project, "class", "add", "dog").code == 0
    assert path.read_bytes().startswith(b"{")


def test_a_training_leaves_out_what_is_damaged(tinyteach, project):
    """Of photographs and what boards have learnt; the settings name each class twice."""
    path = project / "tinyteach.json"
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({**settings, "classes": ["coffee", "cat", "coffee", "cat"]}))
    listed = tinyteach("-p", project, "class", "list", "--json")
    assert [row["name"] for row in json.loads(listed.out)["classes"]] == ["coffee", "cat"]
    (project / "photos" / "cat" / "broken.png").write_bytes(b"nothing")
    folder = project / "learnt" / "cat"
    folder.mkdir(parents=True)
    one, sha = np.zeros((1, 4), np.int8), np.zeros(32, np.uint8)
    np.save(folder / "array.npy", one)
    (folder / "array.npy").rename(folder / "array.npz")
    np.savez(folder / "objects.npz", features=np.array([None]), embedding=sha)
    np.savez(folder / "other.npz", feature=one)
    np.savez(folder / "flat.npz", features=one[0], embedding=sha)
    np.savez(folder / "short.npz", features=one, embedding=sha[:3])
    result = tinyteach("-p", project, "train")
    assert result.code == 0 and "broken.png" in result.out
    for name in ("array", "objects", "other", "flat", "short"):
        assert f"{name}.npz is damaged; delete it" in result.out


@pytest.mark.parametrize("content", JSON_OF_OTHER_KINDS.values(), ids=JSON_OF_OTHER_KINDS)
def test_damaged_list_of_boards(tinyteach, tmp_path, content):
    path = tmp_path / "home" / "config" / "boards.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    for line in (("boards",), ("--board", "desk", "info")):
        result = tinyteach(*line)
        assert result.code != exit_code_of(TinyTeachError), result.err
        assert result.code == 0 or "boards.json" in result.err or "desk" in result.err


def test_commands_that_read_make_nothing(tinyteach, project):
    before = sorted(project.rglob("*"))
    for line in (*CLASSES, *REPORT, *HEADS):
        tinyteach("-p", project, *line.split())
    tinyteach("-p", project, "classify", "--host", before[-1])
    assert sorted(project.rglob("*")) == before


def test_a_report_is_written_whole_or_not_at_all(tinyteach, trained_project):
    """The page cannot be put in its place: the report of the head before stays as it was."""
    heads = trained_project / "heads"
    before = (heads / "report.json").read_bytes()
    (heads / "report.html").unlink()
    (heads / "report.html").mkdir()
    (heads / "report.html" / "inside").write_text("")
    result = tinyteach("-p", trained_project, "train", "--seed", "3")
    assert result.code == exit_code_of(ProjectError) and "report.html could not" in result.err
    assert (heads / "report.json").read_bytes() == before
    assert not [path for path in heads.rglob("*") if path.suffix == ".tmp"]
