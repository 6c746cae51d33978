# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115, SIM905
"""Module ``camera`` with the API of cnadler86/micropython-camera-API.

Its traps are kept: one camera only, the constructor grabs a frame, capture()
gives None on a timeout, a frame is a memoryview of signed bytes straight into a
frame buffer, which a later capture overwrites. Pixels come from the supervisor,
which writes them into the buffer as DMA would; RGB565 has its high byte first.
"""

import sys

import uctypes

from rom import chip

_NO_FRAME = "Failed to capture initial frame. Construct a new object."
_POINTER_BYTES = 8 if sys.maxsize > 0x7FFFFFFF else 4
_MIRROR, _FLIP, _COLOUR_BARS = 1, 2, 4


class PixelFormat:
    RGB565, YUV422, YUV420, GRAYSCALE, JPEG, RGB888, RAW, RGB444, RGB555 = range(9)


class GrabMode:
    WHEN_EMPTY, LATEST = 0, 1


class GainCeiling:
    X2, X4, X8, X16, X32, X64, X128 = range(7)


# esp32-camera's framesize_t (driver/include/sensor.h); None: more than this camera has.
_SIZES = (
    ("R96X96", 96, 96),
    ("QQVGA", 160, 120),
    ("R128x128", 128, 128),
    ("QCIF", 176, 144),
    ("HQVGA", 240, 176),
    ("R240X240", 240, 240),
    ("QVGA", 320, 240),
    ("R320X320", 320, 320),
    ("CIF", 400, 296),
    ("HVGA", 480, 320),
    ("VGA", 640, 480),
    ("SVGA", 800, 600),
    ("XGA", 1024, 768),
    ("HD", 1280, 720),
    ("SXGA", 1280, 1024),
    ("UXGA", 1600, 1200),
)


class FrameSize:
    pass


for _number, _size in enumerate(_SIZES):
    setattr(FrameSize, _size[0], _number)

_BYTES_PER_PIXEL = {PixelFormat.RGB565: 2, PixelFormat.GRAYSCALE: 1, PixelFormat.RGB888: 3}
# Split, not listed: firmware has its names in ROM, here each would take the board's heap.
_SETTINGS = (
    "contrast brightness saturation sharpness denoise gainceiling quality whitebal gain_ctrl "
    "exposure_ctrl aec2 awb_gain agc_gain aec_value special_effect wb_mode ae_level dcw bpc wpc "
    "raw_gma lenc"
).split()
_OWN_PROPERTIES = (
    "pixel_format grab_mode fb_count pixel_width pixel_height max_frame_size sensor_name "
    "frame_size hmirror vflip colorbar"
).split()


class Camera:
    """The board's one camera. Pin arguments are taken and not needed."""

    sensor_name = "VIRTUAL"
    max_frame_size = len(_SIZES) - 1

    _in_use = None

    def __init__(
        self,
        *,
        pixel_format=PixelFormat.RGB565,
        frame_size=FrameSize.QVGA,
        jpeg_quality=85,
        fb_count=1,
        grab_mode=GrabMode.WHEN_EMPTY,
        init=True,
        **pins,
    ):
        self.hmirror = self.vflip = self.colorbar = False
        self._settings = {"quality": jpeg_quality}
        self._number = 0
        self._configure(pixel_format, frame_size, fb_count, grab_mode)
        self._ready = False
        self.init()
        try:
            frame = self.capture()
        except OSError:
            self.deinit()
            raise
        if frame is None:
            self.deinit()
            raise OSError(_NO_FRAME)
        if not init:
            self.deinit()

    def _configure(self, pixel_format, frame_size, fb_count, grab_mode):
        if pixel_format not in _BYTES_PER_PIXEL and pixel_format != PixelFormat.JPEG:
            raise ValueError("Invalid pixel format for this sensor")
        if not 0 <= frame_size < len(_SIZES):
            raise ValueError("Invalid frame_size")
        if not 1 <= fb_count <= 2:
            raise ValueError("fb_count must be 1 or 2")
        self.pixel_format = pixel_format
        self.grab_mode = grab_mode
        self.fb_count = fb_count
        self._frame_size = frame_size
        _, self.pixel_width, self.pixel_height = _SIZES[frame_size]

    @property
    def frame_size(self):
        return self._frame_size

    @frame_size.setter
    def frame_size(self, frame_size):
        self._configure(self.pixel_format, frame_size, self.fb_count, self.grab_mode)

    def init(self):
        if Camera._in_use not in (None, self):
            raise OSError("Camera already in use; deinit() the other object first")
        Camera._in_use = self
        self._ready = True

    def deinit(self):
        self._ready = False
        if Camera._in_use is self:
            Camera._in_use = None

    def reconfigure(self, *, frame_size=None, pixel_format=None, grab_mode=None, fb_count=None):
        self._require_ready()
        self._configure(
            self.pixel_format if pixel_format is None else pixel_format,
            self._frame_size if frame_size is None else frame_size,
            self.fb_count if fb_count is None else fb_count,
            self.grab_mode if grab_mode is None else grab_mode,
        )

    def capture(self):
        """The next frame, or None where the sensor missed it."""
        self._require_ready()
        chip.check_interrupt()
        self._number += 1
        status, size = _grab(self, self._number)
        if status > 0:
            return None
        if status < 0:
            raise OSError(-status)
        return _frame_buffer(self._slot(), size)

    def _slot(self):
        return self._number % self.fb_count

    def free_buffer(self):
        """The frame given last is no longer valid."""

    def frame_available(self):
        return self._ready

    def _require_ready(self):
        if not self._ready:
            raise OSError("Camera not initialized")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.deinit()

    def __getattr__(self, name):
        if name in _SETTINGS:
            return self._settings.get(name, 0)
        if name[:4] == "get_" and name[4:] in _SETTINGS + _OWN_PROPERTIES:
            return lambda: getattr(self, name[4:])
        if name[:4] == "set_" and name[4:] in _SETTINGS + _OWN_PROPERTIES:
            return lambda value: setattr(self, name[4:], value)
        raise AttributeError(name)


def _flags(camera):
    return (
        (_MIRROR if camera.hmirror else 0)
        | (_FLIP if camera.vflip else 0)
        | (_COLOUR_BARS if camera.colorbar else 0)
    )


def _grab(camera, number):
    """Ask for a frame, wait for it; ``(status, bytes)``: 0, 1 for a timeout, or -errno."""
    width, height = camera.pixel_width, camera.pixel_height
    settings = (camera._slot(), _flags(camera), camera.quality)
    chip.tell(number, chip.BUS_GRAB, camera.pixel_format, width, height, *settings)
    return chip.answer_to(number)


def _frame_buffer(slot, size):
    """A memoryview of signed bytes over a frame buffer, as the real module's is."""
    slot_bytes = (len(chip.memory) - chip.REGISTERS_BYTES) // 2
    start = uctypes.addressof(chip.memory) + chip.REGISTERS_BYTES + slot * slot_bytes
    frame = memoryview(uctypes.bytearray_at(start, size))
    # py/objarray.h: the byte after the type pointer is the type code, its top bit "writable".
    uctypes.bytearray_at(id(frame) + _POINTER_BYTES, 1)[0] = 0x80 | ord("b")
    return frame
