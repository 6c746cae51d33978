"""Labels that stand in file names: cat.1024.jpg, or cup.2ab3.jpg as Edge Impulse writes them."""

import re
from collections import Counter
from collections.abc import Sequence

from tinyteach.data.folder_names import holds_classes

# Roboflow puts the whole old name before ".rf." and a hash: there is no label in it.
_ROBOFLOW = re.compile(r"\.rf\.[0-9a-f]+\.", re.IGNORECASE)
# What cameras, phones and programs begin names with.
_CAMERA = re.compile(
    r"(img|dsc|dscn|dscf|dcim|pxl|mvi|gopr|p|image|photo|picture|pic|frame|screenshot|capture|"
    r"whatsapp image|snapshot|scan|untitled|file|video)[ _-]?[\d :_-]*",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"[^.]+\.(\d+|[0-9a-z]{6,})(\.[^.]+)*\.[^.]+", re.IGNORECASE)


def labels_in_names(names: Sequence[str], strict: bool = False) -> list[str | None]:
    """What stands before each name's first dot, where those are labels; else None for each.

    They are where names share them. ``strict``: where another reading is as likely, only if
    there are several labels, each with several photographs, and nothing else.
    """
    labels = [_label(name) for name in names]
    counts = Counter(label for label in labels if label is not None)
    are_labels = 2 * counts.total() >= 3 * len(counts)
    if strict:
        counted = all(map(_COUNTED.fullmatch, names)) and None not in labels
        are_labels = counted and len(counts) > 1 and min(counts.values()) > 1
    return labels if are_labels else [None] * len(names)


def _label(name: str) -> str | None:
    label, _, rest = name.partition(".")
    if "." not in rest or _ROBOFLOW.search(name) or _CAMERA.fullmatch(label):
        return None
    return label if re.search(r"[^\W\d_]", label) and not holds_classes(label) else None
