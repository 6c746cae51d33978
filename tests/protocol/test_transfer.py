"""Transfers: pipelined, resumed, intact over any link, or reported."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import lossy_link
from protocol.simulation import FRAME_BYTES, KEY, Board, Dice, Link
from tinyteach_protocol import errors, messages
from tinyteach_protocol.errors import ProtocolError
from tinyteach_protocol.frame import OVERHEAD_BYTES
from tinyteach_protocol.requester import Refused, Response, Unanswered
from tinyteach_protocol.transfer import Download, Upload

SCRIPT = Path(__file__).with_name("lossy_link.py")
MODEL = Dice(3).data(5000)
SHA256 = hashlib.sha256(MODEL).digest()
RING_BYTES = 260


def linked(percent=0, seed=1, **board):
    link = Link(Board(**board), percent, seed)
    link.connect()
    return link


def upload_of(link, data=MODEL):
    return Upload(link.requester, messages.HEAD, data, hashlib.sha256(data).digest())


@settings(deadline=None)
@given(st.integers(0, 1 << 24), st.sampled_from([0, 2, 10, 30]), st.sampled_from([b"", KEY]))
def test_intact_over_any_link(seed, percent, key):
    lossy_link.deploy(percent, seed, key)
    lossy_link.photograph(percent, seed, key)


def test_intact_over_a_lossy_link_on_micropython(root, micropython):
    out = micropython.run(SCRIPT, "15", "1", "6", path=[root / "tests"])
    assert out.startswith("intact 6")


def test_a_ring_that_holds_no_whole_piece(monkeypatch):
    """A UART without flow control loses what comes while a board computes: small pieces get by."""
    link = linked()
    upload = upload_of(link)

    def into_the_ring(data):
        link.board.exchange(b"", link.now_ms)  # the board has been waiting for more
        return data[:RING_BYTES]

    monkeypatch.setattr(link, "_pass", into_the_ring)
    assert link.run(upload) is None
    assert isinstance(link.call(messages.COMMIT), Response) and link.board.active == MODEL


def test_a_clean_link_needs_no_repetition():
    assert lossy_link.deploy(0, 1) == 0
    assert lossy_link.photograph(0, 1) == 0
    assert lossy_link.deploy(0, 1, KEY) + lossy_link.photograph(0, 1, KEY) == 0


@given(st.binary(max_size=3000), st.integers(1, 3000), st.integers(512, 2000))
def test_any_size_window_and_limit(data, window, max_payload):
    link = linked(window=window, max_payload=max_payload)
    upload = upload_of(link, data)
    assert link.run(upload) is None
    assert isinstance(link.call(messages.COMMIT), Response)
    assert link.board.active == data
    link.board.frame = data
    download = Download(link.requester, messages.FRAME, len(data))
    assert link.run(download) is None
    assert bytes(download.data) == data


def test_two_pieces_travel_at_a_time():
    link = linked()
    upload = upload_of(link)
    upload.pump(0)
    for event in link.exchange():
        assert upload.take(event)
    upload.pump(0)
    assert upload.on_their_way == 2
    assert len(link.requester.data_to_send()) <= link.requester.window


def test_a_lost_write_is_made_good_without_waiting():
    """Go-back-N: the refused pieces follow the repeated one, and each only once."""
    link = linked(window=4000)
    writes, plain = [], link.board.write
    link.board.write = lambda request: writes.append(request.offset) or plain(request)
    upload = upload_of(link)
    upload.pump(0)
    for event in link.exchange():
        upload.take(event)
    upload.pump(link.now_ms)
    sent = link.requester.data_to_send()
    lost = OVERHEAD_BYTES + 512
    assert len(sent) == 7 * lost
    link.requester._queue.append(sent[lost:])
    before_ms = link.now_ms
    assert link.run(upload) is None
    assert link.now_ms - before_ms < 200
    assert link.requester.retries == 1
    assert bytes(link.board.flash[SHA256]) == MODEL
    pieces = -(-len(MODEL) // (link.requester.max_payload - messages.DATA_OVERHEAD_BYTES))
    refused = 6  # all that were behind the lost one
    assert len(writes) == pieces + refused


def test_upload_resumes_after_a_power_cut():
    link = linked()
    upload = upload_of(link)
    while upload.acknowledged_bytes < 2000:
        upload.pump(link.now_ms)
        for event in link.exchange():
            upload.take(event)
    link.board.power_cut()
    failure = link.run(upload)
    assert isinstance(failure, Refused) and failure.code == errors.NO_SESSION
    link.connect()
    upload.resume(link.requester)
    assert link.run(upload) is None
    assert upload.resumed_bytes >= 2000
    assert bytes(link.board.flash[SHA256]) == MODEL


def test_a_new_upload_of_what_is_there_sends_nothing():
    link = linked()
    assert link.run(upload_of(link)) is None
    upload = upload_of(link)
    assert link.run(upload) is None
    assert upload.resumed_bytes == len(MODEL)
    assert isinstance(link.call(messages.COMMIT), Response)


def test_download_resumes_with_what_is_missing():
    link = linked()
    grabbed = link.call(messages.GRAB, kind=0).message
    download = Download(link.requester, messages.FRAME, grabbed.size, grabbed.crc32)
    while download.received_bytes < 5000:
        download.pump(link.now_ms)
        for event in link.exchange():
            download.take(event)
    frame = link.board.frame
    link.board.power_cut()
    link.board.frame = frame
    assert isinstance(link.run(download), Refused)
    link.connect()
    before = download.received_bytes
    download.resume(link.requester)
    assert download.received_bytes == before
    assert link.run(download) is None
    assert bytes(download.data) == frame


def test_a_frame_that_changed_is_reported_and_read_anew():
    link = linked()
    grabbed = link.call(messages.GRAB, kind=0).message
    download = Download(link.requester, messages.FRAME, grabbed.size, grabbed.crc32)
    good, link.board.frame = link.board.frame, bytes(FRAME_BYTES)
    failure = link.run(download)
    assert isinstance(failure, Refused) and failure.code == errors.BAD_HASH
    link.board.frame = good
    download.resume(link.requester)
    assert link.run(download) is None
    assert bytes(download.data) == good


def test_a_dead_link_is_reported():
    for make in (
        upload_of,
        lambda link: Download(link.requester, messages.FRAME, 5000),
    ):
        link = linked()
        transfer = make(link)
        link.board.exchange = lambda data, now_ms: []
        assert isinstance(link.run(transfer), Unanswered)
        assert link.requester.outstanding == 0


def test_a_board_that_refuses_ends_the_transfer():
    link = linked()
    link.board.open = lambda request: (_ for _ in ()).throw(ProtocolError(errors.NO_SPACE))
    failure = link.run(upload_of(link))
    assert isinstance(failure, Refused) and failure.code == errors.NO_SPACE


@pytest.mark.parametrize("offset", [len(MODEL) + 1, 0xFFFFFFFF])
def test_an_offset_beyond_the_end_is_refused(offset):
    link = linked()
    board = link.board
    board.open = lambda request: board.responder.respond(request, offset=offset)
    failure = link.run(upload_of(link))
    assert isinstance(failure, Refused) and failure.code == errors.BAD_OFFSET


@pytest.mark.parametrize("shift, data", [(1, b"x"), (0, b""), (0, bytes(501))])
def test_wrong_bytes_are_refused(shift, data):
    link = linked(max_payload=600)
    board = link.board
    board.read = lambda request: board.responder.respond(
        request, offset=request.offset + shift, data=data
    )
    failure = link.run(Download(link.requester, messages.FRAME, 500))
    assert isinstance(failure, Refused) and failure.code == errors.MALFORMED


def test_short_answers_are_completed():
    link = linked()
    board = link.board
    board.frame = MODEL
    board.read = lambda request: board.responder.respond(
        request,
        offset=request.offset,
        data=MODEL[request.offset : request.offset + min(request.length, 100)],
    )
    download = Download(link.requester, messages.FRAME, len(MODEL))
    assert link.run(download) is None
    assert bytes(download.data) == MODEL


@pytest.mark.parametrize("format, row_bytes", [(messages.RGB565_BE, 192), (messages.RGB888, 288)])
def test_images_travel_in_whole_rows(format, row_bytes):
    link = linked(max_payload=600, window=1200)
    offsets = []
    plain = link.board.write

    def write(request):
        offsets.append((request.offset, len(request.data)))
        return plain(request)

    link.board.write = write
    pixels = Dice(9).data(96 * row_bytes)
    upload = Upload(link.requester, messages.IMAGE, pixels, side=96, pixel_format=format)
    assert link.run(upload) is None
    assert bytes(link.board.flash[b""]) == pixels
    assert all(n % row_bytes == 0 and at % row_bytes == 0 for at, n in offsets)


def test_a_row_longer_than_a_frame_is_refused():
    link = linked()
    pixels = bytes(200 * 600)
    upload = Upload(link.requester, messages.IMAGE, pixels, side=200, pixel_format=messages.RGB888)
    with pytest.raises(ProtocolError):
        link.run(upload)


def test_foreign_events_are_not_taken():
    link = linked()
    upload = upload_of(link)
    upload.pump(0)
    assert not upload.take(Response(9999, messages.OPEN, None))
    assert not upload.take("text")
