"""Puts the agent and the embedding on a board, or updates what has changed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tinyteach.device.client import BoardClient
from tinyteach.device.discovery import port_of, usb_serial_of
from tinyteach.device.raw_repl import RawRepl, raw_repl
from tinyteach.device.registry import PairedBoard, find_board, free_name, remember
from tinyteach.errors import (
    BoardNotFoundError,
    BoardNotPairedError,
    BoardRefusedError,
    LinkError,
    UsageError,
)
from tinyteach.firmware import LED, LIBRARY, MAIN, BoardFile, board_files, led_file

Progress = Callable[[str, int, int], None]

EMBEDDING = "/tinyteach/embedding.tflite"
MIN_MICROPYTHON = (1, 24)
# Beside the embedding: the agent's code and tables (host tests measure them), with room to work.
AGENT_HEAP_BYTES = 163_840
# Directory and metadata blocks, two heads, and an upload under way.
SPARE_FLASH_BYTES = 131_072
RESTART_TIMEOUT_S = 20.0
RESTART_POLL_S = 0.2
# The first line of our own main.py tells it from a user's.
OWN_MAIN = b"TinyTeach's agent"
KEPT_MAIN = "/main.before_tinyteach.py"
# Stands in while the agent is written: whenever that ends early, the board starts and says so.
STAND_IN = b'''"""TinyTeach's agent is not whole: pairing was interrupted."""

