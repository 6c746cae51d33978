"""The one exception of this package, and the error codes of the wire."""

MALFORMED = 1
UNKNOWN_VERB = 2
VERSION = 3
BUSY = 4
NO_CAMERA = 5
CAMERA_FAILED = 6
NO_MEMORY = 7
NO_SPACE = 8
BAD_OFFSET = 9
BAD_HASH = 10
BAD_MODEL = 11
WRONG_EMBEDDING = 12
SELF_TEST_FAILED = 13
NO_HEAD = 14
NO_PREVIOUS = 15
NO_EMBEDDING = 16
NO_OBJECT = 17
BAD_VALUE = 18
FLASH_FAILED = 19
INTERNAL = 20
NO_SESSION = 21
SAFE_MODE = 22
NO_KEY = 23


class ProtocolError(Exception):
    """Bytes or values that the protocol does not allow; ``code`` is one of the above."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
