"""SPEC.md says what the code does: every table, the example, the diagrams."""

import importlib
import re
import struct

import pytest

from tinyteach.data import names
from tinyteach.head.fit import train
from tinyteach.head.format import head_file
from tinyteach.head.format import limits as head_limits
from tinyteach_protocol import frame, messages, sealed_session, session
from tinyteach_protocol.error_sentences import ERRORS, STATES

FLAG_NAMES = {"once": messages.ONCE, "slow": messages.SLOW, "one-way": messages.ONE_WAY}
PARTS = ("request", "response", "event", "error")


@pytest.fixture(scope="module")
def spec(root):
    return (root / "protocol" / "SPEC.md").read_text(encoding="utf-8")


def rows(text):
    """The cells of every table row in a piece of markdown."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section(spec, title):
    """The text under a heading, up to the next heading of whatever level."""
    match = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", spec, re.M | re.S)
    assert match, title
    return match[1]


def message_sections(spec):
    pattern = r"^### 0x(\w\w) (\w+)(?: · ([\w ,-]+))?\n(.*?)(?=^#|\Z)"
    for number, name, flags, text in re.findall(pattern, spec, re.M | re.S):
        fields = {part: [] for part in PARTS}
        for part, field, kind, _ in rows(text):
            if part in fields:
                fields[part].append((field, kind))
        words = [word.strip() for word in flags.split(",")] if flags else []
        yield int(number, 16), name, sum(FLAG_NAMES[word] for word in words), fields


def test_messages(spec):
    described = {number: (name, *rest) for number, name, *rest in message_sections(spec)}
    assert set(described) == set(messages.VERBS) | set(messages.EVENTS) | {messages.ERROR}
    for verb, (name, flags, request, response) in messages.VERBS.items():
        fields = {"request": list(request), "response": list(response), "event": [], "error": []}
        assert described[verb] == (name, flags, fields)
    for event, (name, fields) in messages.EVENTS.items():
        assert described[event][0] == name
        assert described[event][2]["event"] == list(fields)
    assert described[messages.ERROR][2]["error"] == list(messages.ERROR_FIELDS)


def test_error_codes(spec):
    table = {int(row[0]): row[1] for row in rows(section(spec, "Error codes")) if row[0].isdigit()}
    assert table == {code: name for code, (name, _) in ERRORS.items()}


def test_states(spec, root):
    """Those that no error code is, the agent has as numbers of its own."""
    table = [row for row in rows(section(spec, "States")) if row[0].isdigit()]
    assert {int(row[0]): row[1] for row in table} == {n: name for n, (name, _, _) in STATES.items()}
    turns = (root / "firmware_agent" / "agent" / "alone" / "turns.py").read_text()
    for number, (name, found, _) in STATES.items():
        assert ERRORS.get(number, (name,))[0] == name
        assert number in ERRORS or f"\n_{name} = const({number})\n" in turns
        row = next(row for row in table if row[1] == name)
        assert ("{}" in found) == bool(row[3])


@pytest.mark.parametrize("title", ["Objects", "Pixel formats", "Teaching"])
def test_numbers(spec, title):
    table = [row for row in rows(section(spec, title)) if row[0].isdigit()]
    assert table
    for number, name, *_ in table:
        assert getattr(messages, name) == int(number)


def test_pixel_bytes(spec):
    table = [row for row in rows(section(spec, "Pixel formats")) if row[0].isdigit()]
    assert {int(row[0]): int(row[2]) for row in table} == messages.PIXEL_BYTES


def test_capabilities(spec):
    (line,) = [row[3] for row in rows(section(spec, "0x01 HELLO")) if row[1] == "capabilities"]
    for number, name in re.findall(r"(\d+) ([A-Z_]+)", line):
        known = messages if hasattr(messages, "CAP_" + name) else sealed_session
        assert getattr(known, "CAP_" + name) == int(number)
    assert len(re.findall(r"\d+ [A-Z_]+", line)) == 7


def test_limits(spec):
    found = re.findall(r"^\| .+ \| (\d+) \| `(\w+)\.(\w+)` \|$", spec, re.M)
    assert len(found) == 16
    for value, module, name in found:
        constant = getattr(importlib.import_module("tinyteach_protocol." + module), name)
        assert constant == int(value), name


def test_limits_of_a_head(spec, root):
    found = re.findall(r"^\| .+ \| (\d+) \| `(\w+\.py)` `(\w+)` \|$", section(spec, "Heads"), re.M)
    assert len(found) == 4
    for value, file, name in found:
        source = (root / "firmware_agent" / "agent" / file).read_text()
        assert f"\n{name} = const({value})\n" in source
    limits = {name: int(value) for value, _, name in found}
    assert limits["_HEAD_BYTES"] == head_file.MAX_FILE_BYTES
    assert limits["_OUTPUTS"] == head_limits.MAX_CLASSES == names.CLASSES_MAX + 1
    assert limits["_LABEL_BYTES"] == head_limits.MAX_LABEL_BYTES == names.MAX_NAME_BYTES
    assert limits["_SELF_TESTS"] >= train.SELF_TESTS


def crc32_by_definition(data):
    """Bit by bit, as the polynomial says: no code shared with binascii."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_example_is_right_by_the_definition_and_is_what_the_code_sends(spec):
    (line,) = re.findall(r"^F5 54 .*$", section(spec, "Example"), re.M)
    data = bytes.fromhex(line)
    assert crc32_by_definition(data[:8]) == 0xBE0A362B
    assert crc32_by_definition(data[:18]) == 0x8AD564C0
    assert data[8:10] == struct.pack("<H", 0x362B)
    assert data[18:] == struct.pack("<I", 0x8AD564C0)
    assert session.hello_frame(1, 7) == (data, 1, 7)


def test_header_table_adds_up(spec):
    table = [row for row in rows(section(spec, "Frames")) if row[0].isdigit()]
    sizes = [(int(row[0]), int(row[1])) for row in table if row[1].isdigit()]
    assert [offset for offset, _ in sizes] == [0, 2, 3, 4, 6, 8]
    assert sum(size for _, size in sizes) == frame.HEADER_BYTES


def test_diagrams_name_only_known_messages(spec):
    diagrams = re.findall(r"```mermaid\nsequenceDiagram\n(.*?)```", spec, re.S)
    assert len(diagrams) == 8
    names = {entry[0] for entry in (*messages.VERBS.values(), *messages.EVENTS.values())}
    for diagram in diagrams:
        for name in re.findall(r"H-[>x-]+B: ([A-Z]{2,})", diagram):
            assert name in names
