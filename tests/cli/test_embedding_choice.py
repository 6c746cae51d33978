"""The choice of an embedding, command by command."""

import json
from hashlib import sha256

import pytest

from keyed import give_key
from little_embedding import little_embedding
from patience import PATIENCE_S
from tinyteach.device.keys import keep_key
from tinyteach.device.repl import pairing
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError
from tinyteach.service.heads.upgrading import send_embedding
from tinyteach.service.projects.embedding_files import shipped
from tinyteach.service.projects.embeddings import load_named
from tinyteach_protocol import requester


@pytest.fixture(scope="module")
def own_board(switch_on):
    """A paired board whose embedding these tests change; the largest does not fit."""
    with switch_on("i386", heap="448k") as started:
        yield started


@pytest.fixture
def project(trained_project):
    """One with a head for the embedding that the board begins with."""
    return trained_project


@pytest.fixture(scope="module")
def own_key(own_board):
    """(identity, key) of it: these tests pair it from one computer after another."""
    return give_key(own_board, keep=False)


@pytest.fixture
def ask(tinyteach, own_board, own_key, project):
    """ask(*arguments) is what a command in the project, on the board, prints as JSON."""
    keep_key(*own_key)

    def run(*arguments):
        result = tinyteach("-b", own_board.port, "-p", project, *arguments, "--json")
        assert result.code == 0, result.err
        return json.loads(result.out)

    return run


def test_new_project_names_its_embedding(tinyteach, tiny, tmp_path):
    for named, kept in (("tiny", "tiny"), (tiny, str(tiny)), ("base", "base")):
        folder = tmp_path / f"of {kept[-4:]}"
        assert tinyteach("new", folder, "--embedding", named).code == 0
        assert json.loads((folder / "tinyteach.json").read_text())["embedding"] == kept


def test_help_names_each_that_ships(tinyteach):
    for command in ("new", "pair", "upgrade", "romfs"):
        assert "|".join([*shipped(), "FILE"]) in tinyteach(command, "--help").out


def test_pairing_keeps_the_embedding_unless_told(ask, tinyteach, own_board, project, tiny):
    """With a head at work that goes with the old one it says that the head is stale."""
    on = ("-b", own_board.port, "-p", project)
    ask("deploy")
    paired = tinyteach(*on, "pair", "--embedding", "tiny").out
    assert "train and deploy again" in paired
    assert "names the embedding base" in paired and "the board has tiny" in paired
    assert ask("pair")["written"] == []
    assert ask("info")["embedding_name"] == "tiny"
    shown = tinyteach("-b", own_board.port, "info").out
    assert f"tiny {sha256(tiny.read_bytes()).hexdigest()[:12]}" in shown
    again = ask("pair", "--embedding", "base")
    assert again["written"] == ["/tinyteach/embedding.tflite"]
    assert not any("names the embedding" in note for note in again["notes"])
    assert ask("info")["embedding_name"] == "base"


def test_a_board_with_the_smaller_one_is_told_that_its_memory_holds_more(ask):
    ask("pair", "--embedding", "tiny")
    assert any("memory holds the embedding base, too" in note for note in ask("pair")["notes"])
    ask("pair", "--embedding", "base")
    assert not any("memory holds" in note for note in ask("pair")["notes"])


def without_its_agent(board, code):
    """Run code on a board whose main.py does not start the agent any more."""
    pairing.free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        repl.write_file("/main.py", b"# TinyTeach's agent, interrupted", lambda done, total: None)
        repl.run(code)
    board.reset()


@pytest.mark.soak
def test_pairing_keeps_a_custom_embedding_unless_told(ask, tinyteach, own_board, tmp_path):
    """Known by the board's agent, and by its content where no agent answers."""
    file = tmp_path / "custom.tflite"
    file.write_bytes(little_embedding())
    digest = sha256(file.read_bytes()).hexdigest()
    embedding = "/tinyteach/embedding.tflite"
    assert ask("pair", "--embedding", file)["written"] == [embedding]
    assert ask("pair")["written"] == [] and ask("info")["embedding"] == digest
    looked = json.loads(tinyteach("-b", own_board.port, "doctor", "--json").out)["findings"]
    found = {line["name"]: line["found"] for line in looked}
    assert found["embedding"] == f"none that ships, {digest[:12]}"
    without_its_agent(own_board, "import os\nos.remove('/lib/agent/loop.mpy')")
    assert set(ask("pair")["written"]) == {"/lib/agent/loop.mpy", "/main.py"}
    assert ask("info")["embedding"] == digest
    spoil = f"with open({embedding!r}, 'wb') as file:\n    file.write(b'TFL3' + bytes(900))\n"
    without_its_agent(own_board, spoil)
    assert embedding in ask("pair")["written"] and ask("info")["embedding_name"] == "base"


