"""After a power cut: renames that FAT left half done. LittleFS leaves none.

MicroPython's FAT takes the file in the way out first, then renames (extmod/vfs_fat.c); the
rename writes the new name before it takes the old one out (FatFs, f_rename). So a cut leaves the
old name alone, or both names with the same clusters: then removing one of them takes the content
from the other, and both have to go at once. A long name whose entries are in two sectors may be
cut itself; what is left of it is a short one, such as INCOMI~1.
"""

import binascii
import os

from agent import files
from agent.slots import DIRECTORY, HEADS, STATE
from agent.upload import PREFIX
from tinyteach_protocol import messages

_PIECE_BYTES = const(512)
# As proof.py has them.
_KEY = const("tinyteach/key")
_NUMBER = const("tinyteach/number")


def recover(names: list[str], embedding: str, rules: str) -> None:
    """Finish what ``names``, the files beside the models, say was under way."""
    targets = HEADS + [STATE, embedding, rules, _KEY, _NUMBER]
    uploads = [(messages.RULES, rules)]
    # Where one is in ROMFS, none on flash is no sign of a rename: it may never have been there.
    if files.size_of("/rom/" + embedding) < 0:
        uploads.append((messages.EMBEDDING, embedding))
    try:
        for name in names:
            path = DIRECTORY + "/" + name
            for target in targets:
                _finish(path, target, path in (target + ".new", target + "~"))
            for kind, target in uploads:
                if name.startswith(PREFIX + "%d_" % kind):
                    _finish(path, target, name.endswith(_digits(path)))
            if path not in targets and files.size_of(path) >= 0:
                _part_from(path, targets)
                if "~" in name:
                    files.remove(path)
    except OSError:
        # The flash is full or broken: the agent says so when it is asked to write.
        pass


def _finish(path: str, target: str, is_whole: bool) -> None:
    """Rename ``path`` where its ``target`` has been taken out of the way already."""
    if is_whole and files.size_of(target) < 0:
        os.rename(path, target)


def _digits(path: str) -> str:
    """The hex digits of an upload's name that has this content."""
    return str(binascii.hexlify(files.sha256_of(path)[:8]), "ascii")


def _part_from(path: str, targets: list[str]) -> None:
    """Where ``path`` may share its clusters with one of ``targets``, give that one its own."""
    for target in targets:
        if files.size_of(target) == files.size_of(path) and _digits(target) == _digits(path):
            beside = target + ("~" if path == target + ".new" else ".new")
            _copy(target, beside)
            os.remove(path)
            os.rename(beside, target)
            return


def _copy(path: str, target: str) -> None:
    piece = memoryview(bytearray(_PIECE_BYTES))
    with open(path, "rb") as file, open(target, "wb") as copy:
        while True:
            count = file.readinto(piece)
            if not count:
                break
            copy.write(piece[:count])
