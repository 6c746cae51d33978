"""Which key pairing gives a board: nobody takes one over by it, and no impostor is sent a key."""

from dataclasses import replace

import pytest

from keyed import give_key
from paired import views_of
from slices import few
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.device import keys
from tinyteach.device.registry import find_board
from tinyteach.device.repl import key_giving, pairing
from tinyteach.device.repl.key_giving import NUMBER_PATH
from tinyteach.device.repl.pairing import Wanted, free_the_repl, pair
from tinyteach.device.repl.raw_repl import RawRepl, raw_repl
from tinyteach.device.repl.survey import survey
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError, NoKeyError, ProjectError
from tinyteach.service.boards import clearing
from tinyteach.service.boards.verification import verify
from tinyteach.service.heads.retraining import retrain
from tinyteach.service.heads.upgrading import upgrade
from tinyteach.service.soak.soaking import soak

from .conftest import quiet


@pytest.fixture
def wanted(little):
    return Wanted(little, gives_key=True, is_embedding=lambda content: True)


@pytest.fixture
def keyed(paired_board):
    """(board, identity, key) of one whose key this computer has."""
    return paired_board, *give_key(paired_board)


def written(board, path, content=None) -> bytes:
    """What a file on a board has; ``content``, where given, is written to it first."""
    free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        if content is not None:
            repl.write_file(path, content, lambda *_: None)
        try:
            return bytes(repl.read_file(path, lambda *_: None))
        finally:
            repl.reset()


def on_board(board, code):
    """Run it there, where no agent is in the way any more."""
    free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        repl.run(code)
        repl.reset()


def key_on(board) -> bytes:
    return written(board, keys.KEY_PATH)[1:]


def test_without_the_key_nobody_pairs_a_board(keyed, wanted, tmp_path, monkeypatch):
    """By no command that pairs, also as a part of something else; the owner goes on."""
    board, identity, key = keyed
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "thief"))
    with pytest.raises(NoKeyError, match="--new-key"):
        pair(board.port, wanted, None, quiet)
    with pytest.raises(NoKeyError):  # as a lab's board is
        pair(board.port, replace(wanted, gives_key=False), None, quiet)
    with pytest.raises(NoKeyError):
        retrain(tmp_path / "new", board.port, True, [], quiet)
    assert keys.keyed_boards() == []
    assert key_on(board) == key
    keys.keep_key(identity, key)
    written(board, NUMBER_PATH, b"7")
    pair(board.port, replace(wanted, private=True), None, quiet)  # who has it may
    assert key_on(board) == key
    pair(board.port, replace(wanted, new_key=True, private=False), None, quiet)
    assert key_on(board) == keys.key_of(identity) != key
    with BoardClient(board.port) as client:
        assert client._proven._number == 0  # heads are counted anew


def test_what_would_be_refused_at_its_end_is_refused_before_any_work(keyed, tmp_path, monkeypatch):
    """Else the project would have a head for an embedding that the board has not."""
    board, *_ = keyed
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "thief"))
    made = Project.create(tmp_path / "things")
    for name in ("cat", "coffee"):
        save_burst(made, made.add_class(name), views_of(name, 3, side=96))
    said = []
    with BoardClient(board.port) as client, pytest.raises(NoKeyError):
        upgrade(client, made, "tiny", lambda *step: said.append(step))
    with pytest.raises(NoKeyError):
        verify(board.port, None, None, quiet=True)
    with pytest.raises(NoKeyError):
        soak(board.port, 1.0, 0, None, quiet)
    assert said == [] and made.embedding == "base" and not made.head_path.exists()


def test_where_no_key_can_be_kept_the_board_works_on(keyed, wanted, tmp_path, monkeypatch):
    """With the key that it had: a full disk here is nothing to stop a board for."""
    board, _, key = keyed
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "full"))
    keys._folder().parent.mkdir(parents=True)
    keys._folder().write_bytes(b"")
    with pytest.raises(ProjectError):
        pair(board.port, replace(wanted, new_key=True), None, quiet)
    with BoardClient(board.port) as client:
        assert client.is_keyed
    assert key_on(board) == key


# What was done of the writing of a key, as LittleFS and FAT leave it.
CUTS = {
    "before": lambda repl, write: None,
    "after": lambda repl, write: write(),
    "between": lambda repl, write: repl.run(f"import os; os.remove({keys.KEY_PATH!r})"),
}


@pytest.mark.parametrize("when", CUTS)
def test_giving_a_key_that_was_cut_short_goes_on(keyed, wanted, monkeypatch, when):
    """By the same command or a plain one; the key before is not lost where the board has it."""
    board, identity, key = keyed
    plain = RawRepl.write_file

    def write_file(repl, path, content, progress):
        if not path.endswith(keys.KEY_PATH):
            return plain(repl, path, content, progress)
        CUTS[when](repl, lambda: plain(repl, path, content, progress))
        raise LinkError("The cable is out.")

    with monkeypatch.context() as patch:
        patch.setattr(RawRepl, "write_file", write_file)
        with pytest.raises(LinkError, match="cable"):
            pair(board.port, replace(wanted, new_key=True), None, quiet)
    assert keys.key_of(identity) == key
    pair(board.port, wanted, None, quiet)
    assert (keys.key_of(identity) == key) == (when == "before")
    assert key_on(board) == keys.key_of(identity) and keys.coming_key(identity) is None


