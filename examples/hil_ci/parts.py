"""The parts on the line, drawn: three kinds, each view held a little otherwise."""

import numpy as np

KINDS = ("nut", "washer", "bolt")
SIDE = 96
TRAINING, HELD_OUT = 12, 6


def views(kind: str, count: int, seed: int) -> list[np.ndarray]:
    """Photographs of one kind: uint8 [96, 96, 3] each."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    return [_view(kind, rng) for _ in range(count)]


def labelled(count: int, seed: int) -> list[tuple[str, np.ndarray]]:
    """So many of each kind, with what they show."""
    return [(kind, view) for kind in KINDS for view in views(kind, count, seed)]


def _view(kind: str, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE / 2 + rng.normal(0, 3, (2, 1, 1)))
    turned = np.arctan2(y, x) + rng.uniform(0, np.pi)
    radius = np.hypot(x, y) / rng.uniform(0.9, 1.1)
    shape = {
        "nut": (radius * np.cos((turned % (np.pi / 3)) - np.pi / 6) < 30) & (radius > 12),
        "washer": (radius < 34) & (radius > 24),
        "bolt": (np.abs(radius * np.sin(turned)) < 7) & (radius < 40),
    }[kind]
    colour = np.where(shape[..., None], (90, 90, 100), (215, 205, 180)) * rng.uniform(0.8, 1.1)
    return np.clip(colour + rng.normal(0, 4, colour.shape), 0, 255).astype(np.uint8)
