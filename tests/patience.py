"""How long tests wait: long for what ought to come, not long for what must not."""

from tinyteach.device.repl import entering
from tinyteach.device.wire import session

# Reached only by what is broken: a busy machine may be ten times slower than an idle one.
PATIENCE_S = 600
# In a row, each a second: a board of a busy machine may take long to look at its port.
PATIENT_HELLO_TRIES = 60
_HELLO_TRIES = session.LATE_HELLO_TRIES


def be_patient(patch) -> None:
    """Wait for a board that answers late."""
    patch.setattr(session, "LATE_HELLO_TRIES", PATIENT_HELLO_TRIES)


def be_patient_at_the_repl(patch) -> None:
    """And for one without an agent, which may take long to come to its prompt."""
    for name in ("ENTER_TIMEOUT_S", "TALKING_TIMEOUT_S", "ALIVE_TIMEOUT_S"):
        patch.setattr(entering, name, float(PATIENT_HELLO_TRIES))


def expect_silence(patch, timeout_ms: int) -> None:
    """Give up on a board at once: nothing is there that answers."""
    patch.setattr(session, "LATE_HELLO_TRIES", _HELLO_TRIES)
    patch.setattr(session, "HELLO_TIMEOUT_MS", timeout_ms)
