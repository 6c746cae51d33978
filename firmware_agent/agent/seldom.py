"""Modules that are needed seldom: loaded when they are, forgotten afterwards, so that their
heap is free for models and sessions in between.
"""

import gc
import sys

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any


def load(modules: tuple[str, ...]) -> None:
    """Load what stays, in this order (load_order.py)."""
    for module in modules:
        __import__(module)


def use(*names: str) -> "Any":
    """Load the modules ``agent.<name>`` in this order; the last one."""
    for name in names:
        module = __import__("agent." + name, None, None, (name,))
    return module


def forget(*names: str) -> None:
    """Let go of modules, a room last; their memory is free once nothing of them is in use."""
    for name in reversed(names):
        package, _, own = ("agent." + name).rpartition(".")
        if sys.modules.pop("agent." + name, None):
            delattr(sys.modules[package], own)
    gc.collect()


def call(name: str, function: str, *arguments: "Any") -> "Any":
    """What ``agent.<name>.<function>`` returns; the module is forgotten."""
    try:
        return getattr(use(name), function)(*arguments)
    finally:
        forget(name)
