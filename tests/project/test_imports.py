"""Who may import whom, as docs/architecture.md says it."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from without_types import without_types

HOST_ROOMS = (
    *("native", "link", "lab", "virtual", "device", "data", "embedding", "head"),
    *("service", "workbench", "api", "hil", "cli", "studio"),
)
# Shared by every room: errors, files, locks, places on disk, the agent's sources, plain text.
COMMON = {"errors", "files", "locks", "paths", "firmware", "board_facts", "plain_text", "coded"}
COMMON |= {"chains", "extras", "lines", "progress", "results", "signals", "writable"}
# Libraries that only these rooms may touch.
OWNED_BY = {
    "serial": {"link", "device"},
    "mpremote": {"device", "virtual"},
    "esptool": {"device"},
    "sklearn": {"head", "embedding"},
    "ai_edge_litert": {"head", "embedding"},
    "ethosu": {"head"},
    "tensorflow": {"embedding"},
    "grpc": {"lab"},
    "typer": {"cli"},
    "starlette": {"studio"},
    "uvicorn": {"studio"},
    "pytest": {"hil", "service"},
    "segno": {"studio"},
}
NUMERIC_NEVER = {"link", "device", "virtual", "cli", "studio", "service", "workbench"}
PROTOCOL_MAY = {"struct", "binascii", "hashlib", "tinyteach_protocol"}
AGENT_MAY = {"agent", "tinyteach_protocol"}
MICROPYTHON_LIBRARY = {
    *("array", "binascii", "gc", "hashlib", "io", "json", "micropython", "os", "select"),
    *("struct", "sys", "time", "uctypes"),
}
HARDWARE = {"machine", "camera", "csi", "sensor"}
HARDWARE_ROOMS = ("board.py", "camera/")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imported_modules(path: Path) -> set[str]:
    """Full names of the modules that a file imports, anywhere in it."""
    return modules_in(tree_of(path))


def modules_in(tree: ast.AST) -> set[str]:
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            modules.add(".")
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Later":
            modules |= {f"tinyteach.{ast.literal_eval(node.args[0])}"}  # cli/later.py
    return modules


def rooms_of(modules: set[str]) -> set[str]:
    """The rooms of tinyteach that these modules stand in."""
    rooms = {m.split(".")[1] for m in modules if m.startswith("tinyteach.")}
    return {room for room in rooms if not room.startswith("__")}


def test_protocol_imports_only_itself(root):
    """What type checkers alone read is not run; a board has no typing."""
    for path in (root / "protocol" / "tinyteach_protocol").glob("*.py"):
        tree = ast.parse(without_types(path.read_text()))
        tops = {m.split(".")[0] for m in modules_in(tree)}
        assert tops <= PROTOCOL_MAY, path


def test_agent_imports_protocol_and_micropython(root):
    agent = root / "firmware_agent" / "agent"
    for path in agent.rglob("*.py"):
        name = path.relative_to(agent).as_posix()
        tree = ast.parse(without_types(path.read_text()))
        tops = {m.split(".")[0] for m in modules_in(tree)}
        allowed = AGENT_MAY | MICROPYTHON_LIBRARY
        if name.startswith(HARDWARE_ROOMS):
            allowed = allowed | HARDWARE
        assert tops <= allowed, f"{name}: {tops - allowed}"


def rooms_by_the_document(root: Path, room: str) -> set[str]:
    """What stands in back quotes beside the room in the architecture's table."""
    text = (root / "docs" / "architecture.md").read_text()
    row = re.search(rf"^\| `{room}` \| (.*) \|$", text, re.MULTILINE)
    assert row, f"{room} has no row"
    return set(re.findall(r"`(\w+)`", row[1]))


@pytest.mark.parametrize("room", HOST_ROOMS)
def test_host_rooms(root, room):
    allowed = rooms_by_the_document(root, room) | COMMON | {room}
    for path in (root / "host" / "tinyteach" / room).rglob("*.py"):
        if "rom" in path.parts:
            continue  # runs on MicroPython, inside the virtual board
        assert rooms_of(imported_modules(path)) <= allowed, path


def modules_of_the_host(root: Path) -> dict[str, Path]:
    """By full name; what runs on MicroPython, inside the virtual board, is none."""
    host = root / "host"
    paths = [p for p in (host / "tinyteach").rglob("*.py") if "rom" not in p.parts]
    return {".".join(p.relative_to(host).with_suffix("").parts): p for p in paths}


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """What is left where all is taken away that leads nowhere or has nothing lead to it."""
    left = dict(graph)
    while True:
        used = set().union(*left.values()) if left else set()
        ends = [n for n, targets in left.items() if not targets & left.keys() or n not in used]
        if not ends:
            return sorted(left)
        for name in ends:
            del left[name]


