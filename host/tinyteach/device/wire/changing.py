"""Another embedding over the wire: the board tries it before the one at work is gone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.progress import Progress
from tinyteach_protocol import messages

OLD_AT_WORK = "The board keeps its old embedding and head."
GOES_ON = f"{OLD_AT_WORK[:-1]}; '{{}}' goes on where this stopped."
NOT_KNOWN = (
    "Whether it took the new embedding is not known; it may recognise nothing until "
    "'{}' has run again."
)


def change_embedding(
    client: BoardClient,
    content: bytes,
    command: str,
    progress: Progress,
    commit: Callable[[BoardClient], object] | None = None,
) -> int:
    """Send an embedding and put it to work; bytes that crossed the link.

    What fails says what the board has now, and that ``command`` is to be run again. ``commit`` puts
    it to work and says by itself what a lost answer leaves; by default it is not known.
    """
    with adding(OLD_AT_WORK, GOES_ON.format(command)):
        sent = client.upload(
            messages.EMBEDDING,
            content,
            lambda done, total: progress("Sending the embedding", done, total),
        )
    with adding(OLD_AT_WORK, "" if commit else NOT_KNOWN.format(command)):
        (commit or BoardClient.commit)(client)
    return sent


@contextmanager
def adding(refused: str, broken: str | None = None) -> Iterator[None]:
    """Have an error say what it means here, by whether the board refused or the link broke."""
    try:
        yield
    except (BoardRefusedError, LinkError) as error:
        is_refusal = isinstance(error, BoardRefusedError) or broken is None
        error.args = (f"{error} {refused if is_refusal else broken}".strip(),)
        raise
