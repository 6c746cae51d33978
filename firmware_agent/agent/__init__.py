"""TinyTeach's agent: camera, preprocessing, int8 inference, head slots, the wire."""

VERSION = "0.1.0"
