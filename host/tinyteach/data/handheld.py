"""A virtual camera held in a hand, looking at one photograph.

It stands in for a person recording a thing with a board: each burst has its
own distance, angle and light, and within a burst the view drifts and shakes
as a hand does, with motion blur, defocus, sensor noise and a lens's shading.
"""

import math
import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

# Part of the largest view that fits inside the photograph.
_ZOOM = (0.62, 0.97)
_TILT_DEG = 14.0
_SUBFRAMES = 4  # exposures averaged into one view: motion blur
_SHUTTER = 0.5  # part of the time between two views in which the shutter is open
_FRAME_S = 1 / 11  # an ESP32-S3 takes eleven to twelve RGB565 frames a second


class _Pose(NamedTuple):
    """Where the camera points: fractions of the room there is, radians, fraction of the fit."""

    x: float
    y: float
    tilt: float
    zoom: float


class _Sway:
    """One coordinate of a hand: a damped spring about a resting point, pushed by noise.

    The stationary standard deviation is ``amplitude``; the motion is smooth
    because noise moves the speed, not the place.
    """

    def __init__(self, rest: float, amplitude: float, period_s: float, rng: np.random.Generator):
        self._rest, self._rng = rest, rng
        self._omega = 2 * math.pi / period_s
        self._damping = 1.2 * self._omega
        # For x'' = -w^2 (x - rest) - d x' + noise: var(x) = q / (2 d w^2).
        self._push = amplitude * self._omega * math.sqrt(2 * self._damping)
        self.place = rest + amplitude * rng.standard_normal()
        self.speed = amplitude * self._omega * rng.standard_normal()

    def step(self, seconds: float) -> float:
        """Move on; semi-implicit Euler in steps short against the period."""
        steps = 4
        dt = seconds / steps
        for _ in range(steps):
            pull = -(self._omega**2) * (self.place - self._rest) - self._damping * self.speed
            noise = self._push * math.sqrt(dt) * self._rng.standard_normal()
            self.speed += pull * dt + noise
            self.place += self.speed * dt
        return self.place


