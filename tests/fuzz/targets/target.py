"""What a fuzz target is: a decoder, what it may raise, and what it accepts."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinyteach.errors import TinyTeachError

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


@dataclass(frozen=True)
class Target:
    """``decode`` takes any bytes and may raise ``documented`` errors alone.

    ``seeds`` makes what it accepts; ``words`` are what its language is made of. One that is
    ``slow`` is given fewer in `make test`.
    """

    name: str
    decode: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    documented: tuple[type[Exception], ...] = (TinyTeachError,)
    words: tuple[bytes, ...] = ()
    slow: bool = False

    def run(self, data: bytes) -> bool:
        """Whether it was accepted; whatever is not documented comes out."""
        try:
            self.decode(data)
        except self.documented as error:
            assert str(error), "an error without a sentence"
            return False
        return True

    def run_once(self, data: bytes) -> None:
        """`run` as a fuzzer calls it, to which what is returned has a meaning."""
        self.run(data)

    @property
    def corpus(self) -> list[bytes]:
        """The seeds in the repository, which make_corpus.py made."""
        return [path.read_bytes() for path in sorted((CORPUS / self.name).iterdir())]


@cache
def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="tinyteach-fuzz-")


def file_with(name: str, data: bytes) -> Path:
    """A file of that name in this process's folder, in place of what it was before."""
    path = Path(_folder().name) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
