"""Networks made for other runtimes equal LiteRT's reference after every operator."""

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from litert_oracle import reference_interpreter
from makers import MAKERS
from mobile_net import mobile
from model_cases import NATIVE, PLAIN, Case
from op_models import schema

from patience import PATIENCE_S
from slices import few

# Files of other projects, which are not in this repository.
OUTSIDE = [name for name in os.environ.get("TINYTEACH_MODELS", "").split(os.pathsep) if name]


def camera_like(rng, shape) -> np.ndarray:
    """Soft waves of light with a little noise, as int8."""
    y, x = np.mgrid[: shape[1], : shape[2]] / max(shape[1:3])
    waves = np.zeros(shape[1:])
    for depth in range(shape[3]):
        for _ in range(4):
            across, down, phase = rng.uniform(-12, 12, 3)
            waves[..., depth] += np.sin(across * x + down * y + phase)
    return (waves * 35 + rng.normal(0, 4, shape)).clip(-128, 127).astype(np.int8)


def images(model: bytes, seed: int, count: int) -> list[list[np.ndarray]]:
    """Noise, and as much that is like a camera's where inputs are images; an array an input."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(d["shape"]) for d in reference_interpreter(model).get_input_details()]
    half = range(count // 2)
    noise = [[rng.integers(-128, 128, s).astype(np.int8) for s in shapes] for _ in half]
    if any(len(shape) != 4 for shape in shapes):
        return noise
    return noise + [[camera_like(rng, shape) for shape in shapes] for _ in half]


@lru_cache
def prefixes(model: bytes) -> list[bytes]:
    """The model cut after each of its operators."""
    count = len(schema.ModelT.InitFromPackedBuf(model, 0).subgraphs[0].operators)
    return [first_operators(model, n) for n in range(1, count + 1)]


def first_operators(model: bytes, count: int) -> bytes:
    cut = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = cut.subgraphs[0]
    graph.operators = graph.operators[:count]
    graph.outputs = graph.operators[-1].outputs
    cut.signatureDefs = None  # they name the output that was
    builder = flatbuffers.Builder(1024)
    builder.Finish(cut.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def compare_every_operator(compare, model: bytes, vectors) -> None:
    """Where it is emulated after every fourth."""
    cases = [Case(each, vectors[-1:], f"operator {n}") for n, each in enumerate(prefixes(model))]
    compare(cases[:: 4 if compare.arch == "armhf" else 1], heap="8m")


@pytest.mark.parametrize("compare", few(NATIVE, *NATIVE[:2]), indirect=True, ids="-".join)
def test_mobile_network(compare):
    """80 leads to odd sides, 5×5."""
    model = mobile(80, seed=80)
    vectors = images(model, 3, 4)
    compare([Case(model, vectors)], heap="512k")
    compare_every_operator(compare, model, vectors)


@pytest.mark.parametrize("compare", few([*NATIVE, PLAIN], PLAIN), indirect=True, ids="-".join)
def test_smaller_mobile_network(compare):
    """Plain Python takes a second."""
    model = mobile(48, seed=48)
    compare([Case(model, images(model, 3, 2)[-1:])], heap="2m")


@pytest.mark.parametrize("compare", [NATIVE[1], PLAIN], indirect=True, ids="-".join)
@pytest.mark.parametrize("name", ["add", "dense", "logistic", "other_ends", "other_shape"])
def test_networks_of_other_inputs(name, compare):
    """As those that TINYTEACH_MODELS names may have."""
    for seed in range(4):
        model = MAKERS[name](np.random.default_rng(seed))[0]
        vectors = images(model, 3, 4)
        compare([Case(model, vectors)])
        compare_every_operator(compare, model, vectors)


NONE_GIVEN = pytest.mark.skip(reason="name .tflite files in TINYTEACH_MODELS to compare them")


# Plain Python takes minutes for networks of this size.
@pytest.mark.parametrize("compare", NATIVE, indirect=True, ids="-".join)
@pytest.mark.parametrize("path", OUTSIDE or [pytest.param("", marks=NONE_GIVEN)], ids=str)
def test_network_of_another_project(path, compare):
    model = Path(path).read_bytes()
    vectors = images(model, 5, 20)
    compare([Case(model, vectors)])
    compare_every_operator(compare, model, vectors)


@pytest.mark.soak  # project/test_bench.py has what measures
def test_bench_measures_other_models(root, tmp_path):
    paths = [tmp_path / name for name in ("mobile.tflite", "mean.tflite")]
    paths[0].write_bytes(mobile())
    paths[1].write_bytes(MAKERS["mean"](np.random.default_rng(1))[0])
    script = root / "bench" / "runtime.py"
    command = [sys.executable, script, "--quick", "--json", "--models", *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])["models"]
    assert "Without scalar C: layers.c has no MEAN" in done.stderr or "gcc" in done.stderr
    for rows in found.values():
        assert len([row for row in rows if row["name"].startswith("agent")]) == 2
        assert all(row["same_features"] for row in rows if "XNNPACK" not in row["name"])
    assert {len(row["steps_us"]) for row in found["mobile.tflite"] if row["steps_us"]} == {18}
