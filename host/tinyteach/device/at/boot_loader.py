"""A module's boot loader: getting into it, through its transfers and out of it.

It is met in four kinds: what they print differs, and one acknowledges no end of a transfer and
shows its menu instead of its question. None is told by its version: all print the same few lines
(``ear``), in whatever order, and each is answered as it comes.

Where a transfer goes was said by an earlier one that went to the loader alone. Both happen after
one and the same start of the loader: if it starts anew in between, all is begun anew, so that no
model goes where the firmware is.
"""

from collections.abc import Callable

from tinyteach.device.at import xmodem
from tinyteach.device.at.ear import BANNER, MENU, PROMPT, READY, Ear
from tinyteach.device.at.xmodem import CALL, CAN, NAK, BrokenTransferError
from tinyteach.errors import LinkError
from tinyteach.progress import Counted

KEY, REBOOT, DOWNLOAD, YES, NO = b"1", b"0", b"1", b"y", b"n"
ABORT = bytes([CAN] * 3)
RESET_COMMAND = b"\rAT+RST\r"
# Ends a transfer or a question that a loader waits in without a word; firmware does not mind.
WAKE = ABORT + YES
RTS_LOW_S = 0.1
# The window for a key is 100 ms, in one kind 30.
KEY_EVERY_S = 0.008
# Keys that nothing answers before the next way in is tried: some five seconds, twice what a
# module needs to come up.
KEYS_MAX = 500
# The third time the user is asked for the button, the others leave half a minute for that.
ENTRIES_MAX = 8
# How often a loader is led out of what an earlier transfer left.
OLD_STATES_MAX = 8
# A loader that was told to start so often and never says so prints no banner.
SILENT_STARTS_MAX = 2
# A receiver calls every second or so; the question comes when the flash is written.
SETTLED_S = 0.1
CALL_SILENCE_S, QUESTION_SILENCE_S, LEAVE_SILENCE_S = 5.0, 60.0, 1.0
ANSWERS_MAX = 5

NO_LOADER = (
    "The module on {port} does not enter its boot loader; run the command again and press the "
    "module's reset button while it waits."
)


