"""Pages that need nothing else: one file of HTML, everything inside, all text escaped."""

import base64
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tinyteach.plain_text import isolated

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).with_name("templates")


def render(name: str, folder: Path = TEMPLATES, **values: object) -> str:
    """A template of ``folder``, which may include this folder's, such as style.css.j2."""
    return _environment(folder).get_template(name).render(**values)


@lru_cache
def _environment(folder: Path) -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "base64": _base64, "isolated": isolated}
    return environment


def percent(value: float | None) -> str:
    """A share of 1; a dash where it is not known."""
    return "–" if value is None else f"{value:.0%}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
