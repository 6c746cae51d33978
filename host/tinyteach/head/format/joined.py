"""One .tflite file of an embedding and a head: a picture in, scores out, for any runtime.

Its operators are theirs, in their order and with their numbers, so what it computes is what the two
compute one after the other. ``labels.txt`` lies behind it in a zip, which the metadata name, as in
a head's file; the last label is "unknown" where the head has an output for that.
"""

from typing import Any

from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import ModelError
from tinyteach.head.format.graph import MIN_RUNTIME_VERSION, Graph, packed_model, schema
from tinyteach.head.format.head_file import Head
from tinyteach.head.format.metadata import append_labels, file_labels, image_metadata


def join(
    embedding: Embedding, head: Head, input_scaling: int | None = None, *, unsigned: bool = False
) -> bytes:
    """The file's content: int8 [1, N, N, 3], pixel − 128, in; int8 [1, outputs] out.

    N is the embedding's side, or ``input_scaling``, a multiple of it: then whole squares of pixels
    are averaged first, as `embedding.stretched` has it. Where it is ``unsigned``, both ends are
    uint8: pixels as they are in, scores 128 more out. Raises ModelError where the head is for
    another embedding, or where ``input_scaling`` is no such multiple.
    """
    head.check_embedding(embedding.fingerprint)
    graph = Graph()
    eyes, mind = (schema.ModelT.InitFromPackedBuf(c, 0) for c in (embedding.network, head.content))
    first, last = (end[0] for end in (eyes.subgraphs[0].inputs, eyes.subgraphs[0].outputs))
    numbers = graph.take(eyes, {})
    image = _scaled(graph, numbers[first], input_scaling or embedding.side, embedding.side)
    graph.tensors[image].name = "image"
    taken = {int(mind.subgraphs[0].inputs[0]): numbers[last]}
    scores = graph.take(mind, taken)[mind.subgraphs[0].outputs[0]]
    ends = _unsigned(graph, image, scores) if unsigned else (image, scores)
    about = "joined", _description(embedding, head)
    content = packed_model(graph, about, ends, _metadata(head, unsigned))
    return append_labels(content, file_labels(head))


def _scaled(graph: Graph, image: int, side: int, wanted: int) -> int:
    """Put the averaging of ``side`` pixels to ``wanted`` before all else, if there is any to do."""
    factor = side // wanted
    if factor < 1 or factor * wanted != side:
        raise ModelError(
            f"A picture of {side} pixels cannot be averaged to the embedding's {wanted}; choose a "
            f"multiple of {wanted}."
        )
    if factor == 1:
        return image
    known = graph.tensors[image]
    known.name = "reduced"
    quantisation = known.quantization
    full = graph.tensor(
        *("image", [1, side, side, 3], quantisation.scale, int(quantisation.zeroPoint[0]))
    )
    graph.operator("AVERAGE_POOL_2D", [full], image, _window(factor))
    graph.operators.insert(0, graph.operators.pop())
    return full


def _unsigned(graph: Graph, image: int, scores: int) -> tuple[int, int]:
    """Put a QUANTIZE at both ends; the numbers of the new ends."""
    outer_image, outer_scores = graph.unsigned(image), graph.unsigned(scores)
    graph.tensors[image].name, graph.tensors[scores].name = "signed_image", "signed_scores"
    graph.operator("QUANTIZE", [outer_image], image, schema.QuantizeOptionsT())
    graph.operators.insert(0, graph.operators.pop())
    graph.operator("QUANTIZE", [scores], outer_scores, schema.QuantizeOptionsT())
    return outer_image, outer_scores


def _window(size: int) -> Any:
    return schema.Pool2DOptionsT(
        padding=schema.Padding.VALID,
        strideW=size,
        strideH=size,
        filterWidth=size,
        filterHeight=size,
    )


def _description(embedding: Embedding, head: Head) -> str:
    eyes, mind = (each.fingerprint.hex()[:12] for each in (embedding, head))
    return f"TinyTeach model of embedding {eyes} and head {mind}"


def _metadata(head: Head, unsigned: bool) -> dict[str, bytes]:
    told = f"Tells {len(head.labels)} classes apart in a picture."
    about = image_metadata(told, unsigned)
    return {"min_runtime_version": MIN_RUNTIME_VERSION, "TFLITE_METADATA": about}
