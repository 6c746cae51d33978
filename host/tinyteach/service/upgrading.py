"""The way to another embedding: retrain, send the embedding, deploy."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinyteach.device.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.service.boards import open_board
from tinyteach.service.embeddings import as_setting, described, load_named, name_of
from tinyteach.service.projects import open_project
from tinyteach.service.recognition import trained_head
from tinyteach.service.teaching import Deployed, Trained, deploy_head, train
from tinyteach_protocol import messages

if TYPE_CHECKING:
    from tinyteach.embedding.runtime import Embedding

Progress = Callable[[str, int, int], None]
OLD_AT_WORK = "The board keeps its old embedding and head."
GOES_ON = f"{OLD_AT_WORK[:-1]}; 'tinyteach upgrade' goes on where this stopped."
NOT_KNOWN = (
    "Whether it took the new embedding is not known; it may recognise nothing until "
    "'tinyteach upgrade' has run again."
)
UNTAUGHT = (
    "The board has its new embedding and recognises nothing until 'tinyteach deploy' has run."
)


@dataclass(frozen=True)
class Upgraded:
    """A board with a new embedding and a head for it. ``embedding`` is its SHA-256 in hex.

    ``embedding_name`` is None for one that does not ship, ``embedding_bytes`` None where
    the board had it already. ``upgrade_s`` is from the first photograph read to the head live.
    """

    embedding: str
    embedding_name: str | None
    embedding_bytes: int | None
    trained: Trained
    deployed: Deployed
    upgrade_s: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """For a person."""
        embedding = described(bytes.fromhex(self.embedding))
        sent = f"sent the embedding ({self.embedding_bytes} bytes)"
        done = (
            f"The board {self.deployed.board} recognises {', '.join(self.deployed.labels)} with "
            f"the embedding {embedding} now: retrained on {self.trained.photos} photographs, "
            f"{sent if self.embedding_bytes is not None else 'found the embedding there'} and "
            f"deployed the head, in {self.upgrade_s:.2f} s."
        )
        return [*self.trained.problems, done, *self.deployed.problems]


def upgrade(folder: Path, board: str | None, embedding: str | None, progress: Progress) -> Upgraded:
    """Retrain a project for an embedding, by default its own, and put both on the board.

    Project and board stay as they are where training fails.
    """
    project = open_project(folder)
    setting = as_setting(embedding, project.root) if embedding else project.embedding
    chosen = load_named(setting, project.root)
    with open_board(board) as client:
        start = time.perf_counter()
        trained = train(folder, 0, progress, chosen)
        project.embedding = setting
        sent = send_embedding(client, chosen, progress)
        with _adding("" if sent is None else UNTAUGHT):
            deployed = deploy_head(client, trained_head(project), progress)
        upgrade_s = round(time.perf_counter() - start, 3)
    fingerprint = chosen.fingerprint
    return Upgraded(fingerprint.hex(), name_of(fingerprint), sent, trained, deployed, upgrade_s)


def send_embedding(client: BoardClient, embedding: "Embedding", progress: Progress) -> int | None:
    """Put an embedding to work on a board; bytes that crossed the link, None if it was there."""
    if client.info()["embedding"] == embedding.fingerprint:
        return None
    with _adding(OLD_AT_WORK, GOES_ON):
        sent = client.upload(
            messages.EMBEDDING,
            embedding.content,
            lambda done, total: progress("Sending the embedding", done, total),
        )
    with _adding(OLD_AT_WORK, NOT_KNOWN):
        client.commit()
    return sent


@contextmanager
def _adding(refused: str, broken: str | None = None) -> Iterator[None]:
    """Have an error say what it means here, by whether the board refused or the link broke."""
    try:
        yield
    except (BoardRefusedError, LinkError) as error:
        is_refusal = isinstance(error, BoardRefusedError) or broken is None
        error.args = (f"{error} {refused if is_refusal else broken}".strip(),)
        raise
