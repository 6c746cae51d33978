"""studio: the page in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.errors import UsageError
from tinyteach.service.boards.finding import board_meant
from tinyteach.service.projects.beside import is_project
from tinyteach.service.projects.opening import open_or_create_project, refuse_inside
from tinyteach.studio.addresses import EVERYWHERE, LOOPBACK, Address
from tinyteach.studio.lan import OPENS, lan_opening, qr_lines

_serving = Later("studio.serve")
app = new_app()


@command(app, "board", "project", "as_json")
def studio(
    asked: Asked,
    host: Annotated[
        str, typer.Option(help="Where to listen; another than 127.0.0.1 lets other computers in.")
    ] = LOOPBACK,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Which port; by default the last one, or a free one."),
    ] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let in a phone of this network: its address, as QR code.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Teach in the browser, offline: the whole job on one page.

    It runs until Ctrl-C. In a folder without a project its page offers to make one; a folder named
    with --project that is missing or empty is made one.
    """

    def tell(address: Address, file: Path, ran_before: bool) -> None:
        told = {"url": address.opening(), "api": address.base, "key_file": str(file)}
        phone = {"lan_url": lan_opening(address)} if lan else {}
        asked.tell(
            {**told, **phone, "port": address.port, "ran_before": ran_before},
            [
                f"The studio {'runs already' if ran_before else 'runs'} at {told['url']}",
                "This address opens it once; 'tinyteach studio' prints another as often as you "
                "like.",
                *(line for url in phone.values() for line in _for_a_phone(url)),
                *([] if ran_before else ["It ends with Ctrl-C."]),
            ],
        )

    if lan and host not in (LOOPBACK, EVERYWHERE):
        raise UsageError("--lan listens on every address; leave --host away.")
    if lan:
        host = EVERYWHERE
    folder = _folder(asked.project)
    _serving.serve(folder, board_meant(asked.board, folder, or_new=True), host, port, browser, tell)


def _folder(named: Path | None) -> Path:
    """Where to serve: a project, or the current folder, in which the page offers to make one."""
    if named is not None or is_project(Path()):
        return open_or_create_project(named or Path()).root
    refuse_inside(Path().resolve())
    return Path().resolve()


def _for_a_phone(url: str) -> list[str]:
    return [f"For a phone in this network: {url}", *qr_lines(url), OPENS]
