"""A board that works for long, while things are done to it."""
