"""The models on flash: the embedding, two head slots, rules, and uploads that replace them."""

import gc
import os

from agent import files, memory, seldom
from agent.head import Head
from agent.load_order import READERS
from agent.recogniser import Recogniser
from agent.refused import Refused
from agent.slots import DIRECTORY, HeadSlots
from agent.tflite import kernels
from agent.tflite.errors import NO_MEMORY, ModelError
from agent.upload import PREFIX, Upload
from tinyteach_protocol import errors, messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")
    Trouble = tuple[int, str]  # a code of SPEC.md, States, and its detail

EMBEDDING = DIRECTORY + "/embedding.tflite"
# Where weights are read in place (docs/decisions/0026).
IN_ROM = "/rom/" + EMBEDDING
RULES = DIRECTORY + "/rules.bin"
# Left free beside embedding, head and what reads them: for views, for answers and lines that hold
# the labels, in several pieces at once.
_SPARE_BYTES = const(4096)
_SPARE_BYTES_A_LABEL = const(384)
# How much is allocated before the next collection: while the heap is fullest, a new head beside
# what reads it; and while the embedding is read, which is many small things and much of a start.
_OFTEN_BYTES = const(4096)
_SELDOM_BYTES = const(16384)


def _is_left_over(name: str) -> bool:
    is_upload = name.startswith(PREFIX) or name.startswith("taught.")
    return is_upload or name.endswith(".new") or "~" in name


def _embedding_path() -> str:
    """The flash's own embedding, which a host sends, else the one in ROMFS, else empty."""
    for path in (EMBEDDING, IN_ROM):
        if files.size_of(path) >= 0:
            return path
    return ""


