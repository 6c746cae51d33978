"""What may be a label, by the agent itself; test_bad_heads.py has heads with some of those."""

import pytest

from slices import few

from .conftest import ARCHS

GOOD = [b"a", "ä café 猫".encode(), b"y" * 63, "🚀".encode(), b" ", b"~", "\xa0".encode()]
BAD = [
    *(b"", b"a" * 64, "ä".encode() * 32),
    *(b"cat\x1b[2J", b"cat\nb", b"\x00", b"\x1f", b"\x7f", "\x9f".encode()),
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf"),  # surrogates
    *(b"\xe0\x81\x81", b"\xc1\x81"),  # in more bytes than they need
    *(b"\xf7\xbf\xbf\xbf", b"\xf4\x90\x80\x80"),  # beyond Unicode
]
ASK = "from agent.card import is_label\nprint([is_label(str(label, 'utf-8')) for label in %r])"


@pytest.mark.parametrize("arch", few(ARCHS, "i386"))
def test_labels_that_may_be_and_that_may_not(micropython_on, arch):
    said = micropython_on(arch).run(ASK % (GOOD + BAD))
    assert said.split() == str([True] * len(GOOD) + [False] * len(BAD)).split()
