"""Damage by chance, the same for the same seed: where there is no coverage to be guided by."""

import random
from collections.abc import Iterator, Sequence

NUMBERS = [b"\0", b"\1", b"\x7f", b"\x80", b"\xff", b"\xff\xff", b"\0\0\0\0", b"\xff" * 4]
NUMBERS += [b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\xff" * 8]
TEXTS = [b"null", b"[]", b"{}", b"-1", b"1e999", b"NaN", b'"\\ud800"', b"9" * 40, b"true", b"\n"]


def mutations(seeds: Sequence[bytes], words: Sequence[bytes], seed: str, count: int):
    """So many: one to four changes each of one of the ``seeds``."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            _change(data, seeds, [*words, *NUMBERS, *TEXTS], chance)
        yield bytes(data)


def _change(data: bytearray, seeds, words, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    span = slice(at, at + chance.choice((1, 1, 2, 4, 8, 64)))
    kind = chance.randrange(6)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del data[span]
    elif kind == 2:
        data[at:at] = chance.choice(words)
    elif kind == 3:
        word = chance.choice(words)
        data[at : at + len(word)] = word
    elif kind == 4:
        del data[at:]
    else:
        data[at:at] = chance.choice(seeds)[span]


def cut_short(seeds: Sequence[bytes], parts: int) -> Iterator[bytes]:
    """Beginnings of each, evenly spaced, the empty one first."""
    for each in seeds:
        yield from (each[: len(each) * part // parts] for part in range(parts))
