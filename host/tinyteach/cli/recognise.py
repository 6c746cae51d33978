"""watch, classify, test, verify, why: what the board recognises, and whether it does so rightly."""

import os
from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.cli.options import LevelOption
from tinyteach.cli.output import note
from tinyteach.errors import UsageError, VerificationError
from tinyteach.progress import Progress
from tinyteach.service.projects.chosen_head import check_head
from tinyteach.service.projects.opening import open_project, project_meant
from tinyteach.service.words.values import (
    check_fraction,
    check_photos_source,
    check_pictures,
    check_threshold,
)
from tinyteach.writable import check_new_file

if TYPE_CHECKING:
    from tinyteach.service.heads.recognised import Recognised
    from tinyteach.service.heads.tested import Tested
    from tinyteach.service.photos.labelled import LabelledPhotos

_bars = Later("cli.bars")
_comparing = Later("service.heads.comparing")
_labelled = Later("service.photos.labelled")
_looking = Later("service.heads.looking")
_module_verifying = Later("service.heads.module_verifying")
_picture = Later("cli.picture")
_pictures = Later("api.pictures")
_recognition = Later("service.heads.recognition")
_recording = Later("service.photos.recording")
_testing = Later("service.heads.testing")
_under_test = Later("service.heads.under_test")
_verification = Later("service.boards.verification")
app = new_app()
Reads = Callable[..., "LabelledPhotos"]


@command(app, "board", "project", "as_json")
def watch(
    asked: Asked,
    count: Annotated[
        int, typer.Option("--count", "-n", min=0, help="Results; 0: until Ctrl-C.")
    ] = 0,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Probability from 0 to 1 below which the board says unknown, in place of the "
            "head's own, until the next deploy or restart; 0: never."
        ),
    ] = None,
) -> None:
    """Show live what the board recognises.

    In a terminal a bar a class, smoothed as the board does it by itself; else, and as JSON, each
    view as it is.
    """
    check_threshold(threshold)  # what is no probability needs no board to be refused
    asked.board_there()
    console = None if asked.as_json else _bars.live_console()
    smooth = console is not None
    with asked.open_board() as board, closing(board.watch(threshold, smooth)) as watched:
        results = islice(watched, count or None)
        if console is not None:
            _bars.show_bars(results, console)
            return
        for result in results:
            asked.answer(result)


@command(app, "board", "project", "as_json")
def classify(
    asked: Asked,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Photographs.")],
    on_host: Annotated[
        bool, typer.Option("--host", help="Compute here with the project's head, not on a board.")
    ] = False,
    why: Annotated[
        bool,
        typer.Option(
            "--why", help="As --host, and show which parts of the photograph speak for its class."
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", help="With --why: save the photograph with its parts tinted, too."
        ),
    ] = None,
) -> None:
    """Classify photographs on the board or on this computer.

    The board needs no camera for it.
    """
    if out is not None:
        _check_out(out, files, why)
    if why or on_host:
        check_head(open_project(asked.folder))
    check_pictures(files)
    if why:
        _explain(asked, files, out)
        return
    results = _on_host(asked, files) if on_host else _on_board(asked, files)
    for file, result in zip(files, results, strict=True):
        asked.tell({"file": str(file), **result.as_dict()}, [f"{file}: {result.line()}"])


def _check_out(out: Path, files: list[Path], why: bool) -> None:
    """UsageError where no picture can be meant by it, or one is there that would be lost."""
    if not why or len(files) > 1:
        raise UsageError("--out saves what --why shows of one photograph; name --why and one.")
    if os.path.lexists(out):
        raise UsageError(f"{out} is there already; name a file that is not, such as why.png.")
    check_new_file(out)


def _explain(asked: Asked, files: list[Path], out: Path | None) -> None:
    for file, each in zip(files, _looking.explain_on_host(asked.folder, files), strict=True):
        if out is not None:
            _recording.View(each.picture).save(out)
        lines = [f"{file}: {each.recognised.line()}", *each.looks.lines()]
        asked.tell({"file": str(file), **each.as_dict()}, lines)
        if not asked.as_json:
            _picture.show_picture(each.picture)
    if out is not None:
        asked.say(f"Saved the photograph to {out}: blue speaks for the class, orange against it.")


def _on_host(asked: Asked, files: list[Path]) -> "list[Recognised]":
    found: list[Recognised] = _recognition.classify_on_host(asked.folder, files)
    return found


