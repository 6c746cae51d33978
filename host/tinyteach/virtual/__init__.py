"""Boards without hardware: the real agent on a real MicroPython."""
