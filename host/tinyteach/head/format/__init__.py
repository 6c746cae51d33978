"""The head as a file: layout, writing, reading."""
