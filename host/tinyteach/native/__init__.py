"""Machine code for boards: assembled here, carried in .mpy files."""
