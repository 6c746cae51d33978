"""The shipped file, its card and its documentation say the same."""

import json
import re

import pytest

from tinyteach.embedding.recipe.card import describe
from tinyteach.embedding.recipe.model_facts import ALLOWED_OPS, model_facts
from tinyteach.embedding.recipe.sizes import SIZES
from tinyteach.embedding.requirements import arena_bytes
from tinyteach.embedding.runtime import EMBEDDING_FILE, EMBEDDING_FILES

# What boards of each size can afford: multiply-accumulates, bytes of the file, of the arena.
LIMITS = {
    "base": (3_700_000, 180_000, 32_768),
    "tiny": (1_100_000, 80_000, 32_768),
    "open": (3_700_000, 180_000, 65_536),
    "plus": (11_000_000, 400_000, 131_072),
}
# Of each: all have ReLU but the convolutions before an addition, and what whitens and smooths.
LAYERS = {
    "base": {"CONV_2D": 9, "ADD": 4, "RESHAPE": 1},
    "tiny": {"CONV_2D": 7, "ADD": 3, "RESHAPE": 1},
    "open": {"CONV_2D": 9, "DEPTHWISE_CONV_2D": 8, "RESHAPE": 1},
    "plus": {"CONV_2D": 14, "DEPTHWISE_CONV_2D": 13, "RESHAPE": 1},
}
RELUS = {"base": 8, "tiny": 6, "open": 15, "plus": 25}


@pytest.fixture(params=EMBEDDING_FILES)
def size(request) -> str:
    return request.param


@pytest.fixture
def file(size):
    return EMBEDDING_FILES[size]


@pytest.fixture
def card(file) -> dict:
    return json.loads(file.with_suffix(".json").read_text())


def test_the_card_describes_the_file(card, file):
    facts = describe(file.read_bytes())
    assert {key: card[key] for key in facts} == facts


def test_the_file_has_the_shapes_of_the_recipe(card, size):
    assert card["side"] == SIZES[size].pixels
    assert card["features"] == SIZES[size].features
    assert card["input"] == {"scale": 1 / 128, "zero_point": 0}


def test_the_file_stays_within_a_boards_means(card, size, file):
    macs, size_bytes, of_tensors = LIMITS[size]
    assert set(card["ops"]) <= ALLOWED_OPS
    assert card["macs"] <= macs
    assert card["bytes"] <= size_bytes
    assert card["largest_step_bytes"] <= arena_bytes(file.read_bytes()) <= of_tensors


def test_every_relu_is_fused(card, size):
    assert card["ops"] == LAYERS[size] and card["fused_relus"] == RELUS[size]


def test_macs_are_those_of_the_layers_by_hand():
    # output side² · filters · 9 · input channels, layer by layer
    layers = [
        32 * 32 * 8 * 9 * 3,
        16 * 16 * 16 * 9 * 8,
        16 * 16 * 16 * 9 * 16,
        8 * 8 * 32 * 9 * 16,
        8 * 8 * 32 * 9 * 32,
        4 * 4 * 64 * 9 * 32,
        4 * 4 * 64 * 9 * 64,
        4 * 4 * 64 * 9 * 64,
        4 * 4 * 64 * 64,
    ]
    assert model_facts(EMBEDDING_FILE.read_bytes()).macs == sum(layers)


def test_the_card_carries_what_was_trained_and_measured(card):
    training = card["training"]
    assert training["command"].startswith("python -m tinyteach.embedding.recipe.train --size ")
    assert training.get("drawn", 0) > 1000 or training["epochs"] > 1 and training["images"] > 1000
    for entry in card["few_shot"].values():
        for shots, figure in entry["accuracy"].items():
            assert entry["plain_pixels"][shots]["mean"] < figure["mean"] <= 100


def test_the_documentation_states_the_cards_figures(card, root, size):
    text = (root / "docs" / "embedding.md").read_text()
    assert card["fingerprint"] in text
    assert card["training"]["command"] in text
    epochs = str(card["training"].get("epochs", ""))
    for number in (f"{card['macs']:,}", f"{card['bytes']:,}", epochs):
        assert number in text
    for name, entry in card["few_shot"].items():
        row = re.search(rf"^\| {size}: {re.escape(name)}.*$", text, re.MULTILINE)
        assert row, f"docs/embedding.md has no row for {name}"
        for figure in entry["accuracy"].values():
            assert f"{figure['mean']} ± {figure['std']}" in row[0]
