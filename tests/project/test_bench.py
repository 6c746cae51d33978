"""The measurements run and say what they must; how fast is not asserted."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from slices import few
from tinyteach.embedding.runtime import EMBEDDING_FILE

AGAINST = ("--against", str(Path(__file__).resolve().parents[2]))  # this checkout, too


@pytest.fixture
def measured(root, tmp_path, monkeypatch, capsys):
    """measured(script, options…): what one of bench/ prints, as it runs in this process."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(str(root / "bench"))

    def run(script: str, *options: str) -> dict:
        monkeypatch.setattr(sys, "argv", [script, "--quick", "--json", *options])
        runpy.run_path(str(root / "bench" / script), run_name="__main__")
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


@pytest.mark.soak
def test_runtime(measured):
    results = measured("runtime.py", "--embedding", "tiny")["results"]
    agents = [row for row in results if row["name"].startswith("agent")]
    assert len(agents) == 4
    assert all(row["same_features"] for row in results if "XNNPACK" not in row["name"])
    assert all(row["median_ms"] > 0 for row in results)
    assert all(row["load_us"] > 0 and row["preprocess_us"] > 0 for row in agents)
    assert {len(row["steps_us"]) for row in results if row["steps_us"]} == {10}


def test_instructions(measured):
    found = measured("instructions.py")
    assert {"xtensawin", "armv7em", "armv6m", "rv32imc"} <= set(found)
    assert all(2 < each["two pixels"] < each["one pixel"] for each in found.values())
    assembled = {core: each["assembler"] for core, each in found.items() if "assembler" in each}
    assert set(assembled) == {"armv7em", "armv7emsp", "armv7emdp"}
    assert all(0.5 < instructions <= 3 for instructions in assembled.values())


@pytest.mark.soak
def test_inferences(measured):
    found = measured("inferences.py")
    loop = found.pop("MAC16's loop")
    count = {
        (core, kernels, what): cost["instructions"]
        for core, of in found.items()
        for kernels, costs in of.items()
        for what, cost in costs.items()
    }
    for core, unit in (("ESP32-S3", "mac16"), ("Cortex-M7", "thumb")):
        for what in ("tiny", "preprocessing"):
            assert 5e5 < count[core, unit, what] < count[core, "viper", what] / 2
    assert all(1e6 < count[core, "viper", "preprocessing"] < 1e7 for core in found)
    for core in ("ESP32-S3", "ESP32-C3"):
        (cycles,) = found[core]["viper"]["tiny"]["cycles"]
        assert 1 < cycles / count[core, "viper", "tiny"] < 2
    least, most = found["Cortex-M7"]["viper"]["tiny"]["cycles"]
    assert 0.5 < least / count["Cortex-M7", "viper", "tiny"] < 1 < most / least
    assert 1 <= loop < 1.15


def test_link(measured, switch_on):
    with switch_on("i386") as board:
        found = measured("link.py", "--board", board.port)
    assert {"grab a photograph", "upload to flash"} <= set(found)
    assert all(row["bytes"] > 0 and row["bytes_per_second"] > 0 for row in found.values())


@pytest.mark.soak
def test_growth(measured):
    found = measured("growth.py")["steps"]
    by_step = {step["step"]: step for step in found if step["photos"] == 40}
    assert len(by_step) == 10 and len(found) == 20
    assert all(step["cpu_s"] > 0 and step["peak_mb"] > 20 for step in found)


