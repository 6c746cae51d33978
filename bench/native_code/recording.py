"""Lets MicroPython of 32 bits run models, and notes what native functions they call."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from replay import NativeFunctions, Notes, split

from tinyteach.firmware import firmware_dir

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 600


def record_models(
    interpreter: Sequence[str],
    models: Sequence[bytes],
    kernels: str,
    functions: NativeFunctions,
    heap: str = "16m",
) -> list[Notes]:
    """The notes of each .tflite with the kernels "viper" or "mac16" (`record_model`).

    ``interpreter``: the command of a MicroPython for i386, whose words are a board's.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "models").mkdir()
        for number, model in enumerate(models):
            (place / "models" / str(number)).write_bytes(model)
        arguments = (str(place / "models"), kernels)
        return run_recorder(interpreter, "record_model.py", functions, place, arguments, heap)


def record_pictures(
    interpreter: Sequence[str],
    pictures: Sequence[Sequence[int]],
    kernels: str,
    functions: NativeFunctions,
) -> list[Notes]:
    """The notes of preprocessing each (side, side of the result, pixel format, rows at once)."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "pictures").write_text(json.dumps([list(each) for each in pictures]))
        arguments = [str(place / "pictures"), kernels]
        return run_recorder(interpreter, "record_pictures.py", functions, place, arguments)


def run_recorder(
    interpreter: Sequence[str],
    script: str,
    functions: NativeFunctions,
    place: Path,
    arguments: Sequence[str],
    heap: str = "16m",
) -> list[Notes]:
    """The notes of a script that is given a file of names, one for its notes, and ``arguments``."""
    names = {module: list(each) for module, each in functions.items()}
    (place / "names").write_text(json.dumps(names))
    paths = ":".join([str(HERE), str(firmware_dir()), ".frozen"])
    command = [*interpreter, "-X", f"heapsize={heap}", str(HERE / script)]
    command += [str(place / "names"), str(place / "notes"), *arguments]
    done = subprocess.run(
        command, env={**os.environ, "MICROPYPATH": paths}, capture_output=True, timeout=TIMEOUT_S
    )
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).decode(errors="replace"))
    with (place / "notes").open() as notes:
        return list(split(notes))
