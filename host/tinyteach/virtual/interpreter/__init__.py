"""Where MicroPython comes from."""
