"""The camera's pins, for firmware that has to be told them: ``/tinyteach/camera.json``.

Images for one board have its pins built in. An image for no certain board wants them as
arguments of its ``Camera`` and raises TypeError without; what it calls itself says the chip only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyteach.board_facts import all_facts, check_camera
from tinyteach.device.repl.raw_repl import RawRepl
from tinyteach.device.repl.repl_answers import flag
from tinyteach.device.repl.survey import SETTINGS, Survey
from tinyteach.errors import UsageError
from tinyteach.firmware import BoardFile

# Whatever else fails, such as a camera that is not attached, is the doctor's to name: to pair a
# board without its camera has to go on.
WANTS_PINS = """
import json
wants = False
try:
    from camera import Camera
    Camera().deinit()
except TypeError:
    wants = True
except Exception:
    pass
print(json.dumps(wants))
"""
CHANGED_BY_HAND = (
    "The camera.json on the board was changed by hand and is not replaced; delete it there, or "
    "pair without --camera."
)
WHICH_CAMERA = (
    "The board's firmware has to be told its camera's pins; pair again with {}, or write them "
    "into its camera.json as docs/boards/ shows."
)
NO_CAMERA_KNOWN = (
    "The board's firmware has to be told its camera's pins; write them into its camera.json as "
    "docs/boards/ shows."
)


@dataclass(frozen=True)
class Wiring:
    """A board's pins: ``name`` is its facts file's, ``chip`` as MicroPython writes it."""

    name: str
    chip: str
    file: BoardFile


@dataclass(frozen=True)
class CameraSettings:
    """What is to be written (None: nothing), and what the user should know (empty: nothing)."""

    file: BoardFile | None = None
    note: str = ""


def wirings() -> list[Wiring]:
    """Of every board whose facts name pins."""
    return [
        Wiring(facts.key, facts.firmware.chip.replace("-", ""), _camera_file(facts.camera))
        for facts in all_facts()
        if facts.camera and facts.firmware
    ]


def _camera_file(arguments: Mapping[str, object]) -> BoardFile:
    return BoardFile(SETTINGS, json.dumps(arguments, indent=2).encode() + b"\n")


def camera_settings(repl: RawRepl, facts: Survey, named: str | None) -> CameraSettings:
    """What a board that was surveyed needs; ``named`` is a facts file's name, or None.

    A camera.json whose content is that of none of the facts is the user's and stays.
    Raises UsageError for a name that is not known, or where the user's own is in the way.
    """
    known = wirings()
    present = facts.files.get(SETTINGS)
    is_users = present is not None and present not in [wiring.file.digest for wiring in known]
    if named is not None:
        check_camera(named)
        chosen = next(wiring for wiring in known if wiring.name == named)
        if is_users and present != chosen.file.digest:
            raise UsageError(CHANGED_BY_HAND)
        return CameraSettings(chosen.file)
    if present is not None:
        ours = [wiring.file for wiring in known if wiring.file.digest == present]
        return CameraSettings(ours[0] if ours else None)
    if not repl.evaluate(WANTS_PINS, flag):
        return CameraSettings()
    return _by_chip(facts.machine, known)


def _by_chip(machine: str, known: Sequence[Wiring]) -> CameraSettings:
    """The only board with this chip; with several the user has to say which."""
    chip = machine.rpartition(" with ")[2]
    fitting = [wiring for wiring in known if wiring.chip == chip]
    if len(fitting) == 1:
        told = f"The camera's pins are those of {fitting[0].name} (camera.json on the board)."
        return CameraSettings(fitting[0].file, told)
    options = " or ".join(f"--camera {wiring.name}" for wiring in fitting)
    return CameraSettings(None, WHICH_CAMERA.format(options) if options else NO_CAMERA_KNOWN)
