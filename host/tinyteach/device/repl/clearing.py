"""Takes things off a board again, through its raw REPL: what it learnt, or the agent as a whole."""

from tinyteach.device.repl.installing import KEPT_MAIN
from tinyteach.device.repl.pairing import free_the_repl
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.repl.repl_answers import flag, number, record
from tinyteach.device.repl.survey import AGENT, MADE_LIBRARY, OWN_MAIN
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

# The user's own main.py comes back first: no power cut leaves the board without one for long.
UNPAIR = (
    REMOVE
    + f"""
import json
restored = False
main = root + {MAIN!r}
count = 0
# A user's own package may be called agent (fitness.library_fault).
is_foreign = not is_ours(main) and not is_folder(root + {AGENT[-1]!r})
if is_ours(main):
    count = 1
    try:
        os.rename(root + {KEPT_MAIN!r}, main)
        restored = True
    except OSError:
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
    count += remove(root + {FOLDER!r}) - made_library
print(json.dumps({{'count': count, 'restored': restored}}))
"""
)


def _freed(port: str) -> bool:
    """Whether something answers; NoKeyError where the agent would not take this over the wire."""
    freed = free_the_repl(port)
    if freed.locked:
        raise refusal(NO_KEY)
    return freed.answers


def wipe(port: str) -> int:
    """Remove heads, rules, kept views and whatever else was learnt; how many files that were.

    The board restarts. Raises what `raw_repl` raises.
    """
    with raw_repl(port, is_alive=_freed(port)) as repl:
        count: int = repl.evaluate(WIPE, number)
        repl.reset()
    return count


def unpair(port: str) -> tuple[int, bool]:
    """Remove the agent and all of its files; how many, and whether a user's main.py is back."""
    with raw_repl(port, is_alive=_freed(port)) as repl:
        done = repl.evaluate(UNPAIR, record(count=number, restored=flag))
        repl.reset()
    return done["count"], done["restored"]
