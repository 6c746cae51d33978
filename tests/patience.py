"""How long tests wait: long for what ought to come, not long for what must not.

A busy machine makes boards and links slow: nobody remarks on that but tests that make them so.
"""

from importlib import import_module

from tinyteach.device.repl import entering
from tinyteach.device.wire import session

# Reached only by what is broken: a busy machine may be ten times slower than an idle one.
PATIENCE_S = 600
# In a row, each a second: a board of a busy machine may take long to look at its port.
PATIENT_HELLO_TRIES = 60
_HELLO_TRIES = session.LATE_HELLO_TRIES
# By module below tinyteach, what a link has to reach, in bytes/s, and what a boot or a photograph
# may take, in s.
_REMARKS = {
    "service.photos.recording": ("SLOW_LINK_BYTES_PER_S", 0),
    "service.doctor.board_checks": ("SLOW_BYTES_PER_SECOND", 0),
    "service.heads.under_test": ("PHOTO_TIME_S", PATIENCE_S),
    "hil.photographs": ("PHOTO_TIME_S", PATIENCE_S),
    "device.repl.fitness": ("SLOW_BOOT_S", PATIENCE_S),
    "device.repl.pairing": ("SLOW_BOOT_S", PATIENCE_S),
}
_USUAL: dict[str, float] = {}


def be_patient(patch) -> None:
    """Wait for a board that answers late, and do not call it or its link slow."""
    patch.setattr(session, "LATE_HELLO_TRIES", PATIENT_HELLO_TRIES)
    for name, (limit, lenient) in _REMARKS.items():
        module = import_module(f"tinyteach.{name}")
        _USUAL.setdefault(name, getattr(module, limit))  # before the first patch, not a later one
        patch.setattr(module, limit, lenient)


def remark_on_slow_links(patch, *names: str) -> None:
    """As users are told: in tests of a link that is slow on purpose. ``names`` as in `_REMARKS`."""
    for name in names:
        patch.setattr(import_module(f"tinyteach.{name}"), _REMARKS[name][0], _USUAL[name])


def be_patient_at_the_repl(patch) -> None:
    """And for one without an agent, which may take long to come to its prompt."""
    for name in ("ENTER_TIMEOUT_S", "TALKING_TIMEOUT_S", "ALIVE_TIMEOUT_S"):
        patch.setattr(entering, name, float(PATIENT_HELLO_TRIES))


def expect_silence(patch, timeout_ms: int) -> None:
    """Give up on a board at once: nothing is there that answers."""
    patch.setattr(session, "LATE_HELLO_TRIES", _HELLO_TRIES)
    patch.setattr(session, "HELLO_TIMEOUT_MS", timeout_ms)
