"""Keys from the command line: given by pairing, carried to another computer, missed, lost."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from tinyteach.device import keys
from tinyteach.device.registry import find_board, paired_boards
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import ProjectError

OTHER = "0f" * 8


def test_a_key_s_way(tinyteach, switch_on, tmp_path, monkeypatch):
    """One board, two computers: the second is let in once it has the key, and not before."""
    here, there = tmp_path / "here", tmp_path / "there"
    file = tmp_path / "kitchen.key"

    def at(home, *words):
        monkeypatch.setenv("TINYTEACH_HOME", str(home))
        return tinyteach(*words)

    with switch_on("i386") as board:
        named = ("--board", board.port)
        paired = json.loads(at(here, "pair", *named, "--name", "kitchen", "--json").out)
        assert paired["written"] == ["/tinyteach/key"]
        assert any("has a key now" in note for note in paired["notes"])
        assert paired["access"] == "keyed"
        listed = json.loads(at(here, "keys", "list", "--json").out)["keys"]
        assert listed == [{"board_id": paired["board_id"], "name": "kitchen", "fault": None}]
        assert at(here, "rule", "clear", *named).code == 0

        refused = at(there, "rule", "clear", *named)
        assert refused.code in (0, 19)  # there were no rules to clear
        refused = at(there, "alone", *named, "--interval", "100")
        assert refused.code == 19 and "tinyteach keys import" in refused.err
        assert at(there, "wipe", *named, "--yes").code == 19
        assert json.loads(at(there, "info", *named, "--json").out)["access"] == "foreign"
        assert "as this computer does" in at(here, "info", *named).out

        exported = at(here, "keys", "export", "kitchen", file)
        assert exported.code == 0 and str(file) in exported.out
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert at(here, "keys", "export", "kitchen", file).code == 7
        assert at(there, "keys", "import", file).code == 0
        assert at(there, "alone", *named, "--interval", "100").code == 0

        assert "board is private: it shows nothing" in at(there, "pair", *named, "--private").out
        assert find_board("kitchen") is None and paired_boards()[0].private
        assert at(here, "info", *named).code == 0  # with the same key
        assert at(here, "keys", "forget", "kitchen").code == 0
        assert at(here, "info", *named).code == 19
        assert at(here, "keys", "forget", "kitchen").code == 2
        # It is lost. The cable makes another, the board stays private, and the first is of no use.
        refused = at(here, "pair", *named)
        assert refused.code == 19 and "--new-key" in refused.err
        again = json.loads(at(here, "pair", *named, "--new-key", "--json").out)
        assert again["written"] == ["/tinyteach/key"] and again["access"] == "private"
        refused = at(there, "info", *named)
        assert refused.code == 19 and "another key" in refused.err
        monkeypatch.setenv("TINYTEACH_HOME", str(here))
        with BoardClient(board.port) as client:
            assert client.is_private and client.is_proven
        assert "not private any more" in at(here, "pair", *named, "--open").out
        assert not find_board("kitchen").private
        assert at(tmp_path / "third", "info", *named).code == 0


def test_a_stolen_project_is_no_key(tinyteach, switch_on, trained_project, tmp_path, monkeypatch):
    """All its owner has but the keys: the very head that is at work is not put to work with it."""
    here, there = tmp_path / "here", tmp_path / "there"
    in_project = ("-p", trained_project)
    monkeypatch.setenv("TINYTEACH_HOME", str(here))
    with switch_on("i386") as board:
        named = ("--board", board.port)
        assert tinyteach("pair", *named, "--name", "kitchen").code == 0
        for words in (["capture", "cat", "-n", "1"], ["deploy"], ["deploy", "--threshold", "0.7"]):
            assert tinyteach(*in_project, *named, *words).code == 0
        (key,) = map(keys.key_of, keys.keyed_boards())
        before = tinyteach("info", *named, "--json").out
        stolen = Path(shutil.copytree(trained_project, tmp_path / "stolen"))
        content = b"".join(path.read_bytes() for path in stolen.rglob("*") if path.is_file())
        assert key not in content and key.hex().encode() not in content
        monkeypatch.setenv("TINYTEACH_HOME", str(there))
        for words in (
            *(["deploy"], ["rollback"], ["teach", "x", "-n", "1"], ["alone", "--interval", "9"]),
            *(["rule", "add", "cat", "say", "x"], ["pair"], ["unpair", "--yes"], ["wipe", "--yes"]),
        ):
            assert tinyteach("-p", stolen, *named, *words).code == 19, words
        monkeypatch.setenv("TINYTEACH_HOME", str(here))
        after = tinyteach("info", *named, "--json").out
    kept = ("head", "previous_head", "embedding", "access")
    assert [json.loads(after).get(each) for each in kept] == [
        json.loads(before).get(each) for each in kept
    ]


def test_a_board_without_a_key_says_so(tinyteach, board):
    """As one that was paired before there were keys, whatever its agent."""
    assert "whoever reaches its port" in tinyteach("info", "--board", board.port).out
    told = tinyteach("info", "--board", board.port, "--json").out
    assert json.loads(told)["access"] == "open"


def test_files_of_keys_are_their_owner_s_alone(tmp_path):
    keys.keep_key(OTHER, bytes(range(1, 33)))
    path = keys._path(OTHER)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert keys.key_of(OTHER) == bytes(range(1, 33)) and keys.keyed_boards() == [OTHER]


@pytest.mark.parametrize("board_id", ["", "..", "../boards", "a/b", "AB", "0f" * 40, "virtual\0"])
def test_no_identity_names_a_file_that_is_no_key(board_id):
    assert keys.key_of(board_id) is None and not keys.forget_key(board_id)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b"[]", b"\xff\xfe", b'{"board": "0f0f", "key": "00"}'),
        b'{"board": "../x", "key": "' + b"01" * 31 + b'02"}',
        b'{"board": "0f0f", "key": "' + b"ff" * 32 + b'"}',  # of erased flash
    ],
)
def test_what_is_no_key_is_not_imported(fails, tmp_path, content):
    file = tmp_path / "a.key"
    file.write_bytes(content)
    assert "holds no board's key" in fails("keys", "import", file)
    assert keys.keyed_boards() == []


def test_another_key_is_not_written_over(fails, tinyteach, tmp_path):
    keys.keep_key(OTHER, bytes(range(1, 33)))
    file = tmp_path / "a.key"
    keys.write_key(file, OTHER, bytes(range(32)))
    assert "has another key" in fails("keys", "import", file)
    assert tinyteach("keys", "forget", OTHER).code == 0
    assert tinyteach("keys", "import", file, "--json").code == 0
    assert keys.key_of(OTHER) == bytes(range(32)) and find_board(OTHER) is None


def test_a_damaged_key_is_exported_nowhere_and_in_nobody_s_way(fails, tinyteach, tmp_path):
    """Nor is one that lies under another board's name."""
    file = tmp_path / "a.key"
    keys.write_key(file, OTHER, bytes(range(32)))
    keys.keep_key(OTHER, bytes(range(32)))
    keys.write_key(keys._path(OTHER), "0e" * 8, bytes(range(32)))
    assert "holds no board's key" in fails("keys", "export", OTHER, tmp_path / "b.key")
    keys._path(OTHER).write_bytes(b"{")
    assert "holds no board's key" in fails("keys", "export", OTHER, tmp_path / "b.key")
    assert tinyteach("keys", "import", file).code == 0
    assert keys.key_of(OTHER) == bytes(range(32))


