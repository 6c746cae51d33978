"""What is released, and how: versions, workflows, forms, the citation."""

import re

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator

import releasing

FORMS = ("bug", "board", "feature")
FILES = {
    ".github/workflows/docs.yml": "vendor.github-workflows",
    ".github/workflows/release.yml": "vendor.github-workflows",
    ".github/ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    "CITATION.cff": "vendor.citation-file-format",
    **{f".github/ISSUE_TEMPLATE/{name}.yml": "vendor.github-issue-forms" for name in FORMS},
}


def read(root, name):
    """A YAML file's content; a workflow's `on`, which YAML takes for a truth, is a word."""
    content = yaml.safe_load((root / name).read_text())
    return {"on" if key is True else key: value for key, value in content.items()}


def errors(name, content):
    schema = get_builtin_schema(FILES[name])
    return [error.message for error in Draft7Validator(schema).iter_errors(content)]


@pytest.mark.parametrize("name", FILES)
def test_files_are_what_their_schemas_say(root, name):
    assert errors(name, read(root, name)) == []


def test_every_workflow_and_form_is_among_them(root):
    found = (root / ".github").rglob("*.yml")
    assert {path.relative_to(root).as_posix() for path in found} == set(FILES) - {"CITATION.cff"}


@pytest.mark.parametrize("spoiled", [{"jobs": {"build": {}}}, {"on": "pull"}, {"permission": {}}])
def test_a_wrong_workflow_is_found(root, spoiled):
    name = ".github/workflows/release.yml"
    assert errors(name, read(root, name) | spoiled)


def steps_of(job):
    return "\n".join(step.get("run", "") for step in job.get("steps", []))


def test_nothing_is_published_that_was_not_tried(root):
    jobs = read(root, ".github/workflows/release.yml")["jobs"]
    last = jobs["publish"]
    assert set(last["needs"]) == set(jobs) - {"publish"}
    assert last["permissions"] == {"id-token": "write"} and last["environment"] == "pypi"
    assert "tag" in last["if"] and all("timeout-minutes" in job for job in jobs.values())
    built = steps_of(jobs["build"])
    assert "python -m build" in built and "twine check --strict dist/*" in built
    assert "verify" in steps_of(jobs["wheel"]) and ".ci/run" in steps_of(jobs["tests"])


@pytest.mark.parametrize("name", ["docs", "release"])
def test_what_workflows_run_is_there(root, name):
    jobs = read(root, f".github/workflows/{name}.yml")["jobs"]
    text = "\n".join(map(steps_of, jobs.values()))
    for path in re.findall(r"(?:python )?((?:tests|bench|\.ci)/[\w/.]+)", text):
        assert (root / path).is_file(), path
    targets = re.search(r"^\.PHONY: (.+)$", (root / "Makefile").read_text(), re.M)[1].split()
    assert set(re.findall(r"^make (\w+)", text, re.M)) <= set(targets)


def test_one_version_everywhere():
    assert list(releasing.version_problems()) == []


@pytest.fixture
def tree(root, tmp_path):
    """The files that name the version, to be changed."""
    for name in [*releasing.PLACES, "CHANGELOG.md"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((root / name).read_text())
    return tmp_path


def change(tree, name, old, new):
    (tree / name).write_text((tree / name).read_text().replace(old, new, 1))


def test_another_version_in_one_place_is_found(tree):
    change(tree, "CITATION.cff", "version: 0", "version: 9")
    (problem,) = releasing.version_problems(tree)
    assert problem.startswith("CITATION.cff says version 9.")


def test_a_tag_is_of_this_version_and_has_its_part_of_the_changes(tree):
    version = releasing.versions(tree)["pyproject.toml"]
    change(tree, "CHANGELOG.md", "## Unreleased", f"## {version} (2026-01-31)")
    assert list(releasing.tag_problems(f"v{version}", tree)) == []
    assert "tag v" in next(releasing.tag_problems("v9", tree))
    change(tree, "CHANGELOG.md", f"## {version} (2026-01-31)", "## Unreleased")
    assert "Unreleased" in next(releasing.tag_problems(f"v{version}", tree))


def test_a_folder_with_something_else_is_no_release(tmp_path):
    (tmp_path / "tinyteach-1-py3-none-any.whl").touch()
    (problem,) = releasing.dist_problems(tmp_path, "1")
    assert "build into an empty folder" in problem
