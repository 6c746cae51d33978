"""The row functions of the resizer in viper; no value leaves 31 bits. Whole pictures of 16-bit
pixels go two pixels a word (decision 0025): start, place, little, big and across.

Each of a pixel's 16 bits is masked once: a channel's top bits, which widening repeats, and its
other bits are added apart, in fields with room for the sum of four rows, and a channel is put
together once an output row: red = 33 * top + 8 * rest of 5 bits, green = 65 * top + 4 * rest of 6.
Those are summed in half words, so the halves of a row go side by side through the columns.

Weights are divided by the sides' common divisor: an output pixel takes ``side`` units along each
axis, a source pixel has ``unit``. The plan, 32-bit words: 0 side, 1 unit, 2 words of half a
source row, 3 and 4 factor and shift that divide by side ** 2, 5 stride, 6 offset of the next row,
7 offset in the output, 8 what the next row has left; and of an output row's source rows: 9 weight
of the first, 10 bytes back to it, 11 offset of the first whole one, 12 to 15 from there to each
whole one, 16 to the last, 17 its weight; 18 output pixels of half a row.

Viper keeps a function's first three arguments in registers: the busiest values are arguments,
whatever is passed. No mask lets through what a shift of a sign or 64 bits bring in. All is
one module, because the names of another would take one more pool of names, 9 KB of the heap.
"""

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


@micropython.viper
def start(source: ptr8, offset: int, stride: int, plan: ptr32) -> int:
    """1 where rows ``stride`` bytes apart begin at whole words; then the plan begins."""
    if stride == 0 or ((int(source) + offset) | stride) & 3:
        return 0
    plan[5] = stride
    plan[6] = offset
    plan[7] = 0
    plan[8] = 0
    return 1


@micropython.viper
def place(plan: ptr32):
    """Where the next output row's source rows are, and the weights of the first and last."""
    room = plan[0]
    unit = plan[1]
    stride = plan[5]
    offset = plan[6]
    first = plan[8]
    plan[9] = first
    plan[10] = 0
    if first:
        room -= first
        plan[10] = stride
        offset += stride
    plan[11] = offset
    # From one whole row to the next ones, 0 where there is none.
    i = 12
    at = 0
    while i < 16:
        plan[i] = 0
        if room >= unit:
            plan[i] = at
            at += stride
            room -= unit
        i += 1
    plan[16] = at
    plan[17] = room
    plan[6] = offset + at
    plan[8] = unit - room if room else 0


@micropython.viper
def little(w: int, low: int, high: int, source: ptr8, sums: ptr16, plan: ptr32):
    """An output row's weighted sums of columns, of RGB565 with the low byte first.

    low: blue's at bit 0, green's at 5, red's at 11; high, shifted by 2: at 0, 7 and 11.
    """
    unit = plan[1]
    first = plan[9]
    before = 0 - plan[10]
    p = ptr32(int(source) + plan[11])
    second = plan[13]
    third = plan[14]
    fourth = plan[15]
    after = plan[16]
    last = plan[17]
    half = 2
    while half:
        count = plan[2]
        while count:
            w = p[0]
            low = w & 0x19E319E3
            high = (w >> 2) & 0x39873987
            if second:
                w = ptr32(int(p) + second)[0]
                low = (w & 0x19E319E3) + low
                high = ((w >> 2) & 0x39873987) + high
                if third:
                    w = ptr32(int(p) + third)[0]
                    low = (w & 0x19E319E3) + low
                    high = ((w >> 2) & 0x39873987) + high
                    if fourth:
                        w = ptr32(int(p) + fourth)[0]
                        low = (w & 0x19E319E3) + low
                        high = ((w >> 2) & 0x39873987) + high
            w = (low >> 8) & 0x00F800F8
            r = (((high >> 11) & 0x001F001F) * 33 + w) * unit
            w = (low >> 3) & 0x00FC00FC
            g = (((high >> 7) & 0x000F000F) * 65 + w) * unit
            w = (low & 0x001F001F) << 3
            b = ((high & 0x007F007F) * 33 + w) * unit
            if first + last:
                w = ptr32(int(p) + before)[0]
                low = (w & 0x19E319E3) * first
                high = ((w >> 2) & 0x39873987) * first
                if last:
                    w = ptr32(int(p) + after)[0]
                    low = (w & 0x19E319E3) * last + low
                    high = ((w >> 2) & 0x39873987) * last + high
                w = (low >> 8) & 0x00F800F8
                r = ((high >> 11) & 0x001F001F) * 33 + w + r
                w = (low >> 3) & 0x00FC00FC
                g = ((high >> 7) & 0x000F000F) * 65 + w + g
                w = (low & 0x001F001F) << 3
                b = (high & 0x007F007F) * 33 + w + b
            sums[0] = r
            sums[2] = g
            sums[4] = b
            sums[6] = r >> 16
            sums[8] = g >> 16
            sums[10] = b >> 16
            sums = ptr16(int(sums) + 24)
            p = ptr32(int(p) + 4)
            count -= 1
        sums = ptr16(int(sums) - 24 * plan[2] + 2)
        half -= 1


