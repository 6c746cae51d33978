"""Image sensors that give frames at some settings only, as the OV3660 of today's boards does."""

from dataclasses import dataclass, field

ANY = 255
# esp32-camera's pixformat_t, as both of its MicroPython modules count.
GRAYSCALE = 3


@dataclass
class Sensor:
    """What it needs: a clock that slow, that few buffers, grey pictures in place of colours.

    ``otherwise`` says what it does where it has not got that: ``"times out"``, ``"fails"`` or gives
    ``"parts"`` of frames, from the frame after ``good_frames`` at such settings on: with 0 the
    module's constructor sees it, with 1 whoever takes the next frame. ``asked`` for a frame: the
    settings each time.
    """

    clock_mhz_max: int = ANY
    buffers_max: int = ANY
    grey_only: bool = False
    otherwise: str = "times out"
    good_frames: int = 0
    asked: list[tuple[int, int, int]] = field(default_factory=list, init=False)
    _settings: tuple[int, int, int] | None = field(default=None, init=False)
    _frames: int = field(default=0, init=False)

    def __call__(self, pixel_format: int, clock_mhz: int, buffers: int) -> str:
        """What is wrong with the next frame at these settings, or nothing."""
        settings = (pixel_format, clock_mhz, buffers)
        self.asked.append(settings)
        if settings != self._settings:
            self._settings, self._frames = settings, 0
        self._frames += 1
        suits = clock_mhz <= self.clock_mhz_max and buffers <= self.buffers_max
        suits = suits and (pixel_format == GRAYSCALE or not self.grey_only)
        return "" if suits or self._frames <= self.good_frames else self.otherwise
