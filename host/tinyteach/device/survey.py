"""What a board is and has, as code that it runs itself in the raw REPL."""

from collections.abc import Sequence
from typing import Any

from tinyteach.device.raw_repl import RawRepl
from tinyteach.device.repl_answers import digits, mapping, number, path, record, several, text
from tinyteach.firmware import LED, LIBRARY, MAIN, BoardFile

EMBEDDING = "/tinyteach/embedding.tflite"
# Where the agent reads weights in place, on boards whose firmware maps a ROM partition there.
ROM = "/rom"
# Arguments for the firmware's camera (firmware_agent/agent/camera/__init__.py).
SETTINGS = "/tinyteach/camera.json"
# How many starts went wrong, of the agent that was there: removed, so safe mode ends.
STARTS = "/tinyteach/starts"
# What a file is called while it is written (raw_repl.py); such a one stays where that was cut off.
UNFINISHED = ".new"

# The root is the current folder, where firmware looks for main.py: / on ESP32 and RP2, /flash or
# a card on boards with FAT (MicroPython docs, reference/filesystem). Paths are given from there.
SURVEY = """
import sys, os, gc, json, hashlib, binascii
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
gc.collect()
print(json.dumps({
    'name': i.name, 'version': list(i.version[:3]), 'mpy': getattr(i, '_mpy', 0),
    'machine': getattr(i, '_machine', sys.platform), 'root': root, 'path': sys.path,
    'heap_free': gc.mem_free(), 'flash_free': s[0] * s[3] + unfinished, 'files': files,
    'embedding_bytes': embedding, 'in_place': in_place,
}))
"""
FACTS = record(
    name=text,
    version=several(number, least=2),
    mpy=number,
    machine=text,
    root=path,
    path=several(path),
    heap_free=number,
    flash_free=number,
    files=mapping(path, digits),
    embedding_bytes=number,
    in_place=digits,
)
AGENT = (f"{LIBRARY}/agent", f"{LIBRARY}/tinyteach_protocol")
_ALONE = (MAIN, EMBEDDING, SETTINGS, LED)
OWNED = (
    *AGENT,
    *_ALONE,
    STARTS,
    *(path + UNFINISHED for path in _ALONE),
)


def survey(repl: RawRepl) -> dict[str, Any]:
    """What a board is, what is free on it, and the SHA-256 of every file of ours there.

    ``flash_free`` counts what was left unfinished, which the next pairing removes. ``files``
    goes by the paths that files of ours have on a board whose ``root`` is empty, as it is where
    its file system is mounted at /. ``in_place`` is the SHA-256 of the embedding in ROMFS, empty
    without.
    """
    return repl.evaluate(SURVEY % (UNFINISHED, EMBEDDING, OWNED, ROM + EMBEDDING), FACTS)


def embedding_on(facts: dict[str, Any]) -> str:
    """SHA-256 of the embedding that the board's agent loads, empty for none."""
    return facts["files"].get(EMBEDDING) or facts["in_place"]


def changed_files(facts: dict[str, Any], wanted: Sequence[BoardFile]) -> list[BoardFile]:
    """Those of ``wanted`` that the board has not, or has otherwise, or not for sure."""
    doubtful = doubtful_paths(facts["files"])
    return [
        file
        for file in wanted
        if facts["files"].get(file.path) != file.digest or file.path in doubtful
    ]


def doubtful_paths(files: dict[str, str]) -> set[str]:
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
