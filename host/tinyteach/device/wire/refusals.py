"""What a board refuses or cannot be sent, and one that does not answer, as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

from tinyteach.errors import BoardRefusedError, NoKeyError
from tinyteach.plain_text import plain
from tinyteach_protocol.error_sentences import error_sentence
from tinyteach_protocol.errors import NO_KEY, ProtocolError
from tinyteach_protocol.operator_names import with_names

NO_AGENT = (
    "No TinyTeach agent answers on {port}; run 'tinyteach --board {port} pair' to install it."
)
SILENT = (
    "Nothing on {port} answers; press the board's reset button and check its cable, or run "
    "'tinyteach --board {port} pair' if it has no agent yet."
)
STUCK = (
    "What runs on the board on {port} takes no bytes, so it hangs or does not listen; press the "
    "board's reset button, then run the command again ('tinyteach --board {port} pair' first, if "
    "it has no agent yet)."
)

NONSENSE = (
    "The board on {port} answered with what cannot be ({what}); press its reset button, and where "
    "that is no help pair it again."
)
RESTARTED = "The board on {port} restarted in the middle of this; run the command again."
STOPPED_ANSWERING = (
    "The board on {port} stopped answering; check the cable, press its reset button and try again."
)
NO_RESULTS = (
    "The board on {port} answers and sends no live results; press its reset button and try again."
)
WRONG_KEY = (
    "The board on {port} has another key than this computer holds of it; bring its key here with "
    "'tinyteach keys forget' and 'keys import', or give it a new one by its cable with 'tinyteach "
    "pair --new-key'."
)
OVER_A_NETWORK = (
    "The board at {port} is reached over a network and this computer has no key of it, so nobody "
    "could tell what comes from the board; bring its key here with 'tinyteach keys import', or go "
    "on without by 'tinyteach --insecure'."
)
KEY_GONE = (
    "The board on {port} says that it has no key, and this computer holds one of it; give it a new "
    "one by its cable with 'tinyteach pair --new-key', or run 'tinyteach keys forget {board}' to "
    "use it without."
)
ANOTHER_BOARD = "Another board is on {port}; connect the one that was there."


@contextmanager
def explained() -> Iterator[None]:
    """What cannot be sent, as a sentence: a picture's row that a small board does not take."""
    try:
        yield
    except ProtocolError as error:
        raise refusal(error.code, error.detail) from error


def refusal(code: int, detail: str = "") -> BoardRefusedError:
    """The board's error code as the sentence that a person reads."""
    sentence = error_sentence(code)
    detail = with_names(plain(detail).strip())
    if detail:
        sentence = f"{sentence.rstrip('.')} ({detail})."
    kind = NoKeyError if code == NO_KEY else BoardRefusedError
    return kind(sentence, code, detail)
