"""Edge Impulse's ``info.labels``: which label each file of its export has."""

import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from tinyteach.data.entries import Entry
from tinyteach.errors import PhotoError

LABELS_NAME = "info.labels"


def labels_of(companions: Iterable[Entry]) -> dict[tuple[str, ...], str | None]:
    """The label of each file by its place, or None for none or several."""
    labels: dict[tuple[str, ...], str | None] = {}
    for entry in companions:
        if entry.parts[-1] == LABELS_NAME:
            for file in _labelled_files(entry):
                inner = PurePosixPath(str(file.get("path", "")).replace("\\", "/")).parts
                label = _label(file)
                labels[(*entry.parts[:-1], *inner)] = label
                # Some versions name the file alone and its folder as the category.
                labels[(*entry.parts[:-1], str(file.get("category")), *inner)] = label
    return labels


def _labelled_files(entry: Entry) -> list[dict[str, Any]]:
    try:
        files = json.loads(entry.read())["files"]
        return [file for file in files if isinstance(file, dict)]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PhotoError(
            f"{entry.name} is not a label file as Edge Impulse writes it; export the data again."
        ) from error


def _label(file: dict[str, Any]) -> str | None:
    label = file.get("label")
    if isinstance(label, dict):
        label = label.get("label")
    found = file.get("boundingBoxes")
    boxes = {
        box.get("label")
        for box in (found if isinstance(found, list) else [])
        if isinstance(box, dict) and isinstance(box.get("label"), str)
    }
    if label is None and len(boxes) == 1:  # made for finding objects, but only of one kind
        label = boxes.pop()
    return label if isinstance(label, str) and label else None
