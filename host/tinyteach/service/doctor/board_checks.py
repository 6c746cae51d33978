"""The lines on port, MicroPython, room, link and restarts: each from what was learnt."""

from typing import Any

from tinyteach.coded import Coded, fill, say
from tinyteach.device.repl.fitness import (
    CATCHES,
    MIN_MICROPYTHON,
    OTHER_EMBEDDING,
    SLOW_BOOT_S,
    SPARE_FLASH_BYTES,
    boot_fault,
    in_32_bits,
    is_filled_by_boot,
    is_too_old,
)
from tinyteach.device.repl.survey import Survey
from tinyteach.device.wire.crash import readable, summary
from tinyteach.errors import (
    BoardNotFoundError,
    BoardRefusedError,
    LinkError,
    VerificationError,
)
from tinyteach.firmware import MARCH
from tinyteach.service.boards.overview import STARTS
from tinyteach.service.doctor.agent_checks import (
    NO_REPL,
    heap_with_embedding,
    pair_command,
    pairing_would_write,
)
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.findings import Finding, by_error, passed, skipped, to_fix
from tinyteach.service.projects.embeddings import fitting

NO_PORT = say("needs-a-port", "needs a port")
CONNECT = say("connect-by-usb", "connect a board by USB")
RESET = say("press-reset", "press reset, then run the doctor again")
NO_REPL_BEHIND = say("no-repl-behind-agent", "the agent answers, the REPL behind it does not")
NO_NATIVE_CODE = say("no-native-code", "without native code: recognising is slow there")
DELETE_FILES = say("delete-files-on-it", "delete files on it that are not needed")
NEEDS_BOTH = say("needs-agent-and-embedding", "needs an agent with an embedding")
QUICKER = say(
    "use-a-quicker-link",
    "use the chip's own USB port and firmware without a UART console, or 'capture --small'",
)
NO_CLOCK = say("no-clock", "not recorded: the board has none")
NOT_RECORDED = say("not-recorded", "not recorded")
HUNG = say("program-hung", "by the watchdog: a program hung")
PAIR_AGAIN = say(
    "pair-if-again", "if it happens again, pair the board again and take other programs off it"
)
NO_CRASH = say("no-crash", "none is written down")
# A UART at 115,200 baud carries 11 KB a second, USB some hundreds.
SLOW_BYTES_PER_SECOND = 30_000
PHOTO_BYTES = 240 * 240 * 2
# Of Unix time; clocks that were never set show 1970 or 2000.
SET_SINCE_YEAR = 2024


def check_port(evidence: Evidence) -> Finding:
    if evidence.port_error:
        return by_error("port", evidence.port_error, CONNECT)
    if evidence.shared_with:
        by = " and ".join(evidence.shared_with)
        found = fill("open-elsewhere", "{port} is open in {by} too", port=evidence.port, by=by)
        close = say("close-that-program", "close that program")
        return to_fix("port", found, close, BoardNotFoundError)
    return passed("port", ", ".join(filter(None, [evidence.port, evidence.product])))


def check_micropython(evidence: Evidence) -> Finding:
    if not evidence.port or evidence.port_error:
        return skipped("MicroPython", NO_PORT)
    if evidence.boot is None:
        return _no_repl(evidence)
    boot = evidence.boot
    found = _running(boot)
    if is_too_old(boot["name"], boot["version"]):
        oldest = ".".join(map(str, MIN_MICROPYTHON))
        fix = fill("install-micropython", "install MicroPython {version} or later", version=oldest)
        return to_fix("MicroPython", found, fix, BoardRefusedError)
    if isinstance(evidence.repl_error, BoardRefusedError):
        return by_error("MicroPython", evidence.repl_error)
    if evidence.repl_error or evidence.survey is None:
        found = fill("micropython-stopped", "{running}, stopped answering", running=found)
        return to_fix("MicroPython", found, RESET, LinkError)
    fault = boot_fault(evidence.survey)
    if fault:
        return to_fix("MicroPython", *fault, BoardRefusedError)
    return passed("MicroPython", _with_manners(found, evidence.survey))


def _running(boot: dict[str, Any]) -> Coded:
    version = ".".join(map(str, boot["version"]))
    told = "{name} {version} on {machine}"
    return fill("micropython-on", told, name=boot["name"], version=version, machine=boot["machine"])


def _with_manners(running: str, facts: Survey) -> str:
    """And what the user's own files do that is no fault but good to know."""
    slow, catches = "", ""
    if facts.boot_s >= SLOW_BOOT_S:
        path, time_s = f"{facts.root}/boot.py", f"{facts.boot_s:.0f}"
        slow = fill("boot-is-slow", "; its {path} takes {time_s} s", path=path, time_s=time_s)
    if facts.catches:
        catches = say("program-catches", f"; its program {CATCHES}")
    told = "{running}{slow}{catches}"
    return fill("micropython-found", told, running=running, slow=slow, catches=catches)


