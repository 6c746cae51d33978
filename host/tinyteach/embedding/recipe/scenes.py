"""Drawn scenes for the background set: things on tables and before walls, and bare ones.

The network's own pictures are full of things; what a board looks at most is one thing, or a hand,
before something plain. Nothing here is anybody's picture.
"""

import colorsys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

_SIDE = 96  # drawn at this, then reduced
_FINER = 4  # outlines, times as large
# So many things, each as often as the second tuple says.
_THINGS = (0, 1, 2, 3, 6), (0.12, 0.48, 0.2, 0.12, 0.08)
_UNEVEN = (0.0, 3.0, 8.0, 20.0), (0.4, 0.25, 0.2, 0.15)  # of a surface, in grey levels
_STRIPED = 0.15  # share of surfaces
Picture = NDArray[np.float64]
Draw = ImageDraw.ImageDraw
Generator = np.random.Generator


def draw_scenes(count: int, side: int, seed: int = 0) -> NDArray[np.uint8]:
    """``count`` scenes of ``side`` pixels: uint8, N×side×side×3. A seed gives the same ones."""
    rng = np.random.default_rng(seed)
    return np.stack([_scene(rng, side) for _ in range(count)])


def _scene(rng: Generator, side: int) -> NDArray[np.uint8]:
    picture = _surface(rng)
    for _ in range(rng.choice(_THINGS[0], p=_THINGS[1])):
        _put(picture, _thing(rng), rng)
    picture += rng.normal(0, rng.uniform(0, 6), picture.shape)
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    blurred = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.2)))
    return np.asarray(blurred.resize((side, side), Image.Resampling.BOX))


def _surface(rng: Generator) -> Picture:
    """Of one colour, lit from a side, uneven, at times striped."""
    y, x = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    along = np.cos(turn) * x + np.sin(turn) * y
    light = along * rng.uniform(0, 80) + _clouds(rng) * rng.choice(_UNEVEN[0], p=_UNEVEN[1])
    if rng.random() < _STRIPED:
        stripes = np.sin(2 * np.pi * rng.uniform(2, 10) * along) > 0
        light = light + stripes * rng.uniform(-50, 50)
    hue, saturation, value = rng.random(), rng.beta(1.2, 2), rng.beta(2.5, 1.3)
    colour = 255 * np.array(colorsys.hsv_to_rgb(hue, saturation, value))
    return np.asarray(colour + light[..., None], np.float64)


def _clouds(rng: Generator) -> Picture:
    """Patches of several sizes, of standard deviation 1."""
    total = np.zeros((_SIDE, _SIDE))
    for octave in range(rng.integers(1, 5)):
        cells = 2 ** (octave + 1) + 1
        patch = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        larger = patch.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        total += np.asarray(larger) / 1.6**octave
    return np.asarray(total / (total.std() + 1e-6), np.float64)


def _put(picture: Picture, mask: Picture, rng: Generator) -> None:
    """Lay a thing of ``mask`` (0…1) into the picture, with its shadow and darker edges."""
    shift = rng.integers(-6, 7, 2)
    shadow = _soft(np.roll(mask, (int(shift[0]), int(shift[1])), (0, 1)), 4)
    picture *= 1 - rng.uniform(0, 0.5) * shadow
    thing = _surface(rng) + (_soft(mask, 6) - 0.7) * rng.uniform(0, 120)
    picture += mask[..., None] * (thing - picture)


def _soft(mask: Picture, pixels: float) -> Picture:
    """Blurred; height × width × 1."""
    image = Image.fromarray((255 * mask).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(pixels)), np.float64)[..., None] / 255


def _thing(rng: Generator) -> Picture:
    """Where a thing is: height × width, 0…1."""
    size = _FINER * _SIDE
    canvas = Image.new("L", (size, size))
    middle, radius = rng.uniform(0.35, 0.65, 2) * size, rng.uniform(0.15, 0.42) * size
    _SHAPES[rng.integers(len(_SHAPES))](ImageDraw.Draw(canvas), middle, radius, rng)
    soft = canvas.filter(ImageFilter.GaussianBlur(rng.uniform(1, 8)))
    sharp = soft.point(lambda value: 255 if value > 127 else 0)
    return np.asarray(sharp.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), np.float64) / 255


Shape = Callable[[Draw, Picture, float, Generator], None]


def _blob(draw: Draw, middle: Picture, radius: float, rng: Generator) -> None:
    turns = np.arange(24) * 2 * np.pi / 24
    reach = np.ones(24)
    for wave in range(1, 5):
        reach += rng.normal(0, 0.25 / wave) * np.cos(wave * turns + rng.uniform(0, 2 * np.pi))
    flat = np.stack([np.cos(turns), rng.uniform(0.4, 1) * np.sin(turns)], axis=1)
    _polygon(draw, middle, radius * reach[:, None] * flat, rng)


def _box(draw: Draw, middle: Picture, radius: float, rng: Generator) -> None:
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (1, rng.uniform(0.25, 1))
    _polygon(draw, middle, radius * corners, rng)


def _polygon(draw: Draw, middle: Picture, points: Picture, rng: Generator) -> None:
    turn = rng.uniform(0, 2 * np.pi)
    turned = points @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]] + middle
    draw.polygon(list(map(tuple, turned.tolist())), 255)


def _hand(draw: Draw, middle: Picture, radius: float, rng: Generator) -> None:
    """A palm with one to five fingers."""
    palm = 0.6 * radius
    draw.ellipse([*(middle - palm), *(middle + palm)], 255)
    turn = rng.uniform(0, 2 * np.pi)
    for _ in range(rng.integers(1, 6)):
        tip = middle + rng.uniform(0.7, 1.5) * radius * np.array([np.cos(turn), np.sin(turn)])
        draw.line([*middle, *tip], 255, int(rng.uniform(0.15, 0.4) * radius))
        turn += rng.uniform(0.25, 0.5)


def _disc(draw: Draw, middle: Picture, radius: float, rng: Generator) -> None:
    half = radius * np.array([1, rng.uniform(0.3, 1)])
    draw.ellipse([*(middle - half), *(middle + half)], 255)


_SHAPES: tuple[Shape, ...] = (_blob, _box, _hand, _disc)