class BootLoader:
    """The loader of the module at ``ear``'s link; ``on_stuck`` is told once only a button helps."""

    def __init__(self, ear: Ear, on_stuck: Callable[[], None] = lambda: None) -> None:
        self._ear = ear
        self._on_stuck = on_stuck
        self._starts = 0

    def enter(self) -> None:
        """Restart the module into its loader's menu; LinkError where it does not get there."""
        self._starts = 0
        self._ear.listen_until_quiet(0)
        self._leave_old_state()
        for entry in range(ENTRIES_MAX):
            if entry == 2:
                self._on_stuck()
            self._reset(entry)
            if self._press_keys():
                return
        raise LinkError(NO_LOADER.format(port=self._ear.link.port))

    def leave(self) -> None:
        """Out of the loader, in whatever state an earlier program left it."""
        for _ in range(OLD_STATES_MAX):
            heard = self._ear.listen(0 if self._ear.text else LEAVE_SILENCE_S)
            if self._ear.heard(BANNER) or not (heard or self._ear.text):
                return
            if not self._leave_old_state():
                self._ear.forget()

    def _reset(self, entry: int) -> None:
        """By the line where there is one, which no program has to obey, then by command."""
        self._ear.forget()
        if entry % 2 == 0 and self._ear.link.pulse_rts(RTS_LOW_S):
            return
        if entry:
            self._ear.link.write(WAKE)
        self._ear.link.write(RESET_COMMAND)

    def _press_keys(self) -> bool:
        """Until the menu of a loader that has just started is there; False where nothing is."""
        pressed = left = 0
        while pressed < KEYS_MAX and left < OLD_STATES_MAX:
            self._ear.link.write(KEY)
            pressed += 1
            self._ear.listen_for(KEY_EVERY_S)
            if self._is_ready():
                return True
            if not self._ear.heard(BANNER) and self._leave_old_state():
                pressed, left = 0, left + 1
        return False

    def _is_ready(self) -> bool:
        """Whether a loader that has just started shows its menu; its start is forgotten then."""
        ear, start = self._ear, self._ear.text.rfind(BANNER)
        if start >= 0:
            said = ear.text[start + len(BANNER) :]
            is_ready = MENU in said or READY in said
            ear.text[:] = said if is_ready else ear.text
            return is_ready
        return self._starts >= SILENT_STARTS_MAX and ear.heard(MENU)

    def _leave_old_state(self) -> bool:
        """Out of what an earlier transfer left, towards a start; whether there was any."""
        if not self._way_out():
            return False
        for _ in range(OLD_STATES_MAX):
            # Keys that are on their way may lead elsewhere: what it says last counts.
            self._ear.listen_until_quiet(SETTLED_S)
            answer = self._way_out()
            self._ear.forget()
            self._ear.link.write(answer)
            if answer != ABORT:
                self._starts += 1
                break
        return True

    def _way_out(self) -> bytes:
        """What ends the transfer, question or menu that came last; empty where there is none."""
        text = bytes(self._ear.text)
        if is_receiving(text):
            return ABORT
        ways = {PROMPT: YES, READY: ABORT, MENU: REBOOT}
        last = max(ways, key=text.rfind)
        return ways[last] if last in text else b""

    def transfer(self, content: bytes, progress: Counted) -> None:
        """Send one file; BrokenTransferError where it does not get through."""
        self._await_call()
        xmodem.send(self._ear, content, progress)
        self._await_question()

    def go_on(self) -> None:
        """Towards another transfer of the same start."""
        self._reply(NO, DOWNLOAD)

    def reboot(self) -> None:
        """Out of the loader, into the firmware."""
        self._reply(YES, REBOOT)

    def _reply(self, to_question: bytes, to_menu: bytes) -> None:
        answer = to_question if self._ear.heard(PROMPT) else to_menu
        self._ear.forget()
        self._ear.link.write(answer)

    def _await_question(self) -> None:
        """Wait until the loader asks what is next, or shows its menu."""
        ear = self._ear
        while not (ear.heard(PROMPT) or ear.heard(MENU)):
            if not ear.listen(QUESTION_SILENCE_S):
                raise BrokenTransferError("no question came", 0)
            self._refuse_a_start()

    def _await_call(self) -> None:
        """Wait for the receiver's call, choosing the download where the menu is shown."""
        for _ in range(ANSWERS_MAX):
            if self._ear.heard(MENU) and not self._ear.heard(READY):
                self._ear.forget()
            if not self._ear.text:
                self._ear.link.write(DOWNLOAD)
            if self._is_called():
                return
        raise BrokenTransferError("the receiver did not call", 0)

    def _is_called(self) -> bool:
        """False where the menu came, or nothing."""
        ear = self._ear
        while not _calls(bytes(ear.text)):
            if ear.byte(CALL_SILENCE_S) is None:
                ear.forget()
                return False
            if ear.heard(MENU) and not ear.heard(READY):
                return False
            self._refuse_a_start()
        return True

    def _refuse_a_start(self) -> None:
        if self._ear.heard(BANNER):
            raise BrokenTransferError("the module restarted", 0)


def in_boot_loader(text: bytes) -> bool:
    """Whether that is what a boot loader says while it waits for something."""
    return any(phrase in text for phrase in (MENU, PROMPT, READY)) or is_receiving(text)


def is_receiving(text: bytes) -> bool:
    """Whether a receiver calls or complains again and again, and nothing else is said."""
    said = text.strip(b"\r\n \0")
    return len(said) > 1 and set(said) <= {CALL, NAK}


def _calls(text: bytes) -> bool:
    """Whether a C is a call: after the line that announces it, at a beginning, or repeated."""
    after = text.rpartition(READY)[2] if READY in text else text
    if READY in text:
        return b"C" in after
    return text.strip(b"\r\n").startswith(b"C") or text.endswith(b"CC")
