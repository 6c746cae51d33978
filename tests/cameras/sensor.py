# mypy: ignore-errors
# ruff: noqa: I001, F401
"""Module ``sensor`` of OpenMV's firmware: that of ``csi`` as functions, under older names.

In firmware 4.6 and 4.7 ``import csi`` gives this module too, which has no class.
"""

from csi import CSI as _CSI, GRAYSCALE, JPEG, QQVGA, QVGA, RGB565, VGA

_sensor = _CSI()
reset = _sensor.reset
set_pixformat = _sensor.pixformat
set_framesize = _sensor.framesize
snapshot = _sensor.snapshot
get_id = _sensor.cid
set_colorbar = _sensor.colorbar
width, height = _sensor.width, _sensor.height


def set_windowing(*window):
    """``w, h`` or ``x, y, w, h``, in a tuple or one by one."""
    _sensor.window(window[0] if len(window) == 1 else window)
