"""export: photographs or the model, for elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.completion import heads
from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.later import Later
from tinyteach.cli.options import ProjectOption
from tinyteach.errors import UsageError
from tinyteach.service.projects.chosen_head import check_exportable
from tinyteach.service.projects.opening import open_project
from tinyteach.service.words.values import check_runtime
from tinyteach.writable import check_new_file, check_writable

_exporting = Later("service.heads.exporting")
_zipping = Later("service.projects.zipping")

app = new_app()
export_app = new_group("export", invoke_without_command=True)
app.add_typer(export_app, name="export")


@export_app.callback()
def export(context: typer.Context, project: ProjectOption = None) -> None:
    """Write photographs or the model for use elsewhere.

    A FILE.zip alone means photographs.
    """
    if project is not None:
        context.obj = {**(context.obj or {}), "project": project}
    if not context.invoked_subcommand:
        raise UsageError(
            "Name the zip to write the photographs to, or say 'tinyteach export model'."
        )


@command(export_app, "project", "as_json")
def photos(
    asked: Asked,
    target: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The zip to write.")],
) -> None:
    """Write all photographs as a zip of class folders."""
    open_project(asked.folder)
    check_new_file(target)
    file = _zipping.export_photos(asked.folder, target)
    told = {"file": str(file), "bytes": file.stat().st_size}
    asked.tell(told, [f"Wrote {file}."])


@command(export_app, "project", "as_json")
def model(
    asked: Asked,
    runtime: Annotated[
        str,
        typer.Option(
            "--for", metavar="litert|tflm|openmv|grove|arduino", help="What is to run the model."
        ),
    ] = "litert",
    to: Annotated[
        Path | None,
        typer.Option("--to", "-o", metavar="DIR", help="The folder to make; by default model-…"),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|DIGITS",
            help="A head's file, or one of 'tinyteach heads'; else the last.",
            autocompletion=heads,
        ),
    ] = None,
) -> None:
    """Write embedding and head as one .tflite model.

    Beside it lies a page that shows how it is used.
    """
    check_runtime(runtime)
    check_exportable(asked.project, head)
    check_writable(to or Path())
    asked.answer(_exporting.export_model(asked.project, runtime, to, head))
