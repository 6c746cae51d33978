"""The board's firmware, which runs on MicroPython."""
