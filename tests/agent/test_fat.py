"""A board with FAT at /flash, as OpenMV's: heads and embeddings survive a power cut anywhere.

FAT renames in several steps, so what is looked at after each cut is not only what the board says,
but its flash, by another reader: no clusters of two files, none that a file has and FAT calls free.
"""

import bisect
import shutil
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from fat_image import FatImage
from paired import deploy, make_head, other_embedding
from slices import few, soak
from tinyteach.device.repl import pairing
from tinyteach.device.repl.pairing import Wanted, pair, pair_for_now
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILES
from tinyteach.errors import LinkError, TinyTeachError
from tinyteach.virtual.board import VirtualBoard
from tinyteach_protocol import messages

FAT = {"arch": "i386", "file_system": "fat"}
HEAD_FILES = {"/tinyteach/head_a.tflite", "/tinyteach/head_b.tflite"}
# More than any change here takes.
OPERATIONS_MAX = 2000


def quiet(*_):
    """A progress callback that shows nothing."""


@pytest.fixture(scope="module")
def heads(trained_heads):
    """The one before, the one at work, and the one that is deployed."""
    return (*trained_heads, make_head("cat", "rocket"))


@pytest.fixture(scope="module")
def taught(tmp_path_factory, heads):
    """The flash of a paired board with two heads."""
    flash = tmp_path_factory.mktemp("fat") / "flash"
    with VirtualBoard(flash_path=flash, **FAT) as board:
        paired = pair_for_now(board.port, Wanted(EMBEDDING_FILES["base"].read_bytes()), quiet)
        assert {"/flash/main.py", "/flash/lib/agent/loop.mpy"} <= set(paired.written)
        with BoardClient(board.port) as client:
            for head in heads[:2]:
                deploy(client, head)
    return flash


@pytest.fixture(scope="module")
def crowded(taught, tmp_path_factory):
    """The same with other files, so that a long name's entries are in two sectors."""
    flash = tmp_path_factory.mktemp("crowded") / "flash"
    shutil.copy(taught, flash)
    with VirtualBoard(flash_path=flash, **FAT) as board:
        pairing.free_the_repl(board.port)
        with raw_repl(board.port) as repl:
            repl.run("for n in range(3):\n    open('tinyteach/other_%d' % n, 'w').close()")
    return flash


# The second has all that the first has, and more.
KINDS = ("taught", "crowded")


# Each of the last operations is cut, or those that a search for the switch comes by: where in a
# change it is depends on how large the head is, and that on the processor which trained it.
each_or_those_around_the_switch = pytest.mark.parametrize(
    "every", [False, soak(True)], ids=["around", "every"]
)


@pytest.fixture(params=few(KINDS, "crowded"))
def kind(request):
    """Which flash."""
    return request.param


@pytest.fixture
def switch_on_fat(request, kind, tmp_path):
    """A board with a flash of its own, taught two heads."""
    flash = request.getfixturevalue(kind)

    def start():
        shutil.copy(flash, tmp_path / "flash")
        return VirtualBoard(flash_path=tmp_path / "flash", **FAT)

    return start


def faults(board):
    return FatImage(board.flash.contents()).faults()


def operations_of(board, change):
    first = board.memory.block_operations
    with BoardClient(board.port) as client:
        change(client)
    return board.memory.block_operations - first


@contextmanager
def cable_goes_with_the_power(board):
    """So that the host notices at once."""
    done = threading.Event()

    def watch():
        while not done.wait(0.01):
            if not board.powered:
                board.drop_link()
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def cut_in(board, change, operations):
    """Power is lost in the flash operation after so many; on again, the session's INFO."""
    with cable_goes_with_the_power(board), suppress(LinkError), BoardClient(board.port) as client:
        board.cut_power(operations)
        change(client)
    board.cut_power_now()
    board.power_on()
    with BoardClient(board.port) as client:
        return client.info()


def last_steps(switch_on_fat, change, count):
    """The flash operations at the end of a change, where files are renamed."""
    with switch_on_fat() as board:
        total = operations_of(board, change)
    assert count < total < OPERATIONS_MAX
    return range(total - count, total + 1)


def switches(steps, every, is_new):
    """Whether a cut in one of ``steps`` and in all before it leaves the old one, later the new."""
    if every:
        found = [is_new(step) for step in steps]
        return found == sorted(found) and len(set(found)) == 2
    return 0 < bisect.bisect_left(steps, True, key=is_new) < len(steps)


