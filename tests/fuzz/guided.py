"""One target under atheris: ``python tests/fuzz/guided.py NAME [libFuzzer's options] FOLDERS``.

`make fuzz` (tests/fuzz/decoders.py) starts it. What is imported here is instrumented, the agent's
modules too, which the host compiles by itself.
"""

import sys
import warnings
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

OWN = ("tinyteach", "tinyteach_protocol", "fuzz", "zipfile", "tarfile", "tomllib")

with atheris.instrument_imports(include=list(OWN)):
    import tinyteach.embedding.agent_code as agent_code

    agent_code.compile = lambda *of: atheris.patch_code(compile(*of), True, nested=True)
    from fuzz.targets.every import TARGETS


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    target = TARGETS[sys.argv[1]]
    warnings.simplefilter("ignore")
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.run_once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
