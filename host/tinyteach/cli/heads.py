"""train, report, advise, deploy, rollback, upgrade: the classifier head.

What is refused here is refused before what takes time is imported.
"""

from typing import Annotated

import typer

from tinyteach.cli import completion
from tinyteach.cli.asked import Asked, command
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.cli.options import EmbeddingOption
from tinyteach.service.heads.trainable import check_trainable
from tinyteach.service.projects.chosen_head import check_head
from tinyteach.service.projects.embedding_files import check_kind, embedding_path
from tinyteach.service.projects.keeping import check_keeps_head
from tinyteach.service.projects.opening import open_project, reported_project
from tinyteach.service.words.values import check_seed, check_threshold, check_view

_advising = Later("service.heads.advising")
_deploying = Later("service.heads.deploying")
_head_list = Later("service.heads.head_list")
_training = Later("service.heads.training")
_upgrading = Later("service.heads.upgrading")
app = new_app()
ViewOption = Annotated[
    str | None,
    typer.Option(
        metavar="square|stretched",
        help="How the camera that the head is for is seen through: 'square' on boards with the "
        "agent, 'stretched' on a Grove Vision AI V2; by default as the photographs were taken.",
    ),
]


@command(app, "project", "as_json")
def train(
    asked: Asked,
    seed: Annotated[int, typer.Option(help="The same seed gives the same head.")] = 0,
    view: ViewOption = None,
) -> None:
    """Train a head on the photographs, estimate its accuracy."""
    check_seed(seed)
    check_view(view)
    check_trainable(asked.folder)
    with asked.progress() as progress:
        trained = _training.train(asked.folder, seed, progress, preprocessing=view)
    asked.answer(trained)


@command(app, "project", "as_json")
def report(asked: Asked) -> None:
    """Show how well the last training did, and what helps."""
    reported_project(asked.folder)
    asked.answer(_training.load_report(asked.folder))


@command(app, "project", "as_json")
def advise(asked: Asked) -> None:
    """Say whether more photographs would help, and of which class.

    And which photographs are odd. Read from the last training; nothing is computed or changed.
    """
    reported_project(asked.folder)
    asked.answer(_advising.advise(asked.folder))


@command(app, "project", "as_json")
def heads(asked: Asked) -> None:
    """List the heads that were trained, the newest first."""
    open_project(asked.folder)
    found = _head_list.list_heads(asked.folder)
    asked.tell([head.as_dict() for head in found], _head_list.heads_lines(found))


@command(app, "board", "project", "as_json")
def deploy(
    asked: Asked,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Probability from 0 to 1 below which the board says unknown, kept in the head in "
            "place of the one that training chose; 0: never."
        ),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="DIGITS",
            help="One of 'tinyteach heads'; by default the last.",
            autocompletion=completion.heads,
        ),
    ] = None,
) -> None:
    """Write the trained head to the board's flash and put it to work."""
    check_threshold(threshold)
    project = open_project(asked.folder)
    check_head(project, head)
    # What is missing needs no board to be told.
    _deploying.head_to_deploy(project, head, threshold)
    with asked.progress() as progress, asked.open_board() as board:
        deployed = _deploying.deploy(board.session, project, progress, threshold, head)
    asked.answer(deployed)


@command(app, "board", "project", "as_json")
def rollback(asked: Asked) -> None:
    """Put the previous head on the board back to work."""
    with asked.open_board() as board:
        restored = board.rollback()
    asked.answer(restored)


@command(app, "board", "project", "as_json")
def upgrade(asked: Asked, embedding: EmbeddingOption = None) -> None:
    """Put a new embedding on the board and retrain for it.

    Sets the project's embedding where one is named, retrains, sends the board the embedding
    if it has another, and deploys.
    """
    project = open_project(asked.folder)
    if embedding is not None:
        check_kind(embedding_path(embedding))
    check_keeps_head(project)
    asked.board_there()
    # What is none needs no board to be told.
    _upgrading.embedding_to_upgrade_to(project, embedding)
    with asked.progress() as progress, asked.open_board() as board:
        upgraded = _upgrading.upgrade(board.client, project, embedding, progress)
    asked.answer(upgraded)
