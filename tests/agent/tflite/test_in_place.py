"""Weights read in place, in ROMFS, at whatever address: the same bits as loaded."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from mobile_net import mobile
from model_cases import NATIVE, PLAIN, Case
from residual_net import residual
from test_networks import images

from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.virtual.romfs_image import image_of

MODELS = {
    "base": (EMBEDDING_FILE.read_bytes, (1, 64, 64, 3)),
    "wide": (residual, (1, 64, 64, 3)),
    "mobile": (mobile, (1, 48, 48, 3)),
}


@dataclass
class InPlace(Case):
    """A case whose model comes to MicroPython in an image of ROMFS."""

    image: bytes = b""

    def packed(self) -> bytes:
        return Case(self.image, self.vectors).packed()


def in_place(folder, model: bytes, place: int, vectors) -> InPlace:
    """The model that many bytes beyond a multiple of four; other files' sizes move it."""
    folder.mkdir()
    (folder / "model.tflite").write_bytes(model)
    for before, after in itertools.product(range(4), range(2)):
        (folder / "a").write_bytes(bytes(before))
        (folder / "z").write_bytes(bytes(after))
        image = image_of(folder)
        if image.index(model) % 4 == place:
            return InPlace(model, vectors, f"place {place}", image)
    raise AssertionError(place)


@pytest.mark.parametrize("compare", [*NATIVE, PLAIN], indirect=True, ids="-".join)
def test_the_same_bits_at_each_address(compare, tmp_path):
    plain = compare.kernels == "reference"  # a second an inference
    cases = []
    for name in ("mobile",) if plain else MODELS:
        make, shape = MODELS[name]
        vectors = images(np.random.default_rng(6), shape, 2)[:1]
        places = (1,) if plain or compare.arch == "armhf" else range(4)
        cases += [in_place(tmp_path / f"{name}{n}", make(), n, vectors) for n in places]
    compare(cases)
