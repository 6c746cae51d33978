"""The system's own package sources: where its archive is and who signs it.

Reads both formats of sources.list(5): one line a source, and deb822 stanzas.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Debian names its free software main; Ubuntu keeps MicroPython in universe.
COMPONENTS = ("main", "universe")


@dataclass(frozen=True)
class Source:
    """One archive: address, suites, components, and the value of Signed-By ("" if none)."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def line(self, suite: str) -> str:
        """This archive's ``suite`` as a line of sources.list."""
        options = f"[signed-by={self.signed_by}] " if self.signed_by else ""
        components = [name for name in self.components if name in COMPONENTS]
        return f"deb {options}{self.uri} {suite} {' '.join(components)}"


def system_sources(folder: Path = Path("/etc/apt")) -> list[Source]:
    """All binary package sources of this system, in apt's order."""
    parts = sorted((folder / "sources.list.d").glob("*"))
    sources: list[Source] = []
    for path in (folder / "sources.list", *parts):
        if path.suffix == ".list" and path.is_file():
            sources += parse_list(path.read_text())
        elif path.suffix == ".sources":
            sources += parse_deb822(path.read_text())
    return sources


def parse_list(text: str) -> list[Source]:
    """Sources of the one-line format; ``deb-src`` and comments are passed over."""
    return [source for line in text.splitlines() if (source := _parse_line(line))]


def _parse_line(line: str) -> Source | None:
    match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)", line)
    if not match:
        return None
    options, uri, suite, components = match.groups()
    signed_by = re.search(r"signed-by=(\S+)", options or "")
    key = signed_by.group(1) if signed_by else ""
    return Source(uri, (suite,), tuple(components.split()), key)


def parse_deb822(text: str) -> list[Source]:
    """Sources of the stanza format; disabled ones are passed over."""
    return [source for stanza in _stanzas(text) for source in _stanza_sources(stanza)]


def _stanza_sources(fields: dict[str, str]) -> Iterator[Source]:
    enabled = fields.get("enabled", "yes").lower() not in ("no", "false")
    if not enabled or "deb" not in fields.get("types", "").split():
        return
    suites = tuple(fields.get("suites", "").split())
    components = tuple(fields.get("components", "").split())
    # An embedded key block (several lines) has no short form in a sources.list line.
    key = fields.get("signed-by", "")
    for uri in fields.get("uris", "").split():
        yield Source(uri, suites, components, "" if "\n" in key else key)


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and name:
                fields[name] += "\n" + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields:
            yield fields


def main_source(sources: list[Source], codename: str) -> Source | None:
    """The source that the system itself was installed from: the one that has ``codename``."""
    usable = [s for s in sources if any(name in COMPONENTS for name in s.components)]
    own = [source for source in usable if codename in source.suites]
    # Ubuntu lists main and universe together or in two lines; universe has MicroPython.
    own.sort(key=lambda source: "universe" not in source.components)
    return own[0] if own else None
