"""What a board's codes mean, for the host's users; a board has no room for sentences."""

from tinyteach_protocol import errors
from tinyteach_protocol.operator_names import with_names

# code → (name, what it means and what to do next, in one sentence).
ERRORS = {
    errors.MALFORMED: (
        "MALFORMED",
        "A message could not be read; press the board's reset button, and where that is no help "
        "bring the agent to the host's version with 'tinyteach pair'.",
    ),
    errors.UNKNOWN_VERB: (
        "UNKNOWN_VERB",
        "The board's agent does not know this command; pair the board again to update its agent.",
    ),
    errors.VERSION: (
        "VERSION",
        "The board's agent speaks another protocol version; pair the board again to update it.",
    ),
    errors.BUSY: ("BUSY", "The board is busy with something else; wait a moment and try again."),
    errors.NO_CAMERA: (
        "NO_CAMERA",
        "The board has no camera; take photographs with another one, for 'tinyteach import' to "
        "teach and 'tinyteach classify' to have the board recognise.",
    ),
    errors.CAMERA_FAILED: (
        "CAMERA_FAILED",
        "The camera gave no picture; check its ribbon cable and restart the board.",
    ),
    errors.NO_MEMORY: (
        "NO_MEMORY",
        "The board has too little free memory for this; restart it and try again.",
    ),
    errors.NO_SPACE: (
        "NO_SPACE",
        "The board's flash is full; delete files on it that are not needed.",
    ),
    errors.BAD_OFFSET: (
        "BAD_OFFSET",
        "The board was given bytes that do not follow on what it has; run the command again, and "
        "'tinyteach pair' first where that is no help.",
    ),
    errors.BAD_HASH: (
        "BAD_HASH",
        "What arrived is not what was sent, so it was discarded; send it again.",
    ),
    errors.BAD_MODEL: (
        "BAD_MODEL",
        "The board cannot run this model, so it kept the old one; train again and deploy again.",
    ),
    errors.WRONG_EMBEDDING: (
        "WRONG_EMBEDDING",
        "This head was trained for another embedding than the board's; run 'tinyteach upgrade'.",
    ),
    errors.SELF_TEST_FAILED: (
        "SELF_TEST_FAILED",
        "The new head computed other scores on the board than expected, so the old one was kept.",
    ),
    errors.NO_HEAD: (
        "NO_HEAD",
        "The board has not been taught anything yet; train and deploy first.",
    ),
    errors.NO_PREVIOUS: ("NO_PREVIOUS", "The board holds no earlier head to roll back to."),
    errors.NO_EMBEDDING: (
        "NO_EMBEDDING",
        "The board has no embedding yet; pair it to install one.",
    ),
    errors.NO_OBJECT: (
        "NO_OBJECT",
        "The board holds nothing of that kind now; repeat the step that makes it.",
    ),
    errors.BAD_VALUE: (
        "BAD_VALUE",
        "A value is outside of what the board accepts; see the detail.",
    ),
    errors.FLASH_FAILED: (
        "FLASH_FAILED",
        "The board could not write its flash; restart it and try again.",
    ),
    errors.INTERNAL: (
        "INTERNAL",
        "The agent hit an error of its own; restart the board and try again.",
    ),
    errors.NO_SESSION: (
        "NO_SESSION",
        "The board closed the session after a silence; connect to it again.",
    ),
    errors.SAFE_MODE: (
        "SAFE_MODE",
        "The board is in safe mode after a crash loop; 'tinyteach info' shows why, "
        "'tinyteach pair' or 'tinyteach deploy' mends it.",
    ),
    errors.NO_KEY: (
        "NO_KEY",
        "The board takes this only from computers that have its key; bring the key here with "
        "'tinyteach keys import', or give the board a new one by its cable with 'tinyteach pair "
        "--new-key'.",
    ),
}


def error_sentence(code: int) -> str:
    """Return one plain sentence that says what to do next."""
    if code in ERRORS:
        return ERRORS[code][1]
    return UNKNOWN_ERROR.format(code)


# What INFO's state can be beside error codes.
RULES_UNREADABLE = 64
RULE_RESTS = 65
NO_WATCHDOG = 66

# state → (name, what is not as it should be, what to do about it); {} is INFO's detail.
STATES = {
    errors.CAMERA_FAILED: (
        "CAMERA_FAILED",
        "There is no picture ({})",
        "check the camera's cable and restart the board",
    ),
    errors.BAD_MODEL: ("BAD_MODEL", "The board's head does not load: {}", "deploy it again"),
    errors.WRONG_EMBEDDING: (
        "WRONG_EMBEDDING",
        "The board's head was trained for another embedding",
        "train and deploy again",
    ),
    errors.SELF_TEST_FAILED: (
        "SELF_TEST_FAILED",
        "The board's head computes other scores than it should",
        "deploy it again",
    ),
    errors.NO_EMBEDDING: (
        "NO_EMBEDDING",
        "A model on the board's flash does not load: {}",
        "pair the board again",
    ),
    RULES_UNREADABLE: (
        "RULES_UNREADABLE",
        "The board's rules cannot be read",
        "clear them and add them again",
    ),
    RULE_RESTS: ("RULE_RESTS", "Rule {}", ""),
    NO_WATCHDOG: (
        "NO_WATCHDOG",
        "This board has no watchdog that can be let go of",
        "none is on",
    ),
}
UNKNOWN_ERROR = "The board answered with error {}, which this host does not know; update it."
UNKNOWN_STATE = "The board reports state {}, which this host does not know"


def state_words(state: int, detail: str) -> tuple[str, str]:
    """Return what is not as it should be and what to do about it; both empty where all is well."""
    if state == 0:
        return "", ""
    if state not in STATES:
        return UNKNOWN_STATE.format(state), "update it"
    _, found, fix = STATES[state]
    return found.format(with_names(detail)), fix


def state_sentence(state: int, detail: str) -> str:
    """Return the same as one sentence, empty where all is well."""
    words = "; ".join(filter(None, state_words(state, detail)))
    return words and words + "."
