"""capture, preview, import, export: photographs into a project and out of it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.groups import new_app
from tinyteach.cli.options import (
    INTERRUPTED,
    BoardOption,
    JsonOption,
    ProjectOption,
    chosen_project,
)
from tinyteach.cli.output import note, print_json, say
from tinyteach.cli.picture import as_blocks
from tinyteach.cli.which_board import opened_board
from tinyteach.progress import progress_bar
from tinyteach.service.photos import importing
from tinyteach.service.photos.importing import ImportSummary
from tinyteach.service.photos.recording import View, class_to_record, preview_views
from tinyteach.service.photos.recording import capture as record
from tinyteach.service.projects.opening import export_photos, open_project

app = new_app()
CountOption = Annotated[int, typer.Option("--count", "-n", min=1, help="How many photographs.")]


@app.command()
def capture(
    class_name: Annotated[str, typer.Argument(metavar="CLASS", help="What is being shown.")],
    count: CountOption = 20,
    small: Annotated[
        bool,
        typer.Option("--small", help="Take the model's view only: quicker over a slow link."),
    ] = False,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record photographs of a class with the board's camera.

    One call is one recording: keep what you show in view and move it about.
    """
    into = open_project(chosen_project(project))
    stored = class_to_record(into, class_name)
    with progress_bar(as_json) as progress, opened_board(board, project) as opened:
        taken = record(opened.client, into, stored, count, small, note, progress)
    if as_json:
        print_json(taken.as_dict())
    else:
        say(taken.sentence())
    if taken.interrupted:
        raise typer.Exit(INTERRUPTED)


@app.command()
def preview(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Save one view instead.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="Views; 0: until Ctrl-C.")] = 0,
    board: BoardOption = None,
    project: ProjectOption = None,
) -> None:
    """Show in the terminal what the board sees."""
    with opened_board(board, project) as opened, preview_views(opened.client) as views:
        if out is not None:
            next(views).save(out)
            say(f"Saved what the board sees to {out}.")
            return
        _show_live(views, count)


def _show_live(views: Iterator[View], count: int) -> None:
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with Live(console=console, auto_refresh=False) as live:
        for view in islice(views, count or None):
            live.update(as_blocks(view.pixels, console.width), refresh=True)


@app.command("import")
def import_photos(
    source: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of class folders, or a zip of one.")
    ],
    level: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Take the folders at this depth for the classes: 0 is DIR itself, 1 those in it.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be taken for what; write nothing.")
    ] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add photographs from a folder of class folders.

    ImageFolder, with or without train and test; exports of Teachable Machine and Edge
    Impulse; or a zip of any of them. Says what it takes for classes before it begins.
    """
    folder = chosen_project(project)
    plan = importing.plan_photos(folder, source, level)
    told = importing.planned(plan, dry_run)
    if not as_json:
        for line in told.plan_lines():
            say(line)
    if dry_run:
        if as_json:
            print_json(told.as_dict())
        return
    try:
        with progress_bar(as_json) as progress:
            summary = importing.import_photos(folder, source, progress, plan)
    except importing.NothingImportedError as error:
        _tell(error.summary, as_json)
        raise
    _tell(summary, as_json)


def _tell(summary: "ImportSummary", as_json: bool) -> None:
    if as_json:
        print_json(summary.as_dict())
        return
    for line in summary.lines():
        say(line)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The zip to write.")],
    project: ProjectOption = None,
) -> None:
    """Write all photographs as a zip of class folders."""
    say(f"Wrote {export_photos(chosen_project(project), target)}.")
