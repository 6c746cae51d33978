"""Files of a board, damaged: the seeds, and what is made of them."""

from fuzz.mutations import cut_short, mutations
from fuzz.targets.every import TARGETS

SEEDS = {
    "button": [b"9 1 0\ncat\ncup\nunknown", b"21 0 2"],
    "slots": [b'{"active": "a", "previous": "b"}', b'{"active": null, "previous": null}'],
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
