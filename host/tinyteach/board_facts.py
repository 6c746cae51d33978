"""The facts per board: what `firmware_agent/boards/` says of each, read in one place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tinyteach.errors import UsageError
from tinyteach.firmware import LED, BoardFile, boards_dir

STAGES = ("preprocess", "embedding", "head")


@dataclass(frozen=True)
class Firmware:
    """The firmware that a board needs: ``image`` is in the file's name at ``url``.

    ``written_by`` is what puts it on the board. ``releases``: the newest release that is known to
    work, by the image sensor; empty where any does.
    """

    chip: str
    image: str
    publisher: str
    url: str
    written_by: str
    releases: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """What a board must reach. ``latency_p95_ms`` by stage is None where nobody measured it."""

    heap_peak_bytes: int
    latency_p95_ms: dict[str, float] | None


@dataclass(frozen=True)
class BoardFacts:
    """``key`` is the file's name, ``machine`` in what the firmware calls the board; may be empty.

    ``camera`` are arguments for the firmware's camera. ``led`` and ``button`` are a pin and its
    level while the LED is lit or the button is down; None where nobody knows.
    """

    key: str
    name: str
    machine: str
    budget: Budget
    camera: Mapping[str, object]
    firmware: Firmware | None
    led: tuple[str, int] | None
    button: tuple[str, int] | None


@lru_cache
def all_facts() -> tuple[BoardFacts, ...]:
    """Of every board, in the order of the files' names."""
    files = sorted(boards_dir().glob("*.json"))
    return tuple(_read(file.stem, file.read_text()) for file in files)


def _read(key: str, text: str) -> BoardFacts:
    facts = json.loads(text)
    camera, firmware = facts["camera"] or {}, facts.get("firmware")
    led, button = facts.get("led"), facts.get("button")
    return BoardFacts(
        key,
        facts["name"],
        facts["machine"] or "",
        Budget(**facts["budget"]),
        camera.get("settings", {}),
        Firmware(**firmware) if firmware else None,
        (led["pin"], led["lit"]) if led else None,
        (button["pin"], button["down"]) if button else None,
    )


def check_camera(named: str) -> None:
    """UsageError where no board of that name has a camera whose pins are known."""
    names = [facts.key for facts in all_facts() if facts.camera and facts.firmware]
    if named not in names:
        raise UsageError(
            f"There are no pins of a camera {named!r}; there are those of {', '.join(names)}."
        )


def facts_of(machine: str) -> BoardFacts | None:
    """Those of the board whose firmware calls itself ``machine``, None for an unknown one.

    Boards of one chip may run images of one name: only one of their files states it.
    """
    known = (each for each in all_facts() if each.machine.lower() in machine.lower())
    return next((each for each in known if each.machine), None)


def led_file(machine: str) -> list[BoardFile]:
    """Where the status LED of such a board is, for its agent; nothing where nobody knows."""
    facts = facts_of(machine)
    if facts is None or facts.led is None:
        return []
    pin, lit = facts.led
    return [BoardFile(LED, f"{pin} {lit}".encode())]
