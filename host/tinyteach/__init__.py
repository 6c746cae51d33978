"""TinyTeach: teach a small camera board to recognise things."""

__version__ = "0.1.0"