def test_files_are_where_the_firmware_looks(switch_on_fat, heads):
    with switch_on_fat() as board:
        image = FatImage(board.flash.contents())
        assert HEAD_FILES | {"/main.py", "/tinyteach/embedding.tflite"} <= set(image.files)
        assert image.files["/tinyteach/embedding.tflite"] == EMBEDDING_FILES["base"].read_bytes()
        assert image.faults() == []
        with BoardClient(board.port) as client:
            info = client.info()
    assert info.state == "" and info.head == heads[1].fingerprint
    assert info.previous_head == heads[0].fingerprint
    assert 0 < info.flash_free < info.flash_total <= 2 << 20


@each_or_those_around_the_switch
def test_power_lost_while_deploying(switch_on_fat, heads, every):
    """In each of the steps that switch; the old head or the new one is at work."""

    def change(client):
        deploy(client, heads[2])

    def is_new(operations):
        with switch_on_fat() as board:
            info = cut_in(board, change, operations)
            assert info.state == "" and faults(board) == [], operations
            if operations % 2:
                the_slots_are_usable(board, heads)
        assert info.head in (heads[1].fingerprint, heads[2].fingerprint), operations
        return info.head == heads[2].fingerprint

    assert switches(last_steps(switch_on_fat, change, 14), every, is_new)


def the_slots_are_usable(board, heads):
    """They can be deployed to, and rolled back."""
    with BoardClient(board.port) as client:
        for head in (heads[0], heads[2]):
            deploy(client, head)
        client.rollback()
    board.reset()
    with BoardClient(board.port) as client:
        info = client.info()
    assert info.state == "" and info.head == heads[0].fingerprint
    assert faults(board) == []


@each_or_those_around_the_switch
def test_power_lost_while_the_embedding_is_replaced(switch_on_fat, every):
    """A board is never left without an embedding."""
    other = other_embedding()
    with switch_on_fat() as board, BoardClient(board.port) as client:
        old = client.info().embedding

    def change(client):
        client.upload(messages.EMBEDDING, other)
        client.commit()

    def is_new(operations):
        with switch_on_fat() as board:
            info = cut_in(board, change, operations)
            assert info.model_side and faults(board) == [], operations
        return info.embedding != old

    assert switches(last_steps(switch_on_fat, change, 18), every, is_new)


@pytest.mark.soak
def test_power_lost_while_heads_are_counted(switch_on_fat, heads, home, tmp_path):
    """Of a board with a key: it is there, and no head that was proven before is taken again."""
    keyed, flash = tmp_path / "keyed", tmp_path / "flash"
    embedding = EMBEDDING_FILES["base"].read_bytes()
    with switch_on_fat() as board:
        pair(board.port, Wanted(embedding, gives_key=True, new_key=True), None, quiet)
        with BoardClient(board.port) as client:
            deploy(client, heads[2])
    shutil.copy(flash, keyed)

    def start():
        shutil.copy(keyed, flash)
        return VirtualBoard(flash_path=flash, **FAT)

    def change(client):
        client.upload(messages.HEAD, heads[0].content)
        assert client.is_proven

    counts = []
    for operations in last_steps(start, change, 10):
        with start() as board:
            cut_in(board, change, operations)
            counts.append(FatImage(board.flash.contents()).files["/tinyteach/number"])
            assert faults(board) == [], operations
    assert set(counts) == {b"1", b"2"}
    assert counts == sorted(counts)


@pytest.mark.soak
def test_power_lost_while_a_key_is_given(switch_on_fat, home, tmp_path):
    """Another one, in each flash operation; no agent starts without a key, and pairing goes on."""
    keyed, flash = tmp_path / "keyed", tmp_path / "flash"
    wanted = Wanted(EMBEDDING_FILES["base"].read_bytes(), gives_key=True, new_key=True)
    with switch_on_fat() as board:
        pair(board.port, wanted, None, quiet)
        agents_main = FatImage(board.flash.contents()).files["/main.py"]
    shutil.copy(flash, keyed)
    shutil.copytree(home, tmp_path / "before")

    def start():
        shutil.rmtree(home)
        shutil.copytree(tmp_path / "before", home)
        shutil.copy(keyed, flash)
        return VirtualBoard(flash_path=flash, **FAT)

    with start() as board:
        first = board.memory.block_operations
        pair(board.port, wanted, None, quiet)
        total = board.memory.block_operations - first
    moments = Counter()
    for operations in range(total):
        with start() as board:
            with cable_goes_with_the_power(board), suppress(TinyTeachError):
                board.cut_power(operations)
                pair(board.port, wanted, None, quiet)
            board.cut_power_now()
            files = FatImage(board.flash.contents()).files
            is_whole = files.get("/main.py") == agents_main
            moments[is_whole, "/tinyteach/key" in files] += 1
            board.power_on()
            pair(board.port, replace(wanted, new_key=False), None, quiet)
            with BoardClient(board.port) as client:
                assert client.is_proven, operations
            assert faults(board) == [], operations
    assert moments[True, False] == 0 and moments[True, True] and moments[False, False]