def _on_board(asked: Asked, files: list[Path]) -> "list[Recognised]":
    asked.board_there()
    squares = [_pictures.as_square(file) for file in files]
    with asked.open_board() as board:
        if board.is_module:
            note("A Grove Vision AI V2 can be sent no photographs: computed here.")
            return _on_host(asked, files)
        labels = _recognition.deployed_labels(board.client)
        return [_recognition.classify_square(board.client, each, labels) for each in squares]


@command(app, "board", "project", "as_json")
def test(
    asked: Asked,
    source: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A folder of class folders, or a zip of one."),
    ],
    on_host: Annotated[
        bool, typer.Option("--host", help="Test the project's head here, not a board's.")
    ] = False,
    at_least: Annotated[
        float | None,
        typer.Option(
            metavar="FRACTION",
            help="Fail with exit code 12 where less of the classes' photographs is right: 0 to 1.",
        ),
    ] = None,
    copies: Annotated[
        bool, typer.Option("--copies", help="Test on copies of the project's photographs, too.")
    ] = False,
    level: LevelOption = None,
) -> None:
    """Test the head on photographs that it was never trained on.

    The head at work on the board, or with --host the project's. Folders are read as by import.
    Those called like a class hold that class; all others, such as unknown, hold other things.
    """
    check_fraction(at_least)
    check_photos_source(source)
    if on_host:
        check_head(open_project(asked.folder))
    run = _tested_here if on_host else _tested_there
    with asked.progress() as progress:
        read = partial(_labelled.read_labelled, source, level=level, copies=copies)
        tested = run(asked, read, progress)
    shortfall = tested.shortfall(at_least)
    code = exit_code_of(VerificationError) if shortfall else 0
    asked.tell(tested.as_dict() | {"at_least": at_least, "exit_code": code}, tested.lines())
    if shortfall:
        raise VerificationError(shortfall)


def _tested_here(asked: Asked, read: Reads, progress: Progress) -> "Tested":
    project = open_project(asked.folder)
    head = _under_test.on_computer(project)
    tested: Tested = _testing.test(head, read(project, progress=progress), progress)
    return tested


def _tested_there(asked: Asked, read: Reads, progress: Progress) -> "Tested":
    """What is wrong with the photographs needs no board to be told."""
    project = project_meant(asked.project)
    photos = read(project, progress=progress)
    with asked.open_board() as board:
        head = _under_test.on_board(board.client, project)
        tested: Tested = _testing.test(head, photos, progress)
        return tested


@command(app, "board", "project", "as_json")
def verify(
    asked: Asked,
    photos: Annotated[
        Path | None,
        typer.Option(help="A folder of class folders, or a zip, to test with."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE.xml", help="Write JUnit XML.")] = None,
) -> None:
    """Test the board against the host.

    A Grove Vision AI V2 within a tolerance, with what it sees and the project's head. Else:
    exactness, accuracy, latency, memory, deploying. Without --board, and where the project has
    none, a virtual board is started for it. What was deployed before is at work again at the end.
    """
    if photos is not None:
        check_photos_source(photos)
    check_new_file(junit)
    board = asked.board_there() if asked.board_meant() else None
    with asked.progress() as progress:
        of_module = _module_verifying.verify_on_module(
            board, asked.project, photos, junit, progress
        )
    try:
        summary = of_module or _verification.verify(board, photos, junit, quiet=asked.as_json)
    except KeyboardInterrupt as stopped:
        if stopped.args and not asked.as_json:
            note("tinyteach: " + stopped.args[0])
        raise
    code = 0 if summary.held else exit_code_of(VerificationError)
    asked.tell(summary.as_dict() | {"exit_code": code}, summary.lines())
    raise typer.Exit(code)


@command(app, "board", "project", "as_json")
def why(
    asked: Asked,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A photograph to send in place of the camera's view."),
    ] = None,
) -> None:
    """Name the first tensor that a board computes otherwise.

    Otherwise than this computer: preprocessing, then each operator of embedding and head, then the
    scores of a whole run, on what the camera sees; on drawn objects where the board has no camera.
    Exit code 12 where one differs.
    """
    check_pictures([] if file is None else [file])
    asked.board_there()
    photo = None if file is None else (str(file), _pictures.as_square(file))
    project = project_meant(asked.project)
    with asked.progress() as progress, asked.open_board() as board:
        compared = _comparing.compare(board.client, photo, project, progress)
    code = 0 if compared.agrees else exit_code_of(VerificationError)
    asked.tell(compared.as_dict() | {"exit_code": code}, compared.lines())
    raise typer.Exit(code)
