"""`--record` and `tinyteach replay`: the same command, the same words, without the board."""

import json

import pytest

from paired import deploy, views_of
from tinyteach.cli.exit_codes import EXIT_CODES, INTERRUPTED
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import TapeError, VerificationError
from tinyteach.link.tape import recorder
from tinyteach.service.soak import soaking
from tinyteach.service.soak.soaked import Soaked, Trouble

DEPARTED, NO_TAPE = EXIT_CODES[VerificationError], EXIT_CODES[TapeError]


@pytest.fixture(scope="module", autouse=True)
def head_at_work(board, trained_heads):
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])


@pytest.fixture
def photo(tmp_path):
    from PIL import Image

    path = tmp_path / "cat.png"
    Image.fromarray(views_of("cat", 1)[0]).save(path)
    return path


@pytest.fixture
def tape(tinyteach, board, tmp_path, photo):
    """Of a photograph classified; what the command said stands in ``tape.said``."""
    path = tmp_path / "a.tape"
    said = tinyteach("--record", path, "--board", board.port, "classify", photo, "--json")
    assert said.code == 0 and said.err == "", said.err
    (tmp_path / "said").write_text(said.out)
    return path


def test_the_same_command_says_the_same_offline(tinyteach, tape, photo, tmp_path):
    again = tinyteach("replay", tape, "--", "classify", photo, "--json")
    assert again.code == 0 and again.out == (tmp_path / "said").read_text()
    assert "was as recorded" in again.err
    by_name = tinyteach("--board", f"replay://{tape}", "classify", photo, "--json")
    assert by_name.out == again.out


def test_a_board_that_is_named_is_not_asked(tinyteach, tape, photo):
    """As in a command that was copied with its board."""
    again = tinyteach("replay", tape, "--", "--board", "/dev/no-such-port", "classify", photo)
    assert again.code == 0 and "cat" in again.out, again.err


def test_another_command_departs(tinyteach, tape):
    left = tinyteach("replay", tape, "rollback")
    assert left.code == DEPARTED and "now ROLLBACK" in left.err and left.err.count("\n") == 1


def test_another_head_is_told_once_and_in_words(tinyteach, board, trained_project, tmp_path):
    tape, there = tmp_path / "deploy.tape", ("-p", trained_project)
    deployed = ("--record", tape, "--board", board.port, *there, "deploy", "--json")
    then = json.loads(tinyteach(*deployed).out)["fingerprint"][:12]
    left = tinyteach("replay", tape, "--", *there, "deploy", "--threshold", "0.9")
    assert left.code == DEPARTED and left.out == "" and left.err.count("\n") == 1
    assert f"was recorded with the head {then} (" in left.err and "and now the head " in left.err
    assert then in tinyteach("replay", tape, "--list").out


def test_it_is_listed_and_asked_again(tinyteach, tape, monkeypatch):
    listed = json.loads(tinyteach("replay", tape, "--list", "--json").out)
    assert listed["words"][0] == "classify" and listed["ending"] == ""
    assert {"HELLO", "OPEN", "WRITE", "RUN"} < {
        s["verb"] for s in listed["connections"][0]["steps"]
    }
    monkeypatch.setenv("COLUMNS", "200")  # on one line, however many digits its milliseconds have
    assert "bytes of a photograph" in tinyteach("replay", tape, "--list").out
    for options in ((), ("--real-time",)):
        again = json.loads(tinyteach("replay", tape, "--json", *options).out)
        assert again["held"] and again["requests"] > 3 and again["exit_code"] == 0
    assert "All went as recorded." in tinyteach("replay", tape).out


def test_what_is_no_tape_is_one_sentence(tinyteach, fails, tape, tmp_path, photo):
    assert "There is no tape" in fails("replay", tmp_path / "none")
    assert "is no tape" in fails("replay", photo)
    assert "is there already" in fails("--record", photo, "--board", "/dev/none", "info")
    content = bytearray(tape.read_bytes())
    content[-3] ^= 0xFF
    tape.write_bytes(content)
    for words in ((), ("--list",), ("info",)):
        assert "is damaged" in fails("replay", tape, *words)
    assert tinyteach("replay", tape).code == NO_TAPE
    assert "is a folder; name one of the tapes in it" in fails("replay", tmp_path, "info")
    assert tinyteach("replay", tmp_path).code == NO_TAPE


def test_the_environment_records_into_a_folder(tinyteach, board, tmp_path, monkeypatch):
    """A tape each command that opens a board, and none for others."""
    folder = tmp_path / "tapes"
    folder.mkdir()
    monkeypatch.setenv("TINYTEACH_RECORD", str(folder))
    for _ in range(2):
        assert tinyteach("--board", board.port, "info").code == 0
    assert tinyteach("new", tmp_path / "project").code == 0
    tapes = sorted(folder.iterdir())
    assert [tape.suffix for tape in tapes] == [".tape"] * 2
    assert tinyteach("replay", tapes[0], "info").code == 0


def test_a_full_tape_is_told(tinyteach, board, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder.Recorder.__init__, "__defaults__", ((), 400))
    monkeypatch.setattr(recorder.taping.__wrapped__, "__defaults__", ((), 400))
    said = tinyteach("--record", tmp_path / "a.tape", "--board", board.port, "info")
    assert said.code == 0 and "is full" in said.err
    assert "was full here" in tinyteach("replay", tmp_path / "a.tape", "--list").out


# soak, whose work is tested in tests/service/test_soak.py


@pytest.mark.parametrize(
    ("soaked", "code"),
    [
        (Soaked("b", "m", 0, 1.0), 0),
        (Soaked("b", "m", 0, 1.0, interrupted=True), INTERRUPTED),
        (Soaked("b", "m", 0, 1.0, wrong=[Trouble(1, "infer", "it differs")]), DEPARTED),
    ],
)
def test_a_soak_ends_as_it_went_and_with_its_report(tinyteach, monkeypatch, tmp_path, soaked, code):
    monkeypatch.setattr(soaking, "soak", lambda *_: soaked)
    said = tinyteach("soak", "--minutes", "1", "--report", tmp_path / "report", "--json")
    assert said.code == code == json.loads(said.out)["exit_code"]
    assert {"soak.html", "soak.svg", "soak.json"} == {
        path.name for path in (tmp_path / "report").iterdir()
    }
    shown = tinyteach("soak", "--minutes", "1").out
    assert "results compared, bit for bit" in shown and ("it differs" in shown) == bool(
        soaked.wrong
    )


def test_a_report_that_cannot_be_written_is_told_before_the_soak(fails, monkeypatch, tmp_path):
    monkeypatch.setattr(soaking, "soak", lambda *_: pytest.fail("it began"))
    (tmp_path / "file").touch()
    assert "cannot be made" in fails("soak", "--minutes", "1", "--report", tmp_path / "file" / "x")
