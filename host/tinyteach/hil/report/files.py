"""The files of --tt-report, written together."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinyteach.files import format_json, made_folder, write_together
from tinyteach.hil.report.markdown import summary
from tinyteach.hil.report.page import page
from tinyteach.hil.results import Run, Sighting

JSON, PAGE, SUMMARY, JUNIT = "report.json", "report.html", "summary.md", "junit.xml"
WORST = 12  # pictures that are shown


def schema() -> Any:
    """The JSON Schema of report.json."""
    return json.loads(Path(__file__).with_name("schema.json").read_text())


def write_report(run: Run, folder: Path) -> None:
    """report.json, report.html and summary.md, each whole; ProjectError where that fails."""
    shown = replace(run, sightings=with_few_pictures(run.sightings))
    contents = {
        JSON: format_json(shown.as_dict(), indent=2) + b"\n",
        PAGE: page(shown).encode(errors="backslashreplace"),
        SUMMARY: summary(shown).encode(errors="backslashreplace"),
    }
    with made_folder(folder):
        write_together({folder / name: content for name, content in contents.items()})


def with_few_pictures(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Only the surest of the wrong ones keep theirs."""
    wrong = sorted((s for s in sightings if s.thumbnail), key=lambda s: -s.probability)
    kept = {id(each) for each in wrong[:WORST]}
    return [each if id(each) in kept else replace(each, thumbnail="") for each in sightings]
