"""The site: the repository's own Markdown, read by Sphinx with MyST. `make docs` builds it."""

import re
from pathlib import Path

from pygments.lexers.special import TextLexer

import tinyteach

ROOT = Path(__file__).resolve().parents[1]

project = "TinyTeach"
author = copyright = "The TinyTeach authors"
version = release = tinyteach.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]

# Its source is the repository, so that every link is the same in a checkout and on the site.
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "protocol/*.md", "examples/**.md"]
# Where a page's lists or tables are the site's navigation: each part's first links, a row each.
CONTENTS = {"docs/index", "docs/boards/README", "docs/decisions/README"}
ROW = re.compile(r"^(?:- |\| )\[[^\]]+\]\(([^)#]+)\.md\)", re.MULTILINE)

language = "en_GB"
myst_heading_anchors = 4
default_role = "py:obj"  # docstrings name things in single back quotes
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"

html_theme = "furo"
html_title = f"TinyTeach {release}"
html_copy_source = html_show_sourcelink = False


def sections(text: str) -> list[tuple[str, list[str]]]:
    """(heading, pages) of each part of a page of contents that lists pages."""
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    found = [(parts[i], ROW.findall(parts[i + 1])) for i in range(1, len(parts), 2)]
    return [(heading, pages) for heading, pages in found if pages]


def toctree(heading: str, pages: list[str], name: str) -> str:
    """The same as a hidden table of contents."""
    entries = "\n".join(("/" + _from_root(name, page)) for page in pages)
    caption = f":caption: {heading}\n" if name == root_doc else ""
    return f"\n```{{toctree}}\n:hidden:\n{caption}\n{entries}\n```\n"


def _from_root(name: str, page: str) -> str:
    return ((ROOT / name).parent / page).resolve().relative_to(ROOT).as_posix()


def add_contents(app: object, name: str, source: list[str]) -> None:
    """Sphinx's `source-read`: what readers of a checkout see as lists is the site's navigation."""
    if name in CONTENTS:
        source[0] += "".join(toctree(*section, name) for section in sections(source[0]))


def add_front_door(app: object, error: Exception | None) -> None:
    """Sphinx's `build-finished`: the site's first address leads to README."""
    if not error and app.builder.format == "html":
        door = '<!doctype html><meta http-equiv="refresh" content="0; url=README.html">\n'
        Path(app.outdir, "index.html").write_text(door)


def setup(app: object) -> None:
    """What Sphinx calls."""
    # Sequence diagrams are read as text here: what draws them is a script from elsewhere.
    app.add_lexer("mermaid", TextLexer)
    app.connect("source-read", add_contents)
    app.connect("build-finished", add_front_door)
