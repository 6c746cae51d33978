"""A link of which a recorder gets all that is said."""

from tinyteach.errors import TinyTeachError
from tinyteach.link.serial_link import BAUD_RATE, WRITE_TIMEOUT_S, SerialLink
from tinyteach.link.tape.photographs import Digested, PhotographFinder
from tinyteach.link.tape.recorder import Recorder, as_json
from tinyteach.link.tape.tape_file import CLOSED, FAILED, PHOTOGRAPH, RECEIVED, SENT


class RecordedLink(SerialLink):
    """A link, and all that is said on it goes to a recorder."""

    tells_facts = True

    def __init__(self, port: str, recorder: Recorder, baud_rate: int = BAUD_RATE) -> None:
        self._recorder, self._finder = recorder, PhotographFinder()
        self._number = recorder.link(port, baud_rate)
        try:
            super().__init__(port, baud_rate)
        except TinyTeachError as error:
            self._failed(error)
            raise

    def read(self, timeout_s: float) -> bytes:
        try:
            data = super().read(timeout_s)
        except TinyTeachError as error:
            self._failed(error)
            raise
        if data:
            self._recorder.add(RECEIVED, self._number, data)
        else:
            self._recorder.flush()
        return data

    def write(self, data: bytes, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        for part in self._finder.parts_of(data):
            if isinstance(part, Digested):
                self._recorder.add(PHOTOGRAPH, self._number, part.entry())
            else:
                self._recorder.add(SENT, self._number, part)
        try:
            super().write(data, timeout_s)
        except TinyTeachError as error:
            self._failed(error)
            raise

    def close(self) -> None:
        super().close()
        self._recorder.add(CLOSED, self._number)

    def _failed(self, error: TinyTeachError) -> None:
        told = as_json(error=type(error).__name__, sentence=str(error))
        self._recorder.add(FAILED, self._number, told)
