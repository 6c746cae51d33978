"""What keeps a run with boards from going on, and what pytest ends with then."""

from tinyteach import errors

# What pytest ends with where no test failed, which is its own 1; its own codes end at 5.
CODE_ONLY_ON_RETRY = 20
CODE_NO_BOARD, CODE_WRONG_BOARD, CODE_BAD_FILE, CODE_CANNOT_GO_ON = 21, 22, 23, 24
CODE_DEPARTED = 25
# Nothing more can be asked of the board.
GONE = (
    errors.BoardNotFoundError,
    errors.BoardNotPairedError,
    errors.LinkError,
    errors.BoardHeldError,
    errors.LabError,
    errors.DepartedError,
    errors.TapeError,
)
ENDS: dict[type[errors.TinyTeachError], int] = {
    **dict.fromkeys(GONE, CODE_NO_BOARD),
    errors.DepartedError: CODE_DEPARTED,
    errors.TapeError: CODE_CANNOT_GO_ON,
    errors.WrongBoardError: CODE_WRONG_BOARD,
    errors.HilFileError: CODE_BAD_FILE,
    errors.VerificationError: 1,  # the board was tried, and failed
    errors.TinyTeachError: CODE_CANNOT_GO_ON,
}


def end_of(kind: type[errors.TinyTeachError]) -> int:
    """What pytest ends with for an error that keeps a run from going on."""
    return next(ENDS[each] for each in kind.__mro__ if each in ENDS)
