"""The one loop: bytes in, requests to what carries them out, answers and events out."""

import gc
import time

from agent import board, memory, seldom, verbs
from agent.camera.error import CameraError
from agent.image import IncomingImage
from agent.link import Link
from agent.models import Models
from agent.refused import Refused
from agent.stream import Stream
from agent.tflite.errors import ModelError
from agent.view import View
from tinyteach_protocol import errors
from tinyteach_protocol.responder import Responder

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Callable
    from typing import TypeVar

    from agent.alone.led import SafeMode
    from agent.alone.turns import Alone
    from agent.models import Trouble
    from tinyteach_protocol.responder import Request

    T = TypeVar("T")

_WAIT_MS = const(50)
# 64 labels of 63 bytes fit an answer of 4 KB and a half.
_MAX_PAYLOAD = const(4608)
_WINDOW_BYTES = const(9216)
_ENOSPC = const(28)
_SETTLED_MS = const(10000)
# Tracebacks that a start writes down: two that take turns would wear the flash.
_NOTES_MAX = const(8)
# What works without a host, loaded only while there is none.
_ALONE = ("alone", "alone.led", "alone.smoothing", "alone.report", "alone.rules", "alone.turns")
_BUTTON = ("alone", "alone.led", "alone.report", "teaching", "teaching.teach", "teaching.button")


class Agent:
    """All that a handler needs: link, session, camera view, models, stream.

    ``trouble`` is what does not work without a host, a code of SPEC.md, States, and its detail, or
    None.
    """

    def __init__(self, safe_mode: bool) -> None:
        self.link = Link()
        self.responder = Responder(_MAX_PAYLOAD, _WINDOW_BYTES)
        self.board_id = board.board_id()
        self.safe_mode = safe_mode
        self.access: int = seldom.call("proof", "access")
        self.nonce = b""
        self.models = Models(safe_mode)
        self.image = IncomingImage(self.models.recogniser)
        self.view = View()
        if not safe_mode:
            self.view.open()
        self.stream = Stream(self)
        self.restart_asked = False
        self.trouble: "Trouble | None" = None
        self.button = None if safe_mode else board.button()
        self._framed = False
        self._alone: "Alone | SafeMode | None" = None
        self._notes_left = _NOTES_MAX
        self._began_ms = time.ticks_ms()
        self._settled = safe_mode
        memory.sample()

    def run(self) -> None:
        """Serve until KeyboardInterrupt."""
        try:
            while True:
                self.step()
        finally:
            # Ctrl-C often comes twice.
            self.link.set_framed(True)
            if self._alone:
                self._alone.end()
            self.link.set_framed(False)

    def step(self) -> None:
        """Read what has come, answer it, send an event if the host wants one, or work alone."""
        patience_ms = self._patience_ms()
        while self.link.wait(patience_ms):
            if self._read():
                self._serve()
            patience_ms = 0
        self.responder.tick(time.ticks_ms())  # type: ignore[arg-type] # a number
        self._serve()
        self._follow_session()
        self.stream.step()
        self._settle()
        if not self._framed:
            self._press()
            self._work_alone()

    def _patience_ms(self) -> int:
        """By itself: where this is in hand in ``step``, which a whole session may pass in, the
        collector takes the work without a host for used while a head is put to work."""
        patience_ms = 0 if self.responder.credit > 0 else _WAIT_MS
        return min(patience_ms, self._alone.wait_ms()) if self._alone else patience_ms

    def _press(self) -> None:
        """The button that teaches, where there is one, may be down."""
        if self.button and board.is_down(self.button):
            self._rest()
            seldom.use(*_BUTTON).hold(self)
            seldom.forget(*_BUTTON)

    def _work_alone(self) -> None:
        if self._alone is None:
            names = _ALONE[:2] if self.safe_mode else _ALONE
            self._alone = seldom.use(*names).begin(self)
        self._alone.step()

    def _rest(self) -> None:
        """A host is there: what it wants needs the memory."""
        if self._alone is not None:
            self._alone.end()
            self._alone = None
            seldom.forget(*_ALONE)

    def _settle(self) -> None:
        """A start that went well for a while is no part of a crash loop."""
        if not self._settled and time.ticks_diff(time.ticks_ms(), self._began_ms) > _SETTLED_MS:
            self._settled = True
            seldom.call("boot", "settled")

    def mend(self, action: "Callable[[], T]") -> "T":
        """Carry out what ends safe mode and a count of crashes; what ``action`` returns."""
        if self.safe_mode:
            self.models.load_embedding()
        result = action()
        if self.safe_mode:
            self.models.load_head()
            self.view.open()
        if self.safe_mode or not self._settled:
            seldom.call("boot", "settled")
        self.safe_mode = False
        return result

    def _read(self) -> bool:
        """Take what is surely coming; whether there may be a request now."""
        view = self.responder.get_buffer()
        began_ms = time.ticks_ms()
        count = self.link.read_into(view)
        return self.responder.advance(count, time.ticks_diff(time.ticks_ms(), began_ms))

    def _serve(self) -> None:
        while True:
            request = self.responder.next_request()
            if request is None:
                return
            # Before the answer: the host may send byte 03 as soon as it has it.
            self._follow_session()
            self.link.write(request.reply or self._answer(request))
            memory.sample()
            if self.restart_asked:
                board.restart()

    def _answer(self, request: "Request") -> memoryview:
        """Carry the request out; the frame to send. Whatever fails is an error's frame."""
        try:
            return verbs.handle(self, request)
        except Refused as error:
            return self.responder.refuse(request, error.code, error.detail)
        except ModelError as error:
            return self.responder.refuse(request, errors.BAD_MODEL, str(error))
        except CameraError as error:
            return self.responder.refuse(request, errors.CAMERA_FAILED, str(error))
        except errors.ProtocolError as error:
            return self.responder.refuse(request, error.code, error.detail)
        except MemoryError:
            gc.collect()
            return self.responder.refuse(request, errors.NO_MEMORY)
        except OSError as error:
            code = errors.NO_SPACE if error.errno == _ENOSPC else errors.FLASH_FAILED
            return self.responder.refuse(request, code, str(error))
        except Exception as error:
            self.note(error)
            return self.responder.refuse(request, errors.INTERNAL, repr(error))

    def note(self, error: Exception) -> None:
        """Write down what went wrong inside, so often at most; the board goes on all the same."""
        if self._notes_left:
            self._notes_left -= 1
            try:
                seldom.call("boot", "note", error)
            except Exception:
                pass  # a full flash, or no memory left

    def _follow_session(self) -> None:
        """Let the interrupt byte through as data exactly while a host is connected."""
        if self._framed != self.responder.framed:
            self._framed = self.responder.framed
            self.link.set_framed(self._framed)
            if self._framed:
                self._rest()
                if not self._settled:
                    seldom.call("boot", "answered")
            else:
                memory.allow(0)
                self.models.suspend_upload()
