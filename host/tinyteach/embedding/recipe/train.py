"""``python -m tinyteach.embedding.recipe.train --data pretrain.zip --out FILE``: an embedding.

A run resumes from its scratch folder, to the epoch. Lessons are kept there too, and both
sizes learn from the same. Then the network is quantised and written, with a model card
(JSON) and a background set of the same name beside it.
"""

import argparse
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from tinyteach.embedding.recipe.accelerator import backend, device, use_a_thread_an_operator
from tinyteach.embedding.recipe.background import (
    choose_images,
    features_of,
    with_scenes,
    write_background,
)
from tinyteach.embedding.recipe.beginning import begin_as, check_start, return_towards
from tinyteach.embedding.recipe.card import describe
from tinyteach.embedding.recipe.lessons import VIEWS_FILE, make_lessons
from tinyteach.embedding.recipe.network import build_network
from tinyteach.embedding.recipe.pretraining_data import (
    LabelledImages,
    read_images,
    read_labels,
    split_classes,
)
from tinyteach.embedding.recipe.progress import Progress, show_progress
from tinyteach.embedding.recipe.scenes import draw_scenes
from tinyteach.embedding.recipe.scratch import claim, file_facts
from tinyteach.embedding.recipe.sizes import SIZES, USUAL_PIXELS
from tinyteach.embedding.recipe.trainer import (
    LEARNING_RATE,
    RecipeRun,
    epochs_behind,
    train_network,
)
from tinyteach.embedding.recipe.views import NO_MORE, MorePictures, draw_view
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import MissingToolError, TinyTeachError, UsageError
from tinyteach.writable import check_new_file

NETWORK_FILE = "network.weights.h5"
FACTS_FILE = "learnt.json"
_MEASURED_IMAGES = 5000  # by which features are whitened and activations get their ranges
_MORE_SIDE = 160  # of pictures that crops are taken from
DRAWN_TERMS = (
    "The network that it begins as: Apache-2.0. All pictures are drawn by the recipe: no terms but "
    "TinyTeach's own, MIT."
)
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
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on where it stopped.")
        raise SystemExit(_INTERRUPTED) from None


def train(options: argparse.Namespace, console: Console, progress: Progress) -> None:
    """Run the recipe; leaves ``options.out``, its card and its background set.

    On another backend than TensorFlow, which quantises, it ends when the network has learnt.
    """
    _check(options)
    use_a_thread_an_operator()
    if options.start:
        check_start(SIZES[options.size], options.start)
    if options.drawn:
        _learn_nothing(options)
    elif not _teach(options, console, progress):
        return
    console.print(f"{options.out.stat().st_size} bytes in {options.out}")


def _learn_nothing(options: argparse.Namespace) -> None:
    """The published layers as they are, whitened and quantised as drawn scenes show them."""
    size = SIZES[options.size]
    network = build_network(size)
    begin_as(network, options.start.read_bytes())
    images = draw_scenes(options.drawn, size.pixels, options.seed)
    of_run = {"size": options.size, "start": file_facts(options.start), "drawn": options.drawn}
    of_run |= {"seed": options.seed, "command": _command(options)}
    _finish(options, network, images, of_run)


def _teach(options: argparse.Namespace, console: Console, progress: Progress) -> bool:
    """Whether it came to a file: not where the network cannot be quantised."""
    source = _source(options)
    claim(options.scratch, source)
    run = {"size": options.size, "epochs": options.epochs, "batch": options.batch}
    run |= {"start": file_facts(options.start)} if options.start else {}
    run |= {"rate": options.rate} if options.rate != LEARNING_RATE else {}
    data = _read(options)
    console.print(f"{len(data.images)} images of {len(data.classes)} classes")
    learnt = options.scratch / options.size
    claim(learnt, run)
    if not (learnt / NETWORK_FILE).exists():
        _learn(options, data, learnt, console, progress)
    if backend() != "tensorflow":
        console.print(
            "The network has learnt. Quantising it needs Keras on TensorFlow: run the same command "
            "where that is, with this scratch folder; the .npy files in it are not needed."
        )
        return False
    extent = {"images": len(data.images), "classes": len(data.classes)}
    of_run = source | run | extent | json.loads((learnt / FACTS_FILE).read_text())
    images = _as_boards_see(options, data)
    _write(options, images, learnt, of_run | {"command": _command(options)})
    return True


