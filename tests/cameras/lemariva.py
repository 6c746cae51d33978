# mypy: ignore-errors
# ruff: noqa: I001, RUF005
"""Module ``camera`` with the API of lemariva/micropython-camera-driver.

Its traps are kept: functions instead of an object, a camera that stays on over a
soft reset and cannot be started again then, capture() that copies the frame into
the heap and gives False where there is none. RGB565 has its high byte first.
"""

from rom import chip, frames

# esp32-camera's pixformat_t, framesize_t and camera_fb_location_t.
RGB565, YUV422, GRAYSCALE, JPEG = 0, 1, 3, 4
PSRAM, DRAM = 0, 1
XCLK_10MHz, XCLK_20MHz = 10000000, 20000000
FRAME_96X96, FRAME_QQVGA, FRAME_240X240, FRAME_QVGA, FRAME_VGA = 0, 1, 5, 6, 10
_SIZES = {0: (96, 96), 1: (160, 120), 5: (240, 240), 6: (320, 240), 10: (640, 480)}
_BYTES_PER_PIXEL = {RGB565: 2, GRAYSCALE: 1}
_PINS = "d0 d1 d2 d3 d4 d5 d6 d7 vsync href pclk pwdn reset xclk siod sioc fb_size"
# What is left of the chip's own memory holds no larger frame.
_DRAM_FRAME_BYTES = 65536
_frame = []


def init(number, *, format=JPEG, framesize=FRAME_VGA, quality=12, fb_location=DRAM, **more):
    # With the clock in MHz where other modules have the quality, too; there is one buffer.
    _frame[:] = (0, 85 | more.get("xclk_freq", XCLK_20MHz) // 1000000 << 8 | 1 << 16)
    _check(format, framesize, more)
    needed = _BYTES_PER_PIXEL.get(format, 0) * _SIZES[framesize][0] * _SIZES[framesize][1]
    if chip.registers[chip.CAMERA_ON] or (fb_location == DRAM and needed > _DRAM_FRAME_BYTES):
        raise OSError("Camera Init Failed")
    _frame[:0] = (format,) + _SIZES[framesize]
    if frames.take(0, *_frame)[0] < 0:
        raise OSError("Camera Init Failed")
    chip.registers[chip.CAMERA_ON] = 1
    return True


def _check(format, framesize, more):
    if framesize not in _SIZES or format not in (RGB565, GRAYSCALE, JPEG):
        raise ValueError("Image format or framesize is not valid")
    if more.pop("xclk_freq", XCLK_10MHz) not in (XCLK_10MHz, XCLK_20MHz):
        raise ValueError("xclk frequency is not valid")
    for name in more:
        if name not in _PINS.split():
            raise TypeError("extra keyword arguments given")


def deinit():
    """False where the camera is off."""
    was_on = bool(chip.registers[chip.CAMERA_ON])
    chip.registers[chip.CAMERA_ON] = 0
    return was_on


def capture():
    if not chip.registers[chip.CAMERA_ON] or not _frame:
        return False
    status, size = frames.take(0, *_frame)
    return False if status else frames.copy(0, size)
