"""Train an embedding: ``python -m tinyteach.embedding.train --data pretrain.zip --out FILE``.

The run is bounded by time, not by epochs, and the learning rate follows a
cosine over that time, so that it ends well on a machine of any speed. It
resumes from its scratch folder. Then the network is quantised and written,
with a model card (JSON) of the same name beside it.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from tinyteach.embedding.card import describe
from tinyteach.embedding.lessons import make_lessons
from tinyteach.embedding.network import SIDE
from tinyteach.embedding.pretraining_data import LabelledImages, read_images, split_classes
from tinyteach.errors import MissingToolError, TinyTeachError, UsageError

_CALIBRATION_IMAGES = 500


def main(arguments: list[str] | None = None) -> None:
    """Read, teach, quantise, write; a user's mistake ends in one sentence."""
    options = _parse(arguments)
    console = Console()
    try:
        train(options, console)
    except TinyTeachError as error:
        console.print(str(error))
        raise SystemExit(error.exit_code) from error


def train(options: argparse.Namespace, console: Console) -> None:
    """Run the recipe; leaves ``options.out`` and its card."""
    _need_tensorflow()
    settings = _settings(options)
    _claim_scratch(options.scratch, settings)
    data = read_images(options.data, options.folder, SIDE)
    data = data.only(split_classes(len(data.classes))[0])
    console.print(f"{len(data.images)} images of {len(data.classes)} classes")
    content, epochs = _teach(options, data, console)
    run = {"minutes": options.minutes, "batch": options.batch, "epochs": round(epochs, 1)}
    run |= {"images": len(data.images), "classes": len(data.classes), "command": _command(options)}
    options.out.write_bytes(content)
    card = describe(content) | {"terms": options.terms, "training": settings | run}
    options.out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")
    console.print(f"{epochs:.1f} epochs, {len(content)} bytes in {options.out}")


def _teach(
    options: argparse.Namespace, data: LabelledImages, console: Console
) -> tuple[bytes, float]:
    import keras

    from tinyteach.embedding.quantise import quantise
    from tinyteach.embedding.trainer import Trainer

    keras.utils.clear_session()  # layers' names go into the file and count up within a process
    keras.utils.set_random_seed(options.seed)
    lessons = make_lessons(
        data, options.teacher, options.views, options.scratch, options.seed, console.print
    )
    trainer = Trainer(lessons, len(data.classes), options.batch)
    checkpoints = options.scratch / "checkpoints"
    trainer.run(options.minutes * 60, checkpoints, options.seed, console.print)
    every = max(1, len(data.images) // _CALIBRATION_IMAGES)
    return quantise(trainer.network, data.images[::every]), float(trainer.epochs.numpy())


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What the lessons and checkpoints of a scratch folder depend on."""
    files = {"data": options.data, "teacher": options.teacher}
    named = {
        role: {"file": path.name, "sha256": _sha256(path)} for role, path in files.items() if path
    }
    return named | {"folder": options.folder, "views": options.views, "seed": options.seed}


def _claim_scratch(scratch: Path, settings: dict[str, Any]) -> None:
    """Refuse a scratch folder whose lessons were made from something else."""
    scratch.mkdir(parents=True, exist_ok=True)
    kept = scratch / "settings.json"
    if kept.exists() and json.loads(kept.read_text()) != settings:
        raise UsageError(
            f"The scratch folder {scratch} belongs to a run with other data or settings; "
            "name an empty folder."
        )
    kept.write_text(json.dumps(settings))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"Cannot read {path}; check the path.") from error


def _command(options: argparse.Namespace) -> str:
    """The command that repeats this run, without this machine's folders."""
    teacher = f"--teacher {options.teacher.name} " if options.teacher else ""
    return (
        f"python -m tinyteach.embedding.train --data {options.data.name} {teacher}"
        f"--folder {options.folder} --views {options.views} --minutes {options.minutes:g} "
        f"--batch {options.batch} --seed {options.seed} --scratch SCRATCH --out embedding.tflite"
    )


def _need_tensorflow() -> None:
    from importlib.util import find_spec

    if find_spec("tensorflow") is None:
        raise MissingToolError(
            "Training an embedding needs TensorFlow; run `pip install tinyteach[embedding]`."
        )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tinyteach.embedding.train")
    add = parser.add_argument
    add("--data", type=Path, required=True, help="zip with FOLDER<class>/<image>")
    add("--folder", default="train/", help="where in the zip the training images are")
    add("--teacher", type=Path, help=".tflite image classifier to learn from beside the labels")
    add("--views", type=int, default=2, help="views of each image that the teacher sees")
    add("--minutes", type=float, default=30.0, help="length of the training itself")
    add("--batch", type=int, default=256, help="images a step")
    add("--terms", default="", help="for the card: the terms that data and teacher come under")
    add("--seed", type=int, default=1)
    add("--scratch", type=Path, required=True, help="folder for lessons and checkpoints")
    add("--out", type=Path, required=True, help="the .tflite file to write")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