def test_upgrade_and_back(ask, fails, tinyteach, own_board, project, tiny):
    """After it the board does not go back to a head for the old embedding."""
    ask("pair", "--embedding", "base")
    ask("deploy")
    for name in ("tiny", "base"):
        upgraded = ask("upgrade", "--embedding", name)
        told = ask("info")
        assert upgraded["embedding_name"] == name == told["embedding_name"]
        assert upgraded["deployed"]["labels"] == told["labels"] == ["cat", "coffee"]
        if name == "tiny":
            assert "another embedding" in fails("-b", own_board.port, "rollback")
            assert ask("info")["head"] == upgraded["deployed"]["fingerprint"]
    said = tinyteach("-b", own_board.port, "-p", project, "upgrade").out
    assert "recognises cat, coffee with the embedding base" in said and said.count("\n") == 1
    assert "found the embedding there" in said


def test_a_board_with_external_memory_is_told_of_the_largest_and_takes_it(
    tinyteach, fails, switch_on, project
):
    with switch_on("i386", heap="1m") as board:
        on = ("-b", board.port, "-p", project)
        told = tinyteach(*on, "pair").out
        assert "memory holds the embedding plus, too" in told and "upgrade --embedding plus" in told
        tinyteach(*on, "deploy")
        upgraded = json.loads(tinyteach(*on, "upgrade", "--embedding", "plus", "--json").out)
        assert upgraded["embedding_name"] == "plus"
        assert upgraded["deployed"]["labels"] == ["cat", "coffee"]
        assert "another embedding" in fails("-b", board.port, "rollback")
        assert "memory holds" not in tinyteach(*on, "pair").out
        found = json.loads(tinyteach("-b", board.port, "info", "--json").out)
        assert found["embedding_name"] == "plus" and found["state"] == ""


@pytest.mark.parametrize("command", ["pair", "upgrade"])
def test_a_board_that_is_too_small_for_the_largest_is_told_which_fit(
    fails, own_board, own_key, project, command
):
    keep_key(*own_key)
    said = fails("-b", own_board.port, "-p", project, command, "--embedding", "plus")
    assert "bytes of free memory and needs" in said
    assert "or the embedding tiny, open or base, which fits" in said


def test_a_board_that_has_less_than_was_reckoned_says_which_fits(own_board, own_key, monkeypatch):
    """To train again, as of a head, would be no help: the embedding itself is too large."""
    keep_key(*own_key)
    monkeypatch.setattr(requester, "TIMEOUT_MS", PATIENCE_S * 1000)
    with BoardClient(own_board.port) as client:
        had = client.info().embedding
        with pytest.raises(BoardRefusedError) as told:
            send_embedding(client, load_named("plus"), lambda *_: None)
        assert client.info().embedding == had
    said = str(told.value)
    assert "not enough memory" in said and "train again" not in said
    assert "name another one, such as base ('--embedding base'). The board keeps its old" in said


def test_deploy_and_host_refuse_another_embedding(ask, fails, own_board, project, tiny):
    ask("pair", "--embedding", "base")
    settings = json.loads((project / "tinyteach.json").read_text())
    (project / "tinyteach.json").write_text(json.dumps(settings | {"embedding": "tiny"}))
    photo = project / "photos" / "cat"
    said = fails("-p", project, "classify", "--host", next(photo.glob("*.png")))
    assert "trained with the embedding base" in said and "run 'tinyteach train'" in said
    ask("train")
    said = fails("-b", own_board.port, "-p", project, "deploy")
    assert "the embedding tiny" in said and "the board has base" in said
    assert "run 'tinyteach upgrade'" in said
