"""Models in the module's flash: what Vela made of them, and the model from before that.

No computer runs what Vela makes. Whoever compiles a model for a virtual module says so
(`remember`), and the model from before is what the module runs.
"""

import struct
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tinyteach import paths
from tinyteach.embedding.litert import schema_module
from tinyteach.files import make_folder, read_file, write_atomically

# One deploy is one pair; a virtual module holds one model at a time.
PAIRS_MAX = 50
NPU_OPERATOR = b"ethos-u"
# Himax's build of the NPU: 64 MACs and 16 KB of its own memory.
CONFIG_WORD = 0x1006
# Ethos-U's driver: the payload's magic, and the low byte of the word before the config word.
PAYLOAD_MAGIC, CONFIG_ACTION = b"COP1", 1


class UnusableModelError(Exception):
    """The firmware cannot load what lies there; the message says what it does not take."""


@dataclass(frozen=True)
class CompiledModel:
    """``config_word`` is the one of the NPU that it was compiled for; shapes as in the file."""

    config_word: int
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


def remember(compiled: bytes, original: bytes) -> None:
    """Say which model a compiled one was made of; both are .tflite files. The oldest are forgotten.

    Raises ProjectError where that cannot be written.
    """
    folder = _folder()
    make_folder(folder)
    name = f"{len(compiled)}-{sha256(compiled).hexdigest()}.tflite"
    write_atomically(folder / name, original)
    others = [path for path in _by_age(folder) if path.name != name]  # whatever the clock says
    for path in others[: max(0, len(others) + 1 - PAIRS_MAX)]:
        path.unlink(missing_ok=True)


def original_of(content: bytes) -> bytes | None:
    """The model from before compiling, where ``content`` begins with one that was remembered."""
    for path in reversed(_by_age(_folder())):
        size, _, digest = path.stem.partition("-")
        if sha256(content[: int(size)]).hexdigest() == digest:
            return read_file(path)
    return None


def _folder() -> Path:
    return paths.state_dir() / "virtual" / "compiled"


def _by_age(folder: Path) -> list[Path]:
    found = [(path.stat().st_mtime_ns, path) for path in folder.glob("*-*.tflite")]
    return [path for _, path in sorted(found)]


def examine(content: bytes) -> CompiledModel:
    """What the firmware reads in a model; UnusableModelError where it would not load."""
    try:
        return _examine(schema_module().Model.GetRootAs(content, 0))
    except (ValueError, IndexError, TypeError, AttributeError, struct.error) as error:
        raise UnusableModelError("it is damaged or cut short") from error


def _examine(model: Any) -> CompiledModel:
    graph = model.Subgraphs(0)
    codes = [model.OperatorCodes(i).CustomCode() for i in range(model.OperatorCodesLength())]
    operators = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    if not operators or any(codes[each.OpcodeIndex()] != NPU_OPERATOR for each in operators):
        raise UnusableModelError("not all of it is for the NPU")
    stream = graph.Tensors(operators[0].Inputs(0)).Buffer()
    return CompiledModel(
        _config_word(model.Buffers(stream).DataAsNumpy().tobytes()),
        _shape(graph.Tensors(graph.Inputs(0))),
        _shape(graph.Tensors(graph.Outputs(0))),
    )


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(int(side) for side in tensor.ShapeAsNumpy())


def _config_word(payload: bytes) -> int:
    magic, action, word = struct.unpack_from("<4sII", payload)
    if magic != PAYLOAD_MAGIC or action & 0xFF != CONFIG_ACTION:
        raise UnusableModelError("its NPU operator has no commands")
    return int(word)
