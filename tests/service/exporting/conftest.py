"""A project with a head, and what is exported of it."""

import pytest

from exported_models import NAMES, taught
from tinyteach.service.heads.exporting import export_model


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