@pytest.fixture(scope="module")
def imports(root):
    """Which module of the host imports which, anywhere in it, also for type checkers alone."""
    modules = modules_of_the_host(root)
    return {m: (imported_modules(p) & modules.keys()) - {m} for m, p in modules.items()}


def test_modules_do_not_import_in_circles(imports):
    assert circle_in(imports) == []


@pytest.mark.parametrize("depth", [2, 3])
def test_rooms_do_not_import_in_circles(imports, depth):
    """Rooms of tinyteach, and the rooms inside of those; the face only gives out their names."""

    def room(module):
        return ".".join(module.split(".")[:-1][:depth])

    between: dict[str, set[str]] = {}
    for module, targets in imports.items():
        if module == "tinyteach.__init__":
            continue
        between.setdefault(room(module), set()).update(map(room, targets))
    assert circle_in({name: targets - {name} for name, targets in between.items()}) == []


def test_nothing_imports_the_recipe(imports):
    recipe = "tinyteach.embedding.recipe."
    for module, targets in imports.items():
        if not module.startswith(recipe):
            assert not [name for name in targets if name.startswith(recipe)], module


def test_only_one_command_knows_the_studio(root):
    cli = root / "host" / "tinyteach" / "cli"
    knowing = [p.name for p in cli.glob("*.py") if "studio" in rooms_of(imported_modules(p))]
    assert [name for name in knowing if name != "main.py"] == ["studio.py"]


@pytest.mark.parametrize(("library", "rooms"), OWNED_BY.items())
def test_libraries_stay_in_their_rooms(root, library, rooms):
    host = root / "host" / "tinyteach"
    for path in host.rglob("*.py"):
        if library in {m.split(".")[0] for m in imported_modules(path)}:
            assert path.relative_to(host).parts[0] in rooms, path


@pytest.mark.parametrize("room", ["data", "embedding", "head"])
def test_numeric_rooms_know_no_board(root, room):
    for path in (root / "host" / "tinyteach" / room).rglob("*.py"):
        assert not rooms_of(imported_modules(path)) & NUMERIC_NEVER, path


def test_command_line_loads_no_heavy_library():
    import subprocess

    heavy = ["numpy", "sklearn", "PIL", "ai_edge_litert", "tensorflow", "matplotlib", "serial"]
    code = f"import sys, tinyteach.cli.main; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


# What is imported where it is used, each with its reason.
NOT_AT_THE_TOP = {
    "tinyteach.virtual.board": "Windows has no pseudo-terminals",
    "tinyteach.virtual.processor_time": "Windows has no pseudo-terminals",
    "tinyteach.device.esp.flash": "esptool is an extra",
    "tinyteach.studio.app": "Starlette is an extra",
    "tinyteach.studio.connections": "uvicorn is an extra",
    "tinyteach.device.repl.bounded_transport": "it derives from mpremote's class",
    "tinyteach.embedding.recipe.quantise": "TensorFlow is an extra",
    "tinyteach.embedding.recipe.whiten": "TensorFlow is an extra",
    "tinyteach.hil.bench": "every run of pytest loads the plugin",
    "tinyteach.hil.baseline": "every run of pytest loads the plugin",
    "tinyteach.hil.figures": "every run of pytest loads the plugin",
    "tinyteach.hil.judging": "every run of pytest loads the plugin",
    "tinyteach.hil.limits": "every run of pytest loads the plugin",
    "tinyteach.hil.measure": "every run of pytest loads the plugin",
    "tinyteach.hil.needs": "every run of pytest loads the plugin",
    "tinyteach.hil.photographs": "every run of pytest loads the plugin",
    "tinyteach.hil.reference": "every run of pytest loads the plugin",
    "tinyteach.hil.report.files": "every run of pytest loads the plugin",
    "tinyteach.hil.retries": "every run of pytest loads the plugin",
    "tinyteach.hil.why": "every run of pytest loads the plugin",
    "tinyteach.hil.teaching": "every run of pytest loads the plugin",
    "tinyteach.service.boards.link_speed": "every run of pytest loads the plugin",
    "tinyteach.service.tapes.replaying": "every run of pytest loads the plugin",
    "tinyteach.service.tapes.taping": "every run of pytest loads the plugin",
}


def nested_imports(tree: ast.Module) -> set[str]:
    """Own modules that are imported inside of functions."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {node for function in functions for node in ast.walk(function)}
    modules = {node.module or "" for node in inside if isinstance(node, ast.ImportFrom)}
    return {name for name in modules if name.startswith("tinyteach")}


def test_what_is_imported_later_is_there(root):
    modules = modules_of_the_host(root)
    for path in (root / "host" / "tinyteach" / "cli").glob("*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Later":
                assert f"tinyteach.{ast.literal_eval(node.args[0])}" in modules, path


def test_own_modules_are_imported_at_the_top(root):
    modules = modules_of_the_host(root).values()
    nested = set().union(*(nested_imports(tree_of(path)) for path in modules))
    assert nested == set(NOT_AT_THE_TOP)
