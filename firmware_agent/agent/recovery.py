"""After a power cut: renames that FAT left half done. LittleFS leaves none.

MicroPython's FAT takes the file in the way out first, then renames (extmod/vfs_fat.c); the
rename writes the new name before it takes the old one out (FatFs, f_rename). So a cut leaves the
old name alone, or both names with the same clusters: then removing one of them takes the content
from the other, and both have to go at once.
"""

import binascii
import os

from agent import files
from agent.slots import DIRECTORY, HEADS, STATE
from agent.upload import PREFIX
from tinyteach_protocol.messages import HEAD

_PIECE_BYTES = const(512)


def recover(names, embedding):
    """Finish what ``names``, the files beside the models, say was under way."""
    heads = PREFIX + "%d_" % HEAD
    try:
        for name in names:
            path = DIRECTORY + "/" + name
            if path == STATE + ".new":
                _finish_text(STATE)
            elif name.startswith(heads):
                _finish_head(path)
            elif name.startswith(PREFIX):
                _finish_embedding(path, embedding)
    except OSError:
        # The flash is full or broken: the agent says so when it is asked to write.
        pass


def _finish_text(path):
    """Complete `files.replace_text`."""
    beside = path + ".new"
    if files.size_of(path) < 0:
        os.rename(beside, path)
        return
    text = files.read_whole(path)
    os.remove(beside)
    with open(path, "wb") as file:
        file.write(text)


def _finish_head(incoming):
    for path in HEADS:
        if _is(path, incoming):
            _part(incoming, path)


def _finish_embedding(incoming, path):
    if _is(path, incoming):
        _part(incoming, path)
    elif files.size_of(path) < 0 and _is(incoming, incoming):
        os.rename(incoming, path)


def _is(path, incoming):
    """Whether ``path`` has the content whose SHA-256 the incoming file's name begins."""
    if files.size_of(path) < 0:
        return False
    return incoming.endswith(str(binascii.hexlify(files.sha256_of(path)[:8]), "ascii"))


def _part(incoming, path):
    """Give ``path`` clusters of its own, and remove ``incoming``."""
    beside = path + ".new"
    piece = memoryview(bytearray(_PIECE_BYTES))
    with open(path, "rb") as file, open(beside, "wb") as copy:
        while True:
            count = file.readinto(piece)
            if not count:
                break
            copy.write(piece[:count])
    os.remove(incoming)
    os.rename(beside, path)
