"""`tinyteach soak`: a board is used for long, unplugged at random, and must never be wrong."""

from collections.abc import Callable
from functools import partial

from tinyteach.data.project import Project
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TinyTeachError
from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.train import train_source
from tinyteach.head.format.head_file import Head, with_threshold
from tinyteach.progress import Progress
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.verification import check_ready
from tinyteach.service.heads.comparing import embedding_on
from tinyteach.service.photos.bench_photos import Squares, at_most, training_and_held_out
from tinyteach.service.soak.acts import Acts
from tinyteach.service.soak.as_found import BoardBefore, found_on, leave_as_found
from tinyteach.service.soak.run import SoakRun
from tinyteach.service.soak.soaked import Soaked
from tinyteach.service.soak.stage import Stage, stage_for
from tinyteach.service.words.values import WRITES_MAX, check_seed, check_soak

PHOTOS_PER_CLASS, SIDE_MAX = 12, 120
NOT_LEFT = "The board could not be left as it was found ({}); 'tinyteach info' says what it has."
LEFT_OWN = "The virtual board was the soak's own and is gone."


def soak(
    board: str | None,
    minutes: float,
    seed: int,
    project: Project | None,
    progress: Progress,
    power: str | None = None,
    writes_max: int = WRITES_MAX,
) -> Soaked:
    """Use a board for so long; on a virtual one of its own unless ``board`` is named.

    Ctrl-C ends it in order. What was on the board is on it again at the end. ``power`` is a
    command that switches the board's power, with {} for on and off.
    """
    check_seed(seed)
    check_soak(minutes, writes_max)
    with one_blas_thread(), stage_for(board, power, progress) as stage:
        with open_board(stage.where()) as client:
            info = client.info()
            client.check_key()
            check_ready(info)
            embedding = embedding_on(info, project)
            found = found_on(client)
        soaked = Soaked(stage.name, info.machine, seed, minutes, writes_max=writes_max)
        try:
            SoakRun(stage, soaked, partial(acts_for, embedding), progress).go()
        finally:
            soaked.left = _left(stage, found)
    return soaked


def _left(stage: Stage, found: BoardBefore) -> str:
    if stage.is_own:
        return LEFT_OWN
    try:
        return leave_as_found(stage.where(), found)
    except TinyTeachError as error:
        return NOT_LEFT.format(str(error).rstrip("."))


def acts_for(embedding: Embedding, *told: Callable[..., None]) -> Acts:
    """Two heads trained on drawn objects, and other views of these to send; ``told`` as of Acts."""
    training, others = training_and_held_out(None, PHOTOS_PER_CLASS, PHOTOS_PER_CLASS)
    views = [at_most(square, SIDE_MAX) for squares in others.values() for square in squares]
    return Acts(embedding, heads_for(embedding, training), views, *told)


def heads_for(embedding: Embedding, training: Squares) -> list[Head]:
    """Two that differ: of all classes, and with another threshold."""
    pairs = [(name, square) for name, squares in training.items() for square in squares]
    labels, squares = zip(*pairs, strict=True)
    bursts = [str(number) for number in range(len(squares))]
    head = train_source(
        SquaresInMemory(squares, PhotoEmbedder(embedding)), labels, bursts, embedding
    ).head
    return [head, with_threshold(head, head.threshold - 1 if head.threshold else 1)]
