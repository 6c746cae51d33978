"""Every error that a user can meet: what happened, and what to do next.

Its message is "what happened; what to do." in full sentences, of which only the first need be so
divided. What a command ends with is in cli/exit_codes.py, what the studio answers in
studio/statuses.py.
"""


class TinyTeachError(Exception):
    """Root of every error that reaches a user."""

    @property
    def happened(self) -> str:
        """A clause without a full stop."""
        return self._parts()[0]

    @property
    def to_do(self) -> str:
        """An order without a full stop; empty where nothing can be done."""
        return self._parts()[2]

    def _parts(self) -> tuple[str, str, str]:
        return str(self).removesuffix(".").partition("; ")


class UsageError(TinyTeachError):
    """A flag, name or file argument that cannot be meant."""


class BoardNotFoundError(TinyTeachError):
    """No board answers at the named place, or none is attached."""


class BoardNotPairedError(TinyTeachError):
    """The board is there, but no agent answers on it."""


class BoardRefusedError(TinyTeachError):
    """The agent answered with an error code (protocol/SPEC.md, error codes).

    ``code`` is that number, or 0 where the host refused on the board's behalf; ``detail`` are the
    board's own words, plain, empty where it said none.
    """

    def __init__(self, message: str, code: int = 0, detail: str = "") -> None:
        super().__init__(message)
        self.code, self.detail = code, detail


class NoKeyError(BoardRefusedError):
    """The board does this only for who holds its key, or has not the key that is here."""


class LinkError(TinyTeachError):
    """The connection to the board broke, stalled or speaks something else."""


class ProjectError(TinyTeachError):
    """A project folder, class or file of ours that is not as it must be or cannot be used."""


class PhotoError(TinyTeachError):
    """A photograph that cannot be read or used."""


class TrainingError(TinyTeachError):
    """Training cannot start or cannot give a usable head."""


class ModelError(TinyTeachError):
    """A .tflite file that is damaged, foreign or made for another embedding."""


class MissingToolError(TinyTeachError):
    """Something TinyTeach needs is not installed (MicroPython, an extra)."""


class VerificationError(TinyTeachError):
    """A board or a head was tested and did not meet what was promised, or asked for."""


class FirmwareError(TinyTeachError):
    """A firmware image or backup that is missing, damaged or made for another board."""


class WrongBoardError(TinyTeachError):
    """A board that answers, and is or runs another one than the tests are for."""


class HilFileError(TinyTeachError):
    """tinyteach-hil.toml, or another file of a run with boards, is not as it must be."""


class LabError(TinyTeachError):
    """A lab cannot be reached or used, or it took back what it had lent."""


class BoardHeldError(TinyTeachError):
    """Every board of a lab that would do is in use or offline."""


class TapeError(TinyTeachError):
    """A tape of a session with a board that is missing, damaged or cannot be recorded."""


class DepartedError(VerificationError):
    """The host sends something else than it did when the tape was recorded."""


class AccessError(TinyTeachError):
    """A request to the studio that did not come from its own page."""


class TooLargeError(TinyTeachError):
    """A request to the studio that brings more than it takes."""


class NoSuchPageError(TinyTeachError):
    """An address or method that the studio does not have."""


def public_kind(kind: type[Exception]) -> str:
    """What scripts are told of an error's kind: of its classes the nearest one of here."""
    names = (each.__name__ for each in kind.__mro__ if each.__module__ == __name__)
    return next(names, TinyTeachError.__name__)
