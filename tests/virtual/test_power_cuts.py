"""What a board writes, cut at flash operations by chance: a slice of tests/soak/power.py."""

from dataclasses import replace
from random import Random

import pytest

from flash_journal import CLEAN, REORDERED, TORN, Left, Operation, applied, cut_flashes
from paired import make_head
from power_cuts import ARCH, Judge, record
from slices import soak
from trained import quick_trainings

JUDGED = 24


@pytest.fixture(scope="module")
def heads(trained_heads):
    with quick_trainings():
        return [*trained_heads, make_head("cat", "rocket")]


@pytest.fixture(
    scope="module", params=["deploy", "rollback", soak("teach"), soak("rules"), soak("new key")]
)
def run(request, heads, paired_flashes, tmp_path_factory):
    """One path's journal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(tmp_path_factory.mktemp("home")))
        return record(request.param, heads, paired_flashes(ARCH))


def test_old_or_new_wherever_power_is_lost(run):
    """Of a seed, those at the end always: there the one becomes the other."""
    judge, lefts = Judge(run), list(run.lefts())
    assert lefts[-1].image == run.after, "the journal is not what was done to the flash"
    chosen = Random(7).sample(lefts, min(JUDGED, len(lefts))) + lefts[-12:]
    assert [judge.fault(left) for left in chosen if judge.fault(left)] == []
    assert not judge.is_new(lefts[0]) and judge.is_new(lefts[-1])


def test_what_is_neither_is_found(run):
    """A judge that sees a byte of another value, and a flash that cannot be mounted."""
    judge, last = Judge(run), list(run.lefts())[-1]
    assert judge.fault(last) == ""
    assert judge.fault(replace(last, image=b"\xff" * len(last.image)))
    at = last.image.rfind(b"sha256:")  # the seal of a head
    flipped = bytearray(last.image)
    while at >= 0 and not judge.fault(Left(0, CLEAN, bytes(flipped))):
        flipped[at + 9] ^= 1
        at = last.image.rfind(b"sha256:", 0, at)
    assert judge.fault(Left(0, CLEAN, bytes(flipped)))


def test_flashes_that_a_cut_leaves():
    """Three writes of two blocks, a sync between the first and the others."""
    before, block = bytes(2 * 4096), 4096
    writes = [op(0, b"abcd"), op(0, b"efgh"), op(block, b"ijkl")]
    order = [writes[0], op(0, b"", kind=3), *writes[1:], op(block + 8, b"mnop")]
    lefts = list(cut_flashes(before, order))
    assert [left.how for left in lefts].count(CLEAN) == 5
    torn = {left.at: left.image for left in lefts if left.how == TORN}
    assert torn[0][:4] == b"ab\0\0" and torn[2][:4] == b"efcd"
    (behind,) = [left for left in lefts if left.how == REORDERED]
    assert behind.image[:4] == b"abcd" and behind.image[block : block + 4] == b"ijkl"
    whole = bytearray(before)
    for operation in order:
        applied(whole, operation)
    assert lefts[-1].image == whole


def op(address, data, kind=2):
    return Operation(kind, address, data)
