"""The way to another embedding: retrain, send the embedding, deploy."""

import time
from dataclasses import dataclass

from tinyteach.data.project import Project
from tinyteach.device.repl.fitness import memory_fault, more_memory
from tinyteach.device.wire.changing import GOES_ON, NOT_KNOWN, adding, change_embedding
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.view_names import SQUARE
from tinyteach.errors import BoardRefusedError
from tinyteach.progress import Progress
from tinyteach.results import JsonResult
from tinyteach.service.boards.aftermath import commit
from tinyteach.service.heads.deployed import Deployed
from tinyteach.service.heads.deploying import deploy_head
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.heads.training import Trained, train
from tinyteach.service.projects.embeddings import (
    as_setting,
    described,
    fitting,
    heap_of,
    load_named,
    name_of,
)

COMMAND = "tinyteach upgrade"
UNTAUGHT = (
    "The board has its new embedding and recognises nothing until 'tinyteach deploy' has run."
)
# A key shuts other computers out, so nobody is given one who has not asked for it.
NO_KEY = (
    "The board has no key, so whoever reaches its port may change it; run 'tinyteach pair' to give "
    "it one."
)


@dataclass(frozen=True)
class Upgraded(JsonResult):
    """A board with a new embedding and a head for it. ``embedding`` is its SHA-256 in hex.

    ``embedding_name`` is None for one that does not ship, ``embedding_bytes`` None where
    the board had it already. ``upgrade_s`` is from the first photograph read to the head live.
    ``has_key``: boards that were paired before there were keys have none.
    """

    embedding: str
    embedding_name: str | None
    embedding_bytes: int | None
    trained: Trained
    deployed: Deployed
    upgrade_s: float
    has_key: bool

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
        keys = [] if self.has_key else [NO_KEY]
        return [*self.trained.problems, done, *self.deployed.problems, *keys]


def embedding_to_upgrade_to(project: Project, named: str | None) -> tuple[str, Embedding]:
    """What the project's settings are to say, by default what they do, and the embedding."""
    setting = project.embedding if named is None else as_setting(named, project.root)
    return setting, load_named(setting, project.root)


def upgrade(
    client: BoardClient, project: Project, named: str | None, progress: Progress
) -> Upgraded:
    """Retrain a project for an embedding, by default its own, and put both on the board.

    Project and board stay as they are where training fails, and where the board is too small or
    has a key that is not here.
    """
    setting, chosen = embedding_to_upgrade_to(project, named)
    _check_board(client, chosen)
    start = time.perf_counter()
    trained = train(project.root, 0, progress, chosen, preprocessing=SQUARE)
    project.embedding = setting
    sent = send_embedding(client, chosen, progress)
    with adding("" if sent is None else UNTAUGHT):
        deployed = deploy_head(client, trained_head(project), progress)
    upgrade_s = round(time.perf_counter() - start, 3)
    fingerprint = chosen.fingerprint
    name = name_of(fingerprint)
    return Upgraded(fingerprint.hex(), name, sent, trained, deployed, upgrade_s, client.is_keyed)


def _check_board(client: BoardClient, embedding: Embedding) -> None:
    """Refuse one that takes nothing from here, or has no memory for what it has not yet."""
    client.check_key()
    info = client.info()
    # What lies in ROMFS takes no heap, and only the board knows what is there.
    if info.embedding != embedding.fingerprint and not client.reads_in_place:
        needed = heap_of(embedding.content, info.is_wide)
        if info.heap_total < needed:
            instead = more_memory(fitting(info.heap_in_32_bits))
            raise BoardRefusedError(f"{memory_fault(info.heap_total, needed)}; {instead}")


def send_embedding(client: BoardClient, embedding: Embedding, progress: Progress) -> int | None:
    """Put an embedding to work on a board; bytes that crossed the link, None if it was there."""
    info = client.info()
    if info.embedding == embedding.fingerprint:
        return None
    # The board may have less than was reckoned with; what fits in less than this one needs may do.
    smaller = fitting(min(info.heap_in_32_bits, heap_of(embedding.content) - 1))

    def put_to_work(client: BoardClient) -> None:
        sentences = GOES_ON.format(COMMAND), NOT_KNOWN.format(COMMAND)
        commit(client, lambda info: info.embedding, embedding.fingerprint, *sentences)

    return change_embedding(client, embedding.content, COMMAND, progress, put_to_work, smaller)
