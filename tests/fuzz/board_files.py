"""Files of a board, damaged: the seeds, and what is made of them."""

from fuzz.mutations import cut_short, mutations
from fuzz.targets.every import TARGETS

KEY = bytes(range(32))
RESUMED = bytes((0, 90, 0, 0, 0, 1, 90, 255, 90, 0, 2, 90, 0, 0, 0))
SEEDS = {
    "button": [b"9 1 0\ncat\ncup\nunknown", b"21 0 2"],
    "slots": [b'{"active": "a", "previous": "b"}', b'{"active": null, "previous": null}'],
    "key": [b"\0" + KEY, b"\1" + KEY],
    "number": [b"7", b"4294967295"],
    # Opened, written in two pieces and finished; with its power lost in between; with a bit wrong.
    "upload": [
        bytes((0, 100, 0, 0, 0, 1, 100, 0, 50, 0, 1, 100, 255, 50, 0, 2, 0, 0, 0, 0)),
        bytes((0, 90, 0, 0, 0, 1, 90, 0, 50, 0, 3, 90, 0, 40, 0)) + RESUMED,
        bytes((0, 90, 0, 0, 0, 1, 90, 0, 90, 255, 2, 90, 0, 0, 0)) + RESUMED,
    ],
}


def cases(count: int, seed: int = 0) -> list[tuple[str, bytes]]:
    """(kind, content): of each kind its seeds, their beginnings and ``count`` damaged ones."""
    seeds = {"rules": TARGETS["rules"].corpus, **SEEDS}
    return [
        (kind, content)
        for kind, own in seeds.items()
        for content in (*own, *cut_short(own, 9), *mutations(own, [], f"{kind} {seed}", count))
    ]


def as_lines(given: list[tuple[str, bytes]]) -> bytes:
    """As on_board.py takes them."""
    return "".join(f"{kind} {content.hex()}\n" for kind, content in given).encode()
