"""What can be learnt from a board: its port, its agent over the wire, its raw REPL.

Everything waits a bounded time, and what fails is kept as a sentence instead of ending the
examination. A board whose agent answered runs it again afterwards.
"""

import contextlib
from dataclasses import dataclass, field
from typing import Any

from tinyteach.device.repl import trials
from tinyteach.device.repl.pairing import await_agent
from tinyteach.device.repl.raw_repl import RawRepl, raw_repl
from tinyteach.device.repl.survey import Survey, survey
from tinyteach.device.usb.discovery import attached_ports
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardNotPairedError, TinyTeachError
from tinyteach.link.port_holder import holders
from tinyteach.link.serial_link import SerialLink, TakesNothingError
from tinyteach.progress import Progress
from tinyteach.service.boards.finding import resolve_port, virtual_processes
from tinyteach.service.boards.link_speed import measure_link
from tinyteach.service.boards.opening import check_identity
from tinyteach.service.doctor.colours import colour_order
from tinyteach_protocol import messages

STEPS = ("port", "agent", "MicroPython", "camera", "restart")


@dataclass
class Evidence:
    """All that was learnt; None or empty where it could not be."""

    board: str | None
    port: str = ""
    product: str = ""
    usb_serial: str = ""
    port_error: TinyTeachError | None = None
    shared_with: list[str] = field(default_factory=list)
    agent_version: str = ""
    board_id: str = ""
    in_place: bool = False
    agent_error: TinyTeachError | None = None
    info: BoardInfo | None = None
    link_bytes_per_second: tuple[float, float] | None = None
    repl_error: TinyTeachError | None = None
    boot: dict[str, Any] | None = None
    survey: Survey | None = None
    camera_modules: list[str] | None = None
    camera: dict[str, Any] | None = None
    colour_row: bytes | None = None
    colours_stored: bool = False
    frames_and_ms: tuple[int, int] | None = None
    formats: list[str] = field(default_factory=list)


def gather(board: str | None, progress: Progress) -> Evidence:
    """Look at the port, talk to the agent, then to the raw REPL; start the board again."""
    evidence = Evidence(board)
    _look_at_port(evidence)
    if evidence.port_error:
        return evidence
    progress(STEPS[1], 1, len(STEPS))
    _ask_agent(evidence)
    progress(STEPS[2], 2, len(STEPS))
    try:
        if evidence.repl_error is None:
            _use_raw_repl(evidence, progress)
    except TinyTeachError as error:
        evidence.repl_error = error
    progress(STEPS[4], 4, len(STEPS))
    _await_agent(evidence)
    return evidence


# The port


def _look_at_port(evidence: Evidence) -> None:
    try:
        evidence.port = resolve_port(evidence.board)
        _look_at_usb(evidence)
        SerialLink(evidence.port).close()
        found = holders(evidence.port, besides=virtual_processes())
        evidence.shared_with = [str(holder) for holder in found]
    except TinyTeachError as error:
        evidence.port_error = error


def _look_at_usb(evidence: Evidence) -> None:
    for attached in attached_ports():
        if attached.port == evidence.port:
            evidence.product, evidence.usb_serial = attached.description, attached.usb_serial


# The agent


def _ask_agent(evidence: Evidence) -> None:
    try:
        with BoardClient(evidence.port) as client:
            check_identity(evidence.board, client)
            evidence.agent_version = client.welcome.agent_version
            evidence.board_id = client.board_id
            evidence.in_place = client.reads_in_place
            evidence.info = client.info()
            if evidence.info.model_side:
                evidence.link_bytes_per_second = measure_link(client, evidence.info.model_side)
    except BoardNotPairedError:
        return  # no agent, which is no error: the raw REPL tells more
    except TakesNothingError as error:
        evidence.repl_error = error  # the raw REPL is asked in vain
    except TinyTeachError as error:
        evidence.agent_error = error


# The raw REPL


def _use_raw_repl(evidence: Evidence, progress: Progress) -> None:
    # Not reset at first: a reset is what the board would then give as its last.
    is_alive = evidence.info is not None or evidence.agent_error is not None
    with raw_repl(evidence.port, soft_reset=False, is_alive=is_alive) as repl:
        evidence.boot = repl.evaluate(trials.BOOT, trials.BOOT_FACTS)
        try:
            repl.restart_softly()
            evidence.survey = survey(repl)
            progress(STEPS[3], 3, len(STEPS))
            _try_camera(repl, evidence)
        finally:
            # Also where the rest failed: whatever ran on the board runs again.
            with contextlib.suppress(TinyTeachError):
                repl.reset()


def _try_camera(repl: RawRepl, evidence: Evidence) -> None:
    evidence.camera_modules = repl.evaluate(trials.CAMERA_MODULES, trials.MODULE_NAMES)
    if not evidence.camera_modules:
        return
    evidence.camera = repl.evaluate(trials.CAMERA_START, trials.CAMERA_FACTS)
    if evidence.camera is None or evidence.camera["error"]:
        return
    row = repl.evaluate(trials.COLOUR_BAR, trials.ROW)
    evidence.colour_row = bytes.fromhex(row) if row else None
    _store_colours(repl, evidence)
    count, duration_ms = repl.evaluate(trials.FRAME_RATE, trials.COUNT_AND_MS)
    evidence.frames_and_ms = (count, duration_ms)
    # Last: a sensor may not come back from a format that it does not have.
    for name in trials.FORMATS:
        if repl.evaluate(trials.TRY_FORMAT % name, trials.WORKS):
            evidence.formats.append(name)


def _store_colours(repl: RawRepl, evidence: Evidence) -> None:
    """Where the colour bar shows another order than the agent reads, tell the board."""
    order = colour_order(evidence.colour_row) if evidence.colour_row else None
    if order is None or evidence.camera is None:
        return
    pixel_format = getattr(messages, order)
    if pixel_format != evidence.camera["pixel_format"]:
        evidence.colours_stored = repl.evaluate(trials.STORE_COLOURS % pixel_format, trials.STORED)


def _await_agent(evidence: Evidence) -> None:
    """Where an agent answered before, wait until the restarted one does."""
    if evidence.info is None or evidence.boot is None or evidence.repl_error:
        return
    with contextlib.suppress(TinyTeachError):
        boot_s = evidence.survey.boot_s if evidence.survey else 0.0
        await_agent(evidence.port, evidence.usb_serial, boot_s).close()
