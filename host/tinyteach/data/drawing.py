"""The demo's objects, drawn from outlines: nobody's pictures, and nothing to download.

drawings.json has them as parts, one over the other, in coordinates of a picture of 100 by 100, y
downwards: an outline (``polygon``, ``curve`` through points, ``ellipse`` by centre, half axes and
degrees) or a ``line`` of some ``width``; two ``colours``, of which the first is where light falls,
at the top left; how dark a ``shadow`` it throws; ``mirrored`` parts have a twin on the right.
``seed`` is that of all that is uneven.
"""

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from tinyteach.data.demo_objects import DEMO_OBJECTS as DEMO_OBJECTS
from tinyteach.data.demo_objects import DRAWINGS

SIDE = 400
# Drawn so many times as large, then averaged: smooth edges.
_FINER = 2
_UNIT = SIDE * _FINER / 100
_CURVE_STEPS, _ELLIPSE_STEPS = 12, 72
# How far a shadow reaches from its part, and how soft it is.
_SHADOW_ROOM, _SHADOW_SOFT = 12, 2.5 * _UNIT
_SHADOW_SHIFT = round(1.5 * _UNIT), round(2.5 * _UNIT)

Points = NDArray[np.float64]  # [count, 2], x and y


@cache
def demo_object(name: str) -> NDArray[np.uint8]:
    """A picture of one of DEMO_OBJECTS, uint8 [400, 400, 3] RGB, not to be written to."""
    drawing = DRAWINGS[name]
    rng = np.random.default_rng(drawing["seed"])
    light, dark = (_flat(colour, (SIDE, SIDE)) for colour in drawing["ground"])
    ground = Image.composite(light, dark, _clouds(rng))
    picture = ground.resize((SIDE * _FINER, SIDE * _FINER))
    for part in drawing["parts"]:
        _paint(picture, part, _outline(part))
        if part.get("mirrored"):
            _paint(picture, part, _outline(part) * (-1, 1) + (100, 0))
    pixels = _uneven(picture.reduce(_FINER), rng)
    pixels.flags.writeable = False
    return pixels


def _flat(colour: str, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, ImageColor.getrgb(colour))


def _clouds(rng: np.random.Generator) -> Image.Image:
    """Patches of all sizes, as on walls and tables."""
    total = np.zeros((SIDE, SIDE))
    for cells in (3, 7, 19, 53):
        patch = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        total += np.asarray(patch.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) * cells**-0.4
    return Image.fromarray((128 + 90 * total).clip(0, 255).astype(np.uint8))


def _uneven(picture: Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """As every surface is."""
    pixels = np.asarray(picture) * rng.normal(1, 0.03, (SIDE, SIDE, 1))
    return pixels.clip(0, 255).astype(np.uint8)


def _outline(part: dict[str, Any]) -> Points:
    if "ellipse" in part:
        return _ellipse(*part["ellipse"])
    if "curve" in part:
        return _curve(np.array(part["curve"], float))
    return np.array(part.get("polygon") or part["line"], float)


def _curve(points: Points) -> Points:
    """Closed and smooth, through all points: Catmull and Rom's spline."""
    before, after, last = (np.roll(points, -step, axis=0) for step in (-1, 1, 2))
    t = np.arange(_CURVE_STEPS)[:, None, None] / _CURVE_STEPS
    cubic = (3 * points - before - 3 * after + last) * t**3
    square = (2 * before - 5 * points + 4 * after - last) * t**2
    made = (cubic + square + (after - before) * t + 2 * points) / 2
    return made.swapaxes(0, 1).reshape(-1, 2)


def _ellipse(x: float, y: float, across: float, down: float, tilt_deg: float = 0) -> Points:
    turns = np.arange(_ELLIPSE_STEPS) * 2 * math.pi / _ELLIPSE_STEPS
    tilt = math.radians(tilt_deg)
    turned = [[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]]
    return np.stack([across * np.cos(turns), down * np.sin(turns)], axis=1) @ turned + (x, y)


def _paint(picture: Image.Image, part: dict[str, Any], outline: Points) -> None:
    """In the part's own box, which has room for its shadow."""
    width, shadow = part.get("width", 0), part.get("shadow", 0)
    room = width / 2 + 1 + (_SHADOW_ROOM if shadow else 0)
    left, top = np.floor((outline.min(axis=0) - room) * _UNIT).astype(int).tolist()
    right, bottom = np.ceil((outline.max(axis=0) + room) * _UNIT).astype(int).tolist()
    mask = Image.new("L", (right - left, bottom - top))
    _fill(mask, outline * _UNIT - (left, top), round(width * _UNIT))
    if shadow:
        soft = mask.filter(ImageFilter.GaussianBlur(_SHADOW_SOFT))
        place = (left + _SHADOW_SHIFT[0], top + _SHADOW_SHIFT[1])
        picture.paste((0, 0, 0), place, soft.point(lambda value: round(value * shadow)))
    picture.paste(_shaded(part["colours"], mask), (left, top), mask)


def _fill(mask: Image.Image, outline: Points, width: int) -> None:
    points = list(map(tuple, outline.tolist()))
    if width:
        ImageDraw.Draw(mask).line(points, 255, width, "curve")
    else:
        ImageDraw.Draw(mask).polygon(points, 255)


def _shaded(colours: tuple[str, str], mask: Image.Image) -> Image.Image:
    """From the first colour at the top left of what is filled to the other at its bottom right."""
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    slope = np.add.outer(np.linspace(0, 150, bottom - top), np.linspace(0, 105, right - left))
    share = Image.new("L", mask.size)
    share.paste(Image.fromarray(slope.astype(np.uint8)), (left, top))
    light, dark = (_flat(colour, mask.size) for colour in colours)
    return Image.composite(dark, light, share)
