"""scikit-learn takes about as long to import as photographs to embed: both at once."""

import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

NEEDED = (
    "sklearn.linear_model",
    "sklearn.cluster",
    "sklearn.model_selection",
)


@contextmanager
def importing_meanwhile() -> Iterator[None]:
    """What training imports is there at the end of the block."""
    if all(name in sys.modules for name in NEEDED):
        yield
        return
    with ThreadPoolExecutor(1) as pool:
        for name in NEEDED:
            pool.submit(importlib.import_module, name)
        yield
