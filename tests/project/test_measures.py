"""What the repository says of its own size: lines by room, megabytes by package."""

import importlib.util

import pytest


def bench(root, name: str):
    """A measurement as a module."""
    spec = importlib.util.spec_from_file_location(name, root / "bench" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_megabytes_by_package(root):
    found = bench(root, "installed_size").measure(set())
    assert found["joblib"]["for"] == "scikit-learn" and found["scipy"]["files"] > 50e6
    assert 1e6 < found["tinyteach"]["files"] < 20e6
    assert list(found)[0] in {"scipy", "numpy", "ai-edge-litert"}, "the largest first"
    assert not {"tensorflow", "matplotlib", "scikit-image", "starlette", "esptool"} & set(found)


def test_megabytes_of_an_extra(root):
    measure = bench(root, "installed_size").measure
    plain, more = measure(set()), measure({"flash", "demo"})
    assert set(plain) < set(more) and {"esptool", "uvicorn"} <= set(more)
    assert more["uvicorn"]["for"] == "tinyteach"


def test_lines_by_room(root):
    if not (root / ".git").exists():
        pytest.skip("this is no checkout of git's")
    rooms = bench(root, "rooms").lines_at("HEAD")
    host = {path.name for path in (root / "host" / "tinyteach").iterdir() if path.is_dir()}
    assert host - {"__pycache__"} | {"embedding/recipe", "studio/page", "tests"} <= set(rooms)
    found = bench(root, "rooms").measure(["HEAD"])["HEAD"]
    apart = found["embedding/recipe"] + found["studio/page"] + found["protocol"] + found["tests"]
    assert 10_000 < found["host"] < sum(found.values()) - found["host"] - apart
