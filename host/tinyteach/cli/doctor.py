"""doctor: one page on a board, each line right or with one thing to do."""

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later

_examination = Later("service.doctor.examination")
app = new_app()


@command(app, "board", "project", "as_json")
def doctor(asked: Asked) -> None:
    """Look a board over: port, firmware, agent, link, camera, models.

    Each line is right or says one thing to do. A program that runs on the board is stopped
    for it and started again.
    """
    with asked.progress() as progress:
        page = _examination.examine(asked.board_meant(), progress)
    rows = [f.as_dict() | {"exit_code": exit_code_of(f.error)} for f in page.findings]
    asked.tell(page.as_dict() | {"findings": rows}, page.lines())
    raise typer.Exit(exit_code_of(page.error))
