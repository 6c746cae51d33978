"""An embedding in a board's ROMFS: made, recognised, told; the flash's copy goes."""

import json

import pytest

from keyed import give_key
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.errors import UsageError

EMBEDDING = "/tinyteach/embedding.tflite"


@pytest.fixture
def own_board(switch_on):
    """A paired board whose ROMFS these tests change."""
    with switch_on("i386") as started:
        give_key(started)
        yield started


@pytest.fixture
def rom(tinyteach, tmp_path):
    """The folder that the command makes, beside what is the user's own."""
    folder = tmp_path / "rom"
    folder.mkdir()
    (folder / "own.txt").write_text("mine")
    made = tinyteach("romfs", folder)
    assert made.code == 0 and "mpremote romfs deploy" in made.out
    assert (folder / "tinyteach" / "embedding.tflite").read_bytes() == EMBEDDING_FILE.read_bytes()
    return folder


@pytest.fixture
def ask(tinyteach, own_board):
    def run(*arguments):
        result = tinyteach("-b", own_board.port, *arguments, "--json")
        assert result.code == 0, result.err
        return json.loads(result.out)

    return run


@pytest.fixture
def found(tinyteach, own_board):
    """What the doctor finds, by line."""

    def look():
        findings = json.loads(tinyteach("-b", own_board.port, "doctor", "--json").out)["findings"]
        return {line["name"]: line["found"] for line in findings}

    return look


def test_from_flash_to_rom_and_back(ask, found, tinyteach, own_board, rom):
    assert not ask("info")["in_place"]
    own_board.deploy_romfs(rom)
    own_board.reset()
    assert not ask("info")["in_place"]  # the flash's own comes first
    paired = ask("pair")
    assert paired["written"] == [] and "in place" in paired["notes"][0]
    info = ask("info")
    assert info["in_place"] and info["embedding_name"] == "base" and info["state"] == ""
    assert "read in place" in tinyteach("-b", own_board.port, "info").out
    lines = found()
    assert lines["embedding"].startswith("base, ") and lines["embedding"].endswith("read in place")
    assert lines["agent"].startswith("version")
    own_board.deploy_romfs(None)
    own_board.reset()
    assert ask("pair")["written"] == [EMBEDDING] and not ask("info")["in_place"]


@pytest.mark.soak  # tests/agent/test_in_place.py has what the board does
def test_another_that_is_wanted_goes_to_flash(ask, own_board, rom, tiny):
    own_board.deploy_romfs(rom)
    own_board.reset()
    assert ask("pair", "--embedding", "tiny")["written"] == [EMBEDDING]
    assert ask("pair")["written"] == [] and ask("info")["embedding_name"] == "tiny"
    assert ask("pair", "--embedding", "base")["written"] == []
    assert ask("info")["in_place"] and ask("info")["embedding_name"] == "base"


@pytest.mark.soak
def test_damaged_in_rom(ask, found, own_board, rom):
    own_board.deploy_romfs(rom)
    own_board.reset()
    ask("pair")
    (rom / "tinyteach" / "embedding.tflite").write_bytes(b"TFL3" + bytes(900))
    own_board.deploy_romfs(rom)
    own_board.reset()
    assert found()["embedding"] == "the file on the board does not load"
    assert ask("pair")["written"] == [EMBEDDING]
    assert ask("info")["embedding_name"] == "base" and ask("info")["state"] == ""


def test_unknown_embedding(tinyteach, tmp_path):
    assert tinyteach("romfs", tmp_path, "--embedding", "none").code == exit_code_of(UsageError)