print("TinyTeach's agent is not whole; pair the board again.")
'''

# Facts of the board, and the SHA-256 of every file that pairing may replace.
SURVEY = """
import sys, os, gc, json, hashlib, binascii
files = {}
def add(path):
    try:
        entries = os.listdir(path)
    except OSError:
        entries = None
    if entries is not None and os.stat(path)[0] & 0x4000:
        for name in entries:
            add(path + '/' + name)
        return
    try:
        file = open(path, 'rb')
    except OSError:
        return
    digest = hashlib.sha256()
    piece = bytearray(512)
    while True:
        count = file.readinto(piece)
        if not count:
            break
        digest.update(memoryview(piece)[:count])
    file.close()
    files[path] = binascii.hexlify(digest.digest()).decode()
for path in %r:
    add(path)
i = sys.implementation
s = os.statvfs('/')
gc.collect()
print(json.dumps({
    'name': i.name, 'version': list(i.version[:3]), 'mpy': getattr(i, '_mpy', 0),
    'machine': getattr(i, '_machine', sys.platform),
    'heap_free': gc.mem_free(), 'flash_free': s[0] * s[3], 'files': files,
}))
"""
# How many starts went wrong, of the agent that was there: removed, so safe mode ends.
STARTS = "/tinyteach/starts"
AGENT = (f"{LIBRARY}/agent", f"{LIBRARY}/tinyteach_protocol")
OWNED = (*AGENT, MAIN, EMBEDDING, LED, STARTS)


@dataclass(frozen=True)
class Paired:
    """A paired board; ``written`` names the files that were new or changed.

    ``state`` is what keeps it from recognising, empty where nothing does.
    """

    board_id: str
    name: str
    port: str
    machine: str
    micropython: str
    state: str
    written: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def pair(
    port: str,
    embedding: bytes,
    name: str | None,
    progress: Progress,
    keep: Sequence[bytes] = (),
) -> Paired:
    """`install`, then remember the board as ``name``, so that it is found whatever its port."""
    usb_serial = usb_serial_of(port)
    written = install(port, embedding, progress, keep)
    with await_agent(port, usb_serial) as client:
        machine = client.info()["machine"]
        chosen = _choose_name(name, client.board_id)
        known = find_board(client.board_id)
        colours = known.colours if known else ""
        remember(PairedBoard(client.board_id, chosen, client.port, usb_serial, machine, colours))
        return _paired(client, chosen, written)


def pair_for_now(
    port: str, embedding: bytes, progress: Progress, keep: Sequence[bytes] = ()
) -> Paired:
    """`install` on a board that will be gone, such as one of this process: not remembered."""
    written = install(port, embedding, progress, keep)
    with await_agent(port, "") as client:
        return _paired(client, client.board_id, written)


def _paired(client: BoardClient, name: str, written: list[str]) -> Paired:
    info = client.info()
    return Paired(
        client.board_id,
        name,
        client.port,
        info["machine"],
        info["micropython"],
        info["state"],
        written,
    )


def _choose_name(name: str | None, board_id: str) -> str:
    known = find_board(board_id)
    chosen = name or (known.name if known else free_name("board", board_id))
    other = find_board(chosen)
    if other and other.board_id != board_id:
        raise UsageError(f"Another board is called {chosen}; choose another name.")
    return chosen


def install(
    port: str, embedding: bytes, progress: Progress, keep: Sequence[bytes] = ()
) -> list[str]:
    """Put agent and embedding on the board at ``port`` and restart it; the files written.

    An embedding that is one of ``keep`` stays where the board has it.
    Raises BoardNotFoundError, BoardNotPairedError (no MicroPython), BoardRefusedError (too
    old, too small) or LinkError.
    """
    free_the_repl(port)
    with raw_repl(port) as repl:
        facts = survey(repl)
        wanted = wanted_files(facts, [embedding, *keep])
        changed = changed_files(facts, wanted)
        _check(facts, changed, len(wanted[-1].content))
        _install(repl, facts["files"], wanted, changed, progress)
        repl.reset()
    return [file.path for file in changed]


def survey(repl: RawRepl) -> dict[str, Any]:
    """What a board is, what is free on it, and the SHA-256 of every file of ours there."""
    return repl.evaluate(SURVEY % (OWNED,))


def wanted_files(facts: dict[str, Any], embeddings: Sequence[bytes]) -> list[BoardFile]:
    """All that belongs on a board; the embedding, last, is the one it has, else the first."""
    chosen = _choose_embedding(facts["files"].get(EMBEDDING), embeddings)
    return [*board_files(facts["mpy"]), *led_file(facts["machine"]), chosen]


def changed_files(facts: dict[str, Any], wanted: Sequence[BoardFile]) -> list[BoardFile]:
    """Those of ``wanted`` that the board has not, or has otherwise."""
    return [file for file in wanted if facts["files"].get(file.path) != file.digest]


def _choose_embedding(present: str | None, contents: Sequence[bytes]) -> BoardFile:
    """The one whose SHA-256 is ``present``, else the first."""
    files = [BoardFile(EMBEDDING, content) for content in contents]
    return next((file for file in files if file.digest == present), files[0])


def free_the_repl(port: str) -> None:
    """A running agent gives the port back at BYE; where none answers there is none to stop."""
    try:
        BoardClient(port, hello_tries=1).close()
    except (BoardNotPairedError, BoardRefusedError):
        return


def _check(facts: dict[str, Any], changed: Sequence[BoardFile], embedding_bytes: int) -> None:
    """Refuse a board that is too old or too small, before anything is written."""
    if is_too_old(facts):
        raise BoardRefusedError(
            f"The board runs {facts['name']} {'.'.join(map(str, facts['version']))}; install "
            f"MicroPython {'.'.join(map(str, MIN_MICROPYTHON))} or later on it."
        )
    heap_needed = AGENT_HEAP_BYTES + embedding_bytes
    if facts["heap_free"] < heap_needed:
        raise BoardRefusedError(
            f"The board has {facts['heap_free']} bytes of free memory and needs {heap_needed}; "
            "use a board with more, such as one with PSRAM."
        )
    flash_needed = sum(len(file.content) for file in changed) + SPARE_FLASH_BYTES
    if facts["flash_free"] < flash_needed:
        raise BoardRefusedError(
            f"The board's flash has {facts['flash_free']} free bytes and needs {flash_needed}; "
            "delete files on it that are not needed."
        )


def is_too_old(facts: dict[str, Any]) -> bool:
    """Whether it is no MicroPython, or one before the first that the agent runs on."""
    return facts["name"] != "micropython" or tuple(facts["version"][:2]) < MIN_MICROPYTHON


def _install(
    repl: RawRepl,
    present: dict[str, str],
    wanted: Sequence[BoardFile],
    changed: Sequence[BoardFile],
    progress: Progress,
) -> None:
    _make_folders(repl, [file.path for file in changed])
    if changed:
        _stand_in_for_main(repl, MAIN in present)
    # A stale source beside a new .mpy would be loaded in its place.
    stale = sorted(set(present) - {file.path for file in wanted})
    if stale:
        repl.run(f"import os\nfor path in {stale!r}:\n    os.remove(path)\n")
    if not changed:
        return
    # The real main.py comes last: a half-written agent is never started.
    modules = [file for file in changed if file.path != MAIN]
    main = [file for file in wanted if file.path == MAIN]
    total = sum(len(file.content) for file in [*modules, *main])
    done = 0
    for file in [*modules, *main]:
        repl.write_file(
            file.path,
            file.content,
            _onwards(progress, done, total),
        )
        done += len(file.content)


def _onwards(progress: Progress, done: int, total: int) -> Callable[[int, int], None]:
    """One file's progress as progress of them all."""
    return lambda count, _: progress("Pairing", done + count, total)


def _make_folders(repl: RawRepl, names: Sequence[str]) -> None:
    folders = {name[:at] for name in names for at in _slashes(name)}
    code = f"import os\nfor path in {sorted(folders)!r}:\n"
    repl.run(
        code + "    try:\n        os.mkdir(path)\n    except OSError:\n        os.stat(path)\n"
    )


def _slashes(path: str) -> list[int]:
    return [at for at, character in enumerate(path) if character == "/" and at]


# A user's main.py is copied, not renamed: no power cut leaves the board without one.
KEEP_MAIN = f"""
import os
with open({MAIN!r}, 'rb') as file:
    own = {OWN_MAIN!r} in file.read(100)
if not own:
    with open({MAIN!r}, 'rb') as file, open({KEPT_MAIN + ".new"!r}, 'wb') as copy:
        while True:
            piece = file.read(512)
            if not piece:
                break
            copy.write(piece)
    os.rename({KEPT_MAIN + ".new"!r}, {KEPT_MAIN!r})
"""


def _stand_in_for_main(repl: RawRepl, present: bool) -> None:
    """Put `STAND_IN` in the place of main.py; a user's is kept under another name."""
    if present:
        repl.run(KEEP_MAIN)
    repl.write_file(MAIN, STAND_IN, lambda done, total: None)


def await_agent(port: str, usb_serial: str) -> BoardClient:
    """The session with a board that is restarting; its port's name may have changed."""
    deadline = time.monotonic() + RESTART_TIMEOUT_S
    while True:
        try:
            return BoardClient(port_of(usb_serial) or port, hello_tries=2)
        except (BoardNotFoundError, BoardNotPairedError, LinkError):
            # USB is away while the board restarts, and the agent takes a moment to load.
            if time.monotonic() > deadline:
                raise
            time.sleep(RESTART_POLL_S)
