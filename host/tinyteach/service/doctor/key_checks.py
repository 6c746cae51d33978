"""The line on keys: this computer's file of the board's, and that it is nobody else's to read."""

from tinyteach.coded import say
from tinyteach.device.keys import fault_of, keyed_boards
from tinyteach.errors import ProjectError
from tinyteach.service.doctor.agent_checks import NO_AGENT
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.findings import Finding, by_error, passed, skipped


def check_key(evidence: Evidence) -> Finding:
    """Of the board at hand first; who reads another board's may change that one."""
    try:
        kept = keyed_boards()
    except ProjectError as error:
        return by_error("key", error)
    for board_id in sorted(kept, key=lambda each: each != evidence.board_id):
        if fault := fault_of(board_id):
            return by_error("key", ProjectError(fault))
    if not evidence.board_id:
        return skipped("key", NO_AGENT)
    if evidence.board_id in kept:
        return passed("key", say("key-is-here", "this computer has the board's"))
    return passed("key", say("no-key-is-here", "this computer has none of this board's"))
