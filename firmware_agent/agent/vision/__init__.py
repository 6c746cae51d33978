"""From camera pixels to the embedding's input: centre square, area average, int8."""
