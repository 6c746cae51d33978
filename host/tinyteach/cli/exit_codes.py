"""What each kind of error ends a command with, as studio/statuses.py has it for the web."""

from tinyteach import errors

EXIT_CODES = {
    errors.TinyTeachError: 1,
    errors.UsageError: 2,
    errors.BoardNotFoundError: 3,
    errors.BoardNotPairedError: 4,
    errors.BoardRefusedError: 5,
    errors.LinkError: 6,
    errors.ProjectError: 7,
    errors.PhotoError: 8,
    errors.TrainingError: 9,
    errors.ModelError: 10,
    errors.MissingToolError: 11,
    errors.VerificationError: 12,
    errors.FirmwareError: 13,
    errors.WrongBoardError: 14,
    errors.HilFileError: 15,
    errors.TapeError: 16,
    errors.LabError: 17,
    errors.BoardHeldError: 18,
    errors.NoKeyError: 19,
}
INTERRUPTED = 130  # by Ctrl-C, as shells have it: 128 and the signal's number


def exit_code_of(kind: type[errors.TinyTeachError] | None) -> int:
    """That of an error's kind, for one that is not listed its parent's; 0 where there is none."""
    return next(EXIT_CODES[each] for each in kind.__mro__ if each in EXIT_CODES) if kind else 0
