"""Windows that slide over height and width: output size and padding.

The arithmetic of ComputePaddingHeightWidth in LiteRT's padding.h, without dilation.
"""

from agent.tflite.errors import ModelError

SAME, VALID = 0, 1
_MAX_STRIDE = const(64)


def window(size: int, filter_size: int, stride: int, padding: int) -> tuple[int, int]:
    """(output size, padding before) along one axis."""
    if not 1 <= stride <= _MAX_STRIDE or filter_size < 1:
        raise ModelError("a window's size or stride is out of range")
    if padding == SAME:
        out = (size + stride - 1) // stride
        total = max((out - 1) * stride + filter_size - size, 0)
        return out, total // 2
    if padding != VALID or size < filter_size:
        raise ModelError("a window does not fit its input")
    return (size - filter_size) // stride + 1, 0


class Window:
    """Input, filter, stride, padding and output sizes of a sliding window."""

    def __init__(
        self,
        input_shape: tuple[int, ...],
        filter_size: tuple[int, ...],
        strides: tuple[int, int],
        padding: int,
    ) -> None:
        if len(input_shape) != 4 or input_shape[0] != 1:
            raise ModelError("only images of one batch are supported: [1, height, width, channels]")
        self.in_height, self.in_width, self.in_channels = input_shape[1:]
        self.filter_height, self.filter_width = filter_size
        self.stride_y, self.stride_x = strides
        self.out_height, self.pad_top = window(
            self.in_height, self.filter_height, self.stride_y, padding
        )
        self.out_width, self.pad_left = window(
            self.in_width, self.filter_width, self.stride_x, padding
        )

    def check(self, shape: tuple[int, ...], channels: int) -> None:
        """ModelError where an output of that shape is not what the window gives."""
        if shape != (1, self.out_height, self.out_width, channels):
            raise ModelError("an operator's output does not have the shape its input gives")

    @property
    def pixels(self) -> int:
        return self.out_height * self.out_width