class HandheldCamera:
    """Views of one photograph, uint8 [H, W, 3] RGB, as a hand-held camera would take them.

    The same photograph and seed give the same views. `next_view` goes on
    within a burst; `new_burst` puts the camera down and picks it up again.
    """

    _pose: _Pose

    def __init__(
        self, photo: NDArray[np.uint8], seed: int = 0, width: int = 240, height: int = 240
    ) -> None:
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise ValueError(f"a photograph is uint8 [H, W, 3], not {photo.dtype} {photo.shape}")
        self.width, self.height = width, height
        self._photo = Image.fromarray(photo)
        # Two things recorded with one seed are not to share their light and sway.
        self._seed = [seed, zlib.crc32(photo.tobytes())]
        self._burst = 0
        self._begin()

    def new_burst(self) -> None:
        """Begin another recording: another place, distance, angle and light."""
        self._burst += 1
        self._begin()

    def next_view(self) -> NDArray[np.uint8]:
        """The next view, uint8 [height, width, 3]."""
        before = self._pose
        self._pose = self._move()
        light = self._render(before, self._pose)
        return self._develop(light)

    def record(self, count: int) -> list[NDArray[np.uint8]]:
        """The next ``count`` views of this burst."""
        return [self.next_view() for _ in range(count)]

    def _begin(self) -> None:
        self._rng = rng = np.random.default_rng([*self._seed, self._burst])
        # Hands sway slowly and tremble a little: two to three seconds a cycle.
        self._x = _Sway(rng.uniform(-0.75, 0.75), 0.25, 2.5, rng)
        self._y = _Sway(rng.uniform(-0.75, 0.75), 0.25, 2.1, rng)
        self._tilt = _Sway(math.radians(rng.uniform(-1, 1) * _TILT_DEG), 0.04, 2.8, rng)
        self._zoom = _Sway(rng.uniform(*_ZOOM), 0.04, 3.2, rng)
        self._exposure = _Sway(rng.uniform(-0.55, 0.4), 0.06, 4.0, rng)  # stops
        self._focus = _Sway(rng.uniform(0.0, 1.1), 0.3, 3.0, rng)  # pixels of blur
        self._balance = 2.0 ** rng.uniform(-0.2, 0.2, 3)
        self._noise = rng.uniform(0.6, 1.8)
        self._shade = self._shading(rng.uniform(0, 2 * math.pi), rng.uniform(0.0, 0.3))
        self._pose = self._move()

    def _move(self) -> _Pose:
        x, y, tilt, zoom = (
            sway.step(_FRAME_S) for sway in (self._x, self._y, self._tilt, self._zoom)
        )
        return _Pose(_clip(x, -1, 1), _clip(y, -1, 1), tilt, _clip(zoom, 0.5, 1.0))

    def _shading(self, direction: float, strength: float) -> NDArray[np.float32]:
        """Light from one side, and a lens darker towards its corners: float32 [H, W, 1]."""
        y, x = np.mgrid[-1 : 1 : self.height * 1j, -1 : 1 : self.width * 1j]
        side = 1 + strength * (x * math.cos(direction) + y * math.sin(direction))
        vignette = 1 - 0.12 * (x * x + y * y)
        shading: NDArray[np.float32] = (side * vignette)[..., None].astype(np.float32)
        return shading

    def _render(self, before: _Pose, after: _Pose) -> NDArray[np.float32]:
        """What falls on the sensor while the shutter is open: float32 [H, W, 3], 0..255."""
        total: NDArray[np.float32] = np.zeros((self.height, self.width, 3), np.float32)
        for i in range(_SUBFRAMES):
            total += np.asarray(self._look(_between(before, after, 1 - _SHUTTER * i / _SUBFRAMES)))
        total /= _SUBFRAMES
        return total

    def _look(self, pose: _Pose) -> Image.Image:
        """The photograph through a pinhole: a rotated, scaled crop that stays inside it."""
        cos, sin = math.cos(pose.tilt), math.sin(pose.tilt)
        reach_x = (self.width * abs(cos) + self.height * abs(sin)) / 2
        reach_y = (self.width * abs(sin) + self.height * abs(cos)) / 2
        half_w, half_h = self._photo.width / 2, self._photo.height / 2
        scale = pose.zoom * min(half_w / reach_x, half_h / reach_y)
        centre_x = half_w + pose.x * (half_w - scale * reach_x)
        centre_y = half_h + pose.y * (half_h - scale * reach_y)
        a, b = scale * cos, scale * sin
        mid_x, mid_y = self.width / 2, self.height / 2
        matrix = (
            a, -b, centre_x - a * mid_x + b * mid_y,
            b, a, centre_y - b * mid_x - a * mid_y,
        )  # fmt: skip
        size = (self.width, self.height)
        return self._photo.transform(
            size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )

    def _develop(self, light: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Lens blur, exposure, white balance, shading, noise, and the sensor's 8 bits."""
        blur = max(0.0, self._focus.step(_FRAME_S))
        exposure = 2.0 ** self._exposure.step(_FRAME_S)
        if blur > 0.3:
            image = Image.fromarray(np.clip(light + 0.5, 0, 255).astype(np.uint8))
            light = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32)
        gains = (exposure * self._balance).astype(np.float32)
        values = _shoulder(light * self._shade * gains)
        # Shot noise grows with the root of the light, read noise is the same everywhere.
        sigma = self._noise * np.sqrt(2.0 + 0.08 * values)
        values += sigma * self._rng.standard_normal(values.shape, np.float32)
        pixels: NDArray[np.uint8] = np.clip(values + 0.5, 0, 255).astype(np.uint8)
        return pixels


def _shoulder(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bright light compressed softly above 200, as cameras do, instead of cut at 255."""
    over = np.maximum(values - 200, 0)
    soft: NDArray[np.float32] = np.minimum(values, 200) + 55 * (1 - np.exp(-over / 55))
    return soft


def _between(first: _Pose, second: _Pose, part: float) -> _Pose:
    return _Pose(*(a + part * (b - a) for a, b in zip(first, second, strict=True)))


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