DAMAGES = {
    "cut off": lambda whole: whole[:-9],
    "bare": lambda whole: json.loads(whole)["key"].encode(),
    "no text": lambda whole: b"\xff\xfe" + whole,
    "another board's": lambda whole: whole.replace(OTHER.encode(), b"0e" * 8),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_key_is_listed_as_that_and_shown_nowhere(tinyteach, tmp_path, damage):
    """Beside one that is whole, in one sentence; by no command is any of the file told."""
    key = bytes(range(1, 33))
    for board_id in (OTHER, "0c" * 8):
        keys.keep_key(board_id, key)
    path = keys._path(OTHER)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    listed = tinyteach("keys", "list")
    assert listed.code == 0 and listed.out.count("holds no board's key") == 1
    told = json.loads(tinyteach("keys", "list", "--json").out)["keys"]
    assert [bool(each["fault"]) for each in told] == [False, True]
    said = [listed, tinyteach("keys", "export", OTHER, tmp_path / "b.key")]
    if damage != "another board's":
        said += [tinyteach("keys", "import", path), tinyteach("pair", "--board", path)]
    said += [tinyteach("info", "--board", OTHER), tinyteach("keys", "forget", OTHER)]
    for each in said:
        assert key.hex()[:8] not in each.out + each.err
    assert said[-1].code == 0 and keys.keyed_boards() == ["0c" * 8]


def test_a_key_that_others_can_read_or_replace_is_told(tinyteach):
    keys.keep_key(OTHER, bytes(range(1, 33)))
    path = keys._path(OTHER)
    for of_file, of_folder, told in (
        (0o644, 0o700, f"run 'chmod 600 {path}', and"),
        (0o600, 0o770, f"run 'chmod 700 {path.parent}'."),
        (0o600, 0o755, "can be entered by others"),
        (0o600, 0o700, None),
    ):
        path.chmod(of_file)
        path.parent.chmod(of_folder)
        said = tinyteach("keys", "list", "--json")
        (entry,) = json.loads(said.out)["keys"]
        assert told in entry["fault"] if told else entry["fault"] is None


def test_a_folder_that_cannot_be_the_user_s_alone_keeps_no_key(fails, tmp_path, monkeypatch):
    """Which is known before a board is changed, too: both do the same."""
    file = tmp_path / "a.key"
    keys.write_key(file, OTHER, bytes(range(32)))

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    assert "cannot be made yours alone (operation not permitted)" in fails("keys", "import", file)
    with pytest.raises(ProjectError, match="yours alone"):
        keys.check_room(OTHER)


def test_a_key_that_is_a_link_is_read_and_another_takes_the_link_s_place(tinyteach, tmp_path):
    """What it led to stays, as does what a link to nowhere is to an export."""
    keys.keep_key(OTHER, bytes(range(1, 33)))
    elsewhere, path = tmp_path / "elsewhere", keys._path(OTHER)
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    assert keys.key_of(OTHER) == bytes(range(1, 33))
    keys.keep_key(OTHER, bytes(range(32)))
    assert not path.is_symlink() and elsewhere.read_bytes() == before
    nowhere = tmp_path / "nowhere.key"
    nowhere.symlink_to(tmp_path / "none")
    assert tinyteach("keys", "export", OTHER, nowhere).code == 7 and nowhere.is_symlink()


def test_the_variable_warns_as_the_option_does(tinyteach, monkeypatch):
    monkeypatch.setenv("TINYTEACH_INSECURE", "0")
    assert "--insecure" not in tinyteach("keys", "list").err
    assert "--insecure" in tinyteach("--insecure", "keys", "list").err
    monkeypatch.setenv("TINYTEACH_INSECURE", "1")
    assert "--insecure" in tinyteach("keys", "list").err


def test_sentences_where_there_is_nothing(fails, tinyteach, tmp_path):
    assert "no board's key" in tinyteach("keys", "list").out
    assert "keys list" in fails("keys", "export", "kitchen", tmp_path / "a.key")
    assert "There is no file" in fails("keys", "import", tmp_path / "a.key")
