"""What a board prints in its raw REPL as JSON, taken only in the shape that was asked for.

A shape is a function from what JSON gives to what is believed; it raises ValueError for
anything else. Texts come out plain, paths as they are, because files are named by them.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from tinyteach.plain_text import plain, plain_lines

K = TypeVar("K")
T = TypeVar("T")
Shape = Callable[[Any], T]
TEXT_CHARACTERS_MAX = 8000  # of a crash; names are shorter
NUMBER_MAX = 1 << 40


def anything(value: Any) -> Any:
    """Any value, its texts plain."""
    if isinstance(value, str):
        return lines(value)
    if isinstance(value, list):
        return [anything(item) for item in value]
    if isinstance(value, dict):
        return {text(key): anything(item) for key, item in value.items()}
    return value


def path(value: object) -> str:
    """A name that goes back to the board as it is."""
    _require(isinstance(value, str) and len(value) <= TEXT_CHARACTERS_MAX)
    return str(value)


def text(value: object) -> str:
    """One line for a person."""
    return plain(path(value))


def lines(value: object) -> str:
    """Several lines for a person."""
    return plain_lines(path(value))


def number(value: Any) -> int:
    """A whole number, not below 0."""
    _require(isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= NUMBER_MAX)
    return int(value)


def flag(value: object) -> bool:
    _require(isinstance(value, bool))
    return bool(value)


def digits(value: object) -> str:
    """Hex digits of whole bytes; none, too."""
    return bytes.fromhex(path(value)).hex()


def maybe(shape: Shape[T]) -> Shape[T | None]:
    """``shape`` or null."""
    return lambda value: None if value is None else shape(value)


def several(shape: Shape[T], least: int = 0, most: int | None = None) -> Shape[list[T]]:
    """A list."""

    def fitted(value: Any) -> list[T]:
        _require(isinstance(value, list) and len(value) >= least)
        _require(most is None or len(value) <= most)
        return [shape(item) for item in value]

    return fitted


def mapping(key: Shape[K], item: Shape[T]) -> Shape[dict[K, T]]:
    """An object with any keys."""

    def fitted(value: Any) -> dict[K, T]:
        _require(isinstance(value, dict))
        return {key(name): item(held) for name, held in value.items()}

    return fitted


def record(**shapes: Shape[Any]) -> Shape[dict[str, Any]]:
    """An object with these keys; others are left out."""

    def fitted(value: Any) -> dict[str, Any]:
        _require(isinstance(value, dict) and shapes.keys() <= value.keys())
        return {name: shape(value[name]) for name, shape in shapes.items()}

    return fitted


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError
