"""lab: boards that several computers share, through labgrid's coordinator."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.later import Later
from tinyteach.cli.output import say

_exporting = Later("service.lab.exporting")
_lab_file = Later("service.lab.lab_file")
_labgrid = Later("service.lab.labgrid_env")
_status = Later("service.lab.status")
app = new_app()
lab_app = new_group("lab", no_args_is_help=True)
app.add_typer(lab_app, name="lab")

CoordinatorOption = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Where labgrid's coordinator runs; LG_COORDINATOR, or this computer, by default.",
    ),
]


@command(lab_app)
def setup(asked: Asked) -> None:
    """Install labgrid into an environment of its own; print where."""
    asked.say(str(_labgrid.install()))


@command(lab_app)
def export(
    asked: Asked,
    file: Annotated[Path, typer.Argument(help="The lab's file: which boards, in TOML.")],
    coordinator: CoordinatorOption = None,
    open_boards: Annotated[
        bool, typer.Option("--open", help="Lend boards that are not private, too.")
    ] = False,
) -> None:
    """Lend this computer's boards, and look after them, until Ctrl-C."""
    lab = _lab_file.read_lab_file(file, coordinator, open_boards)
    _exporting.export(lab, say)


@command(lab_app, "as_json")
def status(asked: Asked, coordinator: CoordinatorOption = None) -> None:
    """List the lab's boards: how they are, and who has them."""
    asked.answer(_status.lab_status(coordinator))
