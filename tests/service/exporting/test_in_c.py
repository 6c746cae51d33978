"""The model as C, by the compilers that are here."""

import hashlib
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exported_models import NAMES, files_in
from patience import PATIENCE_S
from tinyteach.head.export.c_source import c_string

WARNED = ("-Wall", "-Wextra", "-Werror", "-pedantic")
PRINTS = """
#include <stdio.h>
#include <stdint.h>
#include "tinyteach_model.h"

int main(void) {
  printf("%d %d ", TINYTEACH_SIDE, TINYTEACH_OUTPUTS);
  printf("%d %d\\n", TINYTEACH_CLASSES, TINYTEACH_THRESHOLD);
  printf("%d\\n", (int)((uintptr_t)tinyteach_model % 16));
  for (int i = 0; i < TINYTEACH_OUTPUTS; i++) printf("%s\\n", tinyteach_labels[i]);
  fwrite(tinyteach_model, 1, tinyteach_model_bytes, stdout);
  return 0;
}
"""
COMPILERS = {
    "C99": ("gcc", "-std=c99"),
    "C11": ("gcc", "-std=c11"),
    "C++17": ("g++", "-std=c++17"),
}


def built(compiler, sources, folder, target):
    """The program of sources, which no warning is given of."""
    command = [*compiler, *WARNED, f"-I{folder}", *sources, "-o", target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return subprocess.run([target], capture_output=True, timeout=PATIENCE_S, check=True).stdout


@pytest.mark.parametrize("compiler", COMPILERS.values(), ids=COMPILERS)
@pytest.mark.parametrize(("runtime", "below"), [("tflm", ""), ("arduino", "src")])
def test_the_array_compiles_and_is_the_model(exported, outputs, tmp_path, compiler, runtime, below):
    folder, told = exported(runtime)
    main = tmp_path / "main.c"
    main.write_text(PRINTS)
    sources = [main, folder / below / "tinyteach_model.c"]
    printed = built(compiler, sources, folder / below, tmp_path / "program")
    first, aligned, *labels = printed.split(b"\n", 2 + len(outputs))
    assert first == f"64 {len(outputs)} {len(NAMES)} 0".encode() and aligned == b"0"
    *named, content = labels
    assert [label.decode() for label in named] == [*outputs]
    assert hashlib.sha256(content).hexdigest() == told.fingerprint


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
def test_any_text_is_a_string_literal_of_c(texts):
    """Python reads such escapes as C does: three octal digits at most, and adjacent none."""
    for text in texts:
        literal = c_string(text)
        assert literal.isascii() and literal.isprintable() and "?" not in literal
        assert eval(f"b{literal}").decode() == text


def test_strings_that_a_compiler_may_take_for_more(tmp_path):
    texts = ['"; int x = "', "\\", "??=", "*/", "%s", "7\\0", "ü7", "猫", "\x01" + "2"]
    rows = ",".join(map(c_string, texts))
    main = tmp_path / "main.c"
    main.write_text(
        f"#include <stdio.h>\nconst char *const t[] = {{{rows}}};\n"
        f"int main(void) {{ for (int i = 0; i < {len(texts)}; i++) puts(t[i]); return 0; }}\n"
    )
    printed = built(COMPILERS["C99"], [main], tmp_path, tmp_path / "program")
    assert printed.decode().splitlines() == texts


@pytest.mark.parametrize("runtime", ["tflm", "arduino"])
def test_every_operator_is_asked_of_tflite_micro(exported, runtime):
    folder, _ = exported(runtime)
    text = "".join((folder / name).read_text() for name in files_in(folder) if name[-2:] != ".c")
    for name in ("Conv2D", "Add", "Reshape", "FullyConnected", "Softmax", "AveragePool2D", "Mul"):
        assert f"resolver.Add{name}();" in text
    assert "MicroMutableOpResolver<7>" in text


# What the pages' code uses of TFLite Micro and of Arduino, as their headers declare it.
DECLARED = """
#include <cstddef>
#include <cstdint>
#include <cstring>
enum TfLiteStatus { kTfLiteOk, kTfLiteError };
struct TfLiteTensor { union { int8_t *int8; void *data; } data; };
namespace tflite {
struct Model;
const Model *GetModel(const void *);
struct MicroOpResolver {};
template <unsigned> struct MicroMutableOpResolver : MicroOpResolver {
  TfLiteStatus AddConv2D(); TfLiteStatus AddAdd(); TfLiteStatus AddReshape();
  TfLiteStatus AddFullyConnected(); TfLiteStatus AddAveragePool2D(); TfLiteStatus AddMul();
  TfLiteStatus AddSoftmax();
};
struct MicroInterpreter {
  MicroInterpreter(const Model *, const MicroOpResolver &, uint8_t *, size_t);
  TfLiteStatus AllocateTensors(); TfLiteStatus Invoke();
  TfLiteTensor *input(size_t); TfLiteTensor *output(size_t);
};
}
struct Port { void begin(long); void println(const char *); };
extern Port Serial;
void delay(unsigned long);
"""


@pytest.mark.parametrize("runtime", ["tflm", "arduino"])
def test_the_page_s_code_compiles(exported, tmp_path, runtime):
    """All of it, as it is copied from there."""
    folder, _ = exported(runtime)
    if runtime == "tflm":
        code = (folder / "README.md").read_text().split("```cpp\n")[1].split("```")[0]
    else:
        code = (folder / "examples" / "classify" / "classify.ino").read_text()
    included = [line.split()[1].strip('<>"') for line in code.splitlines() if "#include" in line]
    assert included.pop() == "tinyteach_model.h"
    for name in included:
        (tmp_path / "headers" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "headers" / name).write_text("#pragma once\n")
    (tmp_path / "declared.h").write_text(DECLARED)
    (tmp_path / "code.cpp").write_text(code)
    where = (f"-I{tmp_path / 'headers'}", f"-I{folder / ('src' if runtime == 'arduino' else '')}")
    command = [*COMPILERS["C++17"], *WARNED, "-Wno-unused-function", *where, "-fsyntax-only"]
    command += ["-include", tmp_path / "declared.h", tmp_path / "code.cpp"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