def photo_folder(folder):
    """Two classes, dark and bright, of seven noisy photographs each."""
    rng = np.random.default_rng(0)
    for name, brightness in (("dark", 60), ("bright", 190)):
        (folder / name).mkdir(parents=True)
        for number in range(7):
            pixels = rng.normal(brightness, 25, (70, 90, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_teaching(measured, tmp_path):
    photos = photo_folder(tmp_path / "light")
    (row,) = measured("teaching.py", "--photos", str(photos))["results"]
    assert (row["classes"], row["shots"]) == (2, 5)
    assert row["taught"] >= 50 and row["photos all"] >= 50 and row["4 old"] >= 0


@pytest.mark.parametrize("against", few([(), AGAINST], ()))
def test_training(measured, tmp_path, against):
    photos = photo_folder(tmp_path / "light")
    options = ("--photos", str(photos), "--classes", "2", "--shots", "7", *against)
    found, again = measured("training.py", *options).values()
    assert found["train_s"] > 0 and again["heads"] == found["heads"] and len(found["heads"]) == 1
    steps = found["steps_cpu_s"]
    assert {"start", "read", "evaluate", "fit", "quantise", "advise"} <= set(steps)
    assert sum(steps.values()) <= found["cpu_s"] + 1


def test_few_shot(measured, tmp_path):
    photos = [str(photo_folder(tmp_path / name)) for name in ("light", "again")]
    options = ("--photos", *photos, "--models", str(EMBEDDING_FILE))
    found = measured("few_shot.py", *options)
    assert found["episodes"] == 2
    rows = {row["embedding"]: row for row in found["results"]}
    assert {"TinyTeach base", "plain pixels, 32×32", "embedding", "embedding, 2×2"} <= set(rows)
    for row in rows.values():
        assert set(row) == {"embedding", "macs", "bytes", "ms_per_image", "accuracy", "mean"}
        assert row["mean"] == {"5": row["accuracy"]["light"]["5"]["mean"]}  # twice the same
        assert set(row["accuracy"]["light"]) == {"5"}  # seven photographs do not allow 20
        assert 0 <= row["accuracy"]["light"]["5"]["mean"] <= 100
    assert rows["plain pixels, 32×32"]["accuracy"]["light"]["5"]["mean"] == 100
    # The same file, cut before its average and averaged here: the same features but for rounding.
    assert rows["embedding, 2×2"]["macs"] == rows["TinyTeach base"]["macs"] > 0


def test_heads(measured, tmp_path):
    found = measured("heads.py", "--photos", str(photo_folder(tmp_path / "light")))
    assert set(found) == {"light 2×3"}  # seven photographs do not allow 10
    figures = found["light 2×3"]
    assert len(figures) == 8 and min(figures.values()) == 100


@pytest.mark.soak  # test_few_shot and test_heads use the same
def test_none_of_these(measured, tmp_path):
    folders = [str(photo_folder(tmp_path / name)) for name in ("one", "two", "three")]
    found = measured("none_of_these.py", "--photos", *folders)
    assert set(found) == {"one", "two", "three", "mean"}
    for figures in found.values():
        assert len(figures) == 9 and {"0", "20 same origin", "50 another origin"} <= set(figures)
        assert all(
            0 <= each["accepted"] <= 100 and each["right"] == 100 for each in figures.values()
        )
    with pytest.raises(SystemExit):
        measured("none_of_these.py", "--photos", folders[0])


@pytest.mark.soak
def test_help(measured):
    found = measured("help.py")
    assert found["python -c pass"]["ratio"] == 1 and "tinyteach --help" in found
    assert all(row["median_ms"] > 0 and row["ratio"] > 0 for row in found.values())


def test_copies(measured, tmp_path):
    for number in range(4):
        small = np.random.default_rng(number).integers(0, 256, (6, 6, 3)).astype(np.uint8)
        path = tmp_path / "photos" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(small).resize((80, 80), Image.Resampling.BICUBIC).save(path)
    folder = str(tmp_path / "photos")
    (result,) = measured("copies.py", "--photos", folder)["results"].values()
    assert result["photographs"] == 4 and result["taken"] == 0
    assert result["found"]["JPEG 80"] == 1


@pytest.mark.soak  # test_few_shot and test_heads use the same
def test_forecast(measured, tmp_path):
    """Noise about two middles that overlap: a head can learn a little of it."""
    rng = np.random.default_rng(0)
    for name, brightness in (("dark", 120), ("bright", 132)):
        (tmp_path / "light" / name).mkdir(parents=True)
        for number in range(32):
            pixels = rng.normal(brightness + rng.normal(0, 6), 25, (70, 70, 3)).clip(0, 255)
            path = tmp_path / "light" / name / f"{number}.png"
            Image.fromarray(pixels.astype(np.uint8)).save(path)
    options = ("--shots", "9", "--photos", str(tmp_path / "light"))
    (row,) = measured("forecast.py", *options)["results"].values()
    assert set(row["said"]) == set(row["measured"]) == {"5", "10", "20"}
    assert all(0 <= share <= 1 for share in (*row["said"].values(), *row["measured"].values()))
    assert row["labels_planted"] == 1 and 0 <= row["walls_named_wrongly"] <= 1
