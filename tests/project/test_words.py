"""One word, one thing: the glossary against the documents and the code."""

import ast
import re
from collections import defaultdict

import pytest

# What the face gives stands for what lies behind it, under one name.
FACE = {"Head", "Project", "Recognised", "VirtualBoard"}


@pytest.fixture(scope="module")
def glossary(root):
    """Word → (meaning, file), as docs/architecture.md has them."""
    text = (root / "docs" / "architecture.md").read_text()
    section = text[text.index("## Words") : text.index("## The agent")]
    return {word: (what, file) for word, what, file in rows_of(section)}


def rows_of(section):
    return re.findall(r"^\| ([a-z, ]+) \| (.+) \| `([^`]+)` \|$", section, re.M)


def test_words_stand_in_order_and_name_what_is_there(root, glossary):
    assert len(glossary) > 20 and list(glossary) == sorted(glossary)
    for _, file in glossary.values():
        assert (root / file).exists() or (root / "host" / "tinyteach" / file).exists(), file


def test_words_are_those_that_users_read(root, glossary):
    pages = [root / "README.md", *(root / "docs").glob("*.md")]
    read = "\n".join(page.read_text().lower() for page in pages if page.stem != "architecture")
    for word in ", ".join(glossary).split(", "):
        assert re.search(rf"\b{word}", read), word


def classes_of(root):
    """Public classes of the host by name, with the rooms that they stand in."""
    found = defaultdict(list)
    host = root / "host" / "tinyteach"
    for path in host.rglob("*.py"):
        if not {"rom", "recipe"} & set(path.parts):
            names = [
                n.name for n in ast.parse(path.read_text()).body if isinstance(n, ast.ClassDef)
            ]
            for name in names:
                found[name].append(path.relative_to(host).parts[0])
    return {name: rooms for name, rooms in found.items() if not name.startswith("_")}


def test_no_two_things_have_one_name(root):
    several = {name: rooms for name, rooms in classes_of(root).items() if len(rooms) > 1}
    assert several.keys() == FACE
    assert all("api" in rooms and len(rooms) == 2 for rooms in several.values())


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("train", "heads/training.py"),
        ("deploy", "heads/deploying.py"),
        ("upgrade", "heads/upgrading.py"),
        ("pull", "heads/pulling.py"),
        ("retrain", "heads/retraining.py"),
        ("teach", "boards/teaching.py"),
        ("test", "heads/testing.py"),
        ("verify", "boards/verification.py"),
        ("capture", "photos/recording.py"),
    ],
)
def test_a_command_calls_what_has_its_name(root, command, module):
    tree = ast.parse((root / "host" / "tinyteach" / "service" / module).read_text())
    assert command in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
