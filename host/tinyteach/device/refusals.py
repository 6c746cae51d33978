"""What a board refuses, and what cannot be sent to it, as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

from tinyteach.errors import BoardRefusedError
from tinyteach.plain_text import plain
from tinyteach_protocol.error_sentences import error_sentence
from tinyteach_protocol.errors import ProtocolError


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
    detail = plain(detail).strip()
    if detail:
        sentence = f"{sentence.rstrip('.')} ({detail})."
    return BoardRefusedError(sentence, code)
