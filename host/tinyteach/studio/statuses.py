"""How an error is told on the web: its HTTP status, and the one body that it has."""

from typing import Any

from tinyteach import errors
from tinyteach.plain_text import plain
from tinyteach.studio.sentences import with_codes

STATUSES = {
    errors.TinyTeachError: 500,
    errors.UsageError: 400,
    errors.BoardNotFoundError: 404,
    errors.BoardNotPairedError: 409,
    errors.BoardRefusedError: 422,
    errors.NoKeyError: 403,
    errors.LinkError: 504,
    errors.ProjectError: 404,
    errors.PhotoError: 422,
    errors.TrainingError: 422,
    errors.ModelError: 422,
    errors.MissingToolError: 501,
    errors.VerificationError: 422,
    errors.FirmwareError: 422,
    errors.WrongBoardError: 422,
    errors.HilFileError: 422,
    errors.LabError: 504,
    errors.BoardHeldError: 409,
    errors.TapeError: 422,
    errors.AccessError: 403,
    errors.TooLargeError: 413,
    errors.NoSuchPageError: 404,
}


def status_of(kind: type[errors.TinyTeachError]) -> int:
    """The status of an error's kind, for one that is not listed its parent's."""
    return next(STATUSES[parent] for parent in kind.__mro__ if parent in STATUSES)


def error_body(error: errors.TinyTeachError, status: int | None = None) -> dict[str, Any]:
    """The body of every answer that is an error (docs/studio-api.md); by default its own status."""
    kind = type(error)
    told = {
        "code": errors.public_kind(kind).removesuffix("Error"),
        "sentence": plain(str(error)),
        "status": status_of(kind) if status is None else status,
    }
    return with_codes({"error": told})
