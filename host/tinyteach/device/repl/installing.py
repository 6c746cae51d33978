"""Writes files of ours onto a board so that it starts, whenever the writing is cut off.

The order is what makes that so: a user's main.py is kept, a stand-in takes its place, and the
real one comes last, when all that it needs is there. Files are written beside, then renamed.

LittleFS renames over an existing file in one step. FAT does not (extmod/vfs_fat.c removes the
file in the way first), so power lost in that moment leaves a board without the file; where it is
main.py, the board starts to its prompt.
"""

from collections.abc import Callable, Mapping, Sequence

from tinyteach.device.repl.raw_repl import RawRepl
from tinyteach.device.repl.survey import (
    MADE_LIBRARY,
    OWN_MAIN,
    Survey,
    doubtful_paths,
    is_unfinished,
)
from tinyteach.firmware import MAIN, BoardFile
from tinyteach.progress import Progress

KEPT_MAIN = "/main.before_tinyteach.py"
# Stands in while the agent is written: whenever that ends early, the board starts and says so.
STAND_IN = b'''"""TinyTeach's agent is not whole: pairing was interrupted."""

print("TinyTeach's agent is not whole; pair the board again.")
'''


def install_files(
    repl: RawRepl,
    facts: Survey,
    wanted: Sequence[BoardFile],
    changed: Sequence[BoardFile],
    progress: Progress,
    keep: Sequence[str],
    before_each: Callable[[BoardFile], None] = lambda file: None,
) -> None:
    """Write ``changed`` and remove what is ours, not among ``wanted``, and no path of ``keep``.

    ``before_each`` is told of each file just before it is written.
    """
    root, present = facts.root, facts.files
    if changed and not facts.has_library:
        # Said before it is done: no power cut leaves a folder that nobody takes away.
        _make_folders(repl, [root + MADE_LIBRARY])
        repl.run(f"open({root + MADE_LIBRARY!r}, 'w').close()")
    _make_folders(repl, [root + file.path for file in changed])
    if changed:
        _stand_in_for_main(repl, root, present)
        present = {path: present[path] for path in present if not _is_unfinished_main(path)}
    _remove_stale(repl, root, present, {*keep, *(file.path for file in wanted)})
    if not changed:
        return
    # The real main.py comes last: a half-written agent is never started.
    modules = [file for file in changed if file.path != MAIN]
    main = [file for file in wanted if file.path == MAIN]
    total = sum(len(file.content) for file in [*modules, *main])
    done = 0
    for file in [*modules, *main]:
        before_each(file)
        repl.write_file(root + file.path, file.content, _onwards(progress, done, total))
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
KEEP_MAIN = """
import os
def start_of(path):
    with open(path, 'rb') as file:
        return file.read(100)
if %r not in start_of(%r):
    with open(%r, 'rb') as file, open(%r, 'wb') as copy:
        while True:
            piece = file.read(512)
            if not piece:
                break
            copy.write(piece)
"""
# Removed and written anew at once, before anything else takes its clusters (`doubtful_paths`).
REMOVE_DOUBTFUL_MAIN = """
import os
for path in %r:
    os.remove(path)
if %r:
    with open(%r, 'wb') as file:
        file.write(%r)
"""


def _stand_in_for_main(repl: RawRepl, root: str, present: Mapping[str, str]) -> None:
    """Put `STAND_IN` in the place of main.py; a user's is kept under another name."""
    main = root + MAIN
    if MAIN in present:
        repl.run(KEEP_MAIN % (OWN_MAIN, main, main, root + KEPT_MAIN))
    unfinished = [root + path for path in present if _is_unfinished_main(path)]
    if unfinished:
        is_doubtful = MAIN in doubtful_paths(present)
        repl.run(REMOVE_DOUBTFUL_MAIN % (unfinished, is_doubtful, main, STAND_IN))
    repl.write_file(main, STAND_IN, lambda done, total: None)


def _is_unfinished_main(path: str) -> bool:
    return path.rpartition("/")[0] == "" and is_unfinished(path)


def _remove_stale(repl: RawRepl, root: str, present: Mapping[str, str], keep: set[str]) -> None:
    """Remove what is not to be kept: a stale source beside a new .mpy would be loaded in its place.

    And what an earlier pairing left unfinished, with what may share its clusters.
    """
    stale = (set(present) - keep - {MAIN}) | (doubtful_paths(present) - {MAIN})
    if stale:
        paths = sorted(root + path for path in stale)
        repl.run(f"import os\nfor path in {paths!r}:\n    os.remove(path)\n")
