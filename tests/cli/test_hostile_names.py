"""Names of files, projects and classes with what steers a terminal: shown without it."""

import json
import logging

import pytest
from PIL import Image

from paired import views_of
from tinyteach.cli.output import note, print_json, say, show_board_text, show_table
from tinyteach.progress import progress_bar

HOSTILE = "\x1b]0;pwned\x07\u202e[red]\x9b2Jgpj"
SHOWN = "]0;pwned[red]2Jgpj"


@pytest.fixture
def hostile_folder(tmp_path):
    folder = tmp_path / HOSTILE / "cat"
    folder.mkdir(parents=True)
    for number, view in enumerate(views_of("cat", 2, side=48)):
        Image.fromarray(view).save(folder / f"{number}{HOSTILE}.png")
    (folder / f"broken{HOSTILE}.png").write_bytes(b"no picture")
    return folder.parent


def test_every_way_of_printing(capsys):
    say(HOSTILE)
    note(HOSTILE)
    show_table(HOSTILE, ("a", "b"), [(HOSTILE, 1)])
    out, err = capsys.readouterr()
    assert out.startswith(SHOWN + "\n") and err == SHOWN + "\n"
    assert "\x1b" not in out and "\u202e" not in out and out.count("[red]") == 3
    print_json({"name": HOSTILE, "half": "\udcff"})
    line = capsys.readouterr().out
    assert json.loads(line) == {"name": HOSTILE, "half": "\udcff"}
    assert line[:-1].isprintable()


def test_progress_shows_no_markup(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress_bar() as progress:
        progress(HOSTILE, 1, 2)
        progress("[/nothing]", 1, 2)
    err = capsys.readouterr().err
    assert "pwned\x07" not in err and "\u202e" not in err


def test_log_lines(capsys):
    show_board_text()
    logging.getLogger("tinyteach.board").warning("%s", HOSTILE)
    assert capsys.readouterr().err == f"board: {SHOWN}\n"


def test_commands(tinyteach, tmp_path, hostile_folder):
    project = tmp_path / f"p{HOSTILE}"
    results = [
        tinyteach("new", project),
        tinyteach("-p", project, "import", hostile_folder),
        tinyteach("-p", project, "class", "list"),
        tinyteach("-p", project, "class", "rename", HOSTILE, "x"),
        tinyteach("-p", project, "report"),
        tinyteach("-p", tmp_path / HOSTILE / "none", "train"),
        tinyteach("classify", tmp_path / HOSTILE / "none.png"),
        tinyteach("-b", HOSTILE, "info"),
        tinyteach("-b", f"/dev/{HOSTILE}", "info"),
        tinyteach(HOSTILE),
        tinyteach("class", HOSTILE),
        tinyteach("info", f"--{HOSTILE}"),
        tinyteach("capture", "a", HOSTILE, "b"),
        tinyteach("capture", "a", "-n", HOSTILE),
        tinyteach("preview", "-n", HOSTILE),
    ]
    for number, result in enumerate(results):
        text = result.out + result.err
        assert not {c for c in text if c != "\n" and not c.isprintable()}, (number, text)
        assert "Traceback" not in text
