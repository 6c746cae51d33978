"""The doctor's page for a person and for scripts."""

import json

from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.errors import BoardNotFoundError
from tinyteach.service.doctor.examination import CHECKS


def test_page(tinyteach, board):
    result = tinyteach("-b", board.port, "doctor")
    lines = result.out.splitlines()
    assert result.code == 0 and result.err == ""
    assert len(lines) == len(CHECKS) + 1 and all(len(line) < 100 for line in lines)
    assert lines[0].split() == ["ok", "port", board.port]
    assert {line.split()[0] for line in lines[:-1]} == {"ok", "–"}
    assert lines[-1] == "All is well, as far as it could be looked at."


def test_json(tinyteach, board):
    found = json.loads(tinyteach("-b", board.port, "doctor", "--json").out)
    assert found["healthy"] and found["board"] == board.port
    assert {"name", "status", "found", "fix", "exit_code"} == set(found["findings"][0])


def test_fault_is_the_page_and_the_exit_code(tinyteach):
    result = tinyteach("--board", "/dev/ttyNONE", "doctor")
    assert result.code == exit_code_of(BoardNotFoundError) and result.err == ""
    assert result.out.startswith("FIX  port          There is no port /dev/ttyNONE; 'tinyteach")
    assert "1 to be mended; begin with port" in result.out


def test_unreadable_registry_is_one_line(tinyteach, tmp_path):
    file = tmp_path / "home" / "config" / "boards.json"
    file.parent.mkdir(parents=True)
    file.write_text("{not json")
    result = tinyteach("--board", "desk", "doctor")
    assert "delete it and pair the boards again" in result.out and "Traceback" not in result.err
