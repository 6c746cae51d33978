"""The row functions of the resizer in viper; no value leaves 31 bits."""

name = "viper"


@micropython.viper
def decode(source: ptr8, rgb: ptr8, offset: int, count: int, pixel_format: int):
    source = ptr8(int(source) + offset)
    if pixel_format == 3:
        count = 3 * count
        while count > 0:
            rgb[0] = source[0]
            source = ptr8(int(source) + 1)
            rgb = ptr8(int(rgb) + 1)
            count -= 1
    if pixel_format == 4:
        while count > 0:
            word = source[0]
            rgb[0] = word
            rgb[1] = word
            rgb[2] = word
            source = ptr8(int(source) + 1)
            rgb = ptr8(int(rgb) + 3)
            count -= 1
    # The byte that holds red comes first or second.
    high = pixel_format - 1
    low = 1 - high
    while count > 0:
        word = (source[high] << 8) | source[low]
        value = word >> 11
        rgb[0] = (value << 3) | (value >> 2)
        value = (word >> 5) & 63
        rgb[1] = (value << 2) | (value >> 4)
        value = word & 31
        rgb[2] = (value << 3) | (value >> 2)
        source = ptr8(int(source) + 2)
        rgb = ptr8(int(rgb) + 3)
        count -= 1


@micropython.viper
def resample(rgb: ptr8, across: ptr32, side_in: int, side_out: int):
    """Walks along the row: each source pixel has side_out to give, each output takes side_in."""
    left = 0
    done = 0
    while done < side_out:
        room = side_in
        # What the pixel on the boundary has left for this output pixel; more than
        # all of it where the picture is enlarged.
        weight = left
        if weight > room:
            weight = room
        red = 0
        green = 0
        blue = 0
        if weight > 0:
            red = weight * rgb[0]
            green = weight * rgb[1]
            blue = weight * rgb[2]
            left -= weight
            room -= weight
            if left == 0:
                rgb = ptr8(int(rgb) + 3)
        r = 0
        g = 0
        b = 0
        while room >= side_out:
            r += rgb[0]
            g += rgb[1]
            b += rgb[2]
            rgb = ptr8(int(rgb) + 3)
            room -= side_out
        red += r * side_out
        green += g * side_out
        blue += b * side_out
        if room > 0:
            red += room * rgb[0]
            green += room * rgb[1]
            blue += room * rgb[2]
            left = side_out - room
        across[0] = red
        across[1] = green
        across[2] = blue
        across = ptr32(int(across) + 12)
        done += 1


@micropython.viper
def accumulate(across: ptr32, totals: ptr32, weight: int, count: int):
    while count > 0:
        totals[0] = totals[0] + weight * across[0]
        totals[1] = totals[1] + weight * across[1]
        totals[2] = totals[2] + weight * across[2]
        across = ptr32(int(across) + 12)
        totals = ptr32(int(totals) + 12)
        count -= 3


@micropython.viper
def divide(totals: ptr32, out: ptr8, offset: int, count: int, area: int):
    out = ptr8(int(out) + offset)
    half = area >> 1
    i = 0
    while i < count:
        out[i] = ((totals[i] + half) // area) ^ 128
        i += 1


@micropython.viper
def exchange(out: ptr8, offset: int, count: int):
    out = ptr8(int(out) + offset)
    while count > 0:
        value = out[0]
        out[0] = out[2]
        out[2] = value
        out = ptr8(int(out) + 3)
        count -= 1


@micropython.viper
def clear(totals: ptr32, count: int):
    i = 0
    while i < count:
        totals[i] = 0
        i += 1


@micropython.viper
def add(values: ptr8, totals: ptr32, count: int):
    i = 0
    while i < count:
        totals[i] = totals[i] + (values[i] ^ 128) - 128
        i += 1
