"""Whether a board that was surveyed can take the agent: its firmware, its room, what its user has.

Everything is looked at before the first byte is written, and each refusal names the file that is
the cause.
"""

import math
from collections.abc import Callable, Sequence

from tinyteach.device.repl.survey import AGENT, CAMERA_MODULES, FOLDERS, Survey
from tinyteach.device.wire.board_info import WIDE_BYTES
from tinyteach.errors import BoardRefusedError
from tinyteach.firmware import LIBRARY, BoardFile
from tinyteach.plain_text import one_of

MIN_MICROPYTHON = (1, 24)
# Beside the embedding: the agent's code and tables (host tests measure them), with room to work.
AGENT_HEAP_BYTES = 163_840
# The tensors of the embedding base, which these hold; those of another may take more.
ARENA_BYTES = 24_576
# What the embedding base takes; a larger one's larger blocks leave larger gaps between them.
BASE_BYTES = 131_776
GAPS = 4  # in parts of what it takes more
# Directory and metadata blocks, two heads, and an upload under way.
SPARE_FLASH_BYTES = 131_072
CATCHES = "goes on after Ctrl-C, as a main.py does that catches KeyboardInterrupt"
OTHER_EMBEDDING = "a smaller embedding"
# From then on a user is told that commands wait for boot.py.
SLOW_BOOT_S = 3.0


def check_firmware(facts: Survey) -> None:
    """Refuse a MicroPython that is too old, or on which the agent would not start or be found."""
    if is_too_old(facts.name, facts.version):
        raise BoardRefusedError(
            f"The board runs {facts.name} {'.'.join(map(str, facts.version))}; install "
            f"MicroPython {'.'.join(map(str, MIN_MICROPYTHON))} or later on it."
        )
    fault = boot_fault(facts) or library_fault(facts)
    if fault:
        raise BoardRefusedError("; ".join(fault) + ".")


def is_too_old(name: str, version: Sequence[int]) -> bool:
    """Whether it is no MicroPython, or one before the first that the agent runs on."""
    return name != "micropython" or tuple(version[:2]) < MIN_MICROPYTHON


def boot_fault(facts: Survey) -> tuple[str, str] | None:
    """What is wrong with boot.py and what to do about it; None where nothing is."""
    boot = facts.root + "/boot.py"
    if math.isinf(facts.boot_s):
        found = f"The board's {boot} does not end, so that nothing after it starts"
        return found, f"take out of {boot} what waits, then pair the board again"
    if facts.root + LIBRARY not in facts.path:
        found = f"The board does not look for modules in {facts.root + LIBRARY}"
        # Not with its path: where it changed the current folder, it lies in another than `root`.
        return found, "take out of its boot.py what changes sys.path or the current folder"
    return None


def library_fault(facts: Survey) -> tuple[str, str] | None:
    """Where a package, file or folder of the user's has the place of ours; None where none has."""
    if facts.blocked:
        place = facts.root + facts.blocked[0]
        is_file = facts.blocked[0] in FOLDERS
        found, needed = ("file", "folder") if is_file else ("folder", "file")
        return (
            f"The board has a {found} {place} of its own, where a {needed} of TinyTeach's goes",
            f"rename {place}, then pair the board again",
        )
    own, protocol = (
        [path for path in facts.files if path.startswith(folder + "/")] for folder in AGENT
    )
    if own and not protocol and not facts.own_main:
        folder = facts.root + AGENT[0]
        return (
            f"The board has a module of its own in {folder}, where TinyTeach's agent goes",
            f"rename {folder}, then pair the board again",
        )
    return None


def heap_needed(embedding_bytes: int, arena_bytes: int, is_wide: bool = False) -> int:
    """Bytes of heap that an agent takes with an embedding and its tensors; in words of 64 bits."""
    taken = embedding_bytes + max(0, arena_bytes - ARENA_BYTES)
    own = AGENT_HEAP_BYTES + is_wide * WIDE_BYTES
    return own + taken + max(0, taken - BASE_BYTES) // GAPS