@micropython.viper
def big(w: int, low: int, high: int, source: ptr8, sums: ptr16, plan: ptr32):
    """The same with the high byte first, which parts green's fourth bit from the lower three.

    low, shifted by 3: red's at bit 0, blue's at 5, green's three at 10; high: green's at 1,
    red's at 5, blue's at 10; middle: green's fourth.
    """
    unit = plan[1]
    first = plan[9]
    before = 0 - plan[10]
    p = ptr32(int(source) + plan[11])
    second = plan[13]
    third = plan[14]
    fourth = plan[15]
    after = plan[16]
    last = plan[17]
    half = 2
    while half:
        count = plan[2]
        while count:
            w = p[0]
            low = (w >> 3) & 0x1C631C63
            high = w & 0x1CE61CE6
            middle = w & 0x00010001
            if second:
                w = ptr32(int(p) + second)[0]
                low = ((w >> 3) & 0x1C631C63) + low
                high = (w & 0x1CE61CE6) + high
                middle = (w & 0x00010001) + middle
                if third:
                    w = ptr32(int(p) + third)[0]
                    low = ((w >> 3) & 0x1C631C63) + low
                    high = (w & 0x1CE61CE6) + high
                    middle = (w & 0x00010001) + middle
                    if fourth:
                        w = ptr32(int(p) + fourth)[0]
                        low = ((w >> 3) & 0x1C631C63) + low
                        high = (w & 0x1CE61CE6) + high
                        middle = (w & 0x00010001) + middle
            w = (low & 0x001F001F) << 3
            r = (((high >> 5) & 0x001F001F) * 33 + w) * unit
            w = ((low >> 8) & 0x00FC00FC) + (middle << 5)
            g = (((high >> 1) & 0x000F000F) * 65 + w) * unit
            w = (low >> 2) & 0x00F800F8
            b = (((high >> 10) & 0x003F003F) * 33 + w) * unit
            if first + last:
                w = ptr32(int(p) + before)[0]
                low = ((w >> 3) & 0x1C631C63) * first
                high = (w & 0x1CE61CE6) * first
                middle = (w & 0x00010001) * first
                if last:
                    w = ptr32(int(p) + after)[0]
                    low = ((w >> 3) & 0x1C631C63) * last + low
                    high = (w & 0x1CE61CE6) * last + high
                    middle = (w & 0x00010001) * last + middle
                w = (low & 0x001F001F) << 3
                r = ((high >> 5) & 0x001F001F) * 33 + w + r
                w = ((low >> 8) & 0x00FC00FC) + (middle << 5)
                g = ((high >> 1) & 0x000F000F) * 65 + w + g
                w = (low >> 2) & 0x00F800F8
                b = ((high >> 10) & 0x003F003F) * 33 + w + b
            sums[0] = r
            sums[2] = g
            sums[4] = b
            sums[6] = r >> 16
            sums[8] = g >> 16
            sums[10] = b >> 16
            sums = ptr16(int(sums) + 24)
            p = ptr32(int(p) + 4)
            count -= 1
        sums = ptr16(int(sums) - 24 * plan[2] + 2)
        half -= 1


@micropython.viper
def across(sums: ptr32, r: int, g: int, b: int, out: ptr8, plan: ptr32):
    """An output row of int8 from the sums of columns, a pixel of either half at a time."""
    side = plan[0]
    unit = plan[1]
    three = 3 * unit
    factor = plan[3]
    shift = plan[4]
    count = plan[18]
    half = (side * side) >> 1
    half |= half << 16
    out = ptr8(int(out) + plan[7])
    right = ptr8(int(out) + 3 * count)
    plan[7] = plan[7] + 6 * count
    left = 0
    while count:
        room = side
        r = half
        g = half
        b = half
        if left:
            r = sums[0] * left + r
            g = sums[1] * left + g
            b = sums[2] * left + b
            sums = ptr32(int(sums) + 12)
            room -= left
        while room >= three:
            r = (sums[0] + sums[3] + sums[6]) * unit + r
            g = (sums[1] + sums[4] + sums[7]) * unit + g
            b = (sums[2] + sums[5] + sums[8]) * unit + b
            sums = ptr32(int(sums) + 36)
            room -= three
        while room >= unit:
            r = sums[0] * unit + r
            g = sums[1] * unit + g
            b = sums[2] * unit + b
            sums = ptr32(int(sums) + 12)
            room -= unit
        left = 0
        if room:
            r = sums[0] * room + r
            g = sums[1] * room + g
            b = sums[2] * room + b
            left = unit - room
        out[0] = (((r & 0xFFFF) * factor) >> shift) ^ 128
        out[1] = (((g & 0xFFFF) * factor) >> shift) ^ 128
        out[2] = (((b & 0xFFFF) * factor) >> shift) ^ 128
        right[0] = ((((r >> 16) & 0xFFFF) * factor) >> shift) ^ 128
        right[1] = ((((g >> 16) & 0xFFFF) * factor) >> shift) ^ 128
        right[2] = ((((b >> 16) & 0xFFFF) * factor) >> shift) ^ 128
        out = ptr8(int(out) + 3)
        right = ptr8(int(right) + 3)
        count -= 1
