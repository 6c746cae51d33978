"""The embedding's file, read before the other modules are loaded.

It is by far the largest block of the heap and needs a place in one piece, which a small
heap no longer has once a hundred objects lie scattered over it.
"""

from agent import files

PATH = "/tinyteach/embedding.tflite"

_early = files.read_whole(PATH) if files.size_of(PATH) >= 0 else None


def read():
    """The file's content, or None where there is none yet."""
    global _early
    content, _early = _early, None
    if content is None and files.size_of(PATH) >= 0:
        content = files.read_whole(PATH)
    return content
