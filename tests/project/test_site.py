"""The site has every page and no dead link; README begins with the words, and its words work."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import pytest

import tinyteach
from pictures.cast import Frame, Run, svg
from readme_words import UNTIL_STOPPED, Shell, blocks, recorded_lines, rows_of, typed_lines

CONTENTS = ("docs/index.md", "docs/boards/README.md", "docs/decisions/README.md")
PAGES_AT_THE_TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
WORDS = ("class", "shot", "recording", "embedding", "head", "unknown", "threshold")
SVG = "{http://www.w3.org/2000/svg}"
PICTURES_MAX_BYTES = 400_000


def linked_by(path: Path) -> set[Path]:
    """The files that a page's links lead to."""
    targets = re.findall(r"\]\(([^)#:\s]+)[^)\s]*\)", path.read_text())
    return {(path.parent / target).resolve() for target in targets}


def test_every_page_is_in_the_contents(root):
    pages = {p for folder in ("docs", "protocol") for p in (root / folder).rglob("*.md")}
    pages |= {root / name for name in (*PAGES_AT_THE_TOP, "CODE_OF_CONDUCT.md")}
    listed = set().union(*(linked_by(root / name) for name in CONTENTS))
    assert pages - listed == {root / "docs" / "index.md"}


def test_no_page_is_in_the_contents_twice(root):
    rows = re.findall(r"^- \[[^\]]+\]\(([^)]+)\)", (root / "docs" / "index.md").read_text(), re.M)
    assert len(rows) > 30 and len(set(rows)) == len(rows)


def test_the_api_has_every_name_of_the_face(root):
    documented = set(
        re.findall(r"^\.\. auto\w+:: (\S+)$", (root / "docs/api.md").read_text(), re.M)
    )
    face = {f"tinyteach.{name}" for name in tinyteach.__all__ if name != "TinyTeachError"}
    assert face <= documented and "tinyteach.errors" in documented


def test_what_no_board_measured_is_told_in_one_place(root):
    limits = root / "docs" / "limits.md"
    saying = {
        page
        for page in (root / "docs").rglob("*.md")
        if "not yet measured on hardware" in page.read_text().lower()
    }
    assert len(saying) > 10 and saying - linked_by(limits) - {limits} == set()


def test_readme_says_what_words_mean_before_it_uses_them(root):
    text = (root / "README.md").read_text()
    section = text[text.index("## The words") : text.index("```sh")]
    explained = re.findall(r"\*\*([a-z]+)\*\*", section)
    assert set(WORDS) <= set(explained)


def test_the_times_of_the_first_minutes_are_those_of_readme_s_commands(root):
    """Whoever changes README's words types them again: ``tests/soak/readme.py --write``."""
    page = (root / "docs" / "first-minutes.md").read_text()
    assert rows_of(page) == typed_lines((root / "README.md").read_text())


def test_what_is_not_typed_has_a_reason(root):
    found = blocks((root / "README.md").read_text())
    assert [block.lines[0] for block in found if block.reason] == ["tinyteach boards"]
    assert len(found) == (root / "README.md").read_text().count("\n```sh\n")


def test_a_shell_keeps_its_folder_and_tells_what_failed(tmp_path):
    (tmp_path / "things").mkdir()
    with Shell(tmp_path, dict(os.environ)) as shell:
        assert shell.type("cd things").code == 0
        assert shell.type("pwd").said.endswith("/things")
        failed = shell.type("echo no; false")
        assert (failed.code, failed.said) == (1, "no")


@pytest.mark.parametrize(("says", "code"), [("echo http://; exec sleep 99", 0), ("echo no", 1)])
def test_what_runs_on_is_typed_until_it_says_its_address(tmp_path, monkeypatch, says, code):
    monkeypatch.setitem(UNTIL_STOPPED, "serve", f"bash -c '{says}'")
    with Shell(tmp_path, dict(os.environ)) as shell:
        served = shell.type("serve")
        assert served.code == code and says.split()[1].strip(";") in served.said
        assert shell.type("jobs").said == "" and not (tmp_path / "answers.txt").exists()


def test_pictures_are_shown_made_by_a_script_and_small(root):
    pictures = list((root / "docs" / "pictures").iterdir())
    scripts = "".join(path.read_text() for path in (root / "tests" / "pictures").glob("*.py"))
    assert pictures and all(path.name in scripts for path in pictures)
    assert set(pictures) <= linked_by(root / "README.md")
    assert sum(path.stat().st_size for path in pictures) <= PICTURES_MAX_BYTES


def test_the_recorded_terminal_shows_readme_s_commands(root):
    picture = ElementTree.parse(root / "docs" / "pictures" / "terminal.svg")
    recorded = recorded_lines((root / "README.md").read_text())
    assert picture.findtext(f"{SVG}title") == "; ".join(recorded)
    drawn = ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]
    assert all(any(line in row for row in drawn) for line in recorded)


def test_a_row_is_drawn_once_and_the_last_frame_stays():
    row, other = (Run("<a>", "green"), Run("  b", bold=True)), (Run("c"),)
    frames = [Frame(0, (row, ())), Frame(1, (row, ())), Frame(2, (row, other))]
    drawn = ElementTree.fromstring(svg(frames, 10, 2, "t"))
    rows = drawn.findall(f"{SVG}defs/{SVG}text")
    assert [["".join(row.itertext()) for row in rows]] == [["<a>b", "c"]]
    strip = drawn.find(f".//{SVG}g[@id='s']")
    assert [len(list(frame)) for frame in strip] == [1, 2]
    style = drawn.findtext(f"{SVG}style")
    assert style.count("translateY(-36px)") == 2 and "animation:s 6.00s" in style


class Page(HTMLParser):
    """What a page links to, and where it can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id":
                self.anchors.add(value)


def bad_links(site: Path) -> list[str]:
    """Links and fragments of the site that lead nowhere inside of it, or load from outside."""
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    bad = []
    for path, page in pages.items():
        for link in page.links:
            url = urlparse(link)
            if url.scheme:
                continue
            to = (path.parent / unquote(url.path)).resolve() if url.path else path
            known = pages.get(to)
            if not to.is_file() or (url.fragment and known and url.fragment not in known.anchors):
                bad.append(f"{path.relative_to(site)}: {link}")
    return bad


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<p id="x"><a href="b.html"><a href="#x"><a href="#y">')
    assert bad_links(tmp_path) == ["a.html: b.html", "a.html: #y"]


@pytest.mark.soak  # Sphinx imports and renders everything
def test_the_site_is_built_without_a_warning_and_every_link_leads_somewhere(root, tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    command += ["-d", str(tmp_path / "cache"), "-c", str(root / "docs"), str(root)]
    done = subprocess.run([*command, str(tmp_path / "site")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site"
    assert bad_links(site) == []
    assert "Board.deploy" in (site / "docs" / "api.html").read_text()
    assert "README.html" in (site / "index.html").read_text()
    loaded = re.findall(
        r'<(?:script|img|link)[^>]+(?:src|href)="https?:',
        "".join(path.read_text() for path in site.rglob("*.html")),
    )
    assert loaded == []
