"""A phone of the same network: the address, its code, and the QR code of it."""

from pathlib import Path

import pytest
import segno

from tinyteach.errors import UsageError
from tinyteach.studio import lan
from tinyteach.studio.addresses import EVERYWHERE, LOOPBACK, Address
from tinyteach.studio.codes import Codes
from tinyteach.studio.guard import Guard

OWN = "192.0.2.7"


@pytest.fixture(autouse=True)
def in_a_network(monkeypatch):
    monkeypatch.setattr(lan, "_own_address", lambda: OWN)


def test_its_address_has_a_code_of_its_own():
    address = Address(EVERYWHERE, 4711)
    assert address.base == f"http://{LOOPBACK}:4711/{address.folder}/"
    base, _, code = lan.lan_opening(address).partition("?code=")
    assert base == f"http://{OWN}:4711/{address.folder}/"
    assert code not in address.opening()
    codes = Codes(address.key)
    assert codes.use(code) and not codes.use(code)
    assert Guard(None, address)._is_own(f"{OWN}:4711")


def test_one_that_listens_here_only_is_told_so():
    with pytest.raises(UsageError, match="end it with Ctrl-C and run 'tinyteach studio --lan'"):
        lan.lan_opening(Address(LOOPBACK, 4711))


def test_the_picture_is_that_of_the_address():
    """Two modules of the code a letter, light ones drawn."""
    text = lan.lan_opening(Address(EVERYWHERE, 4711))
    lines = lan.qr_lines(text)
    drawn = []
    for line in lines:
        drawn.append([letter in "█▀" for letter in line])
        drawn.append([letter in "█▄" for letter in line])
    matrix = segno.make(text, micro=False, error="l").matrix_iter(border=2)
    assert [[bool(dark) for dark in row] for row in matrix] == [
        [not light for light in row] for row in drawn[: len(drawn) // 2 * 2 - 1]
    ]
    assert max(map(len, lines)) < 60


def test_what_it_opens_is_said(tinyteach, monkeypatch, tmp_path):
    def serve(folder, board, host, port, browser, tell):
        tell(Address(host, 4711), Path("key.json"), False)

    monkeypatch.setattr("tinyteach.studio.serve.serve", serve)
    said = tinyteach("studio", "-p", tmp_path / "things", "--lan").out
    assert f"For a phone in this network: http://{OWN}:4711/" in said and lan.OPENS in said
    assert "█" in said
    assert OWN not in tinyteach("studio", "-p", tmp_path / "things").out
    assert "leave --host away" in tinyteach("studio", "--lan", "--host", OWN).err