def in_32_bits(heap_bytes: int, is_wide: bool) -> int:
    """A heap by what it holds in words of 32 bits, as `nothing_fits` and its like are asked."""
    return heap_bytes - is_wide * WIDE_BYTES


def nothing_fits(heap_bytes: int) -> Sequence[str]:
    """Where no other embeddings are known."""
    return ()


def check_room(
    facts: Survey,
    changed: Sequence[BoardFile],
    embedding_bytes: int,
    arena_bytes: int,
    fitting: Callable[[int], Sequence[str]] = nothing_fits,
) -> None:
    """Refuse a board that is too small, before anything is written.

    ``fitting`` names the embeddings for which so many bytes of heap are enough, in 32 bits.
    """
    needed = heap_needed(embedding_bytes, arena_bytes, facts.is_wide)
    if facts.heap_free < needed:
        raise BoardRefusedError(_memory_sentence(facts, needed, fitting))
    flash_needed = sum(len(file.content) for file in changed) + SPARE_FLASH_BYTES
    if facts.flash_free < flash_needed:
        card = ", or put in a memory card if it takes one" if facts.root else ""
        raise BoardRefusedError(
            f"The board's flash has {facts.flash_free} free bytes and needs {flash_needed}; "
            f"delete files on it that are not needed{card}."
        )


def memory_fault(heap_bytes: int, needed: int) -> str:
    """The beginning of a sentence."""
    return f"The board has {heap_bytes} bytes of free memory and needs {needed}"


def more_memory(fitting: Sequence[str]) -> str:
    """What to do about it, the end of that sentence; ``fitting``: embeddings that do fit."""
    instead = f"the embedding {one_of(fitting)}, which fits" if fitting else OTHER_EMBEDDING
    return f"use a board with more, such as one with PSRAM, or {instead}."


def _memory_sentence(facts: Survey, needed: int, fitting: Callable[[int], Sequence[str]]) -> str:
    found = memory_fault(facts.heap_free, needed)
    if is_filled_by_boot(facts, needed):
        boot = facts.root + "/boot.py"
        kept = f"because its {boot} keeps {facts.boot_heap}"
        return f"{found}, {kept}; take out of {boot} what fills the memory."
    return f"{found}; {more_memory(fitting(in_32_bits(facts.heap_free, facts.is_wide)))}"


def is_filled_by_boot(facts: Survey, needed: int) -> bool:
    """Whether ``needed`` bytes of heap would be free without what boot.py keeps."""
    return facts.heap_free < needed <= facts.heap_free + facts.boot_heap


def notes_on(facts: Survey) -> list[str]:
    """Sentences on what a board has that its user should know of."""
    notes = [f"The board's program {CATCHES}."] if facts.catches else []
    if facts.boot_s >= SLOW_BOOT_S:
        notes.append(
            f"The board's {facts.root}/boot.py takes {facts.boot_s:.0f} s: after a reset the "
            "agent answers only then."
        )
    in_the_way = camera_shadows(facts)
    if in_the_way:
        notes.append(
            f"{' and '.join(in_the_way)} on the board has the name of the firmware's camera "
            "module and is taken in its place; rename it."
        )
    shadows = harmless_shadows(facts)
    if shadows:
        notes.append(
            f"The agent does without {', '.join(shadows)} of the board's user: it takes modules "
            "of these names of the firmware and of itself."
        )
    return notes


def camera_shadows(facts: Survey) -> list[str]:
    """Modules of the user's that the agent meets in place of the firmware's camera module."""
    places = [f"{facts.root}{LIBRARY}/{name}" for name in CAMERA_MODULES]
    return [path for path in facts.shadows if path.partition(".")[0] in places]


def harmless_shadows(facts: Survey) -> list[str]:
    """Other modules of the user's with names that the agent imports and finds elsewhere."""
    in_the_way = camera_shadows(facts)
    return [path for path in facts.shadows if path not in in_the_way]
