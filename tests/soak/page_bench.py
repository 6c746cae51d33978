"""What the page's benchmark says: ``python tests/soak/page_bench.py [--rounds N]``.

`bench/studio.py` on the virtual board, in the distribution's Chromium: that it runs to its end on
the page as it is now, and gives every figure. Ends with 1 where it does not.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "bench" / "studio.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_known_args()[0].rounds
    options = ["--photos", "6", "--rounds", str(rounds), "--json"]
    done = subprocess.run([sys.executable, SCRIPT, *options], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(1)
    found = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write(done.stdout)
    right = found["rounds"] == rounds and all(
        0 < found[name]["p50_ms"] <= found[name]["p95_ms"] <= found[name]["max_ms"]
        for name in ("record", "deploy")
    )
    sys.exit(not right)


if __name__ == "__main__":
    main()
