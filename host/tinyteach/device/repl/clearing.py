"""Takes things off a board again, through its raw REPL: what it learnt, or the agent as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tinyteach.device.keys import KEY_PATH
from tinyteach.device.repl.installing import KEPT_MAIN
from tinyteach.device.repl.key_giving import NUMBER_PATH, check_held, doubt_key
from tinyteach.device.repl.pairing import free_the_repl, runs_on_where_refused
from tinyteach.device.repl.raw_repl import RawRepl, raw_repl
from tinyteach.device.repl.repl_answers import digits, flag, number, path, record
from tinyteach.device.repl.survey import AGENT, ID, ID_BYTES, IDENTITY, MADE_LIBRARY, OWN_MAIN
from tinyteach.device.wire.refusals import refusal
from tinyteach.firmware import LIBRARY, MAIN
from tinyteach_protocol.errors import NO_KEY

FOLDER = "/tinyteach"
# What a wipe leaves: the embedding, the board's own identity, its camera's and LED's settings.
SETTINGS_KEPT = ("camera.json", "rung.json", "colours.json", "led", "made_lib")
# And its key, with the number of the newest head: no older one is taken after a wipe.
KEPT_BY_WIPE = ("embedding.tflite", "id", "key", "number", *SETTINGS_KEPT)

# Paths are given from the board's root, which was its current folder when it was paired
# (survey.py). A boot.py may have changed that since: then root is where things of ours are.
REMOVE = f"""
import os
def is_ours(path):
    try:
        with open(path, 'rb') as file:
            return {OWN_MAIN!r} in file.read(100)
    except OSError:
        return False
def is_folder(path):
    try:
        return os.stat(path)[0] & 0x4000 != 0
    except OSError:
        return False
places = [os.getcwd().rstrip('/'), '']
places += [name[: -len({LIBRARY!r})] for name in tt_path if name.endswith({LIBRARY!r})]
places += ['/' + name for name in os.listdir('/')]
for root in places + places[:1]:
    if is_ours(root + {MAIN!r}) or is_folder(root + {FOLDER!r}) or is_folder(root + {AGENT[-1]!r}):
        break
def remove(path):
    try:
        entries = os.listdir(path) if os.stat(path)[0] & 0x4000 else None
    except OSError:
        return 0
    if entries is None:
        os.remove(path)
        return 1
    count = sum([remove(path + '/' + name) for name in entries])
    os.rmdir(path)
    return count
"""

WIPE = (
    REMOVE
    + f"""
try:
    names = [name for name in os.listdir(root + {FOLDER!r}) if name not in {KEPT_BY_WIPE!r}]
except OSError:
    names = []
print(sum([remove(root + {FOLDER!r} + '/' + name) for name in names]))
"""
)

WHICH = (
    REMOVE
    + IDENTITY % (ID, ID_BYTES)
    + """
import binascii, json
print(json.dumps({'root': root, 'id': binascii.hexlify(identity).decode()}))
"""
)

# The identity goes after the key, which is known by it: a cut between them leaves no board with a
# key that nobody finds.
LAST = [name.rpartition("/")[2] for name in (KEY_PATH, NUMBER_PATH, ID)]
# The user's own main.py comes back first: no power cut leaves the board without one for long. Where
# one did (FAT removes what is in a renaming's way first), it comes back now.
UNPAIR = (
    REMOVE
    + f"""
import json
restored = False
main = root + {MAIN!r}
count = 0
# A user's own package may be called agent (fitness.library_fault).
is_foreign = not is_ours(main) and not is_folder(root + {AGENT[-1]!r})
try:
    os.stat(main)
    is_there = True
except OSError:
    is_there = False
if is_ours(main) or not is_there:
    count = int(is_there)
    try:
        os.rename(root + {KEPT_MAIN!r}, main)
        restored = True
    except OSError:
        if is_there:
            os.remove(main)
try:
    os.stat(root + {MADE_LIBRARY!r})
    made_library = True
except OSError:
    made_library = False
if not is_foreign:
    count += sum([remove(root + path) for path in {AGENT!r}])
if made_library and not os.listdir(root + {LIBRARY!r}):
    os.rmdir(root + {LIBRARY!r})
if is_folder(root + {FOLDER!r}):
    names = [name for name in os.listdir(root + {FOLDER!r}) if name not in {LAST!r}]
    count += sum([remove(root + {FOLDER!r} + '/' + name) for name in names + {LAST!r}])
    count -= made_library
    os.rmdir(root + {FOLDER!r})
print(json.dumps({{'count': count, 'restored': restored}}))
"""
)


def _freed(port: str) -> bool:
    """Whether something answers; NoKeyError where the agent would not take this over the wire."""
    freed = free_the_repl(port)
    if freed.locked:
        raise refusal(NO_KEY)
    return freed.answers


@contextmanager
def _ours(port: str) -> Iterator[tuple[RawRepl, str, str]]:
    """The raw REPL, with the root of what is ours and the identity, empty where nothing tells it.

    A board that is left alone, by an error, goes on.
    """
    with raw_repl(port, is_alive=_freed(port)) as repl, runs_on_where_refused(repl):
        board = repl.evaluate(WHICH, record(root=path, id=digits))
        yield repl, board["root"], board["id"]


def wipe(port: str) -> int:
    """Remove heads, rules, kept views and whatever else was learnt; how many files that were.

    The board restarts. Raises what `raw_repl` raises, and NoKeyError.
    """
    with _ours(port) as (repl, root, board_id):
        check_held(repl, root, board_id)
        count: int = repl.evaluate(WIPE, number)
        repl.reset()
    return count


class Cleared(NamedTuple):
    """How many files of ours are gone from a board, and whether a user's main.py is back."""

    files: int
    restored: bool
    board_id: str  # empty where neither its chip nor what was on it tells


def unpair(port: str) -> Cleared:
    """Remove the agent and all of its files.

    This computer keeps its key of the board, in doubt (`doubt_key`), until the caller forgets it:
    whatever ends this early, the next pairing or unpairing goes on. Raises what `raw_repl` raises,
    NoKeyError, and ProjectError where that cannot be written down; the board is as it was then.
    """
    with _ours(port) as (repl, root, board_id):
        doubt_key(repl, root, board_id)
        done = repl.evaluate(UNPAIR, record(count=number, restored=flag))
        repl.reset()
    return Cleared(done["count"], done["restored"], board_id)
