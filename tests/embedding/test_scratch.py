"""Whose a scratch folder is, and what identifies its data."""

import pytest

from tinyteach.embedding.recipe.scratch import claim, file_facts
from tinyteach.errors import UsageError


def test_a_scratch_folder_is_claimed_once(tmp_path):
    claim(tmp_path / "run", {"maps": [50, 58]})
    claim(tmp_path / "run", {"maps": [50, 58]})
    (tmp_path / "run" / "settings.json").write_text("cut sho")
    with pytest.raises(UsageError, match="empty folder"):
        claim(tmp_path / "run", {"maps": [50, 58]})


def test_a_folders_digest_is_that_of_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"1")
    before = file_facts(tmp_path / "a")["sha256"]
    assert file_facts(tmp_path / "a")["sha256"] == before
    (tmp_path / "a" / "1.png").rename(tmp_path / "a" / "2.png")
    assert file_facts(tmp_path / "a")["sha256"] != before
