"""The facts per board: complete, told apart, and the same in their pages."""

import json
import re

import pytest

from tinyteach.board_facts import STAGES, all_facts, facts_of
from tinyteach.firmware import boards_dir

FILES = sorted(boards_dir().glob("*.json"))
MODULES = ("camera", "csi")
UNMEASURED = "not yet measured on hardware"
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path):
    return json.loads(path.read_text())


@each
def test_facts_are_complete(path):
    facts = read(path)
    latency = facts["budget"]["latency_p95_ms"]
    assert facts["name"] and facts["source"]
    assert facts["budget"]["heap_peak_bytes"] > 0
    assert (latency is None) == (UNMEASURED in facts["source"])
    assert latency is None or set(latency) == set(STAGES)


@each
def test_every_board_but_the_virtual_one_has_its_firmware(path):
    facts = read(path)
    assert ("firmware" in facts) == (path.stem != "virtual")
    assert "firmware" not in facts or "firmware:" in facts["source"]


@each
def test_camera_pins_are_no_pin_twice(path):
    camera = read(path)["camera"]
    if camera is None:
        return
    assert camera["module"] in MODULES
    settings = dict(camera["settings"])
    settings.pop("xclk_freq", None)
    pins = settings.pop("data_pins", [])
    assert len(pins) in (0, 8)
    pins = pins + list(settings.values())
    assert len(set(pins)) == len(pins) and all(0 <= pin <= 48 for pin in pins)


@each
def test_a_board_finds_its_own_facts(path):
    facts = read(path)
    if facts["machine"]:
        assert facts_of(f"Some {facts['machine']} board").name == facts["name"]


def test_an_unknown_board_has_none():
    assert facts_of("Acme board with Z80") is None


def test_facts_are_read_in_one_place(root):
    assert [each.key for each in all_facts()] == [path.stem for path in FILES]
    sources = (root / "host" / "tinyteach").rglob("*.py")
    reading = [path.name for path in sources if "boards_dir()" in path.read_text()]
    assert sorted(reading) == ["board_facts.py", "firmware.py"]


@each
def test_page_names_the_file_and_its_settings(path, root):
    facts = read(path)
    text = (root / "docs" / "boards" / facts["page"]).read_text()
    assert path.name in text
    assert path.stem == "virtual" or UNMEASURED in text.lower()
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    settings = facts["camera"] and facts["camera"]["settings"]
    assert not settings or settings in shown


@each
def test_page_names_the_release_of_each_sensor(path, root):
    facts = read(path)
    text = (root / "docs" / "boards" / "xiao_esp32s3_sense.md").read_text()
    for sensor, release in facts.get("firmware", {}).get("releases", {}).items():
        assert re.search(rf"^\| {sensor} \| {re.escape(release)}\b", text, re.MULTILINE)


def test_every_page_belongs_to_a_file(root):
    """But a module's: it runs no agent, so there are no facts for one."""
    pages = {page.name for page in (root / "docs" / "boards").glob("*.md")}
    pages -= {"README.md", "grove_vision_ai_v2.md"}
    assert pages == {read(path)["page"] for path in FILES}
