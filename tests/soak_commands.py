"""The commands of tests/soak as modules, for tests that take a few of their trials."""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType


@cache
def soak_command(name: str) -> ModuleType:
    """``tests/soak/NAME.py``, which no package holds."""
    path = Path(__file__).parent / "soak" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"soak_{name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
