"""capture, preview, import: photographs into a project.

What is refused here is refused before what takes time is imported.
"""

from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.completion import classes
from tinyteach.cli.exit_codes import INTERRUPTED
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.cli.options import LevelOption
from tinyteach.cli.output import note
from tinyteach.cli.terminal_pictures import protocol_named
from tinyteach.service.projects.keeping import check_keeps_photos
from tinyteach.service.projects.opening import class_to_record, open_project
from tinyteach.service.words.values import check_photos_source, check_recordings
from tinyteach.writable import check_new_file

_bars = Later("cli.bars")
_importing = Later("service.photos.importing")
_picture = Later("cli.picture")
_recording = Later("service.photos.recording")
app = new_app()
CountOption = Annotated[int, typer.Option("--count", "-n", min=1, help="How many photographs.")]


@command(app, "board", "project", "as_json")
def capture(
    asked: Asked,
    class_name: Annotated[
        str, typer.Argument(metavar="CLASS", help="What is being shown.", autocompletion=classes)
    ],
    count: CountOption = 20,
    small: Annotated[
        bool,
        typer.Option("--small", help="Take the model's view only: quicker over a slow link."),
    ] = False,
) -> None:
    """Record photographs of a class with the board's camera.

    One call is one recording: keep what you show in view and move it about.
    """
    project = open_project(asked.folder)
    stored = class_to_record(project, class_name)
    check_keeps_photos(project, stored if stored in project.classes() else None)
    with asked.progress() as progress, asked.open_board() as board:
        taken = _recording.capture(board.session, project, stored, count, small, note, progress)
    asked.answer(taken)
    if taken.interrupted:
        raise typer.Exit(INTERRUPTED)


@command(app, "board", "project", "as_json")
def preview(
    asked: Asked,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Save one view instead.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="Views; 0: until Ctrl-C.")] = 0,
    pictures: Annotated[
        str | None,
        typer.Option(
            metavar="sixel|kitty|iterm|blocks",
            help="How the terminal shows pictures; by default as it says, else blocks.",
        ),
    ] = None,
) -> None:
    """Show in the terminal what the board sees."""
    if pictures is not None:
        protocol_named(pictures)  # what is none needs no board to be refused
    check_new_file(out)
    with asked.open_board() as board, _recording.preview_views(board.session) as views:
        first = next(views)
        shown = islice(chain([first], views), count or None)
        if out is not None:
            first.save(out)
            saved = f"Saved what the board sees to {out}."
            asked.tell({**first.as_dict(), "file": str(out)}, [saved, *first.fault()])
        elif asked.as_json:
            for view in shown:
                asked.tell({**view.as_dict(), "file": None}, [])
        elif (console := _bars.live_console()) is not None:
            asked.say(*first.fault())
            _picture.show_pictures((view.pixels for view in shown), console, named=pictures)
        else:
            asked.say(first.sentence(), *first.fault())


@command(app, "project", "as_json", name="import")
def import_photos(
    asked: Asked,
    source: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of class folders, or a zip of one.")
    ],
    level: LevelOption = None,
    recordings: Annotated[
        str | None,
        typer.Option(
            metavar="day|folder|none",
            help="What counts as taken in one go: a class's photographs of a day (as cameras "
            "write it into them), those of a folder, or none; by default as names say it.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be taken for what; write nothing.")
    ] = False,
) -> None:
    """Add photographs from a folder of class folders.

    ImageFolder, with or without train and test; exports of Teachable Machine and Edge
    Impulse; or a zip of any of them. Says what it takes for classes before it begins.
    """
    check_recordings(recordings)
    project = open_project(asked.folder)
    check_photos_source(source)
    if not dry_run:
        check_keeps_photos(project)
    plan = _importing.plan_photos(asked.folder, source, level)
    told = _importing.planned(plan, dry_run)
    if dry_run:
        asked.tell(told.as_dict(), told.plan_lines())
        return
    asked.say(*told.plan_lines())
    try:
        with asked.progress() as progress:
            summary = _importing.import_photos(
                *(asked.folder, source, progress, plan), recordings=recordings
            )
    except _importing.NothingImportedError as error:
        asked.answer(error.summary)
        raise
    asked.answer(summary)
