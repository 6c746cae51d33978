"""Where heads look in the views that a page shows, while one asks; else nothing is computed."""

from contextlib import suppress
from pathlib import Path

import numpy as np

from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import BoardRefusedError, ModelError, TinyTeachError
from tinyteach.head.format.head_file import Head
from tinyteach.service.heads.looking import WhereItLooks
from tinyteach.service.heads.pulling import read_head
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import Reference
from tinyteach.service.projects.embeddings import find_embedding
from tinyteach.service.projects.opening import open_project
from tinyteach.workbench.views import Cells, LookedAt, PreviewHead


class LookingHead:
    """A head on this computer, asked where it looks."""

    def __init__(self, embedding: Embedding, head: Head) -> None:
        self._reference = Reference(embedding, head)
        self._where = WhereItLooks(embedding, head)

    def cells(self, pixels: np.ndarray, result: Recognised) -> Cells:
        """For the best label of a view (uint8 [M, M, 3]) that the head gave ``result`` of."""
        return self._where.looks(self._reference.features(pixels), result.best_label).cells


class Looking:
    """Asked in the board's thread; pages come and go in others."""

    def __init__(self, folder: Path, preview: PreviewHead) -> None:
        self._folder, self._preview = folder, preview
        self._pages: set[object] = set()
        self._heads: dict[str, LookingHead | None] = {}  # by fingerprint: the newest two

    def ask(self, page: object, asks: bool) -> None:
        """Have views come with where heads look as long as one page asks for it."""
        if asks:
            self._pages.add(page)
        else:
            self._pages.discard(page)

    def at(
        self,
        pixels: np.ndarray,
        host: Recognised | None,
        board: Recognised | None = None,
        client: BoardClient | None = None,
        info: BoardInfo | None = None,
    ) -> LookedAt | None:
        """Where the heads look in a view (uint8 [M, M, 3]); None while nobody asks."""
        if not self._pages:
            return None
        preview = self._preview.head
        by_host = self._cells(preview.fingerprint.hex() if preview else "", pixels, host)
        if client is None or info is None or board is None:
            return LookedAt(None, by_host)
        if preview and info.head == preview.fingerprint:
            return LookedAt(by_host, by_host)
        return LookedAt(self._cells(self._of_board(client, info), pixels, board), by_host)

    def _cells(self, head: str, pixels: np.ndarray, result: Recognised | None) -> Cells | None:
        looking = self._known(head)
        return looking.cells(pixels, result) if looking and result else None

    def _known(self, fingerprint: str) -> LookingHead | None:
        """A head that was seen before, or the preview's."""
        head, embedding = self._preview.head, self._preview.embedding
        is_new = head and head.fingerprint.hex() == fingerprint not in self._heads
        if head and embedding and is_new:
            self._keep(fingerprint, embedding, head)
        return self._heads.get(fingerprint)

    def _of_board(self, client: BoardClient, info: BoardInfo) -> str:
        """The fingerprint of the head at work; one that is not here is read, once."""
        fingerprint = info.head.hex()
        if self._known(fingerprint) is None and fingerprint not in self._heads:
            head = embedding = None
            with suppress(BoardRefusedError, ModelError):
                head = read_head(client, lambda text, done, total: None)
            with suppress(TinyTeachError):
                embedding = find_embedding(open_project(self._folder), info.embedding)
            self._keep(fingerprint, embedding, head)
        return fingerprint

    def _keep(self, fingerprint: str, embedding: Embedding | None, head: Head | None) -> None:
        """None of a head that cannot be asked, so that it is not tried again at every view."""
        found = None
        with suppress(ModelError):
            found = LookingHead(embedding, head) if embedding and head else None
        newest = dict(list(self._heads.items())[-1:])
        self._heads = {**newest, fingerprint: found}
