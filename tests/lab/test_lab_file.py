"""The lab's file: what it may say, and one sentence for whatever else it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.errors import ProjectError
from tinyteach.lab.places import LEASE, LabPlace
from tinyteach.service.lab.lab_file import LabBoard, LabFile, parse_lab_file, read_lab_file

BOARD = '[boards.left]\nboard = "left"\n'


def test_the_example_is_one(root):
    lab = read_lab_file(root / "examples" / "lab" / "tinyteach-lab.toml")
    assert lab.boards == (LabBoard("left", "left", protocol="raw"),)
    assert lab.coordinator == "127.0.0.1:20408" and lab.port_of(0) == 20411


def test_all_are_open_where_the_command_says_so(root):
    lab = read_lab_file(root / "examples" / "lab" / "tinyteach-lab.toml", all_open=True)
    assert [board.open for board in lab.boards] == [True]


def test_all_keys():
    about = 'tags = ["xiao"]\nprotocol = "raw"\npower = "hub \'a b\'"\nmicropython = "1.2"\n'
    about += 'image = "firmware.bin"\n'
    own = 'name = "desk"\nhost = "10.0.0.2"\nport = 0\nlease_s = 5\nretry_s = 1.5\n'
    lab = parse_lab_file((own + BOARD + about + "repair = true\nopen = true\n").encode())
    board = LabBoard(
        *("left", "left", ("xiao",), "raw", ("hub", "a b"), "1.2", "firmware.bin", True, True)
    )
    assert lab == LabFile((board,), "desk", None, "10.0.0.2", 0, 5, 3600.0, 1.5)
    assert lab.port_of(3) == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it names no board"),
        ("x = ", "it is no TOML"),
        ("wings = 2\n" + BOARD, "the file has no key 'wings'; it has name"),
        ("port = 'a'\n" + BOARD, "'port' of the file must be a whole number"),
        ("port = 65535\n" + BOARD, "port is out of range"),
        ("lease_s = 600\n" + BOARD, "lease_s must be from 1 to 50"),
        ("retry_s = 0\n" + BOARD, "must be more than 0"),
        ("name = 'a*'\n" + BOARD, "name must be without"),
        ("boards = 3", "'boards' of the file must be a table"),
        ("[boards]\nleft = 3", "boards.left must be a table"),
        ("[boards.left]", "boards.left needs 'board'"),
        ("[boards.'Left one']\nboard='x'", "names have small letters"),
        (BOARD + "tags = ['Ä']", "boards.left: tags have"),
        (BOARD + "tags = ['tinyteach']", "some are taken"),
        (BOARD + "tags = ['tinyteach_lease']", "some are taken"),
        (BOARD + "protocol = 'x25'", "protocol is rfc2217 or raw"),
        (BOARD + 'power = "\'"', "power is no command line"),
        (BOARD + "image = 'a.bin'\nrepair = false", "image needs repair"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, why):
    path = tmp_path / "lab.toml"
    path.write_text(text)
    with pytest.raises(ProjectError, match="docs/lab.md") as told:
        read_lab_file(path)
    assert why in str(told.value)


def test_no_file(tmp_path):
    with pytest.raises(ProjectError, match="There is no file"):
        read_lab_file(tmp_path / "none.toml")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_lab_or_a_clause(content):
    try:
        assert parse_lab_file(content).boards
    except ValueError as error:
        assert str(error)


@given(st.text(max_size=30), st.integers(-1, 1 << 17))
def test_any_tag_is_where_a_board_is_lent_or_nowhere(host, port):
    tags = {LEASE: f"{host}:{port}"}
    where = LabPlace("left", tags, "", "", "").lease_address
    assert where == ((host, port) if host and 0 <= port < 1 << 16 else None)
    assert LabPlace("left", {LEASE: host.replace(":", "")}, "", "", "").lease_address is None


VALUES = st.one_of(st.text(max_size=9), st.integers(), st.floats(), st.booleans())


@given(st.sampled_from(["name", "host", "port", "lease_s", "doctor_every_s", "retry_s"]), VALUES)
def test_any_value_of_a_key(key, value):
    text = {True: "true", False: "false"}.get(value, repr(value)) if value is not None else ""
    try:
        lab = parse_lab_file(f"{key} = {text}\n{BOARD}".encode(errors="replace"))
    except ValueError:
        return
    assert 1 <= lab.lease_s <= 50 and 0 <= lab.port <= 65_534
