"""Chooses the row functions: those that are named as the kernels that run models here.

These are loaded by then: pictures are resized for models.
"""

from agent import seldom
from agent.tflite import kernels

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from types import ModuleType


def best() -> "ModuleType":
    """The fastest kernels module that runs here (see agent.tflite.kernels)."""
    return seldom.use("vision.kernels_" + kernels.best().name)  # type: ignore[no-any-return]
