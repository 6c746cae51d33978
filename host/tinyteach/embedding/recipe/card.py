"""The facts of an embedding file that its model card states, read from the file itself."""

import hashlib
from dataclasses import asdict
from typing import Any

from tinyteach.embedding.recipe.model_facts import model_facts
from tinyteach.embedding.runtime import Embedding, TfliteModel


def describe(content: bytes) -> dict[str, Any]:
    """Fingerprint, size, cost and shapes of an embedding; ModelError if it is none."""
    model = TfliteModel(content)
    embedding = Embedding(content)
    return {
        "fingerprint": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "side": embedding.side,
        "features": embedding.features,
        "input": {"scale": model.input_details.scale, "zero_point": model.input_details.zero_point},
        "output": {"scale": embedding.scale, "zero_point": embedding.zero_point},
        **asdict(model_facts(content)),
    }