def _read(options: argparse.Namespace) -> LabelledImages:
    """The images of the classes to train on, from the first view where that was drawn before."""
    views = options.scratch / VIEWS_FILE
    if views.exists():
        data = read_labels(options.data, options.folder)
    else:
        data = read_images(options.data, options.folder, SIZES[options.size].taught)
    data = data.only(split_classes(len(data.classes))[0])
    if views.exists():
        data = replace(data, images=np.load(views, mmap_mode="r")[0, : len(data.labels)])
    return data


def _as_boards_see(options: argparse.Namespace, data: LabelledImages) -> np.ndarray:
    """The images at the side that boards give the network."""
    size = SIZES[options.size]
    if size.taught == size.pixels:
        return data.images
    larger = read_images(options.data, options.folder, size.pixels)
    return larger.only(split_classes(len(larger.classes))[0]).images


def _learn(
    options: argparse.Namespace,
    data: LabelledImages,
    learnt: Path,
    console: Console,
    progress: Progress,
) -> None:
    """Train; leaves the network's weights, and how they came to be, in ``learnt``."""
    lessons = make_lessons(
        data,
        partial(_more, options),
        *(options.faces, options.teacher, options.maps, options.views, options.close_ups),
        *(options.scratch, options.seed, progress),
    )
    how = options.rate, options.start
    run = RecipeRun(options.epochs, options.batch, options.seed, *how)
    epochs, began = run.epochs - epochs_behind(learnt), time.monotonic()
    network = train_network(SIZES[options.size], lessons, run, learnt, progress)
    train_s = time.monotonic() - began
    facts = {"unlabelled_rows": lessons.unlabelled, "device": device(), "backend": backend()}
    (learnt / FACTS_FILE).write_text(json.dumps(facts))
    unfinished = learnt / f"unfinished.{NETWORK_FILE}"
    network.save_weights(unfinished)
    unfinished.rename(learnt / NETWORK_FILE)
    rate = epochs * len(lessons.labels) / train_s
    console.print(f"Trained {epochs} epochs in {train_s:.0f} s, {rate:.0f} images a second")


def _more(options: argparse.Namespace) -> MorePictures:
    """Pictures without labels, of all sources alike."""
    if not options.more:
        return NO_MORE
    read = [read_images(path, side=_MORE_SIDE).images for path in options.more]
    return MorePictures(np.concatenate(read), options.crops)


def _write(
    options: argparse.Namespace, images: np.ndarray, learnt: Path, of_run: dict[str, Any]
) -> None:
    """What learnt, averaged with what it began as, becomes the file."""
    import keras

    keras.utils.clear_session()  # layers' names go into the file and count up within a process
    network = build_network(SIZES[options.size])
    network.load_weights(learnt / NETWORK_FILE)
    if options.start:
        return_towards(network, options.start.read_bytes())
    _finish(options, network, images, of_run)


