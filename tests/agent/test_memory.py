"""The agent's heap: half a megabyte holds everything that it does, on both word sizes."""

import time

import numpy as np
import pytest
import serial

from alone import set_up
from keyed import frames_in
from paired import deploy, do_all, make_head, scores_of, teach, teach_all, views_of
from patience import PATIENCE_S
from slices import few, soak
from soak.always_on import ALLOWED_BYTES, RULES, part, two_objects
from tinyteach.device.repl.pairing import Wanted, pair_for_now
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILES, TfliteModel, load_embedding
from tinyteach.errors import BoardRefusedError
from tinyteach.head.format.head_file import load_head
from tinyteach.head.format.metadata import Card, SelfTests
from tinyteach.head.format.quantise import QuantisedHead
from tinyteach.head.format.tflite_writer import write_head
from tinyteach.service.heads.recognition import Reference
from tinyteach.service.projects.embeddings import heap_of
from tinyteach.virtual.board import VirtualBoard
from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.session import hello_frame

from .conftest import ARCHS

HEAP_BYTES = 512 << 10
# What the start of a virtual board and pairing's own question take of the heap asked for.
FIRMWARE_BYTES = 5120
# What the agent lets pile up before it collects (agent/memory.py), and more.
GARBAGE_BYTES = 5120
ALONE_S = 1  # for it to have begun by itself; where it has not, what follows holds all the same
OBJECTS = (("cat", "coffee"), ("cat", "coffee", "rocket"))
PEAK_BYTES = 262 << 10  # of what the agent uses, where words have 32 bits as on boards
# While a head is made of examples; what makes it is loaded only then.
TEACHING_PEAK_BYTES = 264 << 10


@pytest.fixture(scope="module", params=few(ARCHS, "i386"))
def board(request, switch_on):
    """On both word sizes."""
    with switch_on(request.param) as started:
        yield started


def large_head(classes, seed):
    """A head of that many classes with weights by chance."""
    embedding = load_embedding()
    rng = np.random.default_rng(seed)
    weights = rng.integers(-127, 128, (classes, embedding.features), np.int8)
    numbers = QuantisedHead(
        weights,
        np.full(classes, 0.01, np.float32),
        np.zeros(classes, np.int32),
        embedding.scale,
        embedding.zero_point,
        0.1,
        0,
    )
    labels = tuple(f"class number {number}" for number in range(classes))
    vectors = rng.integers(-128, 128, (2, embedding.features), np.int8)
    blank = SelfTests(vectors, np.zeros((2, classes), np.int8))
    bare = TfliteModel(write_head(numbers, Card(labels, embedding.fingerprint, blank)))
    tests = SelfTests(vectors, bare.run(vectors))
    return load_head(write_head(numbers, Card(labels, embedding.fingerprint, tests)))


def test_everything_fits(client, trained_heads):
    for head in trained_heads:
        do_all(client, head)
    client.rollback()
    info = client.info()
    assert 0 < info.heap_peak <= HEAP_BYTES
    assert info.heap_total <= HEAP_BYTES
    # The most in use beside what the firmware itself had taken.
    assert info.heap_peak <= info.heap_total
    if info.arch == "x86":
        assert info.heap_peak <= PEAK_BYTES


def test_work_without_a_host_is_let_go_of_where_one_comes(board):
    """Also where HELLO and what follows come so close that the agent reads all in one go."""
    with BoardClient(board.port) as client:
        usual = client.info()
    time.sleep(ALONE_S)
    hello, seq, _ = hello_frame(1, 1)
    answer = b""
    with serial.Serial(board.port, timeout=PATIENCE_S) as port:
        port.write(hello + frame.encode(messages.INFO, seq + 1))
        while not (told := _answer_in(answer, messages.INFO)):
            piece = port.read(1)
            assert piece, "the board is silent"
            answer += piece + port.read(port.in_waiting)
        port.write(frame.encode(messages.BYE, seq + 2))
    assert usual.heap_free - told.heap_free < GARBAGE_BYTES


def _answer_in(data, verb):
    for sent in frames_in(data):
        if sent[:2] == frame.MAGIC and sent[2] == verb | messages.RESPONSE:
            return messages.decode(sent[2], 0, sent[frame.HEADER_BYTES : -frame.TRAILER_BYTES])
    return None


FRAMES = 50  # a part; tests/soak/always_on.py takes 10,000 in all


def test_alone_is_flat_and_fits(switch_on, trained_heads):
    """Frame after frame without a host, with rules, lines, kept views: no more heap each time."""
    with switch_on("i386") as board:
        camera = two_objects(each=5)
        board.show_source(camera)
        settings = {"interval_ms": 0, "line_s": 1, "keep": 3, "keep_s": 1}
        set_up(board, trained_heads[1], *RULES, **settings)
        parts = [part(board, camera, FRAMES) for _ in range(4)]
    assert parts[-1][2] <= parts[1][2] + ALLOWED_BYTES
    assert parts[-1][2] <= PEAK_BYTES


def test_teaching_fits(client, trained_heads):
    """Beside all that came before, and everything else after it."""
    teach_all(client)
    do_all(client, trained_heads[1])
    teach(client, "cat", views_of("cat", 2, side=96))
    info = client.info()
    assert info.heap_peak <= (TEACHING_PEAK_BYTES if info.arch == "x86" else HEAP_BYTES)


def test_many_classes(client):
    classes = 64
    first, second = large_head(classes, 1), large_head(classes, 2)
    square = views_of("cat", 1, side=96)[0]
    for head in (first, second, first):
        deploy(client, head)
        expected = Reference(load_embedding(), head).scores(square).tobytes()
        assert scores_of(client, square) == expected
    assert client.rollback().labels == list(second.labels)
    do_all(client, first)
    assert client.info().heap_peak <= HEAP_BYTES


@pytest.mark.parametrize("heap", ["200k", "256k"])
def test_too_little_memory_is_said(switch_on, trained_heads, heap):
    """A heap that holds the agent but not the embedding, or hardly anything beside it."""
    with switch_on("i386", heap=heap) as board, BoardClient(board.port) as client:
        assert client.info().state.endswith(".")
        with pytest.raises(BoardRefusedError) as refused:
            deploy(client, trained_heads[0])
        assert refused.value.code in (errors.NO_EMBEDDING, errors.NO_MEMORY)
        assert client.info().board


@pytest.mark.parametrize("frames", [3, soak(10)])
@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("size", few(EMBEDDING_FILES, "base"))
def test_what_pairing_asks_for_is_enough(size, arch, frames, trained_heads):
    """A board with hardly more than pairing wants does everything, in 32 bits and in 64."""
    content = EMBEDDING_FILES[size].read_bytes()
    embedding = load_embedding(EMBEDDING_FILES[size])
    heads = trained_heads
    if size != "base":
        heads = [make_head(*names, photos=3, embedding=embedding) for names in OBJECTS]
    wanted = heap_of(content, arch == "amd64") + FIRMWARE_BYTES + 256
    with VirtualBoard(arch, heap=wanted) as board:
        pair_for_now(board.port, Wanted(content), lambda *_: None)
        with BoardClient(board.port) as client:
            deploy(client, heads[0])
            do_all(client, heads[1])
            client.rollback()
            teach_all(client, frames)
            assert client.info().state == ""
