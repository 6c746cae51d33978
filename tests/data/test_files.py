"""Files are written whole, lines in one piece, and failures are sentences."""

import errno
import json
import os
import re
from pathlib import Path

import pytest

from tinyteach.cli.output import system_refusal
from tinyteach.errors import ProjectError
from tinyteach.files import write_atomically, write_folder, write_json
from tinyteach.lines import append_lines
from tinyteach.studio.sentences import coded


def test_json_is_readable_and_ends_its_line(tmp_path):
    write_json(tmp_path / "a.json", {"name": "Küche"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "name": "Küche"\n}\n'


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "taken"
    target.mkdir()
    (target / "inside").write_text("kept")
    with pytest.raises(ProjectError, match="taken could not be written"):
        write_atomically(target, b"new")
    with pytest.raises(ProjectError, match="could not be written"):
        append_lines(target, ["new"])
    assert [path.name for path in tmp_path.rglob("*")] == ["taken", "inside"]


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    """Else a power cut leaves an empty file where a whole one was."""
    done, sync, replace = [], os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("synced"), sync(file)))
    monkeypatch.setattr(Path, "replace", lambda *to: (done.append("replaced"), replace(*to))[1])
    write_atomically(tmp_path / "a", b"whole", mode=0o600)
    assert done == ["synced", "replaced"] and (tmp_path / "a").read_bytes() == b"whole"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "free space, or use another place"),
        (errno.EDQUOT, "free space, or use another place"),
        (errno.EROFS, "use another place, which can be written to"),
        (errno.EACCES, "check its permissions, or use another place"),
        (errno.EPERM, "check its permissions, or use another place"),
        (errno.ENAMETOOLONG, "use another place or name"),
    ],
)
def test_advice_is_of_what_the_system_refused(tmp_path, monkeypatch, number, advice):
    """No space helps on a read-only disk; the page knows what is advised, too."""

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    writings = {
        "file": lambda: write_atomically(tmp_path / "a", b""),
        "lines": lambda: append_lines(tmp_path / "a", ["a"]),
        "folder": lambda: write_folder(tmp_path / "b", {"c": b""}),
    }
    for name, writes in writings.items():
        with pytest.raises(ProjectError, match=re.escape(f"); {advice}.")) as refused:
            writes()
        assert coded(str(refused.value))["values"]["remedy"]["code"], name
    assert system_refusal(OSError(number, "no", "a")).endswith(f"; {advice}.")


def test_a_file_cannot_be_put_where_no_folder_is(tmp_path):
    with pytest.raises(ProjectError, match="no such file or directory"):
        write_atomically(tmp_path / "none" / "a", b"")


@pytest.mark.parametrize("place", [".", ".."])
def test_a_folder_is_no_file_to_write(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError, match="could not be written"):
        write_atomically(Path(place), b"")
    assert not list(tmp_path.iterdir())


def test_lines_follow_one_another_even_after_an_open_one(tmp_path):
    path = tmp_path / "lines"
    append_lines(path, [])
    assert not path.exists()
    append_lines(path, [json.dumps({"a": "ä"}), "2"])
    with path.open("ab") as file:
        file.write(b"half")
    append_lines(path, ["3"])
    assert path.read_text(encoding="utf-8") == '{"a": "\\u00e4"}\n2\nhalf\n3\n'
