"""How an extra is added says what fits the installation."""

import json

import pytest

from tinyteach.extras import command_for, how_to_add

FOLDER = "file:///home/me/my%20tools/tinyteach"


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "pip install 'tinyteach[grove]'"),
        ({"url": FOLDER, "dir_info": {}}, "pip install '/home/me/my tools/tinyteach[grove]'"),
        (
            {"url": FOLDER, "dir_info": {"editable": True}},
            "pip install -e '/home/me/my tools/tinyteach[grove]'",
        ),
        (
            {"url": "https://host/t.git", "vcs_info": {"vcs": "git", "commit_id": "ab12"}},
            "pip install 'tinyteach[grove] @ git+https://host/t.git@ab12'",
        ),
        (
            {"url": "https://host/t.whl", "archive_info": {}},
            "pip install 'tinyteach[grove] @ https://host/t.whl'",
        ),
        ([], "pip install 'tinyteach[grove]'"),
    ],
)
def test_the_command_fits_where_the_package_came_from(origin, command):
    assert command_for("grove", None if origin is None else json.dumps(origin)) == command


def test_a_damaged_note_of_the_origin():
    assert command_for("lab", "{") == "pip install 'tinyteach[lab]'"


def test_this_installation_has_such_a_command():
    assert how_to_add("lab").startswith("pip install ") and "[lab]" in how_to_add("lab")
