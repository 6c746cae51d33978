"""Image sensors by name, as OpenMV's firmware tells numbers; and what one was found to need."""

import json

# common/omv_csi.h of openmv/openmv, "Chip ID Values".
OPENMV_NAMES = {
    0x21: "GC2145",
    0x26: "OV2640",
    0x56: "OV5640",
    0x60: "HM0360",
    0x76: "OV7670 or OV7690",
    0x77: "OV7725",
    0x96: "OV9650",
    0xB0: "HM01B0",
    0x1311: "MT9V022",
    0x1312: "MT9V022",
    0x1313: "MT9V022",
    0x1324: "MT9V034",
    0x1413: "MT9V022",
    0x1424: "MT9V034",
    0x2481: "MT9M114",
    0x6100: "PAJ6100",
    0x7920: "PAG7920",
    0x7936: "PAG7936",
}


def sensor_name(told: str) -> str:
    """What a board's ``sensor`` is called: as told, but for OpenMV's numbers, such as 0x0077."""
    try:
        return OPENMV_NAMES.get(int(told, 16), told) if told.startswith("0x") else told
    except ValueError:
        return told


def needed_settings(told: str) -> str:
    """A board's ``camera`` in words, to stand behind the size of its frames: ``, with …``.

    Empty where the sensor needs no other settings than the firmware's, or what is told is none.
    """
    try:
        settings = dict(json.loads(told)) if told else {}
    except (TypeError, ValueError):
        return ""
    words = [_setting(name, value) for name, value in settings.items()]
    return f", with {' and '.join(words)}" if words else ""


def _setting(name: str, value: object) -> str:
    if name == "xclk_freq" and isinstance(value, int):
        return f"a clock of {value / 1_000_000:g} MHz"
    if (name, value) == ("fb_count", 1):
        return "one frame buffer"
    return "grey pictures" if name in ("pixel_format", "format") else f"{name} {value}"
