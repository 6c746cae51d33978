"""Pages that need nothing else: one file of HTML, everything inside, all text escaped."""

import base64
from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")


def render(name: str, folder: Path = TEMPLATES, **values: object) -> str:
    """A template of ``folder``, which may include this folder's, such as style.css.j2."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "base64": _base64}
    return environment.get_template(name).render(**values)


def percent(value: float | None) -> str:
    """A share of 1; a dash where it is not known."""
    return "–" if value is None else f"{value:.0%}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
