"""The patches that thumb_dot multiplies: bytes as they are, so that they move by words.

Viper, for cores whose loads and stores take any address.
"""


@micropython.viper
def gather(source: ptr8, u: ptr8, op, start: int, count: int):
    """Copy what lies under ``count`` windows from pixel ``start`` on; padding is the zero point."""
    window = op.window
    height = int(window.in_height)
    width = int(window.in_width)
    depth = int(window.in_channels)
    rows = int(window.filter_height)
    columns = int(window.filter_width)
    stride = int(window.stride_x)
    across = int(window.out_width)
    fill = int(op.input_zero_point) & 255
    fill = (fill << 8) + fill
    fill = (fill << 16) + fill
    base = int(source)
    to = ptr32(u)
    y = start // across
    x = start - y * across
    while count > 0:
        top = y * int(window.stride_y) - int(window.pad_top)
        left = x * stride - int(window.pad_left)
        first = 0 - left if left < 0 else 0
        last = width - left if left + columns > width else columns
        row = 0
        while row < rows:
            inside = (last - first) * depth
            before = first * depth
            after = (columns - last) * depth
            if top < 0 or top >= height:
                inside = 0
                before = columns * depth
                after = 0
            at = ptr32(base + (top * width + left + first) * depth)
            while before >= 4:
                to[0] = fill
                to = ptr32(int(to) + 4)
                before -= 4
            while before > 0:
                ptr8(to)[0] = fill
                to = ptr32(int(to) + 1)
                before -= 1
            while inside >= 16:
                to[0] = at[0]
                to[1] = at[1]
                to[2] = at[2]
                to[3] = at[3]
                at = ptr32(int(at) + 16)
                to = ptr32(int(to) + 16)
                inside -= 16
            while inside >= 4:
                to[0] = at[0]
                at = ptr32(int(at) + 4)
                to = ptr32(int(to) + 4)
                inside -= 4
            while inside > 0:
                ptr8(to)[0] = ptr8(at)[0]
                at = ptr32(int(at) + 1)
                to = ptr32(int(to) + 1)
                inside -= 1
            while after >= 4:
                to[0] = fill
                to = ptr32(int(to) + 4)
                after -= 4
            while after > 0:
                ptr8(to)[0] = fill
                to = ptr32(int(to) + 1)
                after -= 1
            top += 1
            row += 1
        x += 1
        if x == across:
            x = 0
            y += 1
        count -= 1
