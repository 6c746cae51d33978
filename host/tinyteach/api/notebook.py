"""Small HTML for notebooks: pictures, bars, tables. Everything that is shown is escaped."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

SHOWN_SIDE = 192  # pixels a photograph is shown at
BAR_EM = 12


def picture_html(square: np.ndarray) -> str:
    """A photograph (uint8 [N, N, 3]) as an image inside the page."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(square).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    return f'<img alt="" width="{SHOWN_SIDE}" src="data:image/png;base64,{data}">'


def bars_html(probabilities: Mapping[str, float]) -> str:
    """A bar a label."""
    rows = (
        f"<tr><td>{escape(label)}</td><td><div style='width:{BAR_EM * value:.2f}em;"
        f"background:#4a7fb5'>&nbsp;</div></td><td>{value:.0%}</td></tr>"
        for label, value in probabilities.items()
    )
    return f"<table>{''.join(rows)}</table>"


def table_html(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table; the first cell of a row heads it."""
    head = "".join(f"<th>{escape(str(cell))}</th>" for cell in header)
    body = "".join(
        f"<tr><th>{escape(str(first))}</th>"
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