def test_what_is_not_the_board_gets_no_key_of_it(keyed, wanted):
    """It says that it is, and cannot show the key: a key of its own, where the user wants that."""
    board, identity, key = keyed
    other = written(board, keys.KEY_PATH, b"\0" + keys.made_key())
    with pytest.raises(NoKeyError, match="keys forget"):
        pair(board.port, wanted, None, quiet)
    assert written(board, keys.KEY_PATH) == other
    assert keys.key_of(identity) == key
    pair(board.port, replace(wanted, new_key=True), None, quiet)
    assert key_on(board) == keys.key_of(identity) not in (key, other[1:])


def test_a_board_that_makes_no_random_numbers_gets_none(paired_board, monkeypatch):
    """As firmware without os.urandom: that is said, and such a board cannot be private."""
    ask = key_giving.ASK.replace("'urandom'", "'no such thing'")
    monkeypatch.setattr(key_giving, "ASK", ask)
    free_the_repl(paired_board.port)
    with raw_repl(paired_board.port) as repl:
        facts = survey(repl)
        given = key_giving.key_given(repl, facts, facts.id, True, None, False)
        with pytest.raises(BoardRefusedError, match="cannot be private"):
            key_giving.key_given(repl, facts, facts.id, True, True, False)
        repl.reset()
    assert given.file is None and "has no key" in given.notes[0]


def test_a_pairing_that_fails_takes_no_key_away(keyed, wanted, monkeypatch):
    """Neither one that is refused nor one that ends before the key is written."""
    board, identity, key = keyed
    anew = replace(wanted, new_key=True)

    def refuse(*_):
        raise BoardRefusedError("There is no room.")

    def fail(*_):
        raise LinkError("The cable is out.")

    with monkeypatch.context() as patch:
        patch.setattr(pairing, "check_room", refuse)
        with pytest.raises(BoardRefusedError):
            pair(board.port, anew, None, quiet)
    with monkeypatch.context() as patch:
        patch.setattr(pairing, "install_files", fail)
        with pytest.raises(LinkError):
            pair(board.port, anew, None, quiet)
    assert keys.key_of(identity) == key == key_on(board)


class Killed(BaseException):
    """The process ends here."""


def killed(patch, owner, name, is_done=False):
    """Where ``owner`` does what has that ``name``: before it, or when it ``is_done``."""
    plain = getattr(owner, name)

    def ends(*arguments):
        if is_done:
            plain(*arguments)
        raise Killed

    patch.setattr(owner, name, ends)


UNPAIRING_CUT = {
    "before the board is asked": (key_giving, "keep_coming", False),
    "before it does anything": (key_giving, "keep_coming", True),
    "after it did all": (RawRepl, "reset", False),
    "before the name is forgotten": (clearing, "forget", False),
    "before the key is": (clearing, "forget_key", False),
    "in the middle of that": (keys, "forget_coming", False),
    "after it": (clearing, "forget_key", True),
}


WHERE = few(UNPAIRING_CUT, "before it does anything", "after it did all", "in the middle of that")


@pytest.mark.parametrize("again", few([False, True], False))
@pytest.mark.parametrize("where", WHERE)
def test_unpairing_that_was_cut_short_goes_on(keyed, wanted, monkeypatch, where, again):
    """By what is plain: pairing gives the board a key where it has none, unpairing ends it."""
    board, identity, _ = keyed
    pair(board.port, wanted, "desk", quiet)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed(patch, *UNPAIRING_CUT[where])
        clearing.unpair_board(board.port, "desk")
    if again:
        clearing.unpair_board(board.port, "desk")
        assert find_board("desk") is None and keys.keyed_boards() == []
    pair(board.port, wanted, None, quiet)
    assert key_on(board) == keys.key_of(identity)


def test_unpairing_what_does_not_show_the_key_keeps_it(keyed):
    """What has another one is refused, also while no agent answers that would ask."""
    board, identity, key = keyed
    written(board, keys.KEY_PATH, b"\0" + keys.made_key())
    on_board(board, "import os; os.remove('main.py')")
    for change in (clearing.unpair_board, clearing.wipe_board):
        with pytest.raises(NoKeyError, match="--new-key"):
            change(board.port, "desk")
    on_board(board, f"import os; os.remove({keys.KEY_PATH!r})")  # it was erased
    assert clearing.unpair_board(board.port, "desk").files
    assert keys.key_of(identity) == key and keys.coming_key(identity) is None
