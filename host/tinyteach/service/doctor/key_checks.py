"""The line on keys: this computer's file of the board's, and that it is nobody else's to read."""

from tinyteach.device.keys import fault_of, keyed_boards
from tinyteach.errors import ProjectError
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.findings import Finding, by_error, passed


def check_key(evidence: Evidence) -> Finding:
    """Of the board at hand first; who reads another board's may change that one."""
    try:
        kept = keyed_boards()
    except ProjectError as error:
        return by_error("key", error)
    for board_id in sorted(kept, key=lambda each: each != evidence.board_id):
        if fault := fault_of(board_id):
            return by_error("key", ProjectError(fault))
    has_one = evidence.board_id in kept
    return passed("key", f"this computer has {'the' if has_one else 'none of this'} board's")
