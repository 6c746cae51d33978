"""LiteRT's classes of the .tflite schema, or a sentence where LiteRT is missing."""

from tinyteach.errors import MissingToolError

try:
    from ai_edge_litert import schema_py_generated as schema
except ImportError as error:
    raise MissingToolError(
        "Head files are read and written with LiteRT; run `pip install ai-edge-litert`."
    ) from error

__all__ = ["schema"]
