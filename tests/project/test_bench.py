"""The measurements run and say what they must; how fast is not asserted."""

import json
import os
import subprocess
import sys

import numpy as np
from PIL import Image

from patience import PATIENCE_S
from tinyteach.embedding.runtime import EMBEDDING_FILE


def measured(root, script: str, home, *options: str) -> dict:
    command = [sys.executable, str(root / "bench" / script), "--quick", "--json", *options]
    environment = {**os.environ, "TINYTEACH_HOME": str(home)}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_S, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_runtime(root, tmp_path):
    results = measured(root, "runtime.py", tmp_path)["results"]
    agents = [row for row in results if row["name"].startswith("agent")]
    assert len(agents) == 4
    assert all(row["same_features"] for row in results if "XNNPACK" not in row["name"])
    assert all(row["median_ms"] > 0 for row in results)
    assert all(row["load_us"] > 0 and row["preprocess_us"] > 0 for row in agents)
    assert {len(row["steps_us"]) for row in results if row["steps_us"]} == {13}


def test_instructions(root, tmp_path):
    found = measured(root, "instructions.py", tmp_path)
    assert {"xtensawin", "armv7em", "armv6m", "rv32imc"} <= set(found)
    assert all(2 < each["two pixels"] < each["one pixel"] for each in found.values())
    assembled = {core: each["assembler"] for core, each in found.items() if "assembler" in each}
    assert set(assembled) == {"armv7em", "armv7emsp", "armv7emdp"}
    assert all(0.5 < instructions <= 3 for instructions in assembled.values())


def test_link(root, tmp_path):
    found = measured(root, "link.py", tmp_path)
    assert {"grab a photograph", "upload to flash"} <= set(found)
    assert all(row["bytes"] > 0 and row["bytes_per_second"] > 0 for row in found.values())


def photo_folder(folder):
    """Two classes, dark and bright, of seven noisy photographs each."""
    rng = np.random.default_rng(0)
    for name, brightness in (("dark", 60), ("bright", 190)):
        (folder / name).mkdir(parents=True)
        for number in range(7):
            pixels = rng.normal(brightness, 25, (70, 90, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_teaching(root, tmp_path):
    photos = photo_folder(tmp_path / "light")
    (row,) = measured(root, "teaching.py", tmp_path, "--photos", str(photos))["results"]
    assert (row["classes"], row["shots"]) == (2, 5)
    assert row["taught"] >= 50 and row["photos all"] >= 50 and row["4 old"] >= 0


def test_few_shot(root, tmp_path):
    photos = photo_folder(tmp_path / "light")
    options = ("--photos", str(photos), "--models", str(EMBEDDING_FILE))
    found = measured(root, "few_shot.py", tmp_path, *options)
    assert found["episodes"] == 2
    rows = {row["embedding"]: row for row in found["results"]}
    assert {"TinyTeach base", "plain pixels, 32×32", "embedding", "embedding, 2×2"} <= set(rows)
    for row in rows.values():
        assert set(row) == {"embedding", "macs", "bytes", "ms_per_image", "accuracy"}
        assert set(row["accuracy"]["light"]) == {"5"}  # seven photographs do not allow 20
        assert 0 <= row["accuracy"]["light"]["5"]["mean"] <= 100
    assert rows["plain pixels, 32×32"]["accuracy"]["light"]["5"]["mean"] == 100
    # The same file, cut before its average and averaged here: the same features but for rounding.
    assert rows["embedding, 2×2"]["macs"] == rows["TinyTeach base"]["macs"] > 0


def test_heads(root, tmp_path):
    found = measured(root, "heads.py", tmp_path, "--photos", str(photo_folder(tmp_path / "light")))
    assert set(found) == {"light 2×3"}  # seven photographs do not allow 10
    figures = found["light 2×3"]
    assert len(figures) == 8 and min(figures.values()) == 100


def test_help(root, tmp_path):
    found = measured(root, "help.py", tmp_path)
    assert found["python -c pass"]["ratio"] == 1 and "tinyteach --help" in found
    assert all(row["median_ms"] > 0 and row["ratio"] > 0 for row in found.values())


def test_studio(root, tmp_path):
    from browser import find_chromium

    find_chromium()
    found = measured(root, "studio.py", tmp_path)
    assert found["rounds"] == 1 and found["photos"] == 6
    for name in ("record", "deploy"):
        assert 0 < found[name]["p50_ms"] <= found[name]["p95_ms"] <= found[name]["max_ms"]


def test_copies(root, tmp_path):
    for number in range(4):
        small = np.random.default_rng(number).integers(0, 256, (6, 6, 3)).astype(np.uint8)
        path = tmp_path / "photos" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(small).resize((80, 80), Image.Resampling.BICUBIC).save(path)
    folder = str(tmp_path / "photos")
    (result,) = measured(root, "copies.py", tmp_path, "--photos", folder)["results"].values()
    assert result["photographs"] == 4 and result["taken"] == 0
    assert result["found"]["JPEG 80"] == 1
