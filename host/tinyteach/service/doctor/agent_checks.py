"""The line on the agent: is it there, this computer's, whole, and does it answer?"""

from hashlib import sha256

from tinyteach import __version__
from tinyteach.coded import fill, say
from tinyteach.device.repl.fitness import (
    ARENA_BYTES,
    boot_fault,
    harmless_shadows,
    heap_needed,
    library_fault,
)
from tinyteach.device.repl.pairing import lies_in_rom, wanted_files
from tinyteach.device.repl.survey import EMBEDDING, Survey, changed_files, embedding_on
from tinyteach.errors import BoardNotPairedError, BoardRefusedError, TinyTeachError
from tinyteach.firmware import LIBRARY, BoardFile
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.findings import Finding, by_error, passed, skipped, to_fix
from tinyteach.service.projects.embedding_files import shipped
from tinyteach.service.projects.embeddings import for_pairing, heap_of

NO_REPL = say("needs-micropython", "needs MicroPython")
NO_AGENT = say("needs-an-agent", "needs a running agent")
NEEDS_BOOT = say("needs-a-boot-py", "needs a boot.py that lets it start")
DIFFERING_SHOWN = 3


def pair_command(evidence: Evidence) -> str:
    return f"'tinyteach --board {evidence.board or evidence.port} pair'"


def pair_it(evidence: Evidence) -> str:
    """As an order."""
    return fill("run-a-command", "run {command}", command=pair_command(evidence))


def check_agent(evidence: Evidence) -> Finding:
    if evidence.agent_error:
        return _refused_or_broken(evidence, evidence.agent_error)
    if evidence.info is None and evidence.survey is None:
        return skipped("agent", NO_REPL)
    foreign = library_fault(evidence.survey) if evidence.survey else None
    if foreign:
        return to_fix("agent", *foreign, BoardRefusedError)
    if evidence.survey and boot_fault(evidence.survey):
        return skipped("agent", NEEDS_BOOT)
    fault = _agent_fault(evidence)
    if fault:
        return to_fix("agent", fault, pair_it(evidence), BoardNotPairedError)
    kernels = evidence.info.kernels_words if evidence.info else "no kernels"
    told = "version {version}, {kernels}{without}"
    found = fill(
        "agent-found",
        told,
        version=evidence.agent_version,
        kernels=kernels,
        without=_does_without(evidence),
    )
    return passed("agent", found)


def _does_without(evidence: Evidence) -> str:
    shadows = ", ".join(harmless_shadows(evidence.survey)) if evidence.survey else ""
    told = "; does without the board's own {shadows}"
    return fill("agent-does-without", told, shadows=shadows) if shadows else ""


def _refused_or_broken(evidence: Evidence, error: TinyTeachError) -> Finding:
    """An agent that says no is of another version; a link that broke says itself what to do."""
    pair = pair_it(evidence)
    if isinstance(error, BoardRefusedError):
        return to_fix("agent", error.happened, pair, type(error))
    return by_error("agent", error, pair)


def _agent_fault(evidence: Evidence) -> str:
    """What is wrong with the agent in words; empty where nothing is."""
    differing = _differing_files(evidence)
    if evidence.info is None and _has_no_agent(evidence):
        return say("no-agent", "none is installed")
    if evidence.info and evidence.agent_version != __version__:
        told = "version {version}, and this computer has {ours}"
        return fill("agent-version", told, version=evidence.agent_version, ours=__version__)
    if differing:
        return _damaged(differing)
    return "" if evidence.info else say("agent-silent", "it is installed and does not answer")


def _damaged(differing: list[str]) -> str:
    count = len(differing) - DIFFERING_SHOWN
    more = fill("and-more", " and {count} more", count=count) if count > 0 else ""
    shown = ", ".join(differing[:DIFFERING_SHOWN])
    return fill("files-are-damaged", "files are damaged: {shown}{more}", shown=shown, more=more)


def _has_no_agent(evidence: Evidence) -> bool:
    present = evidence.survey.files if evidence.survey else ()
    return not [path for path in present if path.startswith(LIBRARY)]


def _differing_files(evidence: Evidence) -> list[str]:
    """Files of the agent that are missing or other than this computer's."""
    return [file.path for file in pairing_would_write(evidence) if file.path != EMBEDDING]


def pairing_would_write(evidence: Evidence) -> list[BoardFile]:
    """What is missing on the board, or other than pairing would have it."""
    if evidence.survey is None:
        return []
    stays = _has_its_own(evidence) or _in_rom(evidence)
    changed = changed_files(evidence.survey, _wanted(evidence))
    return [file for file in changed if file.path != EMBEDDING or not stays]


def heap_with_embedding(evidence: Evidence) -> int:
    """Bytes of heap that an agent takes with the embedding that the board has after pairing."""
    is_wide = evidence.survey is not None and evidence.survey.is_wide
    if _in_rom(evidence):
        return heap_needed(0, ARENA_BYTES, is_wide)
    if evidence.survey and _has_its_own(evidence):
        present = embedding_on(evidence.survey)
        for path in shipped().values():
            content = path.read_bytes()
            if sha256(content).hexdigest() == present:
                return heap_of(content, is_wide)
        of_what_is_not_here = evidence.survey.embedding_bytes
        return heap_needed(of_what_is_not_here, ARENA_BYTES, is_wide)
    return heap_of(_wanted(evidence)[-1].content, is_wide)


def _has_its_own(evidence: Evidence) -> bool:
    """Whether its agent works with the embedding that is there: pairing leaves it, whichever."""
    present = embedding_on(evidence.survey) if evidence.survey else None
    return evidence.info is not None and evidence.info.embedding.hex() == present


def _in_rom(evidence: Evidence) -> bool:
    """Whether the embedding after pairing is the one in ROMFS."""
    facts = evidence.survey
    if facts is None:
        return False
    own = _has_its_own(evidence)
    return lies_in_rom(facts, embedding_on(facts) if own else _wanted(evidence)[-1].digest)


def _wanted(evidence: Evidence) -> list[BoardFile]:
    """All that belongs on the board."""
    shipped = for_pairing(None)
    facts = evidence.survey or Survey()
    return wanted_files(facts, [shipped.embedding, *shipped.may_stay])
