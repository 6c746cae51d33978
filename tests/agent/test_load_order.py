"""The agent's modules load one after the other, never one inside another."""

import ast
import re
from pathlib import Path

from tinyteach.firmware import HOST_MODULES

# Chosen when first needed, because a port may lack what they need.
CHOSEN_AT_RUN_TIME = re.compile(
    r"agent\.(tflite|vision)\..*(viper|reference|thumb|mac16)|agent\.camera\.(esp32|lemariva|openmv)"
)
# Loaded by seldom.py for as long as they are needed.
SELDOM = {"boot", "camera.ladder", "card", "facts", "info", "kept", "proof", "recovery"}
SELDOM |= {"replacing", "trace", "tflite.embedding"}
ROOMS = ("agent.alone.", "agent.teaching.")
WITH_SELDOM = {"tinyteach_protocol.head_layout", "tinyteach_protocol.sealing"}


def assigned(root: Path, name: str) -> list[str]:
    """A tuple of names in load_order.py."""
    source = (root / "firmware_agent" / "agent" / "load_order.py").read_text()
    (value,) = (
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.targets[0].id == name
    )
    return list(ast.literal_eval(value))


def listed(root: Path) -> list[str]:
    """What stays in the heap, in the order in which it is loaded."""
    return assigned(root, "FIRST") + assigned(root, "MODULES")


def readers(root: Path) -> list[str]:
    """What is there while a model is read."""
    return ["agent." + name for name in assigned(root, "READERS")]


def modules(root: Path) -> dict[str, Path]:
    """Module name → file, of everything that a board may load."""
    found = {}
    for base in (root / "firmware_agent" / "agent", root / "protocol" / "tinyteach_protocol"):
        for path in base.rglob("*.py"):
            parts = path.relative_to(base.parent).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports_at_load(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    wanted = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            wanted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, (package if node.level else "", node.module)))
            wanted |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    # A package is there before its modules, and these packages' __init__ import nothing.
    wanted -= {name.rpartition(".")[0], "tinyteach_protocol"}
    return {other for other in wanted if other in known and other != name}


def is_small_package(path: Path) -> bool:
    """An __init__ that imports nothing costs no stack worth the name."""
    return path.name == "__init__.py" and "import" not in path.read_text()


def test_each_module_comes_after_those_it_imports(root):
    known = modules(root)
    order = listed(root)
    loaded = {name for name, path in known.items() if is_small_package(path)}
    loaded.add("agent.load_order")  # main.py's first
    for name in order:
        nested = imports_at_load(name, known[name], known) - loaded
        assert not nested, f"{name} would load {nested} inside its own import"
        loaded.add(name)


def test_every_module_is_listed(root):
    host_only = {"tinyteach_protocol." + name.removesuffix(".py") for name in HOST_MODULES}
    packages = {n for n, p in modules(root).items() if p.name == "__init__.py"}
    seldom = {"agent." + name for name in SELDOM}
    others = set(modules(root)) - packages - host_only - {"agent.load_order"} - seldom
    others -= set(listed(root)) | set(readers(root)) | WITH_SELDOM
    others = {name for name in others if not name.startswith(ROOMS)}
    missing = {n for n in others if not CHOSEN_AT_RUN_TIME.search(n)}
    assert not missing


def test_readers_come_after_those_they_import(root):
    """And what stays in the heap holds on to none of them, or they could not be forgotten."""
    known = modules(root)
    loaded = set(listed(root))
    for name in readers(root):
        assert imports_at_load(name, known[name], known) & set(readers(root)) <= loaded, name
        loaded.add(name)
    for name in listed(root):
        assert not imports_at_load(name, known[name], known) & set(readers(root)), name
