"""What is written for each runtime: names and contents of files, the same for the same model."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyteach.head.export import runtimes
from tinyteach.head.export.c_source import c_header, c_source
from tinyteach.head.npu.compiling import Compiled

TEMPLATES = Path(__file__).with_name("templates")
MODEL, LABELS, PAGE = "model.tflite", "labels.txt", "README.md"
COMPILED = "model_vela.tflite"
ZIP = "teachable_machine.zip"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same model has the same bytes

Files = dict[str, bytes]


@dataclass(frozen=True)
class Model:
    """A joined model, and what its pages tell of it."""

    content: bytes  # the .tflite file
    outputs: tuple[str, ...]  # a name a score; "unknown" is last where the head has it
    known: int  # how many of them are classes
    threshold: int  # a best class whose score + 128 is below is unknown
    side: int  # of the picture, in pixels
    operators: tuple[str, ...]  # of the schema
    arena_bytes: int  # of its tensors
    factor: int  # how many pixels each way of a module's frame become one
    is_stretched: bool  # whether the head was trained on a module's views
    compiled: Compiled | None = None  # for a module's NPU
    unsigned: bytes = b""  # the same with uint8 at both ends, for LiteRT

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the .tflite file."""
        return hashlib.sha256(self.content).digest()

    @property
    def methods(self) -> list[str]:
        """What TFLite Micro's resolver calls its operators: Conv2D for CONV_2D."""
        words = ([w.capitalize() for w in name.split("_")] for name in self.operators)
        return ["".join(each).replace("2d", "2D") for each in words]


def files_for(runtime: str, model: Model) -> Files:
    """Content by name, with slashes; ``runtime`` is one of `runtimes.RUNTIMES`."""
    return _FILES[runtime](model)


def _litert(model: Model) -> Files:
    files = {MODEL: model.content, LABELS: _lines(model.outputs)}
    files["classify.py"] = _filled("classify.py", model)
    numbered = tuple(f"{number} {name}" for number, name in enumerate(model.outputs))
    # As in what Teachable Machine exports quantised: uint8, and a number before each label.
    files[ZIP] = _zipped({MODEL: model.unsigned, LABELS: _lines(numbered)})
    return {**files, PAGE: _filled("litert.md", model)}


def _tflm(model: Model) -> Files:
    return {**_in_c(model, ""), PAGE: _filled("tflm.md", model)}


def _in_c(model: Model, folder: str) -> Files:
    header = c_header(model.outputs, model.known, model.threshold, model.side)
    return {
        f"{folder}tinyteach_model.h": header.encode(),
        f"{folder}tinyteach_model.c": c_source(model.content, model.outputs).encode(),
    }


def _openmv(model: Model) -> Files:
    files = {MODEL: model.content, LABELS: _lines(model.outputs)}
    return {**files, "main.py": _filled("main.py", model), PAGE: _filled("openmv.md", model)}


def _arduino(model: Model) -> Files:
    return {
        "library.properties": _filled("library.properties", model),
        **_in_c(model, "src/"),
        "examples/classify/classify.ino": _filled("classify.ino", model),
        PAGE: _filled("arduino.md", model),
    }


def _grove(model: Model) -> Files:
    assert model.compiled
    files = {MODEL: model.content, COMPILED: model.compiled.content}
    return {**files, LABELS: _lines(model.outputs), PAGE: _filled("grove.md", model)}


_FILES: dict[str, Callable[[Model], Files]] = {
    runtimes.LITERT: _litert,
    runtimes.TFLM: _tflm,
    runtimes.OPENMV: _openmv,
    runtimes.GROVE: _grove,
    runtimes.ARDUINO: _arduino,
}


def _lines(names: tuple[str, ...]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _filled(name: str, model: Model) -> bytes:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # these are no pages of HTML; labels stand in them as code only
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    return environment.get_template(f"{name}.j2").render(model=model).encode()


def _zipped(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()
