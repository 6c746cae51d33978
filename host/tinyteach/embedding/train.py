"""Train an embedding: ``python -m tinyteach.embedding.train --data pretrain.zip --out FILE``.

A run resumes from its scratch folder, to the epoch. Lessons are kept there too, and both
sizes learn from the same. Then the network is quantised and written, with a model card
(JSON) and a background set of the same name beside it.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from tinyteach.embedding.background import choose_images, write_background
from tinyteach.embedding.card import describe
from tinyteach.embedding.lessons import Lessons, make_lessons
from tinyteach.embedding.network import SIDE, SIZES
from tinyteach.embedding.pretraining_data import LabelledImages, read_images, split_classes
from tinyteach.embedding.progress import Progress, show_progress
from tinyteach.embedding.runtime import Embedding, TfliteModel
from tinyteach.embedding.scratch import claim, file_facts
from tinyteach.errors import MissingToolError, TinyTeachError, UsageError

_CALIBRATION_IMAGES = 500
_WHITENING_IMAGES = 5000
_INTERRUPTED = 130  # as shells have it: 128 and the signal's number


def main(arguments: list[str] | None = None) -> None:
    """Read, teach, quantise, write; a user's mistake or Ctrl-C ends in one sentence."""
    options = _parse(arguments)
    console = Console()
    try:
        with show_progress(console) as progress:
            train(options, console, progress)
    except TinyTeachError as error:
        console.print(str(error))
        raise SystemExit(error.exit_code) from error
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on where it stopped.")
        raise SystemExit(_INTERRUPTED) from None


def train(options: argparse.Namespace, console: Console, progress: Progress) -> None:
    """Run the recipe; leaves ``options.out``, its card and its background set."""
    _check(options)
    source = _source(options)
    claim(options.scratch, source)
    data = read_images(options.data, options.folder, SIDE)
    data = data.only(split_classes(len(data.classes))[0])
    console.print(f"{len(data.images)} images of {len(data.classes)} classes")
    lessons = make_lessons(
        *(data, options.faces, options.teacher, options.maps),
        *(options.views, options.scratch, options.seed, progress),
    )
    run = {"size": options.size, "epochs": options.epochs, "batch": options.batch}
    content, said = _teach(options, lessons, data, run, progress)
    extent = {"images": len(data.images), "classes": len(data.classes)}
    extent["close_ups"] = len(lessons.labels) - len(data.labels)
    options.out.write_bytes(content)
    _write_background(options.out, content, lessons)
    command = {"command": _command(options)}
    card = describe(content) | {"terms": options.terms, "training": source | run | extent | command}
    options.out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")
    console.print(f"{said}; {len(content)} bytes in {options.out}")


def _teach(
    options: argparse.Namespace,
    lessons: Lessons,
    data: LabelledImages,
    settings: dict[str, Any],
    progress: Progress,
) -> tuple[bytes, str]:
    """The int8 file, and in words how long this call trained."""
    from tinyteach.embedding.quantise import quantise
    from tinyteach.embedding.trainer import Run, epochs_behind, train_network
    from tinyteach.embedding.whiten import whiten

    checkpoints = options.scratch / options.size
    claim(checkpoints, settings)
    run = Run(options.epochs, options.batch, options.seed)
    epochs, began = run.epochs - epochs_behind(checkpoints), time.monotonic()
    network = train_network(SIZES[options.size], lessons, run, checkpoints, progress)
    train_s = time.monotonic() - began
    rate = epochs * len(lessons.labels) / train_s
    said = f"Trained {epochs} epochs in {train_s:.0f} s, {rate:.0f} images a second"
    whitened = whiten(network, _spread(data.images, _WHITENING_IMAGES))
    return quantise(whitened, _spread(data.images, _CALIBRATION_IMAGES)), said


def _spread(images: np.ndarray, count: int) -> np.ndarray:
    """About ``count`` of the images, evenly spaced."""
    return images[:: max(1, len(images) // count)]


def _write_background(out: Path, content: bytes, lessons: Lessons) -> None:
    """The background set beside the embedding, of the reference kernels' features."""
    embedding = Embedding(TfliteModel(content))
    images = choose_images(lessons.views_of_images)
    features = embedding.embed((images ^ 0x80).view(np.int8))  # pixel − 128
    write_background(out, features, embedding.fingerprint)


def _source(options: argparse.Namespace) -> dict[str, Any]:
    """What the lessons of a scratch folder depend on."""
    source: dict[str, Any] = {"data": file_facts(options.data)}
    if options.teacher:
        source |= {"teacher": file_facts(options.teacher), "maps": options.maps}
    if options.faces:
        source["faces"] = file_facts(options.faces)
    return source | {"folder": options.folder, "views": options.views, "seed": options.seed}


def _command(options: argparse.Namespace) -> str:
    """The command that repeats this run, without this machine's folders."""
    teacher = f"--teacher {options.teacher.name} " if options.teacher else ""
    faces = f"--faces {options.faces.name} " if options.faces else ""
    maps = f"--maps {' '.join(map(str, options.maps))} " if options.maps else ""
    return (
        f"python -m tinyteach.embedding.train --size {options.size} --data {options.data.name} "
        f"{teacher}{maps}{faces}--folder {options.folder} --views {options.views} "
        f"--epochs {options.epochs} --batch {options.batch} --seed {options.seed} "
        f"--scratch SCRATCH --out {options.out.name}"
    )


def _check(options: argparse.Namespace) -> None:
    from importlib.util import find_spec

    if find_spec("tensorflow") is None:
        raise MissingToolError(
            "Training an embedding needs TensorFlow; run `pip install tinyteach[embedding]`."
        )
    if options.maps and not options.teacher:
        raise UsageError("--maps numbers a teacher's operators; name the teacher with --teacher.")
    if min(options.views, options.epochs, options.batch) < 1:
        raise UsageError("--views, --epochs and --batch must be at least 1; change them.")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tinyteach.embedding.train")
    add = parser.add_argument
    add("--size", choices=SIZES, default="base", help="which of the networks")
    add("--data", type=Path, required=True, help="zip or folder with FOLDER<class>/<image>")
    add("--folder", default="train/", help="where in it the training images are")
    add("--teacher", type=Path, help=".tflite image classifier to learn from beside the labels")
    add("--maps", type=int, nargs="+", default=[], help="operators in it whose maps to learn")
    add("--faces", type=Path, help="BlazeFace (.tflite), for close-ups of faces in the images")
    add("--views", type=int, default=6, help="views of each image that the teacher sees")
    add("--epochs", type=int, default=160, help="times that every image is shown")
    add("--batch", type=int, default=512, help="images a step")
    add("--terms", default="", help="for the card: the terms that data and teacher come under")
    add("--seed", type=int, default=1)
    add("--scratch", type=Path, required=True, help="folder for lessons and checkpoints")
    add("--out", type=Path, required=True, help="the .tflite file to write")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
