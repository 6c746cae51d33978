"""An embedding in ROMFS: its weights stay in flash, the features and all else are the same."""

import shutil
import zlib
from hashlib import sha256

import pytest

from paired import (
    deploy,
    do_all,
    other_embedding,
    scores_of,
    teach_all,
    until_power_is_lost,
    views_of,
)
from slices import soak
from tinyteach.data.drawing import DEMO_OBJECTS
from tinyteach.device.repl.fitness import AGENT_HEAP_BYTES
from tinyteach.device.repl.pairing import Wanted, pair_for_now
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILE, load_embedding
from tinyteach.errors import BoardRefusedError
from tinyteach.service.heads.recognition import Reference
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.romfs_image import image_of
from tinyteach_protocol import messages

from .test_memory import FIRMWARE_BYTES

EMBEDDING = EMBEDDING_FILE.read_bytes()
# A COMMIT of an embedding and what HELLO does take six.
OPERATIONS = 8
PEAK_BYTES = 160 << 10  # of what the agent uses, where words have 32 bits, teaching included


def quiet(*_):
    """A progress callback that shows nothing."""


def rom_with(folder, content, place=0):
    """A folder for ROMFS, the embedding's file ``place`` bytes beyond a multiple of four."""
    (folder / "tinyteach").mkdir(parents=True, exist_ok=True)
    (folder / "tinyteach" / "embedding.tflite").write_bytes(content)
    for size in range(8):
        (folder / "a").write_bytes(bytes(size % 4))
        (folder / "z").write_bytes(bytes(size // 4))
        if image_of(folder).index(content) % 4 == place:
            return folder
    raise AssertionError(place)


@pytest.fixture(scope="module")
def rom(tmp_path_factory):
    """A folder with the embedding that is shipped."""
    return rom_with(tmp_path_factory.mktemp("rom"), EMBEDDING)


@pytest.fixture(scope="module")
def paired_in_rom(switch_on, rom):
    """Starts a board whose embedding is in ROMFS alone; paired before it was there."""
    return lambda arch, **options: switch_on(arch, romfs=rom, **options)


@pytest.fixture(scope="module")
def board(paired_in_rom):
    """One that is paired, so that the copy on flash is gone.

    Of 32 bits: what is found where does not depend on the word size, only what is computed does.
    """
    with paired_in_rom("i386") as started:
        assert pair_for_now(started.port, Wanted(EMBEDDING), quiet).written == []
        yield started


@pytest.fixture
def changing(board, rom):
    """The board, for what puts something else into ROMFS: the next test finds what was there."""
    yield board
    board.deploy_romfs(rom)
    restart(board)


def restart(board):
    board.cut_power_now()
    board.power_on()


def put_into_rom(board, folder, content, place=0):
    """As `mpremote romfs deploy` does, which resets the board."""
    board.deploy_romfs(rom_with(folder, content, place))
    restart(board)


def at_work(board):
    """(embedding at work, whether in place, the sentence on what is wrong)."""
    with BoardClient(board.port) as client:
        info = client.info()
        return info.embedding, client.reads_in_place, info.state


@pytest.fixture(scope="module")
def reference(trained_heads):
    return Reference(load_embedding(), trained_heads[1])


OURS = load_embedding().fingerprint


# Exactness


@pytest.mark.parametrize(
    ("arch", "places"), [soak("amd64", (1,)), ("i386", (3,)), soak("i386", (0, 1, 2))]
)
def test_the_same_features_and_scores(
    paired_in_rom, trained_heads, reference, tmp_path, arch, places
):
    """Wherever the file lies in a word."""
    views = [views_of(name, 1, seed=5)[0] for name in list(DEMO_OBJECTS)[:2]]
    with paired_in_rom(arch) as board:
        assert pair_for_now(board.port, Wanted(EMBEDDING), quiet).written == []
        with BoardClient(board.port) as client:
            deploy(client, trained_heads[1])
        for place in places:
            put_into_rom(board, tmp_path, EMBEDDING, place)
            with BoardClient(board.port) as client:
                for view in views:
                    assert_same(client, reference, view)
            assert at_work(board) == (OURS, True, "")


def assert_same(client, reference, view):
    client.send_image(view.tobytes(), view.shape[0], messages.RGB888)
    answer = client.run(messages.SOURCE_IMAGE)
    assert answer.features_crc32 == zlib.crc32(reference.features(view).tobytes())
    assert bytes(answer.scores) == reference.scores(view).tobytes()


# Memory


def test_heap(board, trained_heads):
    """What the agent uses at most, from power-on through deploy, run, streams and teaching."""
    restart(board)
    with BoardClient(board.port) as client:
        do_all(client, trained_heads[0])
        do_all(client, trained_heads[1])
        client.rollback()
        working = client.info().heap_peak
        teach_all(client)
        do_all(client, trained_heads[1])
        info = client.info()
    assert info.state == ""
    assert pair_for_now(board.port, Wanted(EMBEDDING), quiet).written == []  # ROMFS is as it was
    assert working <= info.heap_peak <= PEAK_BYTES


@pytest.mark.soak
def test_what_pairing_asks_for_is_enough(rom, trained_heads):
    """A blank board with hardly more than pairing wants, in 32 bits: no room for the weights."""
    heap = AGENT_HEAP_BYTES + FIRMWARE_BYTES + 256
    with VirtualBoard("i386", heap=heap) as board, pytest.raises(BoardRefusedError, match="memory"):
        pair_for_now(board.port, Wanted(EMBEDDING), quiet)
    with VirtualBoard("i386", heap=heap, romfs=rom) as board:
        pair_for_now(board.port, Wanted(EMBEDDING), quiet)
        with BoardClient(board.port) as client:
            for head in trained_heads:
                do_all(client, head)
            client.rollback()
            teach_all(client)
            assert client.info().state == ""


def test_beside_fat(rom, trained_heads, reference):
    """As on OpenMV's boards: the agent's own files at /flash, the embedding at /rom."""
    square = views_of("coffee", 1, seed=4)[0]
    with VirtualBoard("i386", file_system="fat", romfs=rom) as board:
        paired = pair_for_now(board.port, Wanted(EMBEDDING), quiet)
        assert "/flash/main.py" in paired.written
        assert not [path for path in paired.written if path.endswith(".tflite")]
        with BoardClient(board.port) as client:
            deploy(client, trained_heads[1])
            assert scores_of(client, square) == reference.scores(square).tobytes()
        restart(board)
        assert at_work(board) == (OURS, True, "")


# What is in the way


DOES_NOT_LOAD = "A model on the board's flash does not load"


@pytest.mark.parametrize("content", [b"TFL3", b""], ids=len)
def test_damaged_embedding_in_rom_is_told(changing, tmp_path, content):
    put_into_rom(changing, tmp_path, content)
    assert at_work(changing)[2].startswith(DOES_NOT_LOAD)


@pytest.mark.soak  # that it is told the one above has
def test_damaged_embedding_in_rom(changing, tmp_path):
    """It is told; one that is sent to the flash is at work instead."""
    board = changing
    put_into_rom(board, tmp_path, EMBEDDING[:50_000])
    with BoardClient(board.port) as client:
        assert client.info().state.startswith(DOES_NOT_LOAD)
        client.upload(messages.EMBEDDING, EMBEDDING)
        client.commit()
    restart(board)
    assert at_work(board) == (OURS, False, "")
    assert pair_for_now(board.port, Wanted(EMBEDDING), quiet).written == []
    assert at_work(board) == (OURS, False, "")
    take_copy_from_flash(board, tmp_path)


def take_copy_from_flash(board, folder):
    put_into_rom(board, folder, EMBEDDING)
    pair_for_now(board.port, Wanted(EMBEDDING), quiet)
    assert at_work(board) == (OURS, True, "")


@pytest.mark.soak  # as cli/test_romfs.py has it
def test_without_rom(changing, tmp_path):
    """ROMFS erased: none is at work until pairing puts one on flash."""
    board = changing
    board.deploy_romfs(None)
    restart(board)
    assert at_work(board)[0] == b""
    paired = pair_for_now(board.port, Wanted(EMBEDDING), quiet)
    assert paired.written == ["/tinyteach/embedding.tflite"] and paired.state == ""
    assert at_work(board) == (OURS, False, "")
    take_copy_from_flash(board, tmp_path)


# Deploying, and other embeddings


@pytest.mark.soak  # as test_deploying.py has it
def test_rolled_back_and_kept_over_a_power_cut(board, trained_heads, reference):
    square = views_of("rocket", 1, seed=2)[0]
    with BoardClient(board.port) as client:
        for head in (trained_heads[0], trained_heads[1], trained_heads[0]):
            deploy(client, head)
        client.rollback()
    restart(board)
    with BoardClient(board.port) as client:
        assert client.info().head == trained_heads[1].fingerprint
        assert scores_of(client, square) == reference.scores(square).tobytes()
    assert at_work(board) == (OURS, True, "")


def send_embedding(client, content):
    client.upload(messages.EMBEDDING, content)
    return client.commit().fingerprint


def test_another_on_flash_comes_first_until_it_is_the_same(board):
    with BoardClient(board.port) as client:
        other = send_embedding(client, other_embedding())
        assert client.info().embedding == other
    restart(board)
    assert at_work(board)[:2] == (other, False)
    with BoardClient(board.port) as client:
        free = client.info().flash_free
        assert send_embedding(client, EMBEDDING) == OURS
        assert client.info().flash_free > free
    restart(board)
    assert at_work(board)[:2] == (OURS, True)


def test_refused_embedding_leaves_the_one_in_place(board, trained_heads):
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])
        with pytest.raises(BoardRefusedError):
            send_embedding(client, EMBEDDING[:60_000])
        assert client.info().head == trained_heads[0].fingerprint
    assert at_work(board) == (OURS, True, "")


