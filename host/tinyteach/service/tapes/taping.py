"""Recording what is said with boards, for those that may not know of links."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tinyteach.link.tape.recorder import Recorder, taping, untaped
from tinyteach.link.tape.tape_file import check_kind

__all__ = ["Recorder", "recording_of_command", "taping", "untaped"]
OF_THE_RUN = ("--board", "-b", "--record")  # and a word after them


def check_tape(file: Path) -> None:
    """TapeError where there is none, or a file of another kind."""
    check_kind(file)


@contextmanager
def recording_of_command(
    file: Path, words: Sequence[str], tell: Callable[[str], object]
) -> Iterator[None]:
    """`taping` of a command with these words; ``tell`` gets a sentence where the tape is full."""
    with taping(file, without_board(words)) as recorder:
        yield
    if recorder.is_full:
        tell(recorder.in_words())


def without_board(words: Sequence[str]) -> list[str]:
    """A command's words without the board that they name, and without where it is recorded."""
    left: list[str] = []
    is_value = False
    for word in words:
        if not is_value and word.partition("=")[0] not in OF_THE_RUN:
            left.append(word)
        is_value = not is_value and word in OF_THE_RUN
    return left
