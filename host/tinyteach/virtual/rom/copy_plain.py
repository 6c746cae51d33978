# mypy: ignore-errors
"""Memory moved and counted where MicroPython has no machine code (arm64).

A file that is forgotten open is written out by the garbage collector, while
nothing can be allocated: so no slices here.
"""


def copy(target, target_start, source, source_start, count):
    for i in range(count):
        target[target_start + i] = source[source_start + i]


def fill(target, start, count, value):
    for i in range(count):
        target[start + i] = value
