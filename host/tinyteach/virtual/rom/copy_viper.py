# mypy: ignore-errors
# ruff: noqa: I001, F821
"""Memory moved and counted in machine code: nothing is allocated (see copy_plain.py)."""

import micropython


@micropython.viper
def copy(target: ptr8, target_start: int, source: ptr8, source_start: int, count: int):
    for i in range(count):
        target[target_start + i] = source[source_start + i]


@micropython.viper
def fill(target: ptr8, start: int, count: int, value: int):
    for i in range(count):
        target[start + i] = value
