"""Power lost at any flash operation of whatever a board writes: what tests and the soak run share.

Each path is run once, on a virtual board whose firmware keeps a journal (`flash_journal`); every
flash that a cut leaves is made of that and read past the board. `Held` is what the agent would
find on it: the head that its heads.json names, rules, embedding, kept views, and all other files.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from json import loads
from pathlib import Path
from types import SimpleNamespace

from littlefs import LittleFS
from littlefs.context import UserContext

from alone import Shown, set_up
from flash_journal import CLEAN, Left, Operation, cut_flashes, journalled, operations_in
from flashes import make_paired
from key_paths import CHANGES, STOOD_IN, fault_of_count, keyed, unkeyed, without_main
from paired import deploy, make_head, other_embedding, teach, views_of
from pairing_trials import check_main, give_users_main, quiet, take_off, wanted
from tinyteach.device.keys import KEY_PATH
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.rules import RuleFile, Settings
from tinyteach.embedding.runtime import EMBEDDING_FILE, EMBEDDING_FILES
from tinyteach.firmware import MAIN
from tinyteach.service.boards.rule_text import parse_rule
from tinyteach.service.boards.rules import write_rules
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.flash_image import BLOCK_BYTES
from tinyteach_protocol import messages

ARCH = "i386"
FOLDER = "/tinyteach/"
RULES, EMBEDDING, KEPT = FOLDER + "rules.bin", FOLDER + "embedding.tflite", FOLDER + "kept/"
STATE, HEAD = FOLDER + "heads.json", FOLDER + "head_{}.tflite"
# What is on its way, or of one start only: no cut makes a promise of it.
PASSING = tuple(FOLDER + name for name in ("starts", "incoming_", "taught", "crash.txt"))
FRAME_BYTES = 12 + 64 * 64 * 3
FRAMES = 3
KEEPING = Settings(interval_ms=0, keep=FRAMES, keep_s=0)
CLASSES = ("cat", "coffee", "rocket")


@dataclass(frozen=True)
class Held:
    """What a flash holds; heads and others by SHA-256, ``kept`` whole views by number."""

    head: bytes | None
    previous: bytes | None
    rules: bytes | None
    embedding: bytes | None
    kept: dict[int, bytes]
    others: dict[str, bytes]


def files_on(image: bytes) -> dict[str, bytes]:
    """Path → content on a LittleFS flash; LittleFSError where it cannot be mounted or read."""
    sizes = dict.fromkeys(("block_size", "cache_size", "read_size", "prog_size"), BLOCK_BYTES)
    count = len(image) // BLOCK_BYTES
    context = UserContext(buffer=bytearray(image))
    files = LittleFS(context, mount=False, block_count=count, **sizes)
    files.mount()
    found = {}
    for folder, _, names in files.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with files.open(path, "rb") as file:
                found[path] = file.read()
    return found


def held_on(image: bytes) -> Held:
    """As the agent reads it (agent/slots.py, agent/kept.py, agent/models.py)."""
    files = files_on(image)
    slots = loads(files.pop(STATE)) if STATE in files else {}
    heads = {name: files.pop(HEAD.format(name), None) for name in ("a", "b")}
    active, previous = (_digest(heads.get(slots.get(key))) for key in ("active", "previous"))
    rules, embedding = files.pop(RULES, None), _digest(files.pop(EMBEDDING, None))
    views = {path: files.pop(path) for path in list(files) if path.startswith(KEPT)}
    kept = {
        int(path.removeprefix(KEPT)): view
        for path, view in views.items()
        if len(view) == FRAME_BYTES
    }
    others = {
        path: sha256(content).digest()
        for path, content in files.items()
        if not path.startswith(PASSING) and not path.endswith(".new")
    }
    return Held(active, previous, rules, embedding, kept, others)


def _digest(content: bytes | None) -> bytes | None:
    return None if content is None else sha256(content).digest()


# The paths


@dataclass
class Bench:
    """A board to write to, its heads, the last to be deployed; ``embedding`` it began with."""

    board: VirtualBoard
    heads: list
    embedding: bytes


def nothing(_: Bench) -> None:
    """The board is as it began."""


def two_heads(bench: Bench) -> None:
    with BoardClient(bench.board.port) as client:
        for head in bench.heads[:2]:
            deploy(client, head)


def with_rules(bench: Bench) -> None:
    two_heads(bench)
    _write(bench, Settings(), ("cat", "pin 3 high", "pin 3 low"))


def full_ring(bench: Bench) -> None:
    """As many views are kept as may be."""
    bench.board.show_source(shown := Shown(_noise()))
    set_up(bench.board, bench.heads[1], interval_ms=0, keep=FRAMES, keep_s=0)
    shown.wait(3 * FRAMES)
    _rest(bench)


def _noise():
    return [view // 4 * 3 for name in CLASSES for view in views_of(name, 6, seed=5, side=64)]


def _rest(bench: Bench) -> None:
    """A session, in which the board does nothing by itself, until the next."""
    _write(bench, Settings(interval_ms=60_000))


def _write(bench: Bench, settings: Settings, *rules) -> None:
    with BoardClient(bench.board.port) as client:
        write_rules(client, RuleFile(settings, tuple(parse_rule(*rule, 0) for rule in rules)))


def deploying(bench: Bench) -> None:
    with BoardClient(bench.board.port) as client:
        deploy(client, bench.heads[2])


def rolling_back(bench: Bench) -> None:
    with BoardClient(bench.board.port) as client:
        client.rollback()


def teaching(bench: Bench) -> None:
    with BoardClient(bench.board.port) as client:
        teach(client, "rocket", views_of("rocket", 2, side=64))


def ruling(bench: Bench) -> None:
    _write(bench, Settings(), ("coffee", "say coffee", "nothing"))


def setting(bench: Bench) -> None:
    rules = ("cat", "pin 3 high", "pin 3 low")
    _write(bench, Settings(interval_ms=777, keep=2), rules)


def keeping(bench: Bench) -> None:
    bench.board.show_source(shown := Shown(_noise()))
    _write(bench, KEEPING)
    shown.wait(2 * FRAMES)
    _rest(bench)


def upgrading(bench: Bench) -> None:
    with BoardClient(bench.board.port) as client:
        client.upload(messages.EMBEDDING, other_embedding())
        client.commit()


def pairing(bench: Bench) -> None:
    pair(bench.board.port, Wanted(bench.embedding), None, quiet)


def users_program(bench: Bench) -> None:
    wanted(bench.board, bench.embedding)  # asks the board, which a flash by itself cannot be
    give_users_main(bench.board)


def partly_paired(bench: Bench) -> None:
    give_users_main(bench.board)
    pairing(bench)
    take_off(bench.board, bench.embedding)
    give_users_main(bench.board)


# Path → whether the board is paired before, what precedes it, what is cut.
PATHS: dict[str, tuple[bool, Callable[[Bench], None], Callable[[Bench], None]]] = {
    "pairing": (False, users_program, pairing),
    "pairing again": (False, partly_paired, pairing),
    "first deploy": (True, nothing, deploying),
    "deploy": (True, two_heads, deploying),
    "rollback": (True, two_heads, rolling_back),
    "teach": (True, two_heads, teaching),
    "rules": (True, with_rules, ruling),
    "settings": (True, with_rules, setting),
    "kept views": (True, full_ring, keeping),
    "upgrade": (True, two_heads, upgrading),
    "proven deploy": (True, keyed, deploying),
    **{path: (True, *steps) for path, steps in CHANGES.items()},
}


# Running


@dataclass(frozen=True)
class Run:
    """A path's flash before it, what it did to it, and the flash afterwards."""

    path: str
    embedding: bytes
    before: bytes
    operations: list[Operation]
    after: bytes

    def lefts(self) -> Iterator[Left]:
        return cut_flashes(self.before, self.operations)


