"""The whole examination: gather, check line by line, keep what belongs to the board's profile."""

from dataclasses import replace

from tinyteach.device.registry import changing, find_board, remember
from tinyteach.errors import TinyTeachError
from tinyteach.progress import Progress
from tinyteach.service.boards.finding import resolve_port
from tinyteach.service.boards.sessions import module_at
from tinyteach.service.doctor import agent_checks, board_checks, key_checks, sight_checks
from tinyteach.service.doctor.evidence import Evidence, gather
from tinyteach.service.doctor.findings import Page, by_error
from tinyteach.service.doctor.module_checks import examine_module

CHECKS = (
    board_checks.check_port,
    board_checks.check_micropython,
    agent_checks.check_agent,
    board_checks.check_architecture,
    board_checks.check_memory,
    board_checks.check_flash,
    board_checks.check_link,
    sight_checks.check_camera,
    sight_checks.check_formats,
    sight_checks.check_colours,
    sight_checks.check_frame_rate,
    board_checks.check_clock,
    sight_checks.check_embedding,
    sight_checks.check_head,
    board_checks.check_last_boot,
    board_checks.check_last_crash,
    key_checks.check_key,
)


def examine(board: str | None, progress: Progress) -> Page:
    """Look at everything that can be looked at. Raises nothing that a board can cause."""
    page = _module_page(board)
    if page is not None:
        return page
    evidence = gather(board, progress)
    _keep_colours(evidence)
    return Page(evidence.port or board or "", [check(evidence) for check in CHECKS])


def _module_page(board: str | None) -> Page | None:
    """None where there is no module; what keeps a port from being found is told by the checks."""
    try:
        port = resolve_port(board)
    except TinyTeachError:
        return None
    try:
        module = module_at(port)
    except TinyTeachError as error:
        return Page(port, [by_error("port", error)])
    if module is None:
        return None
    with module:
        return examine_module(module)


def _keep_colours(evidence: Evidence) -> None:
    """The order of the camera's colours into the profile of a board that is paired."""
    order = sight_checks.order_of(evidence)
    with changing():
        known = find_board(evidence.board_id) if evidence.board_id else None
        if order and known and known.colours != order:
            remember(replace(known, colours=order))
