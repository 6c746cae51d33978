"""Options that several commands have."""

from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer

from tinyteach.cli.completion import boards
from tinyteach.cli.table import BOARD, INSECURE, JSON, PROJECT, RECORD

JsonOption = Annotated[bool, typer.Option("--json", help=JSON)]
BoardOption = Annotated[
    str | None,
    typer.Option("--board", "-b", metavar="NAME|PORT|virtual", help=BOARD, autocompletion=boards),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", "-p", metavar="DIR", help=PROJECT),
]
RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--record", metavar="FILE", envvar="TINYTEACH_RECORD", show_envvar=False, help=RECORD
    ),
]
InsecureOption = Annotated[bool, typer.Option("--insecure", help=INSECURE)]
EmbeddingOption = Annotated[
    str | None,
    typer.Option(
        "--embedding",
        metavar="base|tiny|open|plus|FILE",
        help="The embedding: one that ships, or a .tflite file.",
    ),
]
LevelOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Take the folders at this depth for the classes: 0 is DIR itself, 1 those in it.",
    ),
]


def _option(name: str, kind: Any, default: bool | None) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


# By the name of the value in `Asked`.
SHARED = {
    "board": _option("board", BoardOption, None),
    "project": _option("project", ProjectOption, None),
    "as_json": _option("as_json", JsonOption, False),
}
