"""What is named where a board is taught: classes, the pin of a button.

Light, so that what is none is told before a board is looked for.
"""

from collections.abc import Mapping, Sequence

from tinyteach.data.names import UNKNOWN, check_class_name, same_name
from tinyteach.errors import UsageError

OWN_BUTTON = "board"
NO_BUTTON = "off"


def taught_name(class_name: str, examples: Mapping[str, int]) -> str:
    """The class's name as boards and projects store it, or that of the class that it means."""
    stored = check_class_name(class_name)
    if stored == UNKNOWN:
        raise UsageError(
            "A board cannot be taught what is unknown: all is unknown to it that resembles no "
            "class; record it into a project with 'tinyteach capture unknown'."
        )
    return same_name(stored, examples) or stored


def button_classes(classes: Sequence[str]) -> list[str]:
    """The names as boards store them; UsageError for one that is none."""
    return [taught_name(name, {}) for name in classes]


def parse_button(text: str) -> tuple[str, int]:
    """Its number or name, and the level while it is down; UsageError for what is no pin."""
    number, _, down = text.partition(":")
    if not number or " " in number or down not in ("", "0", "1"):
        raise UsageError(f"{text!r} is no pin; write it like 9, or 9:1 for one that goes high.")
    return number, int(down or 0)


def check_button(text: str) -> None:
    """UsageError for a button that no board has."""
    if text not in (OWN_BUTTON, NO_BUTTON):
        parse_button(text)
