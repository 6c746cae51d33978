"""Files that people write or that lie in their settings."""

import os
from datetime import date
from pathlib import Path
from unittest import mock

from fuzz.targets.target import Target, file_with
from tinyteach.device.registry import find_board, paired_boards
from tinyteach.errors import HilFileError, UsageError
from tinyteach.hil.baseline import parse_baseline
from tinyteach.hil.settings import parse
from tinyteach.service.lab.lab_file import parse_lab_file
from tinyteach.studio.addresses import Place

TODAY = date(2026, 1, 2)
BOARDS = (
    b'[{"board_id": "e8f60af5541a", "name": "desk", "port": "/dev/ttyACM0", "usb_serial": "1",'
    b' "machine": "XIAO", "colours": "rgb565_big"}]'
)
BASELINE = (
    b'{"tinyteach_baseline": 1, "kinds": {"virtual": {"since": 0, "photographs": {"t": {"a": true}}'
    b', "runs": [{"at": "2026-01-02T03:04:05", "agent": "1", "computer": "x", "rounds": '
    b'{"t: latency_ms": [1.5, 2]}}]}}}'
)
HIL = (
    b'[[quarantine]]\ntest = "a.py::b"\nreason = "r"\nowner = "o"\nexpires = 2026-12-31\n'
    b"[budget.default]\naccuracy = 0.9\nlatency_p95_ms = { total = 120 }\n"
)
LAB = (
    b'coordinator = "127.0.0.1:20408"\nport = 0\nlease_s = 5.5\n[boards.left]\nboard = "left"\n'
    b'tags = ["xiao"]\nprotocol = "raw"\npower = "hub \'a b\'"\nrepair = true\n'
)
ADDRESS = b'{"host": "127.0.0.1", "port": 8000, "folder": "/a", "key": "k"}'


def decode_boards(data: bytes) -> None:
    path = file_with("home/config/boards.json", data)
    with mock.patch.dict(os.environ, {"TINYTEACH_HOME": str(path.parents[1])}):
        for board in paired_boards():
            assert find_board(board.name)


def decode_hil(data: bytes) -> None:
    read = parse(data, Path("tinyteach-hil.toml"))
    for each in read.quarantine:
        each.holds(TODAY)
        each.words()
    for kind in ("virtual", "xiao_esp32s3_sense"):
        assert all(limit.value >= 0 for limit in read.budgets.limits(kind))


def decode_baseline(data: bytes) -> None:
    """What is read is written anew."""
    for known in parse_baseline(data, Path("baseline.json")).kinds.values():
        assert len(known.compared) <= len(known.runs)


def decode_lab(data: bytes) -> None:
    lab = parse_lab_file(data)
    assert lab.boards and lab.address and lab.port_of(0) >= 0


def decode_address(data: bytes) -> None:
    place = Place(Path("project"))
    place.file = file_with("studio.json", data)
    place.announced()
    assert 0 <= place.last_port() < 65536


TARGETS = (
    Target("paired_boards", decode_boards, lambda: [BOARDS], (UsageError,)),
    Target(
        "hil_settings",
        decode_hil,
        lambda: [HIL],
        (HilFileError,),
        (b"[budget.virtual]", b"[[quarantine]]", b"expires = ", b"2026-01-01T00:00:00Z", b"inf"),
    ),
    Target("baselines", decode_baseline, lambda: [BASELINE], (HilFileError,)),
    Target(
        "lab_files",
        decode_lab,
        lambda: [LAB],
        (ValueError,),
        (b"[boards.", b"tags = [", b"lease_s = ", b"nan", b"inf", b"port = ", b"''"),
    ),
    Target("studio_addresses", decode_address, lambda: [ADDRESS], ()),
)
