"""The measurements run and say what they must; how fast is not asserted."""

import json
import os
import subprocess
import sys


def measured(root, script: str, home) -> dict:
    command = [sys.executable, str(root / "bench" / script), "--quick", "--json"]
    environment = {**os.environ, "TINYTEACH_HOME": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_inference(root, tmp_path):
    results = measured(root, "inference.py", tmp_path)["results"]
    agents = [row for row in results if row["name"].startswith("agent")]
    assert len(agents) == 4
    assert all(row["same_features"] for row in agents)
    assert all(row["median_ms"] > 0 for row in results)


def test_link(root, tmp_path):
    found = measured(root, "link.py", tmp_path)
    assert {"grab a photograph", "upload to flash"} <= set(found)
    assert all(row["bytes"] > 0 and row["bytes_per_second"] > 0 for row in found.values())