def _no_repl(evidence: Evidence) -> Finding:
    if evidence.info:
        return to_fix("MicroPython", NO_REPL_BEHIND, RESET, LinkError)
    assert evidence.repl_error
    return by_error("MicroPython", evidence.repl_error)


def check_architecture(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("architecture", NO_REPL)
    arch = MARCH.get(evidence.boot["mpy"] >> 10 & 15)
    return passed("architecture", arch or NO_NATIVE_CODE)


# Room


def check_memory(evidence: Evidence) -> Finding:
    facts = evidence.survey
    if facts is None:
        return skipped("memory", NO_REPL)
    free, boot = facts.heap_free, facts.root + "/boot.py"
    needed = heap_with_embedding(evidence)
    if free < needed:
        found, fix = _too_little(free, needed), _with_less(in_32_bits(free, facts.is_wide))
        if is_filled_by_boot(facts, needed):
            told, kept = "{found}, because {boot} keeps {kept}", _kb(facts.boot_heap)
            found = fill("because-boot-keeps", told, found=found, boot=boot, kept=kept)
            fix = fill("take-out-of-boot", "take out of {boot} what fills the memory", boot=boot)
        return to_fix("memory", found, fix, BoardRefusedError)
    told, peak = ", the agent used {peak} at most", ""
    if evidence.info:
        peak = fill("agent-peak", told, peak=_kb(evidence.info.heap_peak))
    told = "{free} free for the agent{peak}"
    return passed("memory", fill("memory-free", told, free=_kb(free), peak=peak))


def _too_little(free: int, needed: int) -> Coded:
    told = "{free} free, {needed} needed"
    return fill("too-little-free", told, free=_kb(free), needed=_kb(needed))


def _with_less(free_bytes: int) -> str:
    """What to do about a board's memory; of the embeddings that ship, the largest that fits."""
    fits = fitting(free_bytes)
    instead: str = OTHER_EMBEDDING
    if fits:
        instead = fill("pair-with-embedding", "pair it with '--embedding {name}'", name=fits[-1])
    told = "use a board with more, such as one with PSRAM, or {instead}"
    return fill("use-more-memory", told, instead=instead)


def check_flash(evidence: Evidence) -> Finding:
    if evidence.survey is None:
        return skipped("flash", NO_REPL)
    free = evidence.survey.flash_free
    to_write = pairing_would_write(evidence)
    needed = SPARE_FLASH_BYTES + sum(len(file.content) for file in to_write)
    if free < needed:
        return to_fix("flash", _too_little(free, needed), DELETE_FILES, BoardRefusedError)
    return passed("flash", fill("flash-free", "{free} free", free=_kb(free)))


def _kb(count: int) -> str:
    return f"{count // 1000:,} KB"


# Link, clock, restarts


def check_link(evidence: Evidence) -> Finding:
    if evidence.link_bytes_per_second is None:
        return skipped("link", NEEDS_BOTH)
    there, back = evidence.link_bytes_per_second
    told = "{there} KB/s to the board, {back} KB/s from it"
    found = fill("link-found", told, there=f"{there / 1000:.0f}", back=f"{back / 1000:.0f}")
    if back < SLOW_BYTES_PER_SECOND:
        told, time_s = "{found}, so {time_s} s a photograph", f"{PHOTO_BYTES / back:.0f}"
        found = fill("link-is-slow", told, found=found, time_s=time_s)
        return to_fix("link", found, QUICKER, VerificationError)
    return passed("link", found)


def check_clock(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("clock", NO_REPL)
    clock = evidence.boot["clock"]
    if clock is None:
        return skipped("clock", NO_CLOCK)
    time = "{}-{:02}-{:02} {:02}:{:02}:{:02}".format(*clock)
    unset = fill("clock-not-set", "not set ({time})", time=time)
    return passed("clock", time if clock[0] >= SET_SINCE_YEAR else unset)


def check_last_boot(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("last boot", NO_REPL)
    cause = evidence.boot["cause"]
    if cause == "WDT":
        return to_fix("last boot", HUNG, PAIR_AGAIN, VerificationError)
    known = cause in STARTS
    return passed("last boot", STARTS[cause]) if known else skipped("last boot", NOT_RECORDED)


def check_last_crash(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("last crash", NO_REPL)
    found = summary(readable(evidence.boot["crash"])) or NO_CRASH
    if evidence.info and evidence.info.safe_mode:
        told = "run {command} or 'tinyteach deploy'"
        fix = fill("pair-or-deploy", told, command=pair_command(evidence))
        found = fill("safe-mode-after", "safe mode after {crash}", crash=found)
        return to_fix("last crash", found, fix, BoardRefusedError)
    return passed("last crash", found)