class Models:
    """Loads what is on flash at start and replaces it on the host's word.

    ``problem`` is what could not be loaded, a code of SPEC.md, States, and its detail, or None.
    """

    def __init__(self, safe_mode: bool) -> None:
        self._recover()
        self.slots = HeadSlots()
        self.recogniser = Recogniser()
        self.upload: Upload | None = None
        self.problem: "Trouble | None" = None
        if not safe_mode:
            self.read(self._load, self._load_embedding, self._load_active_head)
        elif _embedding_path():
            # Known, so that a host can tell which head belongs here, but not at work.
            self.recogniser.embedding_fingerprint = files.sha256_of(_embedding_path())

    def load_embedding(self) -> None:
        """The first half of going to work after safe mode: what a new head is checked against."""
        self.read(self._load, self._load_embedding)

    def load_head(self) -> None:
        """The second half: the active head, unless a new one is at work."""
        if self.recogniser.head is None:
            self.read(self._load, self._load_active_head)

    @staticmethod
    def read(action: "Callable[..., T]", *arguments: "Any") -> "T":
        """Carry out what reads models; what only that needs takes heap for so long.

        Kernels in plain Python work with a part of it, so there it stays.
        """
        seldom.use(*READERS)
        gc.collect()
        try:
            return action(*arguments)
        finally:
            if kernels.best().name != "reference":
                seldom.forget(*READERS, "tflite.embedding")

    @staticmethod
    def _recover() -> None:
        """Finish what a power cut interrupted; its code is loaded only where something is left."""
        files.make_directory(DIRECTORY)
        names = os.listdir(DIRECTORY)
        if any([_is_left_over(name) for name in names]):
            seldom.call("recovery", "recover", names, EMBEDDING, RULES)

    def _load(self, *steps: "Callable[[], None]") -> None:
        """Carry out steps of loading; the first that fails is kept as ``problem``."""
        try:
            for step in steps:
                step()
        except Refused as error:
            self.problem = error.code, error.detail
        except Exception as error:
            # Whatever a file holds, the board starts: a host can send a better one.
            code = errors.BAD_MODEL if self.recogniser.ready else errors.NO_EMBEDDING
            self.problem = code, str(error) or repr(error)

    def _load_embedding(self) -> None:
        path = _embedding_path()
        if path:
            digest = files.sha256_of(path)
            gc.threshold(_SELDOM_BYTES)
            try:
                self.recogniser.load_embedding(path, digest)
            finally:
                gc.threshold(memory.usual_bytes)
                seldom.forget("tflite.embedding")
            memory.sample()

    def _load_active_head(self) -> None:
        self.recogniser.use_head(None, b"")
        if self.slots.active is not None:
            path = self.slots.path(self.slots.active)
            self.recogniser.use_head(self._open_head(path), files.sha256_of(path))
        self.problem = None

    def _open_head(self, path: str) -> "Head":
        """The head in a file, checked against the embedding and by its self-test."""
        head, recogniser = Head(path), self.recogniser
        gc.collect()
        memory.sample()
        if head.embedding_fingerprint != recogniser.embedding_fingerprint:
            raise Refused(errors.WRONG_EMBEDDING)
        recogniser.require_embedding()
        if not head.fits(recogniser.output):
            raise ModelError("the head takes other features than the embedding gives")
        if not head.self_test():
            raise Refused(errors.SELF_TEST_FAILED)
        gc.collect()
        if gc.mem_free() < _SPARE_BYTES + _SPARE_BYTES_A_LABEL * len(head.labels):
            raise ModelError(NO_MEMORY)
        return head

    def previous_fingerprint(self) -> bytes:
        """SHA-256 of the head that can be rolled back to, or empty."""
        previous = self.slots.previous
        return files.sha256_of(self.slots.path(previous)) if previous else b""

    # Uploads

    def open_upload(self, kind: int, size: int, digest: bytes) -> int:
        """Begin or resume an upload; the offset to go on from."""
        self.suspend_upload()
        self.upload = Upload(kind, size, digest)
        return self.upload.offset

    def suspend_upload(self) -> None:
        """Keep on flash what has come; the host may open the same upload again."""
        upload, self.upload = self.upload, None
        if upload is not None:
            try:
                upload.suspend()
            except OSError:
                # What did reach the flash counts: the next OPEN looks at the file.
                pass

    def abort_upload(self) -> None:
        """Forget the upload in hand."""
        if self.upload is not None:
            self.upload.discard()
            self.upload = None

    def commit(self) -> bytes:
        """Check the uploaded file and put it to work; its fingerprint.

        A head is switched after every check has passed. An embedding has to leave the heap
        for the new one's check; if that fails, it is loaded again from flash.
        """
        if self.upload is None:
            raise Refused(errors.NO_OBJECT, "no upload is open")
        upload, self.upload = self.upload, None
        path = upload.finish()
        try:
            if upload.kind == messages.RULES:
                seldom.call("alone.rules", "check", path)
                os.rename(path, RULES)
            else:
                self.recogniser.forget_view()
                if upload.kind == messages.EMBEDDING:
                    seldom.call("replacing", "replace", self, path, upload.digest)
                else:
                    self.read(self._activate_head, path, upload.digest)
        except (ModelError, Refused, MemoryError):
            files.remove(path)
            raise
        return upload.digest

    def _activate_head(self, path: str, digest: bytes) -> None:
        self.recogniser.require_embedding()
        at_work = digest == self.recogniser.head_fingerprint
        head = self.open_in_place_of_active(path)
        if at_work:
            files.remove(path)
        else:
            self.slots.activate(path)
        self.recogniser.use_head(head, digest)
        self.problem = None

    def open_in_place_of_active(
        self, path: str, make: "Callable[[], None] | None" = None
    ) -> "Head":
        """Another head, checked; ``make()`` leaves it at ``path`` before, where it is given.

        The active one makes room for it, and is back if it fails.
        """
        threshold = self.recogniser.threshold
        self.recogniser.use_head(None, b"")
        gc.threshold(_OFTEN_BYTES)
        gc.collect()
        try:
            if make:
                make()
            return self.read(self._open_head, path)
        except Exception as error:
            self.read(self._load, self._load_active_head)
            self.recogniser.threshold = threshold
            if isinstance(error, MemoryError) and not make:
                # Wherever it ran out: another try would end there, too.
                raise ModelError(NO_MEMORY) from None
            raise
        finally:
            gc.threshold(memory.usual_bytes)

    def rollback(self) -> tuple[bytes, list[str]]:
        """Put the previous head back to work; SHA-256 and labels of it."""
        if self.slots.previous is None:
            raise Refused(errors.NO_PREVIOUS)
        path = self.slots.path(self.slots.previous)
        self.recogniser.forget_view()
        head = self.open_in_place_of_active(path)
        self.slots.rollback()
        self.recogniser.use_head(head, files.sha256_of(path))
        return self.recogniser.head_fingerprint, head.labels
