"""What is taken along from the page is what the command line writes."""

import io
import zipfile

import pytest

from tinyteach.service.heads.exporting import export_model


def names_in(answer):
    return zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


@pytest.fixture
def trained(studio):
    studio.bench.trainer.ask()
    studio.wait("training", lambda value: value and value["status"] == "done")
    return studio


def test_photographs_report_and_model(trained, project, tmp_path):
    photographs = trained.ask("GET", "/api/download/photographs")
    assert len([name for name in names_in(photographs) if name.endswith(".png")]) == 8
    assert photographs.headers["content-disposition"].endswith("things-photographs.zip")
    report = trained.ask("GET", "/api/download/report")
    assert report.content == project.report_path("html").read_bytes()
    export_model(project.root, "tflm", tmp_path / "written")
    model = zipfile.ZipFile(io.BytesIO(trained.ask("GET", "/api/download/tflm").content))
    written = {
        f"things-tflm/{path.relative_to(tmp_path / 'written').as_posix()}": path.read_bytes()
        for path in (tmp_path / "written").rglob("*")
        if path.is_file()
    }
    assert {name: model.read(name) for name in model.namelist() if name[-1] != "/"} == written
    missing = trained.ask("GET", "/api/download").value["missing"]
    assert "tflm" in missing and {each for name, each in missing.items() if name != "grove"} == {""}
    project.report_path("html").unlink()
    gone = trained.ask("GET", "/api/download/report")
    assert gone.status == 404 and "train again" in gone.value["error"]["sentence"]
