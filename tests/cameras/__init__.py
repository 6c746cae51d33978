"""Camera modules of other firmwares, for virtual boards: their API and their traps.

They run on the board, as what C modules are to its programs.
"""

from pathlib import Path

from tinyteach.virtual.process import CAMERA_MODULES

_HERE = Path(__file__).parent
_CAMERAS = {
    "camera-generic": {"camera": "camera_generic"},
    "lemariva": {"camera": "lemariva"},
    "csi": {"csi": "csi", "sensor": "sensor"},
    "sensor": {"csi": "sensor", "sensor": "sensor"},
    "sensor-grey": {"csi": "sensor_grey", "sensor": "sensor_grey"},
}


def cameras(firmware: str) -> dict[str, Path]:
    """`VirtualBoard`'s ``camera_modules`` of a firmware; ``camera`` is the one it has itself."""
    if firmware == "camera":
        return CAMERA_MODULES
    return {name: _HERE / f"{file}.py" for name, file in _CAMERAS[firmware].items()}
