"""What a head's file says of itself, checked before anything is planned or relies on it.

Labels and all else stand in the .tflite file's metadata entry ``TINYTEACH_HEAD``, little-endian:
``TTH2``, 32 bytes SHA-256 of the embedding, u8 label count, per label u8 length and
UTF-8 text, u8 1 where one score more than labels stands for anything else, u8 threshold,
u16 self-test count, u16 feature count, then per self-test the int8 features and the int8
scores that they must give. Limits are those of protocol/SPEC.md, Heads. Loaded when needed only
(seldom.py).
"""

from agent.head import MAGIC
from agent.tflite.errors import ModelError

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.tflite.flatbuffer import Reader
    from agent.tflite.model import Model, Place

_ENTRY = const("TINYTEACH_HEAD")
_EXAMPLES = const("TINYTEACH_EXAMPLES")
# A RUN, a RESULT and an INFO answer hold so much.
_OUTPUTS = const(64)
_LABEL_BYTES = const(63)
# More would keep the board busy for longer than a host waits.
_SELF_TESTS = const(8)
# BuiltinOperator of the schema: FULLY_CONNECTED and SOFTMAX; between them, where the head has a
# novelty: RESHAPE, AVERAGE_POOL_2D, FULLY_CONNECTED, MUL, FULLY_CONNECTED, ADD.
_GRAPHS = ([9, 25], [9, 22, 1, 9, 18, 9, 0, 25])


def read(
    model: "Model",
) -> tuple[tuple[list[str], bytes, int, int], tuple[int, int, int], tuple[int, bytes] | None]:
    """(labels, the embedding's fingerprint, outputs, threshold), then of the self-tests (how many,
    features, where), then (where, how many of each class) of examples, or None.

    Raises ModelError where one of them is wrong.
    """
    reader, place = model.reader, model.metadata(_ENTRY)
    if place is None:
        raise ModelError("the file holds no TinyTeach head")
    start, count = place
    if bytes(reader.view(start, 4)) != MAGIC:
        raise ModelError("the head is of another format version")
    labels, at = _labels(reader, start + 36)
    background, outputs = reader.u8(at), len(labels) + reader.u8(at)
    if background > 1 or not 1 < outputs <= _OUTPUTS:
        raise ModelError("the head's outputs are out of range")
    tests, features = reader.u16(at + 2), reader.u16(at + 4)
    if tests > _SELF_TESTS:
        raise ModelError("the head has too many self-tests")
    if start + count - at - 6 != tests * (features + outputs):
        raise ModelError("the head's self-test is cut short")
    _check_graph(model, features, outputs)
    examples = _examples(reader, model.metadata(_EXAMPLES), features, len(labels) + 1)
    facts = labels, bytes(reader.view(start + 4, 32)), outputs, reader.u8(at + 1)
    return facts, (tests, features, at + 6), examples


def _labels(reader: "Reader", at: int) -> tuple[list[str], int]:
    """The labels, and where what follows them stands."""
    labels, count = [], reader.u8(at)
    at += 1
    for _ in range(min(count, _OUTPUTS)):
        size = reader.u8(at)
        try:
            label = str(bytes(reader.view(at + 1, size)), "utf-8")
        except ValueError:
            label = ""
        if not is_label(label) or label in labels:
            raise ModelError("the head's labels are damaged or alike")
        labels.append(label)
        at += 1 + size
    if not 0 < count <= _OUTPUTS:
        raise ModelError("the head has no labels or too many")
    return labels, at


def is_label(label: str) -> bool:
    """Whether a text is one: 1 to 63 bytes, whole characters, none of control."""
    if not 0 < len(label.encode()) <= _LABEL_BYTES:
        return False
    for character in label:
        code = ord(character)
        # MicroPython takes surrogates, and characters in more bytes than they need, for UTF-8.
        if code < 32 or 126 < code < 160 or code >> 11 == 27 or code > 0x10FFFF:
            return False
        if chr(code) != character:
            return False
    return True


def _check_graph(model: "Model", features: int, outputs: int) -> None:
    """One row of features to one row of scores; another graph could take minutes to plan."""
    if [operator.code for operator in model.operators] not in _GRAPHS:
        raise ModelError("a head is FULLY_CONNECTED and SOFTMAX, with or without a novelty")
    written = [model.tensor(n).elements for o in model.operators for n in o.outputs]
    if max(written) > max(features, _OUTPUTS):
        raise ModelError("the head's layers are too large")
    weights = model.operators[0].inputs[1:2]
    shapes = [model.tensor(n).shape for n in model.inputs + weights + model.outputs]
    if shapes != [(1, features), (outputs, features), (1, outputs)]:
        raise ModelError("the head's shapes do not fit its labels and features")


def _examples(
    reader: "Reader", place: "Place | None", features: int, classes: int
) -> tuple[int, bytes] | None:
    """Where the examples' vectors begin and how many there are of each class."""
    if not place or bytes(reader.view(place[0], 4)) != b"TTE1":
        return None
    start, size = place
    count = reader.u8(start + 6)
    counts = bytes(reader.view(start + 7, count))
    found = reader.u16(start + 4), count, size
    if found != (features, classes, 7 + count + sum(counts) * features):
        raise ModelError("the head's examples are damaged")
    return start + 7 + count, counts
