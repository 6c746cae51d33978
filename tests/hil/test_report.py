"""The files of a run: each says the same, and is what it says it is."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import fields
from html.parser import HTMLParser

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.hil.report.files import schema, with_few_pictures, write_report
from tinyteach.hil.report.markdown import summary
from tinyteach.hil.report.page import page
from tinyteach.hil.results import (
    OUTCOMES,
    BoardRecord,
    Change,
    Measurement,
    Outcome,
    Pending,
    Run,
    Sighting,
    unit_of,
)

text = st.text(max_size=20)
number = st.floats(allow_nan=False, allow_infinity=False, width=32)
share = st.floats(0, 1)
samples = st.lists(number, min_size=1, max_size=6).map(tuple)
tags = st.dictionaries(text, text, max_size=2)
measurements = st.builds(Measurement, text, samples, st.sampled_from(["ms", ""]), tags, text, text)
sightings = st.builds(Sighting, text, text, text, share, text, st.none() | st.booleans(), text)
whys = st.lists(text, max_size=2)
outcomes = st.builds(
    *(Outcome, text, st.sampled_from(OUTCOMES), share, text, text, whys, st.integers(1, 3), text)
)
boards = st.builds(BoardRecord, *[text] * 8)
changes = st.builds(
    *(Change, text, text, number, number, number, number),
    *(st.sampled_from(["same", "worse", "better"]), text, text),
)
runs = st.builds(
    Run,
    st.just("2026-01-31T12:00:00+01:00"),
    share,
    text,
    st.integers(0, 24),
    st.lists(outcomes, max_size=3),
    st.lists(measurements, max_size=3),
    st.lists(sightings, max_size=3),
    st.dictionaries(text, text | st.integers(), max_size=2),
    st.lists(boards, max_size=2, unique=True),
    st.lists(changes, max_size=2),
)
VALIDATOR = jsonschema.Draft202012Validator(schema())


@given(runs)
def test_json_and_back(run):
    value = json.loads(json.dumps(run.as_dict()))
    VALIDATOR.validate(value)
    assert Run.of_dict(value) == run


@settings(deadline=None)  # the first compiles the template
@given(runs)
def test_no_run_breaks_the_page_or_the_summary(run):
    HTMLParser().feed(page(run))
    assert summary(run).startswith("### ")


def test_the_schema_is_one_and_has_every_field():
    jsonschema.Draft202012Validator.check_schema(schema())
    kinds = {"outcome": Outcome, "measurement": Measurement, "sighting": Sighting}
    kinds |= {"board": BoardRecord, "change": Change}
    parts = {name: (schema()["$defs"][name], kind) for name, kind in kinds.items()}
    for part, kind in [(schema(), Run), *parts.values()]:
        names = [each.name for each in fields(kind)]
        assert sorted(part["required"]) == sorted(part["properties"]) == sorted(names)
    assert tuple(schema()["$defs"]["outcome"]["properties"]["outcome"]["enum"]) == OUTCOMES


@pytest.mark.parametrize("value", [{}, {"outcomes": 3}, {"outcomes": [{"wings": 2}]}])
def test_what_is_no_run(value):
    with pytest.raises(ValueError, match="no run with boards"):
        Run.of_dict(value)


@given(samples.filter(lambda found: len(found) > 1), st.integers(0, 100))
def test_percentiles_are_numpys(found, percent):
    assert Measurement("x", found).percentile(percent) == np.percentile(found, percent)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("latency_ms", "ms"),
        ("heap_free_bytes", "bytes"),
        ("boot_s", "s"),
        ("link_kb_s", "KB/s"),
        ("mismatches", ""),
        ("s", ""),
    ],
)
def test_a_name_says_its_unit(name, unit):
    assert unit_of(name) == unit


def test_the_same_quantity_of_several_tests_is_one():
    of = [Measurement("latency_ms", (n,), "ms", {"stage": "head"}, "a", f"t{n}") for n in (1, 2)]
    other = Measurement("latency_ms", (9,), "ms", {"stage": "head"}, "b")
    run = Run()
    run.take(Pending([*of, other]))
    assert [(each.board, each.samples) for each in run.merged()] == [("a", (1, 2)), ("b", (9,))]


# A run that is red in every way

HOSTILE = "<script>alert('x')</script> | `a` *b*\n# c"
PICTURE = "/9j/4AAQSkZJRg=="


def red():
    whys = ["Board and computer differ first in preprocessing: 3 on the board and 4 on this one."]
    return Run(
        started="2026-01-31T12:00:00+01:00",
        code=1,
        outcomes=[
            Outcome("t::a", "failed", 1.0, HOSTILE, HOSTILE, whys, board="cam"),
            Outcome("t::b", "passed on retry", 1.0, "the first word", "long", tries=2),
            Outcome("t::c", "quarantined", reason="it flickers"),
            Outcome("t::d", "wrong board", reason="another agent"),
            Outcome("t::e", "passed"),
        ],
        measurements=[Measurement("latency_ms", tuple(range(40)), "ms", {"stage": "embedding"})],
        sightings=[
            Sighting("cat", "cat", "cat", 0.9),
            Sighting("cat", HOSTILE, "dog", 0.8, "cat 3", False, thumbnail=PICTURE),
        ],
        boards=[BoardRecord("virtual", HOSTILE, "12", "m", "1.28", "0.1.0", "base", "viper")],
        changes=[Change("latency embedding", "ms", 10, 12, 1.5, 2.5, "worse", "It is slower.")],
    )


def test_the_page_shows_all_of_it_and_needs_nothing_else():
    html = page(red())
    for shown in (
        *("1 failed, 1 wrong board, 1 passed, 1 passed on retry, 1 quarantined", "Where board and"),
        *("first failure", "it flickers", "another agent", "(try 2)", "Against the baseline"),
        *("It is slower.", "p50 19.50 ms, p95 37.05 ms", "What was taken for what", "cat 3"),
        f"data:image/jpeg;base64,{PICTURE}",
    ):
        assert shown in html, shown
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html
    assert not re.findall(r"(?:src|href)=\"(?!data:)", html) and "url(" not in html
    assert html.count("<rect") == 32


def test_the_summary_is_for_a_pull_request():
    said = summary(red())
    assert said.startswith("### 🔴 Boards: 1 failed, 1 wrong board, 1 passed")
    assert "<script>" not in said and "\n# c" not in said and r"\| \`a\` \*b\*" in said
    for shown in (
        "**failed**: t::a",
        "**passed on retry (try 2)**",
        "| latency embedding | 10 | 12",
    ):
        assert shown in said
    assert len(summary(Run(outcomes=red().outcomes[:1] * 30)).splitlines()) < 90
    assert "and 10 more" in summary(Run(outcomes=red().outcomes[:1] * 30))
    assert summary(Run(outcomes=[Outcome("t", "passed")])) == "### 🟢 Boards: 1 passed\n"


def test_only_the_surest_mistakes_keep_their_pictures():
    seen = [Sighting("a", "b", "b", n / 40, thumbnail=PICTURE) for n in range(40)]
    kept = [each.probability for each in with_few_pictures(seen) if each.thumbnail]
    assert kept == [n / 40 for n in range(28, 40)]


def test_a_report_that_cannot_be_written_is_one_sentence(run_tests, tmp_path):
    (tmp_path / "file").write_text("")
    ran = run_tests("def test_it():\n    pass\n", f"--tt-report={tmp_path / 'file' / 'out'}")
    assert ran.code == 24 and "cannot be made" in ran.said and "Traceback" not in ran.said


RUN = """
def test_pictures(board, head, photos, measure):
    for photo in photos.held_out:
        measure.recognised(
            board.classify(photo.square), photo.label, head.classify(photo.square), photo.name
        )
    wrong = next(photo for photo in photos.held_out if photo.label == "cat")
    measure.recognised(board.classify(wrong.square), "coffee", None, "swapped")

