"""How far copies of photographs are apart, and different photographs of a folder.

``python bench/copies.py --photos DIR_OR_ZIP …``. Each folder or zip holds class folders. A hundred
photographs of each are saved again in ways in which copies come about, and compared as
`data/copies.py` compares: how many of the copies are found, and how many of all the collection's
files are taken for copies of another. A collection may hold real copies: some of those pairs are
named, to be looked at.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from tinyteach.cli.output import print_json, say, show_table
from tinyteach.data.copies import NEAR, alike, small_view
from tinyteach.data.layouts import ClassPhoto, read_collection
from tinyteach.errors import PhotoError

COPIED = 100  # photographs of each collection, evenly spaced
NAMED = 5  # pairs
QUICK = 20  # photographs


def saved(quality: int) -> Callable[[Image.Image], Image.Image]:
    """Saved as a JPEG and read again."""

    def copy(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        return Image.open(file).convert("RGB")

    return copy


def scaled(factor: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.resize((round(image.width * factor),) * 2, Image.Resampling.BICUBIC)


def brightened(factor: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: ImageEnhance.Brightness(image).enhance(factor)


WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    **{"JPEG 80": saved(80), "JPEG 50": saved(50), "half the size": scaled(0.5)},
    **{"double the size": scaled(2), "a twentieth brighter": brightened(1.05)},
    **{"a tenth brighter": brightened(1.1), "a fifth brighter": brightened(1.2)},
}


def squares_of(source: str, quick: bool) -> list[tuple[str, np.ndarray]]:
    """Name and uint8 [N, N, 3] of each readable photograph."""
    found = []
    photos: list[ClassPhoto] = read_collection(source).photos
    for photo in photos[:: max(1, len(photos) // QUICK) if quick else 1]:
        try:
            found.append((photo.name, photo.square()))
        except PhotoError:
            continue
    return found


def measure(source: str, quick: bool) -> dict[str, Any]:
    """Fractions of copies found by way, and pairs of different files taken for copies."""
    photos = squares_of(source, quick)
    views = [small_view(square) for _, square in photos]
    found = {}
    chosen = range(0, len(photos), max(1, len(photos) // COPIED))
    for way, copy in WAYS.items():
        copies = [small_view(np.array(copy(Image.fromarray(photos[n][1])))) for n in chosen]
        pairs = [(views[n], copied) for n, copied in zip(chosen, copies, strict=True)]
        found[way] = float(np.mean([alike(pair, mirrored=True)[1] == 0 for pair in pairs]))
    taken = [
        (photos[first][0], photos[place][0])
        for place, first in enumerate(alike(views, mirrored=True).tolist())
        if first != place
    ]
    return {"photographs": len(photos), "found": found, "taken": len(taken), "named": taken[:NAMED]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--photos", nargs="+", required=True, metavar="DIR_OR_ZIP")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = {Path(source).stem: measure(source, options.quick) for source in options.photos}
    if options.json:
        print_json({"near": NEAR, "results": results})
        return
    rows = [
        (name, r["photographs"], *(f"{part:.0%}" for part in r["found"].values()), r["taken"])
        for name, r in results.items()
    ]
    show_table("copies found", ("", "photographs", *WAYS, "others taken for copies"), rows)
    for name, result in results.items():
        for one, other in result["named"]:
            say(f"{name}: {one} and {other}")


if __name__ == "__main__":
    main()
