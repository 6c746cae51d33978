"""soak: a board is used for long and unplugged at random."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.exit_codes import INTERRUPTED, exit_code_of
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.errors import VerificationError
from tinyteach.files import made_folder
from tinyteach.service.projects.opening import project_meant
from tinyteach.service.words.values import WRITES_MAX, check_seed, check_soak
from tinyteach.writable import check_writable

_page = Later("service.soak.page")
_soaking = Later("service.soak.soaking")
app = new_app()


@command(app, "board", "project", "as_json")
def soak(
    asked: Asked,
    minutes: Annotated[float, typer.Option("--minutes", "-m", help="How long.")] = 30.0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same acts.")] = 0,
    power: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="What switches the board's power, with {} for on and off: it is unplugged then.",
        ),
    ] = None,
    writes: Annotated[
        int,
        typer.Option(
            metavar="COUNT",
            help="Heads are written or switched so often at most, since flash wears.",
        ),
    ] = WRITES_MAX,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write soak.html, soak.svg and soak.json there."),
    ] = None,
) -> None:
    """Use a board for long, unplugged at random; compare each result.

    Each result is compared with this computer's, bit for bit. Without --board, and where the
    project has none, a virtual board is started for it. Ctrl-C ends it in order, with its report.
    What was on the board is on it again at the end.
    """
    check_seed(seed)
    check_soak(minutes, writes)
    project = project_meant(asked.project)
    board = asked.board_there() if asked.board_meant() else None
    # Before a soak of hours it is known whether its report can be written.
    check_writable(*([report] if report else []))
    with made_folder(report) if report else nullcontext():
        with asked.progress() as progress:
            soaked = _soaking.soak(board, minutes, seed, project, progress, power, writes)
        if report is not None:
            _page.write(soaked, report)
    code = 0 if soaked.held else exit_code_of(VerificationError)
    code = INTERRUPTED if soaked.interrupted and not code else code
    asked.tell(soaked.as_dict() | {"exit_code": code}, soaked.lines())
    raise typer.Exit(code)