def record(path: str, heads: list, paired_flash: Path | None = None) -> Run:
    """Run a path on a board of its own; ``heads`` are three. TINYTEACH_HOME is the caller's."""
    is_paired, prepare, act = PATHS[path]
    unkeyed(None)  # what another path has paired is another board, with the same identity
    embedding = (EMBEDDING_FILE if is_paired else EMBEDDING_FILES["tiny"]).read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder, flash = Path(name), Path(name) / "flash"
        if is_paired and paired_flash:
            shutil.copy(paired_flash, flash)
        elif is_paired:
            make_paired(ARCH, flash, embedding)
        with journalled(folder) as journal, VirtualBoard(ARCH, flash) as board:
            bench = Bench(board, heads, embedding)
            prepare(bench)
            mark, before = journal.stat().st_size, board.flash.contents()
            act(bench)
            board.cut_power_now()
            operations = operations_in(journal.read_bytes()[mark:])
            return Run(path, embedding, before, operations, board.flash.contents())


def three_heads() -> list:
    """The one before, the one at work, and the one that is deployed."""
    return [make_head(*names) for names in (CLASSES[:2], CLASSES, CLASSES[::2])]


# Judging


class Judge:
    """Of a run's flashes: ``fault(left)`` is what must not be, empty where all holds."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._is_paired = PATHS[run.path][0]
        if self._is_paired:
            self.old, self.new = held_on(run.before), held_on(run.after)
            assert self.old != self.new, f"{run.path} changes nothing"
        # A path may have the board at work in between, with rules of its own.
        self._meanwhile = [RuleFile(KEEPING).encode()] if run.path == "kept views" else []

    def fault(self, left: Left) -> str:
        try:
            return self._of_held(held_on(left.image)) if self._is_paired else self._of_main(left)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def _of_main(self, left: Left) -> str:
        flash = SimpleNamespace(contents=lambda: left.image)
        check_main(SimpleNamespace(flash=flash, arch=ARCH), self._run.embedding)
        return ""

    def _of_held(self, held: Held) -> str:
        old, new = self.old, self.new
        if held.rules not in (old.rules, new.rules, *self._meanwhile):
            return "rules are neither the old nor the new"
        for what in ("head", "embedding"):
            if getattr(held, what) not in (getattr(old, what), getattr(new, what)):
                return f"{what} is neither the old nor the new"
        earlier = [new.previous] if held.head == new.head != old.head else [old.previous, None]
        if held.previous not in (*earlier, new.previous):
            return "the head before is another"
        others = held.others
        if self._run.path in CHANGES:
            others = without_main(others, old.others)
        for path in {*others, *old.others}:
            if others.get(path) not in (old.others.get(path), new.others.get(path)):
                return f"{path} is neither the old nor the new"
        return fault_of_count(others, old.others) or self._of_kept(held.kept)

    def _of_kept(self, kept: dict[int, bytes]) -> str:
        if len(kept) < len(self.old.kept) - 1:
            return f"{len(self.old.kept)} views were kept, {len(kept)} are left"
        for number, view in kept.items():
            known = self.old.kept.get(number) or self.new.kept.get(number) or view
            if view != known or int.from_bytes(view[:4], "little") != number:
                return f"kept view {number} is another"
        return ""

    def is_new(self, left: Left) -> bool | None:
        """Whether what the path changes has been changed; None where this is not one moment."""
        if not self._is_paired or left.how != CLEAN or self._run.path == "kept views":
            return None
        held = held_on(left.image)
        keys = ("head", "rules", "embedding")
        is_new = [getattr(held, key) == getattr(self.new, key) for key in keys]
        return all(is_new) and held.others.get(KEY_PATH) == self.new.others.get(KEY_PATH)


def fault_of_start(run: Run, left: Left) -> str:
    """What is wrong when the real agent starts with that flash and is asked."""
    held = held_on(left.image)
    if held.others.get(MAIN) == STOOD_IN:
        return ""  # it says that it is to be paired again, and is no agent
    if run.path in CHANGES:
        unkeyed(None)  # this computer has the new key, the board perhaps the old one
    with tempfile.TemporaryDirectory() as name:
        flash = Path(name) / "flash"
        with VirtualBoard(ARCH, flash):
            pass  # the block behind the file system says that there is one
        with flash.open("r+b") as file:
            file.write(left.image)
        with VirtualBoard(ARCH, flash) as board, BoardClient(board.port) as client:
            if not client.is_proven and client.is_keyed:
                return "" if KEY_PATH in held.others else "the agent has a key"
            info = client.info()
    if (info.head or None, info.embedding or None) != (held.head, held.embedding):
        return "the agent has another head or embedding than its flash"
    return info.state if run.path != "upgrade" else ""
