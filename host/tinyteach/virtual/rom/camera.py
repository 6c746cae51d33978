# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115, SIM905
"""Module ``camera`` with the API of cnadler86/micropython-camera-API, release 0.6, on an ESP32-S3.

Its traps are kept: one camera only, the constructor grabs a frame, capture()
gives None on a timeout, a frame is a memoryview of signed bytes straight into a
frame buffer, which a later capture overwrites. RGB565 has its high byte first.
"""

from rom import frames

_NO_FRAME = "Failed to capture initial frame. Construct a new object."
_PINS = "data_pins pclk_pin vsync_pin href_pin sda_pin scl_pin xclk_pin powerdown_pin reset_pin"


class _Names:
    """Constants, each its place in a string: firmware has its names in ROM, not in the heap."""

    def __init__(self, names):
        self._names = names

    def __getattr__(self, name):
        names = self._names.split()
        if name in names:
            return names.index(name)
        raise AttributeError(name)


PixelFormat = _Names("RGB565 YUV422 YUV420 GRAYSCALE JPEG RGB888 RAW RGB444 RGB555")
GrabMode = _Names("WHEN_EMPTY LATEST")
GainCeiling = _Names("X2 X4 X8 X16 X32 X64 X128")
# esp32-camera's framesize_t (driver/include/sensor.h), as far as this camera goes.
FrameSize = _Names(
    "R96X96 QQVGA R128x128 QCIF HQVGA R240X240 QVGA R320X320 CIF HVGA VGA SVGA XGA HD SXGA UXGA"
)
_SIZES = (
    (96, 96),
    (160, 120),
    (128, 128),
    (176, 144),
    (240, 176),
    (240, 240),
    (320, 240),
    (320, 320),
    (400, 296),
    (480, 320),
    (640, 480),
    (800, 600),
    (1024, 768),
    (1280, 720),
    (1280, 1024),
    (1600, 1200),
)

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
        frame_size=FrameSize.QQVGA,
        jpeg_quality=85,
        fb_count=2,
        grab_mode=GrabMode.LATEST,
        init=True,
        xclk_freq=20000000,
        i2c=None,
        **pins,
    ):
        for name in pins:
            if name not in _PINS.split():
                raise TypeError("extra keyword arguments given")
        self.hmirror = self.vflip = self.colorbar = False
        self._settings = {"quality": jpeg_quality, "xclk_freq": xclk_freq}
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
        self.pixel_width, self.pixel_height = _SIZES[frame_size]

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
        self._number += 1
        size_and_look = (self.pixel_width, self.pixel_height, _flags(self))
        # A byte each, as board.py takes them apart: quality, clock in MHz, buffers.
        size_and_look += (
            self.quality | self._settings["xclk_freq"] // 1000000 << 8 | self.fb_count << 16,
        )
        status, size = frames.take(self._slot(), self.pixel_format, *size_and_look)
        if status > 0:
            return None
        if status < 0:
            raise OSError(-status)
        return frames.signed_view(self._slot(), size)

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
        (frames.MIRROR if camera.hmirror else 0)
        | (frames.FLIP if camera.vflip else 0)
        | (frames.COLOUR_BARS if camera.colorbar else 0)
    )
