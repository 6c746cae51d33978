"""Modules of the program that take long to import, for commands that may refuse before.

What a command says no to is told at once where that needs nothing large: its module imports what is
light at its top, and all else by this, when the first name of it is used.
"""

from importlib import import_module
from typing import Any


class Later:
    """Stands for the module ``name`` of tinyteach: ``Later("service.heads.training").train(…)``."""

    def __init__(self, name: str) -> None:
        self._name = f"tinyteach.{name}"

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
