"""What a board is and has, as code that it runs itself in the raw REPL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinyteach.device.keys import KEY_PATH
from tinyteach.device.repl.raw_repl import FIRMWARE_MODULES, RawRepl
from tinyteach.device.repl.repl_answers import (
    digits,
    flag,
    mapping,
    number,
    path,
    record,
    several,
    text,
)
from tinyteach.firmware import LED, LIBRARY, MAIN, BoardFile

EMBEDDING = "/tinyteach/embedding.tflite"
# Where the agent reads weights in place, on boards whose firmware maps a ROM partition there.
ROM = "/rom"
# Arguments for the firmware's camera (firmware_agent/agent/camera/__init__.py).
SETTINGS = "/tinyteach/camera.json"
# The first line of our own main.py tells it from a user's.
OWN_MAIN = b"TinyTeach's agent"
# How many starts went wrong, of the agent that was there: removed, so safe mode ends.
STARTS = "/tinyteach/starts"
# What a file is called while it is written (raw_repl.py); such a one stays where that was cut off.
UNFINISHED = ".new"

# An identity for boards whose chip has none (firmware_agent/agent/board.py), made by pairing.
ID, ID_BYTES = "/tinyteach/id", 8
# There where pairing made the folder /lib, which unpairing takes away again then.
MADE_LIBRARY = "/tinyteach/made_lib"

# What this question itself took when the agent's needs were measured (tests/agent/test_memory.py).
QUESTION_BYTES = 4096

# The root is the current folder, where firmware looks for main.py: / on ESP32 and RP2, /flash or
# a card on boards with FAT (MicroPython docs, reference/filesystem). Paths are given from there.
SURVEY = """
import sys, os, json, hashlib, binascii
files = {}
unfinished = embedding = 0
root = os.getcwd().rstrip('/')
def add(path):
    global unfinished, embedding
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
    files[path[len(root):]] = binascii.hexlify(digest.digest()).decode()
    if path.lower().endswith(%r):
        unfinished += os.stat(path)[6]
    if path == root + %r:
        embedding = os.stat(path)[6]
for path in %r:
    add(root + path)
# What FAT has left of a long name whose entries were cut: MAINPY~1.NEW, EMBEDD~1.NEW …
for folder in (root or '/', root + '/tinyteach'):
    try:
        for name in os.listdir(folder):
            if '~' in name and name.endswith('.NEW') and name[:4] in ('MAIN', 'EMBE', 'CAME'):
                add(folder.rstrip('/') + '/' + name)
    except OSError:
        pass
# Of the embedding in ROMFS, where its memory can be read as it is.
try:
    in_place = binascii.hexlify(hashlib.sha256(memoryview(open(%r, 'rb'))).digest()).decode()
except (OSError, TypeError):
    in_place = ''
i = sys.implementation
s = os.statvfs(root or '/')
print(json.dumps({
    'name': i.name, 'version': list(i.version[:3]), 'mpy': getattr(i, '_mpy', 0),
    'machine': getattr(i, '_machine', sys.platform), 'root': root, 'path': tt_path,
    'flash_free': s[0] * s[3] + unfinished, 'files': files,
    'embedding_bytes': embedding, 'in_place': in_place, 'is_wide': sys.maxsize > 1 << 31,
}))
"""
FACTS = record(
    name=text,
    version=several(number, least=2),
    mpy=number,
    machine=text,
    root=path,
    path=several(path),
    flash_free=number,
    files=mapping(path, digits),
    embedding_bytes=number,
    in_place=digits,
    is_wide=flag,
)
# The chip's identity, or the one that is kept, or none.
IDENTITY = """
try:
    from machine import unique_id
    identity = unique_id()
except ImportError:
    try:
        identity = open(root + %r, 'rb').read()
    except OSError:
        identity = b''
    if len(identity) != %r:
        identity = b''
"""
# That, whose main.py it is, and files that have the names of modules: in the root, where only a
# user puts them, and beside the agent. Then files where folders of ours go, and folders where files
# do.
OWNER = (
    IDENTITY
    + """
try:
    with open(root + '/main.py', 'rb') as file:
        is_ours = %r in file.read(100)
except OSError:
    is_ours = False
shadows = []
has_library = True
names = %r
for folder in (root, root + '/lib'):
    try:
        entries = os.listdir(folder or '/')
    except OSError:
        has_library = False
        entries = []
    for name in entries:
        stem, _, kind = name.partition('.')
        is_module = kind in ('py', 'mpy') or os.stat(folder + '/' + name)[0] & 0x4000
        if stem in names and is_module:
            shadows.append(folder + '/' + name)