def test_that_fails(board):
    assert False, "on purpose"
"""


def test_a_run_s_own_files(one_board, run_tests, few_pictures, tmp_path):
    ran = run_tests(RUN, "--tt-board", one_board.port, f"--tt-report={tmp_path / 'out'}")
    assert ran.code == 1, ran.said
    folder = tmp_path / "out"
    names = ["junit.xml", "report.html", "report.json", "summary.md"]
    assert sorted(each.name for each in folder.iterdir()) == names
    value = json.loads((folder / "report.json").read_text())
    VALIDATOR.validate(value)
    assert Run.of_dict(value).outcomes == ran.run.outcomes and value["code"] == 1
    assert (
        value["started"] and value["duration_s"] > 0 and value["boards"][0]["embedding"] == "base"
    )
    assert [s["picture"] for s in value["sightings"] if s["thumbnail"]][-1] == "swapped"
    junit = ET.parse(folder / "junit.xml")
    told = {p.get("name"): p.get("value") for p in junit.iter("property")}
    assert (
        told["tinyteach_board"] == one_board.port and "Board and computer" in told["tinyteach_why"]
    )
    assert "on purpose" in (folder / "report.html").read_text()
    assert "on purpose" in (folder / "summary.md").read_text()


def test_writing_is_whole_or_not_at_all(tmp_path):
    write_report(red(), tmp_path / "a" / "b")
    assert Run.of_dict(json.loads((tmp_path / "a" / "b" / "report.json").read_text())) == red()
