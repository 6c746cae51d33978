"""SIGTERM and SIGHUP end a command as Ctrl-C does."""

import signal

import pytest

from tinyteach.errors import PhotoError
from tinyteach.signals import ending_in_order


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_begun_is_put_away(number):
    done = []
    signal.signal(number, signal.SIG_DFL)  # under nohup SIGHUP is ignored
    with pytest.raises(SystemExit) as ended, ending_in_order():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)  # again, as a terminal that closes does
            done.append("put away")
    assert done == ["put away"] and ended.value.code == 128 + number
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_in_order():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_what_a_library_makes_of_ctrl_c_is_ctrl_c_again():
    """Numpy raises TypeError where it was interrupted while it compared; a sentence stays one."""
    for error, told in (
        (TypeError("no common dtype"), KeyboardInterrupt),
        (PhotoError(), PhotoError),
    ):
        with pytest.raises(told), ending_in_order():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                raise error from None
    with pytest.raises(TypeError), ending_in_order():
        raise TypeError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
