"""studio: the page in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.groups import new_app
from tinyteach.cli.options import BoardOption, JsonOption, ProjectOption, chosen_project
from tinyteach.cli.output import print_json, say
from tinyteach.cli.which_board import chosen_board
from tinyteach.service.projects.opening import open_or_create_project
from tinyteach.studio.addresses import Address
from tinyteach.studio.serve import serve

app = new_app()


@app.command()
def studio(
    host: Annotated[
        str, typer.Option(help="Where to listen; another than 127.0.0.1 lets other computers in.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Which port; by default the last one, or a free one."),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Teach in the browser, offline: the whole job on one page, until Ctrl-C.

    A project folder that is missing or empty is made.
    """

    def tell(address: "Address", file: Path, ran_before: bool) -> None:
        if as_json:
            told = {"url": address.opening(), "api": address.base, "key_file": str(file)}
            print_json({**told, "port": address.port, "ran_before": ran_before})
            return
        say(f"The studio {'runs already' if ran_before else 'runs'} at {address.opening()}")
        say("This address opens it once; 'tinyteach studio' prints another as often as you like.")
        if not ran_before:
            say("It ends with Ctrl-C.")

    folder = open_or_create_project(chosen_project(project)).root
    serve(folder, chosen_board(board, folder), host, port, browser, tell)
