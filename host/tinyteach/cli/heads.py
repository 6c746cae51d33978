"""train, report, deploy, rollback, upgrade: the classifier head."""

from typing import Annotated

import typer

from tinyteach.cli.groups import new_app
from tinyteach.cli.options import (
    BoardOption,
    EmbeddingOption,
    JsonOption,
    ProjectOption,
    chosen_project,
)
from tinyteach.cli.output import print_json, say, show_table
from tinyteach.cli.which_board import opened_board
from tinyteach.progress import progress_bar
from tinyteach.service.heads.deploying import deploy as send
from tinyteach.service.heads.deploying import head_to_deploy
from tinyteach.service.heads.head_list import list_heads
from tinyteach.service.heads.teaching import load_report
from tinyteach.service.heads.teaching import train as teach
from tinyteach.service.heads.upgrading import embedding_to_upgrade_to
from tinyteach.service.heads.upgrading import upgrade as move
from tinyteach.service.projects.opening import open_project

app = new_app()


@app.command()
def train(
    seed: Annotated[int, typer.Option(help="The same seed gives the same head.")] = 0,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a head on the photographs, estimate its accuracy."""
    with progress_bar(as_json) as progress:
        trained = teach(chosen_project(project), seed, progress)
    if as_json:
        print_json(trained.as_dict())
        return
    for line in trained.lines():
        say(line)


@app.command()
def report(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Show how well the last training did, and what helps."""
    found = load_report(chosen_project(project))
    if as_json:
        print_json(found.data)
        return
    columns = ("class", "photographs", "recordings", "precision", "recall")
    show_table(found.title, columns, found.rows)
    for line in found.lines:
        say(line)


@app.command()
def heads(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """List the heads that were trained, the newest first."""
    found = list_heads(chosen_project(project))
    if as_json:
        print_json([head.as_dict() for head in found])
        return
    if not found:
        say("No head has been trained yet. Next: tinyteach train")
        return
    columns = ("head", "trained", "photographs", "right", "classes")
    show_table("", columns, [head.row() for head in found])
    for head in found:
        if head.problem:
            say(head.problem)


@app.command()
def deploy(
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Probability from 0 to 1 below which the board says unknown, kept in the head in "
            "place of the one that training chose; 0: never."
        ),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(metavar="DIGITS", help="One of 'tinyteach heads'; by default the last."),
    ] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the trained head to the board's flash and put it to work."""
    of = open_project(chosen_project(project))
    head_to_deploy(of, head, threshold)  # what is missing here needs no board to be told
    with progress_bar(as_json) as progress, opened_board(board, project) as opened:
        deployed = send(opened.client, of, progress, threshold, head)
    if as_json:
        print_json(deployed.as_dict())
    else:
        say(deployed.sentence())
        for problem in deployed.problems:
            say(problem)


@app.command()
def rollback(
    board: BoardOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Put the previous head on the board back to work."""
    with opened_board(board, project) as opened:
        restored = opened.rollback()
    if as_json:
        print_json(restored.as_dict())
    else:
        say(restored.sentence())
        for problem in restored.problems:
            say(problem)


@app.command()
def upgrade(
    embedding: EmbeddingOption = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a new embedding on the board and retrain for it.

    Sets the project's embedding where one is named, retrains, sends the board the embedding
    if it has another, and deploys.
    """
    of = open_project(chosen_project(project))
    embedding_to_upgrade_to(of, embedding)  # what is none needs no board to be told
    with progress_bar(as_json) as progress, opened_board(board, project) as opened:
        upgraded = move(opened.client, of, embedding, progress)
    if as_json:
        print_json(upgraded.as_dict())
        return
    for line in upgraded.lines():
        say(line)
