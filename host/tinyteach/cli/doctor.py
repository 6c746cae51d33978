"""doctor: one page on a board, each line right or with one thing to do."""

import typer

from tinyteach.cli.groups import new_app
from tinyteach.cli.options import BoardOption, JsonOption, ProjectOption
from tinyteach.cli.output import print_json, say
from tinyteach.cli.which_board import chosen_board
from tinyteach.progress import progress_bar
from tinyteach.service.doctor.examination import examine

app = new_app()


MARKS = {"pass": "ok", "fix": "FIX", "skip": "–"}


@app.command()
def doctor(
    board: BoardOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Look a board over: port, firmware, agent, link, camera, models.

    Each line is right or says one thing to do. A program that runs on the board is stopped
    for it and started again.
    """
    with progress_bar(as_json) as progress:
        page = examine(chosen_board(board, project), progress)
    if as_json:
        print_json(page.as_dict())
    else:
        for finding in page.findings:
            say(f"{MARKS[finding.status]:<4} {finding.name:<13} {finding.line()}")
        say(page.sentence())
    raise typer.Exit(page.exit_code)