def _finish(
    options: argparse.Namespace, network: Any, images: np.ndarray, of_run: dict[str, Any]
) -> None:
    """Whiten and quantise the network; the file, its background set and its card."""
    from tinyteach.embedding.recipe.quantise import quantise
    from tinyteach.embedding.recipe.whiten import whiten

    size = SIZES[options.size]
    measured = images[:: max(1, len(images) // _MEASURED_IMAGES)]
    content = quantise(whiten(network, measured, size.kept, size.smoothing), measured)
    options.out.write_bytes(content)
    _write_background(options, content, images)
    terms = options.terms or (DRAWN_TERMS if options.drawn else "")
    card = describe(content) | {"terms": terms, "training": of_run}
    options.out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")


def _write_background(options: argparse.Namespace, content: bytes, images: np.ndarray) -> None:
    """The background set beside the embedding, of the reference kernels' features."""
    embedding = Embedding(content)
    # A view more than training has: crops that the network has not seen.
    chosen = choose_images(images, lambda some: draw_view(some, options.seed, options.views, 0))
    features = with_scenes(embedding, features_of(embedding, chosen))
    write_background(options.out, features, embedding.fingerprint)


def _source(options: argparse.Namespace) -> dict[str, Any]:
    """What the lessons of a scratch folder depend on."""
    source: dict[str, Any] = {"data": file_facts(options.data)}
    if options.teacher:
        source |= {"teacher": file_facts(options.teacher), "maps": options.maps}
    if options.faces:
        source |= {"faces": file_facts(options.faces), "close_ups": options.close_ups}
    if options.more:
        source |= {"more": [file_facts(path) for path in options.more], "crops": options.crops}
    pixels = SIZES[options.size].taught
    if pixels != USUAL_PIXELS:
        source |= {"pixels": pixels}
    return source | {"folder": options.folder, "views": options.views, "seed": options.seed}


def _command(options: argparse.Namespace) -> str:
    """The command that repeats this run, without this machine's folders."""
    begin = f"python -m tinyteach.embedding.recipe.train --size {options.size} "
    if options.drawn:
        drawn = f"--drawn {options.drawn} --start {options.start.name} --seed {options.seed} "
        return f"{begin}{drawn}--out {options.out.name}"
    teacher = f"--teacher {options.teacher.name} " if options.teacher else ""
    faces = f"--faces {options.faces.name} " if options.faces else ""
    faces += f"--close-ups {options.close_ups} " if options.faces else ""
    maps = f"--maps {' '.join(map(str, options.maps))} " if options.maps else ""
    if options.more:
        faces += f"--more {' '.join(path.name for path in options.more)} --crops {options.crops} "
    start = f"--start {options.start.name} " if options.start else ""
    start += f"--rate {options.rate:g} " if options.rate != LEARNING_RATE else ""
    return (
        f"{begin}--data {options.data.name} "
        f"{teacher}{maps}{faces}--folder {options.folder} --views {options.views} "
        f"--epochs {options.epochs} --batch {options.batch} {start}--seed {options.seed} "
        f"--scratch SCRATCH --out {options.out.name}"
    )


def _check(options: argparse.Namespace) -> None:
    try:
        backend()
    except ImportError as error:
        raise MissingToolError(
            "Training an embedding needs Keras on TensorFlow or JAX; "
            "run `pip install tinyteach[embedding]`."
        ) from error
    if options.drawn and not options.start:
        raise UsageError("Of drawn scenes nothing is learnt; name a trained network with --start.")
    if not options.drawn and not (options.data and options.scratch):
        raise UsageError("Name pictures with --data, and with --scratch a folder for lessons.")
    if options.maps and not options.teacher:
        raise UsageError("--maps numbers a teacher's operators; name the teacher with --teacher.")
    counts = options.views, options.epochs, options.batch, options.close_ups, options.crops
    if min(counts) < 1:
        raise UsageError(
            "--views, --epochs, --batch, --close-ups and --crops must be at least 1; change them."
        )
    if min(options.drawn, options.seed) < 0:
        raise UsageError("--drawn and --seed are numbers of 0 and more; change them.")
    check_new_file(options.out)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tinyteach.embedding.recipe.train")
    add = parser.add_argument
    add("--size", choices=SIZES, default="base", help="which of the networks")
    add("--data", type=Path, help="zip or folder with FOLDER<class>/<image>")
    add("--drawn", type=int, default=0, help="draw so many scenes instead, and learn nothing")
    add("--folder", default="train/", help="where in it the training images are")
    add("--teacher", type=Path, help=".tflite image classifier to learn from beside the labels")
    add("--maps", type=int, nargs="+", default=[], help="operators in it whose maps to learn")
    add("--faces", type=Path, help="BlazeFace (.tflite), for close-ups of faces in the images")
    add("--close-ups", type=int, default=4, help="rows of close-ups a face")
    add("--more", type=Path, nargs="+", default=[], help="zips or folders: pictures, no labels")
    add("--crops", type=int, default=2, help="rows of crops of each of those pictures")
    add("--views", type=int, default=6, help="views of each image that the teacher sees")
    add("--epochs", type=int, default=160, help="times that every image is shown")
    add("--batch", type=int, default=512, help="images a step")
    add("--terms", default="", help="for the card: the terms that data and teacher come under")
    add("--start", type=Path, help="MobileNetV1 0.25 (.tflite), to begin as")
    add("--rate", type=float, default=LEARNING_RATE, help="learning rate, at most")
    add("--seed", type=int, default=1)
    add("--scratch", type=Path, help="folder for lessons and checkpoints")
    add("--out", type=Path, required=True, help="the .tflite file to write")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
