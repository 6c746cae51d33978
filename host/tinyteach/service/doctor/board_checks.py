"""The lines on port, MicroPython, room, link and restarts: each from what was learnt."""

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

NO_PORT = "needs a port"
# A UART at 115,200 baud carries 11 KB a second, USB some hundreds.
SLOW_BYTES_PER_SECOND = 30_000
PHOTO_BYTES = 240 * 240 * 2
# Of Unix time; clocks that were never set show 1970 or 2000.
SET_SINCE_YEAR = 2024


def check_port(evidence: Evidence) -> Finding:
    if evidence.port_error:
        return by_error("port", evidence.port_error, "connect a board by USB")
    if evidence.shared_with:
        by = " and ".join(evidence.shared_with)
        found = f"{evidence.port} is open in {by} too"
        return to_fix("port", found, "close that program", BoardNotFoundError)
    return passed("port", ", ".join(filter(None, [evidence.port, evidence.product])))


def check_micropython(evidence: Evidence) -> Finding:
    if not evidence.port or evidence.port_error:
        return skipped("MicroPython", NO_PORT)
    if evidence.boot is None:
        return _no_repl(evidence)
    boot = evidence.boot
    found = f"{boot['name']} {'.'.join(map(str, boot['version']))} on {boot['machine']}"
    if is_too_old(boot["name"], boot["version"]):
        fix = f"install MicroPython {'.'.join(map(str, MIN_MICROPYTHON))} or later"
        return to_fix("MicroPython", found, fix, BoardRefusedError)
    if isinstance(evidence.repl_error, BoardRefusedError):
        return by_error("MicroPython", evidence.repl_error)
    if evidence.repl_error or evidence.survey is None:
        fix = "press reset, then run the doctor again"
        return to_fix("MicroPython", f"{found}, stopped answering", fix, LinkError)
    fault = boot_fault(evidence.survey)
    if fault:
        return to_fix("MicroPython", *fault, BoardRefusedError)
    return passed("MicroPython", found + _manners(evidence.survey))


def _manners(facts: Survey) -> str:
    """What the user's own files do that is no fault but good to know."""
    boot_s = facts.boot_s
    slow = f"; its {facts.root}/boot.py takes {boot_s:.0f} s" if boot_s >= SLOW_BOOT_S else ""
    return slow + (f"; its program {CATCHES}" if facts.catches else "")


def _no_repl(evidence: Evidence) -> Finding:
    if evidence.info:
        found = "the agent answers, the REPL behind it does not"
        return to_fix("MicroPython", found, "press reset, then run the doctor again", LinkError)
    assert evidence.repl_error
    return by_error("MicroPython", evidence.repl_error)


def check_architecture(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("architecture", NO_REPL)
    arch = MARCH.get(evidence.boot["mpy"] >> 10 & 15)
    return passed("architecture", arch or "without native code: recognising is slow there")


# Room


def check_memory(evidence: Evidence) -> Finding:
    facts = evidence.survey
    if facts is None:
        return skipped("memory", NO_REPL)
    free, boot = facts.heap_free, facts.root + "/boot.py"
    needed = heap_with_embedding(evidence)
    if free < needed:
        found = f"{_kb(free)} free, {_kb(needed)} needed"
        if is_filled_by_boot(facts, needed):
            found += f", because {boot} keeps {_kb(facts.boot_heap)}"
            fix = f"take out of {boot} what fills the memory"
            return to_fix("memory", found, fix, BoardRefusedError)
        fix = _with_less(in_32_bits(free, facts.is_wide))
        return to_fix("memory", found, fix, BoardRefusedError)
    peak = f", the agent used {_kb(evidence.info.heap_peak)} at most" if evidence.info else ""
    return passed("memory", f"{_kb(free)} free for the agent{peak}")


def _with_less(free_bytes: int) -> str:
    """What to do about a board's memory; of the embeddings that ship, the largest that fits."""
    fits = fitting(free_bytes)
    instead = f"pair it with '--embedding {fits[-1]}'" if fits else OTHER_EMBEDDING
    return f"use a board with more, such as one with PSRAM, or {instead}"


def check_flash(evidence: Evidence) -> Finding:
    if evidence.survey is None:
        return skipped("flash", NO_REPL)
    free = evidence.survey.flash_free
    to_write = pairing_would_write(evidence)
    needed = SPARE_FLASH_BYTES + sum(len(file.content) for file in to_write)
    if free < needed:
        found = f"{_kb(free)} free, {_kb(needed)} needed"
        return to_fix("flash", found, "delete files on it that are not needed", BoardRefusedError)
    return passed("flash", f"{_kb(free)} free")


def _kb(count: int) -> str:
    return f"{count // 1000:,} KB"


# Link, clock, restarts


def check_link(evidence: Evidence) -> Finding:
    if evidence.link_bytes_per_second is None:
        return skipped("link", "needs an agent with an embedding")
    there, back = evidence.link_bytes_per_second
    found = f"{there / 1000:.0f} KB/s to the board, {back / 1000:.0f} KB/s from it"
    if back < SLOW_BYTES_PER_SECOND:
        found += f", so {PHOTO_BYTES / back:.0f} s a photograph"
        fix = (
            "use the chip's own USB port and firmware without a UART console, or 'capture --small'"
        )
        return to_fix("link", found, fix, VerificationError)
    return passed("link", found)


def check_clock(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("clock", NO_REPL)
    clock = evidence.boot["clock"]
    if clock is None:
        return skipped("clock", "not recorded: the board has none")
    shown = "{}-{:02}-{:02} {:02}:{:02}:{:02}".format(*clock)
    return passed("clock", shown if clock[0] >= SET_SINCE_YEAR else f"not set ({shown})")


def check_last_boot(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("last boot", NO_REPL)
    cause = evidence.boot["cause"]
    if cause == "WDT":
        fix = "if it happens again, pair the board again and take other programs off it"
        return to_fix("last boot", "by the watchdog: a program hung", fix, VerificationError)
    known = cause in STARTS
    return passed("last boot", STARTS[cause]) if known else skipped("last boot", "not recorded")


def check_last_crash(evidence: Evidence) -> Finding:
    if evidence.boot is None:
        return skipped("last crash", NO_REPL)
    found = summary(readable(evidence.boot["crash"])) or "none is written down"
    if evidence.info and evidence.info.safe_mode:
        fix = f"run {pair_command(evidence)} or 'tinyteach deploy'"
        return to_fix("last crash", f"safe mode after {found}", fix, BoardRefusedError)
    return passed("last crash", found)
