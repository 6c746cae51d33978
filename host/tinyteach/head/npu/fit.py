"""Whether a Grove Vision AI V2 can run a model: asked before it is compiled, and before flashing.

Its firmware refuses some models and stops at others, so what it cannot run never gets there.
"""

import struct
from typing import Any

from tinyteach.embedding.litert import schema_module
from tinyteach.errors import ModelError

ARENA_BYTES = 1100 << 10  # what its firmware keeps for tensors
SIDE_STEP = 32
NPU_OPERATOR = b"ethos-u"
# The NPU's configuration register: 6 for 2⁶ multiply-accumulates a cycle, 16 KB of SHRAM.
CONFIGURATION = 0x1006
_MAGIC, _CONFIGURE = b"COP1", 1  # of the driver's actions: what they begin with, and one of them

_USE = "use base or tiny as the embedding"


def check_model(content: bytes) -> None:
    """ModelError where a joined model's picture or scores are none that the firmware takes.

    It wants int8 [1, N, N, 3], N a multiple of 32, and int8 [1, outputs], two or more.
    """
    graph = _graph(content)[0]
    ends = [graph.tensors[of[0]] for of in (graph.inputs, graph.outputs) if len(of) == 1]
    int8 = schema_module().TensorType.INT8
    if len(ends) != 2 or any(tensor.type != int8 for tensor in ends):
        raise _refused("it has not one int8 input and one int8 output")
    picture, scores = (tuple(map(int, tensor.shape)) for tensor in ends)
    side = picture[1] if len(picture) == 4 else 0
    if side < SIDE_STEP or side % SIDE_STEP or picture != (1, side, side, 3):
        raise _refused(f"its input is no square RGB picture of a multiple of {SIDE_STEP} pixels")
    if len(scores) != 2 or scores[0] != 1 or scores[1] < 2:
        raise _refused("its output is no row of two scores or more")


def check_compiled(content: bytes, arena_bytes: int) -> None:
    """ModelError where what Vela made is not all on the NPU, for another one, or too large."""
    check_model(content)
    graph, codes = _graph(content)
    left = [codes[op.opcodeIndex] for op in graph.operators if not _is_npu(codes[op.opcodeIndex])]
    if left:
        names = ", ".join(sorted({_name(code) for code in left}))
        raise _refused(f"its NPU does not have {names}")
    if len(graph.operators) != 1:
        raise _refused(f"it takes {len(graph.operators)} operators of the NPU and not one")
    found = _configuration(graph)
    if found != CONFIGURATION:
        raise _refused(f"it is compiled for another NPU, {found:#x} and not {CONFIGURATION:#x}")
    if arena_bytes > ARENA_BYTES:
        raise _refused(f"it takes {arena_bytes >> 10} KB of memory and not {ARENA_BYTES >> 10}")


def _refused(reason: str) -> ModelError:
    return ModelError(f"A Grove Vision AI V2 cannot run this model, as {reason}; {_USE}.")


def _graph(content: bytes) -> tuple[Any, list[Any]]:
    """The first graph of a .tflite file that TinyTeach or Vela made, and its operators' codes."""
    try:
        model = schema_module().ModelT.InitFromPackedBuf(content, 0)
        graph = model.subgraphs[0]
        graph.buffers = model.buffers
        return graph, model.operatorCodes
    except (struct.error, IndexError, TypeError, ValueError) as error:
        raise _refused("it is damaged") from error


def _is_npu(code: Any) -> bool:
    return bool(code.customCode == NPU_OPERATOR)


def _name(code: Any) -> str:
    names = {number: name for name, number in vars(schema_module().BuiltinOperator).items()}
    custom = (code.customCode or b"").decode(errors="replace")
    return custom or str(names.get(code.builtinCode, f"operator {code.builtinCode}"))


def _configuration(graph: Any) -> int:
    """The configuration that the command stream asks the NPU to have; 0 where it asks for none."""
    (operator,) = graph.operators
    data = graph.buffers[graph.tensors[operator.inputs[0]].buffer].data
    stream = b"" if data is None else bytes(data)
    if stream[:4] != _MAGIC or len(stream) < 12 or stream[4] != _CONFIGURE:
        return 0
    return int(struct.unpack_from("<I", stream, 8)[0])
