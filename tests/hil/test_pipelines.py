"""The example's pipelines name what there is, and do with pytest's codes what the page says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml

from patience import PATIENCE_S
from tinyteach.hil.ends import CODE_ONLY_ON_RETRY
from tinyteach.hil.report.files import JUNIT, SUMMARY

GITHUB, GITLAB = ".github/workflows/boards.yml", ".gitlab-ci.yml"
ENDS = (0, 1, CODE_ONLY_ON_RETRY, 21, 25)


@pytest.fixture
def example(root):
    return root / "examples" / "hil_ci"


@pytest.fixture
def github(example):
    return yaml.safe_load((example / GITHUB).read_text())["jobs"]


@pytest.fixture
def gitlab(example):
    told = yaml.safe_load((example / GITLAB).read_text())
    return {name: told[".boards"] | told[name] for name in ("virtual", "hardware")}


def scripts_of(github, gitlab):
    """Each job's shell code, all of it."""
    runs = [[step["run"] for step in job["steps"] if "run" in step] for job in github.values()]
    return ["\n".join(lines) for lines in [*runs, *(job["script"] for job in gitlab.values())]]


def test_options_and_extras_exist(github, gitlab, plugin_options, root):
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for script in scripts_of(github, gitlab):
        subprocess.run(["bash", "-n"], input=script, check=True, text=True)
        named = set(re.findall(r"--tt-[a-z-]+", script))
        assert {"--tt-board", "--tt-retries", "--tt-record"} <= named <= plugin_options
        (extra,) = re.findall(r"tinyteach\[(\w+)\]", script)
        assert extra in extras["optional-dependencies"]


def test_a_pull_request_reaches_no_board_of_yours(github, gitlab):
    assert "push" not in github["hardware"]["if"] and "request" not in github["hardware"]["if"]
    assert "self-hosted" in github["hardware"]["runs-on"]
    assert gitlab["hardware"]["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
    assert gitlab["hardware"]["tags"]


def test_reports_are_kept(github, gitlab, example):
    assert "--tt-report=report" in (example / "pytest.ini").read_text()
    for job in github.values():
        kept = next(step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
        summary = next(step for step in job["steps"] if step.get("name") == "summary")
        assert kept["with"]["path"].split() == ["report/", "tapes/"]
        assert f'report/{SUMMARY} >> "$GITHUB_STEP_SUMMARY"' in summary["run"]
        assert kept["if"] == summary["if"] == "always()"
    for job in gitlab.values():
        assert job["artifacts"]["paths"] == ["report/", "tapes/"]
        assert job["artifacts"]["reports"]["junit"] == f"report/{JUNIT}"
        assert f"@report/{SUMMARY}" in job["after_script"][0]


@pytest.fixture
def ended(tmp_path):
    """ended(script, code): (what it ends with where pytest does with ``code``, its words)."""
    stub = tmp_path / ".venv" / "bin" / "pytest"
    stub.parent.mkdir(parents=True)
    stub.write_text('#!/bin/sh\necho "$@" > words\nexit $CODE\n')
    stub.chmod(0o755)

    def run(script, code):
        path = f"{stub.parent}{os.pathsep}{os.environ['PATH']}"
        env = {"PATH": path, "CODE": str(code), "BOARD": "lab:xiao"}
        command = ["bash", "-e", "-c", script]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        return done.returncode, done.stdout, shlex.split((tmp_path / "words").read_text())

    return run


def test_what_a_job_ends_with(github, gitlab, ended, tmp_path):
    for code in ENDS:
        for job in github.values():
            script = next(step["run"] for step in job["steps"] if step.get("name") == "test")
            got, said, _ = ended(script, code)
            assert got == (0 if code == CODE_ONLY_ON_RETRY else code)
            assert ("::warning::" in said) == (code == CODE_ONLY_ON_RETRY)
        for job in gitlab.values():
            assert ended("\n".join(job["script"][1:]), code)[0] == code
            assert job["allow_failure"] == {"exit_codes": CODE_ONLY_ON_RETRY}
    script = "\n".join(gitlab["hardware"]["script"][1:])
    before = ended(script, 0)[2]
    (tmp_path / "baseline.json").touch()
    assert ended(script, 0)[2] == [*before, "--tt-baseline=baseline.json"]
    assert "--tt-board=lab:xiao" in before


@pytest.mark.soak
def test_the_page_s_steps(root, example, tmp_path):
    """As it has them, but for the installation: red with the sentences shown, then green again."""
    project = shutil.copytree(example, tmp_path / "boards")
    page = (root / "docs" / "ci.md").read_text()
    plant, mend = re.findall(r"^sed .*$", page, re.MULTILINE)
    shown = re.search(r"^```\n(accuracy is.*?)^```", page, re.MULTILINE | re.DOTALL)[1]

    def run(line):
        subprocess.run(shlex.split(line), cwd=project, check=True)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        done = subprocess.run(
            command, cwd=project, capture_output=True, timeout=PATIENCE_S, text=True
        )
        return done.returncode, " ".join(done.stdout.split())

    code, said = run(plant)
    assert code == 1 and " ".join(shown.split()) in said, said
    code, said = run(mend)
    assert code == 0 and "5 passed" in said, said
