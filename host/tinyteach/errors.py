"""Every error that a user can meet: one plain sentence and an exit code.

The message of each is a full sentence that says what to do next. The command line prints it and
exits with ``exit_code``; what the studio answers is in studio/statuses.py.
"""


class TinyTeachError(Exception):
    """Root of every error that reaches a user."""

    exit_code = 1


class UsageError(TinyTeachError):
    """A flag, name or file argument that cannot be meant."""

    exit_code = 2


class BoardNotFoundError(TinyTeachError):
    """No board answers at the named place, or none is attached."""

    exit_code = 3


class BoardNotPairedError(TinyTeachError):
    """The board is there, but no agent answers on it."""

    exit_code = 4


class BoardRefusedError(TinyTeachError):
    """The agent answered with an error code (protocol/SPEC.md, error codes).

    ``code`` is that number, or 0 where the host refused on the board's behalf.
    """

    exit_code = 5

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class LinkError(TinyTeachError):
    """The connection to the board broke, stalled or speaks something else."""

    exit_code = 6


class ProjectError(TinyTeachError):
    """A project folder, class or file of ours that is not as it must be or cannot be used."""

    exit_code = 7


class PhotoError(TinyTeachError):
    """A photograph that cannot be read or used."""

    exit_code = 8


class TrainingError(TinyTeachError):
    """Training cannot start or cannot give a usable head."""

    exit_code = 9


class ModelError(TinyTeachError):
    """A .tflite file that is damaged, foreign or made for another embedding."""

    exit_code = 10


class MissingToolError(TinyTeachError):
    """Something TinyTeach needs is not installed (MicroPython, an extra)."""

    exit_code = 11


class VerificationError(TinyTeachError):
    """The board was tested and did not meet what was promised."""

    exit_code = 12


class FirmwareError(TinyTeachError):
    """A firmware image or backup that is missing, damaged or made for another board."""

    exit_code = 13


class AccessError(TinyTeachError):
    """A request to the studio that did not come from its own page."""

    exit_code = 14


class TooLargeError(TinyTeachError):
    """A request to the studio that brings more than it takes."""

    exit_code = 15


class NoSuchPageError(TinyTeachError):
    """An address or method that the studio does not have."""

    exit_code = 16
