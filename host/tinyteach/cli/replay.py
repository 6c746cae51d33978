"""replay: a tape of a session with a board, in the board's place."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.cli.output import note
from tinyteach.cli.parser import app as program
from tinyteach.cli.table import PROGRAM
from tinyteach.errors import VerificationError
from tinyteach.service.tapes.taping import check_tape, without_board

_driving = Later("service.tapes.driving")
_listing = Later("service.tapes.listing")
_replaying = Later("service.tapes.replaying")
app = new_app()


@command(app, "as_json")
def replay(
    asked: Asked,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A tape that --record wrote.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND…",
            help="A command to run with the tape for its board; -- before one with options.",
        ),
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List what was asked and what came of it instead.")
    ] = False,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="Let answers take as long as they did.")
    ] = False,
) -> None:
    """Run the host against a tape of a session with a board, offline.

    Without COMMAND all that was asked then is asked again. Exit code 12 where the host sends
    something else than it did, with the first request that differs.
    """
    check_tape(file)
    if list_them:
        asked.answer(_listing.list_tape(file))
        return
    if words:
        _run(file, without_board(words), real_time)
        return
    with asked.progress() as progress:
        replayed = _driving.replay_tape(file, real_time, progress)
    code = 0 if replayed.held else exit_code_of(VerificationError)
    asked.tell(replayed.as_dict() | {"exit_code": code}, replayed.lines())
    raise typer.Exit(code)


def _run(file: Path, words: list[str], real_time: bool) -> None:
    """The command, which ends as it does; where it departed from the tape, with that."""
    with _replaying.replaying(file, real_time) as board:
        arguments = ["--board", board.name, *words]
        code = program(arguments, prog_name=PROGRAM, standalone_mode=False) or 0
        if board.replay.departure is not None:
            raise VerificationError(board.replay.departure.sentence())
    note(board.replay.in_words())
    raise typer.Exit(code)
