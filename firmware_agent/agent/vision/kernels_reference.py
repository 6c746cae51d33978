"""The row functions of the resizer, written plainly: what the fast ones must equal."""

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from array import array

    from tinyteach_protocol.frame import Buffer

name = "reference"


def decode(source: "Buffer", rgb: bytearray, offset: int, count: int, pixel_format: int) -> None:
    """``count`` pixels at ``offset`` as RGB888; 5 and 6 bits are widened by repeating the top."""
    for i in range(count):
        if pixel_format == 3:
            red, green, blue = [source[offset + 3 * i + c] & 255 for c in range(3)]
        elif pixel_format == 4:
            red = green = blue = source[offset + i] & 255
        else:
            red, green, blue = from_rgb565(source, offset + 2 * i, pixel_format == 1)
        rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2] = red, green, blue


def from_rgb565(source: "Buffer", at: int, high_first: bool) -> tuple[int, int, int]:
    first, second = source[at] & 255, source[at + 1] & 255
    word = first << 8 | second if high_first else second << 8 | first
    red, green, blue = word >> 11, word >> 5 & 63, word & 31
    return red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2


def resample(rgb: bytearray, across: "array[int]", side_in: int, side_out: int) -> None:
    """One row's weighted sums: output pixel i takes each s by the length of their overlap."""
    for i in range(side_out):
        start, end = i * side_in, (i + 1) * side_in
        for channel in range(3):
            total = 0
            for s in range(start // side_out, (end + side_out - 1) // side_out):
                weight = min(end, (s + 1) * side_out) - max(start, s * side_out)
                total += weight * rgb[3 * s + channel]
            across[3 * i + channel] = total


def accumulate(across: "array[int]", totals: "array[int]", weight: int, count: int) -> None:
    for i in range(count):
        totals[i] += weight * across[i]


def divide(totals: "array[int]", out: memoryview, offset: int, count: int, area: int) -> None:
    """Rounded means, less 128, as int8 bytes."""
    for i in range(count):
        out[offset + i] = ((totals[i] + area // 2) // area) ^ 128


def exchange(out: memoryview, offset: int, count: int) -> None:
    """Red and blue of ``count`` pixels."""
    for at in range(offset, offset + 3 * count, 3):
        out[at], out[at + 2] = out[at + 2], out[at]


def clear(totals: "array[int]", count: int) -> None:
    for i in range(count):
        totals[i] = 0


def add(values: "Buffer", totals: "array[int]", count: int) -> None:
    """Add int8 bytes to totals."""
    for i in range(count):
        totals[i] += ((values[i] & 255) ^ 128) - 128
