"""What is no agent at a port: one sentence, soon, whatever it says."""

import pytest

from patience import expect_silence
from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.refusals import refusal
from tinyteach.device.wire.session import BoardSilentError
from tinyteach.errors import BoardNotFoundError, BoardNotPairedError
from tinyteach.link.serial_link import SerialLink, TakesNothingError
from tinyteach_protocol.error_sentences import ERRORS

from .conftest import device, filled


def test_silence(monkeypatch):
    expect_silence(monkeypatch, 150)
    with device() as port, pytest.raises(BoardSilentError, match="Nothing on .* answers; press"):
        BoardClient(port)


def test_board_that_takes_nothing(monkeypatch):
    """As one that hangs, after earlier commands have filled what its port holds."""
    expect_silence(monkeypatch, 150)
    monkeypatch.setattr(session, "ENDING_TIMEOUT_S", 0.3)
    monkeypatch.setattr(SerialLink.write, "__defaults__", (0.3,))
    said = "takes no bytes, .* hangs or does not listen; press .* reset button"
    with device() as port, filled(port), pytest.raises(TakesNothingError, match=said):
        BoardClient(port)


@pytest.mark.parametrize(
    "answer",
    [b"$GPGGA,1,2,3*00\r\n", b"\xf5\x54" * 100, bytes(range(256)), b"\xf5\x54\x81\x00" * 9],
    ids=["lines", "starts of frames", "all bytes", "halves of answers"],
)
def test_no_agent(answer, monkeypatch):
    expect_silence(monkeypatch, 150)
    with device(answer) as port, pytest.raises(BoardNotPairedError, match="pair' to install it"):
        BoardClient(port)


def test_port_is_free_again_after_a_failure(monkeypatch):
    expect_silence(monkeypatch, 50)
    with device(b"") as port:
        for _ in range(2):
            with pytest.raises(BoardNotPairedError):
                BoardClient(port, hello_tries=1)


@pytest.mark.parametrize("port", ["/dev/ttyNONE", "socket://127.0.0.1:1", "nonsense://x", "/"])
def test_no_port(port):
    with pytest.raises(BoardNotFoundError) as failed:
        BoardClient(port)
    assert str(failed.value).endswith(".") and port in str(failed.value)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_refusal_is_one_sentence(code):
    for sentence in (str(refusal(code)), str(refusal(code, "17 bytes free"))):
        assert sentence[0].isupper() and sentence.endswith(".") and "\n" not in sentence
