"""scikit-learn takes about as long to import as photographs to embed: both at once."""

import importlib
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
    with ThreadPoolExecutor(1) as pool:
        for name in NEEDED:
            pool.submit(importlib.import_module, name)
        yield
