"""Driver for OpenMV's cameras: class CSI of module ``csi``, or the older module ``sensor``.

Firmware 4.8 and later has both; in 4.6 and 4.7 ``csi`` is another name of
``sensor``, without the class. RGB565 is as the processor stores it, low byte
first. A frame is zero-copy and goes stale at the next grab.
"""

from agent.camera.error import CameraError
from tinyteach_protocol.messages import GRAY8, RGB565_LE

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

    from agent.camera import Grabbed

_SIDE = const(240)
_GRAB_TRIES = const(3)


class OpenMvCamera:
    """Square 240×240 frames, cut by the firmware from the middle of 320×240.

    ``module``, ``set_format`` and ``show_bar`` are for `tinyteach doctor`.
    """

    width = height = _SIDE

    def __init__(self) -> None:
        try:
            self.module, controls = _controls()
            reset, self.set_format, set_size, set_window, self._snapshot, chip_number = controls[:6]
            self.show_bar = controls[6]
            reset()
            self.pixel_format = self._choose_format()
            set_size(self.module.QVGA)
            set_window((_SIDE, _SIDE))
            self.sensor = "0x%04X" % chip_number()
        except RuntimeError as error:
            raise CameraError("the camera does not start: %s" % error) from None

    def grab(self) -> "Grabbed":
        """The next frame as ``(buffer, width, height, pixel_format)``."""
        for _ in range(_GRAB_TRIES):
            try:
                # By reference: the pixels stay in the firmware's frame buffer.
                return self._snapshot().bytearray(), _SIDE, _SIDE, self.pixel_format
            except RuntimeError as error:
                problem = error
        raise CameraError("the camera gives no frame: %s" % problem)

    def _choose_format(self) -> int:
        """Colour where the image sensor has it: the global-shutter ones see grey only."""
        try:
            self.set_format(self.module.RGB565)
            return RGB565_LE
        except RuntimeError:
            self.set_format(self.module.GRAYSCALE)
            return GRAY8


def _controls() -> "tuple[Any, tuple[Any, ...]]":
    """The module and its functions, which do the same under two sets of names."""
    try:
        from csi import CSI
    except ImportError:
        import sensor as s

        return s, (
            s.reset,
            s.set_pixformat,
            s.set_framesize,
            s.set_windowing,
            s.snapshot,
            s.get_id,
            s.set_colorbar,
        )
    import csi

    c = CSI()
    return csi, (c.reset, c.pixformat, c.framesize, c.window, c.snapshot, c.cid, c.colorbar)
