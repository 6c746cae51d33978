"""Bursts by names: own names kept, others alone."""

from hypothesis import given
from hypothesis import strategies as st

from tinyteach.data.bursts import guess_bursts, own_burst

OWN = "20260102T030405678Z-0a1b2c"


def test_own_names_hold_their_burst():
    assert own_burst(f"{OWN}-017") == OWN
    assert own_burst("frame_001") is None
    assert guess_bursts([f"{OWN}-001", f"{OWN}-002", f"{OWN}-002-2"], "cup") == [OWN] * 3


def test_a_number_in_a_name_says_nothing():
    """Whether numbered files are of a video or apart is seen in the pictures."""
    names = [f"frame_{number}" for number in range(100)]
    assert len(set(guess_bursts(names, "cup"))) == 100


def test_places_are_apart():
    names = ["a_1", "b_1", "1", "lid", "handle"]
    bursts = guess_bursts(names, "cup")
    assert len(set(bursts)) == 5
    assert not set(bursts) & set(guess_bursts(names, "mug"))


@given(st.lists(st.text(max_size=12), unique=True, max_size=40))
def test_every_name_gets_a_burst_whatever_the_order(names):
    forward = dict(zip(names, guess_bursts(names, "p"), strict=True))
    backward = dict(zip(names[::-1], guess_bursts(names[::-1], "p"), strict=True))
    assert forward == backward and all(forward.values())
