"""The one loop: bytes in, requests to their handlers, answers and events out."""

import gc
import time

from agent import board, memory
from agent.camera.error import CameraError
from agent.handlers import HANDLERS
from agent.image import IncomingImage
from agent.link import Link
from agent.models import Models
from agent.refused import Refused
from agent.stream import Stream
from agent.tflite.errors import ModelError
from agent.view import View
from tinyteach_protocol import errors
from tinyteach_protocol.responder import Responder

_WAIT_MS = const(50)
# 64 labels of 63 bytes fit an answer of 4 KB and a half.
_MAX_PAYLOAD = const(4608)
_WINDOW_BYTES = const(9216)
_ENOSPC = const(28)


class Agent:
    """All that a handler needs: link, session, camera view, models, stream."""

    def __init__(self):
        self.link = Link()
        self.responder = Responder(_MAX_PAYLOAD, _WINDOW_BYTES)
        self.board_id = board.board_id()
        self.models = Models()
        self.image = IncomingImage(self.models.recogniser)
        self.view = View()
        self.stream = Stream(self)
        self.restart_asked = False
        self._framed = False
        memory.sample()

    def run(self):
        """Serve until KeyboardInterrupt."""
        try:
            while True:
                self.step()
        finally:
            self.link.set_framed(False)

    def step(self):
        """Read what has come, answer it, send an event if the host wants one."""
        patience_ms = 0 if self.responder.credit > 0 else _WAIT_MS
        while self.link.wait(patience_ms):
            self._read()
            self._serve()
            patience_ms = 0
        self.responder.tick(time.ticks_ms())
        self._serve()
        self._follow_session()
        self.stream.step()

    def _read(self):
        view = self.responder.get_buffer()
        self.responder.advance(self.link.read_into(view))

    def _serve(self):
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

    def _answer(self, request):
        """Carry the request out; the frame to send. Whatever fails is an error's frame."""
        try:
            return HANDLERS[request.type](self, request)
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
            return self.responder.refuse(request, errors.INTERNAL, repr(error))

    def _follow_session(self):
        """Let the interrupt byte through as data exactly while a host is connected."""
        if self._framed != self.responder.framed:
            self._framed = self.responder.framed
            self.link.set_framed(self._framed)
            if not self._framed:
                self.models.suspend_upload()
