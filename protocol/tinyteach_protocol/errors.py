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

# code → (name, what it means and what to do next, in one sentence).
ERRORS = {
    MALFORMED: (
        "MALFORMED",
        "A message could not be read; update the agent and the host to the same version.",
    ),
    UNKNOWN_VERB: (
        "UNKNOWN_VERB",
        "The board's agent does not know this command; pair the board again to update its agent.",
    ),
    VERSION: (
        "VERSION",
        "The board's agent speaks another protocol version; pair the board again to update it.",
    ),
    BUSY: ("BUSY", "The board is busy with something else; wait a moment and try again."),
    NO_CAMERA: ("NO_CAMERA", "The board has no camera; send it a photograph instead."),
    CAMERA_FAILED: (
        "CAMERA_FAILED",
        "The camera gave no picture; check its ribbon cable and restart the board.",
    ),
    NO_MEMORY: (
        "NO_MEMORY",
        "The board has too little free memory for this; restart it and try again.",
    ),
    NO_SPACE: ("NO_SPACE", "The board's flash is full; delete files on it that are not needed."),
    BAD_OFFSET: (
        "BAD_OFFSET",
        "The board was given bytes that do not follow on what it has; start the transfer again.",
    ),
    BAD_HASH: (
        "BAD_HASH",
        "What arrived is not what was sent, so it was discarded; send it again.",
    ),
    BAD_MODEL: (
        "BAD_MODEL",
        "The board cannot run this model, so it kept the old one; train again and deploy again.",
    ),
    WRONG_EMBEDDING: (
        "WRONG_EMBEDDING",
        "This head was trained for another embedding than the board's; run 'tinyteach upgrade'.",
    ),
    SELF_TEST_FAILED: (
        "SELF_TEST_FAILED",
        "The new head computed other scores on the board than expected, so the old one was kept.",
    ),
    NO_HEAD: ("NO_HEAD", "The board has not been taught anything yet; train and deploy first."),
    NO_PREVIOUS: ("NO_PREVIOUS", "The board holds no earlier head to roll back to."),
    NO_EMBEDDING: (
        "NO_EMBEDDING",
        "The board has no embedding yet; pair it to install one.",
    ),
    NO_OBJECT: (
        "NO_OBJECT",
        "The board holds nothing of that kind now; repeat the step that makes it.",
    ),
    BAD_VALUE: ("BAD_VALUE", "A value is outside of what the board accepts; see the detail."),
    FLASH_FAILED: (
        "FLASH_FAILED",
        "The board could not write its flash; restart it and try again.",
    ),
    INTERNAL: (
        "INTERNAL",
        "The agent hit an error of its own; restart the board and try again.",
    ),
    NO_SESSION: (
        "NO_SESSION",
        "The board closed the session after a silence; connect to it again.",
    ),
}


def error_name(code: int) -> str:
    """Return the code's name, or ``ERROR_<n>`` for one of a later version."""
    return ERRORS[code][0] if code in ERRORS else "ERROR_%d" % code


def error_sentence(code: int) -> str:
    """Return one plain sentence that says what to do next."""
    if code in ERRORS:
        return ERRORS[code][1]
    return "The board answered with error %d, which this host does not know; update it." % code


class ProtocolError(Exception):
    """Bytes or values that the protocol does not allow; ``code`` is one of the above."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(detail or error_sentence(code))
        self.code = code
        self.detail = detail
