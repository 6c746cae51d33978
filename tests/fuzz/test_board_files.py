"""What lies on a board and is damaged there: read or refused, on both word sizes."""

from pathlib import Path

import pytest

from fuzz.board_files import as_lines, cases

ON_BOARD = Path(__file__).with_name("on_board.py")


@pytest.mark.parametrize("count", [150, pytest.param(5_000, marks=pytest.mark.soak)])
def test_damaged_files_are_read_or_refused(micropython, tmp_path, count):
    given = cases(count)
    said = micropython.run(ON_BOARD, str(tmp_path), stdin=as_lines(given)).split()
    assert len(said) == len(given)
    accepted = {kind for (kind, _), answer in zip(given, said, strict=True) if answer == "read"}
    assert accepted == {"rules", "button", "slots", "key", "number", "upload"} and "refused" in said
