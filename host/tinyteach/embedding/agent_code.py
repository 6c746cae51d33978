"""The agent's own loaders of models, run on this computer: what they refuse, a board refuses.

The modules are those that pairing installs, with the plain kernels of a board without native code.
They are kept apart from Python's own modules, and are given what MicroPython has built in.
"""

import builtins
import contextlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from tinyteach.errors import ModelError
from tinyteach.files import write_atomically
from tinyteach.firmware import firmware_dir, suits
from tinyteach.plain_text import plain
from tinyteach_protocol.operator_names import operator_name

PACKAGE = "agent"
# How much of this computer's memory the model takes is no question; pairing asks for the board's.
# Nor is it tidied up after each operator, which takes longer in a large program than all the rest.
_BUILT_IN = {"gc": SimpleNamespace(collect=lambda: 0, mem_free=lambda: 1 << 30)}
_NOT_RUN = "Boards cannot run this .tflite model ({}); {}."
# BuiltinOperator of the schema, and the most codes that the agent reads.
_CUSTOM, _MAX_CODES = 32, 256
_OPERATORS = "make one of operators that they have: {}"
# What converters write in RESHAPE's place where a batch may be of any size.
_OF_ANY_BATCH = "SHAPE"
_ONE_IMAGE = (
    "SHAPE and what goes with it are there for a batch of any size: make it again of a network "
    "that takes one image (in Keras: batch_shape=(1, 96, 96, 3))"
)


@cache
def module(name: str) -> Any:
    """The agent's module of that full name, such as ``agent.tflite.model``."""
    path = firmware_dir().joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not (path.is_file() and suits(path.name, "")):
        raise ImportError(f"no module {name} here")
    made = ModuleType(name)
    own = {**vars(builtins), "const": lambda value: value, "__import__": _import}
    vars(made).update(__builtins__=own, __file__=str(path))
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(made))
    return made


def _import(
    name: str, globals: Any = None, locals: Any = None, wanted: Sequence[str] = (), level: int = 0
) -> Any:
    """``from agent… import …`` inside of the agent, the only form there; all else is Python's."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    if name.split(".")[0] != PACKAGE:
        return builtins.__import__(name, globals, locals, wanted, level)
    found = module(name)
    for part in wanted or ():
        if not hasattr(found, part):
            with contextlib.suppress(ImportError):  # then Python says so by itself
                setattr(found, part, module(f"{name}.{part}"))
    return found


def operators() -> dict[int, str]:
    """What boards run: the schema's number of each operator → its name."""
    return {code: operator_name(code) for code in _kinds()}


def _kinds() -> dict[int, Any]:
    """The schema's number of each operator → the agent's class for it."""
    return {**module("agent.tflite.ops").OPERATORS, **module("agent.tflite.embedding").OPERATORS}


def operators_of(content: bytes) -> tuple[str, ...]:
    """The schema's names of the operators in a .tflite file, each once."""
    with model_of(content) as model:
        return tuple(dict.fromkeys(operator_name(each.code) for each in model.operators))


def steps_of(content: bytes) -> tuple[list[tuple[str, tuple[int, ...], int]], int]:
    """What a board runs of a .tflite file, in its order, and which tensor it gives.

    Of each operator the kernel, its result's shape and number. ModelError where boards cannot.
    """
    with model_of(content) as model:
        built = module("agent.tflite.ops").build(model)
        steps = [
            (op.kernel, tuple(model.tensor(op.output).shape), op.output)
            for op in built
            if op.kernel
        ]
        return steps, model.outputs[0]


@contextlib.contextmanager
def model_of(content: bytes) -> Iterator[Any]:
    """The agent's reading of a .tflite file; what it refuses is a ModelError of ours."""
    try:
        yield module("agent.tflite.model").Model(io.BytesIO(content), len(content))
    except _refusal() as error:
        raise ModelError(
            f"This is no .tflite model that boards can read ({error}); choose another file."
        ) from error


def load_embedding(content: bytes) -> Any:
    """The agent's recogniser with this embedding: ``side``, ``output``, ``arena_bytes``.

    Raises ModelError with a sentence that names what boards cannot do.
    """
    recogniser = module("agent.recogniser").Recogniser()
    with _file_of(content) as path:
        try:
            recogniser.load_embedding(str(path), b"")
        except _refusal() as error:
            raise ModelError(_why_not(content, str(error))) from error
    return recogniser


def read_head(content: bytes) -> Any:
    """What the agent's ``card.read`` says of a head file; its places are those in the file.

    ModelError where no board would put this head to work, whatever its embedding: what it says of
    itself, its graph and its tensors. The numbers in them are for its self-test.
    """
    of_model = module("agent.tflite.model")
    kinds = [of_model.INT8, of_model.INT8, of_model.INT32, of_model.INT8]
    with model_of(content) as model:
        try:
            facts = module("agent.card").read(model)
            module("agent.tflite.ops").build(model)
            tensors = [model.tensor(n) for n in model.operators[0].inputs + model.outputs]
        except _refusal() as error:
            raise ModelError(f"Boards take no such head ({error}); train again.") from error
        if [tensor.type for tensor in tensors] != kinds or not _are_whole(*tensors[1:3]):
            raise ModelError("Boards take no such head (its tensors do not fit); train again.")
    return facts


def _are_whole(weights: Any, bias: Any) -> bool:
    """Whether both have their numbers in the file, which the agent has measured by their shapes."""
    are_there = weights.data is not None and bias.data is not None
    return are_there and bias.elements == weights.shape[0]


def metadata(content: bytes, name: str) -> bytes:
    """A .tflite file's metadata entry of that name; empty where there is none."""
    with model_of(content) as model:
        start, count = model.metadata(name) or (0, 0)
        return bytes(model.reader.view(start, count))


@contextlib.contextmanager
def _file_of(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        write_atomically(path, content)
        yield path


def _refusal() -> Any:
    return module("agent.tflite.errors").ModelError


def _why_not(content: bytes, reason: str) -> str:
    """The refusal with the names of the operators that are lacking, or are asked too much."""
    kinds = _kinds()
    with model_of(content) as model:
        lacking = {operator.code for operator in model.operators} - set(kinds)
        if lacking:
            names = sorted(_own_name(model, code) for code in lacking)
            advice = _ONE_IMAGE if _OF_ANY_BATCH in names else _advice()
            return _NOT_RUN.format(f"it uses {', '.join(names)}", advice)
        for operator in model.operators:
            try:
                kinds[operator.code](model, operator)
            except _refusal() as error:
                name = operator_name(operator.code)
                return _NOT_RUN.format(f"{name}: {error}", "make one without that")
    return _NOT_RUN.format(reason, "make a smaller or simpler one")


def _own_name(model: Any, code: int) -> str:
    """An operator's name; of one that is not the schema's, what its maker calls it, too."""
    name, reader = operator_name(code), model.reader
    if code != _CUSTOM:
        return name
    own = set()
    for table in reader.field_tables(model._root, 1, _MAX_CODES):
        start, count = reader.field_vector(table, 1, 1)
        own.add(bytes(reader.view(start, count)).decode(errors="replace"))
    told = ", ".join(sorted(plain(each) for each in own if each))
    return f"{name} ({told})" if told else name


def _advice() -> str:
    return _OPERATORS.format(", ".join(sorted(operators().values())))
