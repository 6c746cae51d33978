"""Modules that are needed seldom: loaded when they are, forgotten afterwards, so that their
heap is free for models and sessions in between.
"""

import gc
import sys


def load(modules):
    """Load what stays, in this order (load_order.py)."""
    for module in modules:
        __import__(module)


def use(*names):
    """Load the modules ``agent.<name>`` in this order; the last one."""
    for name in names:
        module = __import__("agent." + name, None, None, (name,))
    return module


def forget(*names):
    """Let go of modules, a room last; their memory is free once nothing of them is in use."""
    for name in reversed(names):
        package, _, own = ("agent." + name).rpartition(".")
        if sys.modules.pop("agent." + name, None):
            delattr(sys.modules[package], own)
    gc.collect()


def call(name, function, *arguments):
    """What ``agent.<name>.<function>`` returns; the module is forgotten."""
    try:
        return getattr(use(name), function)(*arguments)
    finally:
        forget(name)