blocked = []
folders = %r
for path in folders + %r:
    try:
        is_folder = os.stat(root + path)[0] & 0x4000 != 0
    except OSError:
        continue
    if is_folder != (path in folders):
        blocked.append(path)
print(json.dumps({
    'id': binascii.hexlify(identity).decode(), 'own_main': is_ours, 'shadows': shadows,
    'has_library': has_library, 'blocked': blocked,
}))
"""
)
OWNER_FACTS = record(
    id=digits, own_main=flag, shadows=several(path), has_library=flag, blocked=several(path)
)
AGENT = (f"{LIBRARY}/agent", f"{LIBRARY}/tinyteach_protocol")
# Names of modules that the agent imports, of the firmware and its own.
CAMERA_MODULES = ("camera", "csi", "sensor")
IMPORTED = (*FIRMWARE_MODULES, *CAMERA_MODULES, "agent", "tinyteach_protocol")
FOLDERS = (LIBRARY, *AGENT, "/tinyteach")
_ALONE = (MAIN, EMBEDDING, SETTINGS, LED, KEY_PATH)
OWNED = (
    *AGENT,
    *_ALONE,
    STARTS,
    ID + UNFINISHED,
    *(path + UNFINISHED for path in _ALONE),
)


@dataclass(frozen=True)
class Survey:
    """What a board is, what is free on it, and the SHA-256 of every file of ours there.

    ``flash_free`` counts what was left unfinished, which the next pairing removes. ``files``
    goes by the paths that files of ours have on a board whose ``root`` is empty, as it is where
    its file system is mounted at /. ``in_place`` is the SHA-256 of the embedding in ROMFS, empty
    without. ``is_wide``: its words have 64 bits. ``id`` is the board's identity in hex digits,
    empty where it has none yet. ``shadows`` are files of the user's with names of modules that the
    agent imports; ``own_main``: main.py is ours. ``blocked`` are paths of ours where a file is in a
    folder's place or a folder in a file's. ``boot_heap`` is how much of the heap boot.py keeps, in
    bytes, ``boot_s`` how long it took (infinite: it had to be stopped); ``catches``: what ran goes
    on after Ctrl-C.
    """

    name: str = ""
    version: Sequence[int] = ()
    mpy: int = 0
    machine: str = ""
    root: str = ""
    path: Sequence[str] = ()
    flash_free: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    embedding_bytes: int = 0
    in_place: str = ""
    is_wide: bool = False
    id: str = ""
    own_main: bool = False
    shadows: Sequence[str] = ()
    has_library: bool = False
    blocked: Sequence[str] = ()
    heap_free: int = 0
    boot_heap: int = 0
    boot_s: float = 0.0
    catches: bool = False


def survey(repl: RawRepl) -> Survey:
    """Ask a board in its raw REPL, from which nothing of ours has been loaded yet."""
    code = SURVEY % (UNFINISHED, EMBEDDING, OWNED, ROM + EMBEDDING)
    told: dict[str, Any] = repl.evaluate(code, FACTS)
    asked = ID, ID_BYTES, OWN_MAIN, IMPORTED, FOLDERS, (*_ALONE, ID)
    told |= repl.evaluate(OWNER % asked, OWNER_FACTS)
    ours = [told["root"] + path for path in AGENT]
    told["shadows"] = sorted(set(told["shadows"]).difference(ours))
    return Survey(
        **told,
        heap_free=max(0, repl.heap_free - QUESTION_BYTES),
        boot_heap=repl.boot_heap,
        boot_s=repl.boot_s,
        catches=repl.catches,
    )


def embedding_on(facts: Survey) -> str:
    """SHA-256 of the embedding that the board's agent loads, empty for none."""
    return facts.files.get(EMBEDDING) or facts.in_place


def changed_files(facts: Survey, wanted: Sequence[BoardFile]) -> list[BoardFile]:
    """Those of ``wanted`` that the board has not, or has otherwise, or not for sure."""
    doubtful = doubtful_paths(facts.files)
    return [
        file
        for file in wanted
        if facts.files.get(file.path) != file.digest or file.path in doubtful
    ]


def doubtful_paths(files: Mapping[str, str]) -> set[str]:
    """Paths whose content stands under its unfinished name too, or what is left of that name.

    Where FAT loses power while it renames, both names hold the same clusters, and removing one
    takes them from the other (FatFs, f_rename writes the new entry before it removes the old).
    """
    left = {(_folder(path), files[path]) for path in files if is_unfinished(path)}
    return {path for path in files if (_folder(path), files[path]) in left} - {
        path for path in files if is_unfinished(path)
    }


def is_unfinished(path: str) -> bool:
    """Whether it is the name of a file that was being written, also as FAT cuts a long one."""
    name = path.rpartition("/")[2]
    return name.endswith(UNFINISHED) or "~" in name


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
