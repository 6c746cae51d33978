"""Another embedding over the wire: the board tries it before the one at work is gone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.progress import Progress
from tinyteach_protocol import errors, messages

OLD_AT_WORK = "The board keeps its old embedding and head."
GOES_ON = f"{OLD_AT_WORK[:-1]}; '{{}}' goes on where this stopped."
NOT_KNOWN = (
    "Whether it took the new embedding is not known; it may recognise nothing until "
    "'{}' has run again."
)
UNFIT = "The board cannot run this embedding{why}; name another one{such}."


def change_embedding(
    client: BoardClient,
    content: bytes,
    command: str,
    progress: Progress,
    commit: Callable[[BoardClient], object] | None = None,
    smaller: Sequence[str] = (),
) -> int:
    """Send an embedding and put it to work; bytes that crossed the link.

    What fails says what the board has now, and that ``command`` is to be run again. ``commit`` puts
    it to work and says by itself what a lost answer leaves; by default it is not known. ``smaller``
    names embeddings that the board would run, the largest last.
    """
    with adding(OLD_AT_WORK, GOES_ON.format(command)):
        sent = client.upload(
            messages.EMBEDDING,
            content,
            lambda done, total: progress("Sending the embedding", done, total),
        )
    with adding(OLD_AT_WORK, "" if commit else NOT_KNOWN.format(command)), _as_embedding(smaller):
        (commit or BoardClient.commit)(client)
    return sent


@contextmanager
def _as_embedding(smaller: Sequence[str]) -> Iterator[None]:
    """What a board says of any model, of an embedding: to train again would be no help."""
    try:
        yield
    except BoardRefusedError as error:
        if error.code == errors.BAD_MODEL:
            why = f" ({error.detail})" if error.detail else ""
            such = f", such as {smaller[-1]} ('--embedding {smaller[-1]}')" if smaller else ""
            error.args = (UNFIT.format(why=why, such=such),)
        raise


@contextmanager
def adding(refused: str, broken: str | None = None) -> Iterator[None]:
    """Have an error say what it means here, by whether the board refused or the link broke."""
    try:
        yield
    except (BoardRefusedError, LinkError) as error:
        is_refusal = isinstance(error, BoardRefusedError) or broken is None
        error.args = (f"{error} {refused if is_refusal else broken}".strip(),)
        raise
