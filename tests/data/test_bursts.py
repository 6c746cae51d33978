"""Bursts guessed from names: series split in blocks, own names kept, others alone."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tinyteach.data.bursts import guess_bursts, own_burst

OWN = "20260102T030405678Z-0a1b2c"


def test_own_names_hold_their_burst():
    assert own_burst(f"{OWN}-017") == OWN
    assert own_burst("frame_001") is None
    assert guess_bursts([f"{OWN}-001", f"{OWN}-002", f"{OWN}-002-2"], "cup") == [OWN] * 3


def test_a_long_series_is_cut_into_tens_by_number():
    names = [f"frame_{number}" for number in range(100)]
    random.Random(1).shuffle(names)
    bursts = dict(zip(names, guess_bursts(names, "cup"), strict=True))
    assert len(set(bursts.values())) == 10
    assert len({bursts[f"frame_{number}"] for number in range(20, 30)}) == 1
    assert bursts["frame_29"] != bursts["frame_30"]


def test_a_short_series_can_still_be_split():
    assert len(set(guess_bursts([f"cup ({n})" for n in range(20)], "cup"))) == 5
    assert len(set(guess_bursts([f"IMG_{n}" for n in range(7)], "cup"))) == 7


def test_stems_and_places_are_apart():
    names = ["a_1", "b_1", "1", "lid", "handle"]
    bursts = guess_bursts(names, "cup")
    assert len(set(bursts)) == 5
    assert not set(bursts) & set(guess_bursts(names, "mug"))


@given(st.lists(st.text(max_size=12), unique=True, max_size=40))
def test_every_name_gets_a_burst_whatever_the_order(names):
    forward = dict(zip(names, guess_bursts(names, "p"), strict=True))
    backward = dict(zip(names[::-1], guess_bursts(names[::-1], "p"), strict=True))
    assert forward == backward and all(forward.values())
