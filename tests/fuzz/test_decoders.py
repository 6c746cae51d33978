"""Each decoder with the seeds of its target and some hundred damaged ones; `make fuzz` goes on."""

import pytest

from fuzz.mutations import cut_short, mutations
from fuzz.targets.every import TARGETS
from fuzz.targets.target import CORPUS

CORPUS_BYTES_MAX = 48_000
MUTATIONS, MUTATIONS_SLOW = 200, 20
named = pytest.mark.parametrize("name", TARGETS)


@named
def test_seeds_are_accepted(name):
    """Else the fuzzer begins with what is refused at once."""
    target = TARGETS[name]
    assert target.corpus and all(map(target.run, target.corpus))


@named
def test_whatever_comes_is_read_or_refused_with_a_sentence(name):
    target = TARGETS[name]
    seeds = target.corpus
    count = MUTATIONS_SLOW if target.slow else MUTATIONS
    for data in (*cut_short(seeds, 8), *mutations(seeds, target.words, name, count)):
        try:
            target.run(data)
        except BaseException as error:
            error.add_note(f"{name} was given {data!r}")
            raise


def test_corpus_is_small_and_nothing_else():
    folders = {path.name for path in CORPUS.iterdir()}
    assert folders == set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*.seed")) <= CORPUS_BYTES_MAX
