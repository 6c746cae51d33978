"""For sensors that give no frame as the firmware starts them: slower clocks, one buffer, grey.

An OV3660 may need a slower clock than an OV2640, and one buffer in place of two. Loaded only where
the camera did not start (seldom.py). What ``camera.json`` says is never changed.
"""

import json

import camera

from agent import files
from agent.camera import RUNG, attempt

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Iterator

    from agent.camera import Camera, Driver, Settings

_MHZ = const(1000000)


def climb(driver: "Driver", settings: "Settings", first: Exception) -> "Camera":
    """The camera at the first rung that works, which is kept; raises ``first`` where none does."""
    tried = []
    for rung in _rungs():
        arguments = dict(rung)
        arguments.update(settings)
        if arguments not in tried:
            tried.append(arguments)
            try:
                started = attempt(driver, arguments)
            except Exception:
                continue
            _keep({name: rung[name] for name in rung if name not in settings})
            return started
    raise first


def _rungs() -> "Iterator[Settings]":
    """As the firmware has it, then the fastest first, by the module's own names of arguments."""
    yield {}
    if hasattr(camera, "Camera"):
        grey = {"fb_count": 1, "pixel_format": camera.PixelFormat.GRAYSCALE}
        frequencies: tuple[int, ...] = (20, 10, 8)
        others: "list[Settings]" = [{}, {"fb_count": 1}, grey]
    else:
        # lemariva's takes two frequencies and has one buffer.
        frequencies, others = (20, 10), [{}, {"format": camera.GRAYSCALE}]
    for other in others:
        for frequency in frequencies:
            rung = {"xclk_freq": frequency * _MHZ}
            rung.update(other)
            yield rung


def _keep(rung: "Settings") -> None:
    """For the next start; what a full flash does not take is found again."""
    try:
        if rung:
            files.replace_text(RUNG, json.dumps(rung))
        else:
            files.remove(RUNG)
    except OSError:
        pass
