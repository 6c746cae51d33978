"""How far other kernels are from LiteRT's reference, on a joined model.

    python bench/other_kernels.py [--views N] [--json]

Of 256 steps of a score: the largest difference, and in how many views there is any.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import numpy as np

from paired import views_of
from tinyteach.cli.output import print_json, show_table
from tinyteach.data.drawing import DEMO_OBJECTS
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import TfliteModel, load_embedding
from tinyteach.head.format.joined import join
from trained import quick_trainings, train_head

THINGS, EACH = [*DEMO_OBJECTS][:3], 8


def joined_model() -> tuple[bytes, int]:
    """`base` with a head of three things, and the side of its input."""
    squares = [view for thing in THINGS for view in views_of(thing, EACH, seed=1, side=240)]
    labels = [thing for thing in THINGS for _ in range(EACH)]
    embedding = load_embedding()
    with quick_trainings():
        head = train_head(squares, labels, labels, embedding, views=1).head
    return join(embedding, head), embedding.side


def by_tensorflow(content: bytes, tensors: np.ndarray) -> np.ndarray:
    """TensorFlow's reference kernels."""
    import tensorflow as tf

    kind = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(
        model_content=content, experimental_op_resolver_type=kind, num_threads=1
    )
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]
    found = interpreter.get_output_details()[0]["index"]
    scores = []
    for tensor in tensors:
        interpreter.set_tensor(place, tensor[None])
        interpreter.invoke()
        scores.append(interpreter.get_tensor(found)[0])
    return np.array(scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    content, side = joined_model()
    each = -(-asked.views // len(DEMO_OBJECTS))
    views = [v for name in DEMO_OBJECTS for v in views_of(name, each, seed=8, side=240)]
    tensors = np.array([to_tensor(view, side) for view in views[: asked.views]])
    reference = TfliteModel(content).run(tensors).astype(int)
    others = {
        "TensorFlow's reference kernels": by_tensorflow(content, tensors),
        "LiteRT by default": TfliteModel(content, reference=False).run(tensors),
    }
    found = []
    for name, scores in others.items():
        apart = np.abs(scores - reference).max(axis=1)
        found.append(
            {"kernels": name, "largest": int(apart.max()), "views": int((apart > 0).sum())}
        )
    if asked.json:
        print_json(found)
        return
    rows = [(each["kernels"], str(each["largest"]), str(each["views"])) for each in found]
    show_table(f"{len(tensors)} views", ("kernels", "largest difference", "views with any"), rows)


if __name__ == "__main__":
    main()