def sent_to(flash, rom, old, new):
    """A paired board's flash image, ``old`` put to work, ``new`` sent but not put to work yet."""
    with VirtualBoard("i386", flash, romfs=rom) as board, BoardClient(board.port) as client:
        send_embedding(client, old)
        client.upload(messages.EMBEDDING, new)


@pytest.mark.parametrize("step", [3, soak(1)])
@pytest.mark.parametrize("back", [False, True], ids=["to the flash's", "to the one in place"])
def test_power_cut_while_embeddings_are_exchanged(paired_flashes, rom, tmp_path, back, step):
    """In flash operations from HELLO on: the old one is at work afterwards, or the new one."""
    contents = [EMBEDDING, other_embedding()]
    old, new = reversed(contents) if back else contents
    sent_to(shutil.copy(paired_flashes("i386"), tmp_path / "sent"), rom, old, new)
    seen = []
    for operation in range(0, OPERATIONS, step):
        flash = shutil.copy(tmp_path / "sent", tmp_path / "flash")
        with VirtualBoard("i386", flash, romfs=rom) as board:
            board.cut_power(operation)
            until_power_is_lost(board, lambda client: send_embedding(client, new))
            board.cut_power(-1)
            board.power_on()
            embedding, in_place, problem = at_work(board)
        assert problem == "" and in_place == (embedding == OURS)
        seen.append(embedding)
    assert {*seen} == {sha256(old).digest(), sha256(new).digest()} and seen[0] != seen[-1]
