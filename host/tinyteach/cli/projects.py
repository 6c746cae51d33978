"""new, class: project folders and their classes.

What is refused here is refused before what takes time is imported.
"""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.completion import classes
from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.later import Later
from tinyteach.cli.options import EmbeddingOption
from tinyteach.plain_text import as_typed
from tinyteach.results import Table
from tinyteach.service.projects.embedding_files import shipped
from tinyteach.service.projects.opening import create_project, open_project

_counting = Later("service.projects.counting")
_suited = Later("service.projects.suited")
app = new_app()
class_app = new_group("class", no_args_is_help=True)
app.add_typer(class_app, name="class")


@command(app, "as_json")
def new(
    asked: Asked,
    folder: Annotated[Path, typer.Argument(metavar="NAME", help="The folder to make.")],
    embedding: EmbeddingOption = None,
) -> None:
    """Make a project folder."""
    made = create_project(folder, embedding)
    notes = [] if made.embedding in shipped() else _suited.of_small_boards(made)
    asked.tell(
        {"project": made.name, "path": str(made.root), "notes": notes},
        [
            f"Made the project {made.name} in {made.root}.",
            *notes,
            f"Next: cd {as_typed(str(made.root))} && tinyteach class add NAME",
        ],
    )


@command(class_app, "project", "as_json")
def add(
    asked: Asked,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="One or more names.")],
) -> None:
    """Add classes."""
    added = open_project(asked.folder).add_classes(names)
    asked.tell({"added": added}, [f"Added {name}." for name in added])


@command(class_app, "project", "as_json")
def rename(
    asked: Asked,
    old: Annotated[str, typer.Argument(help="The class.", autocompletion=classes)],
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="What to call it.")],
) -> None:
    """Rename a class; its photographs stay with it."""
    stored = open_project(asked.folder).rename_class(old, new_name)
    asked.tell({"renamed": old, "name": stored}, [f"{old} is now {stored}."])


@command(class_app, "project", "as_json")
def remove(
    asked: Asked,
    name: Annotated[str, typer.Argument(help="The class.", autocompletion=classes)],
    delete_photos: Annotated[
        bool, typer.Option("--delete-photos", help="Delete its photographs with it.")
    ] = False,
) -> None:
    """Remove a class; with --delete-photos also one that has photographs."""
    open_project(asked.folder).remove_class(name, delete_photos)
    asked.tell({"removed": name}, [f"Removed {name}."])


@command(class_app, "project", "as_json", name="list")
def list_classes(asked: Asked) -> None:
    """List classes with the number of photographs and recordings in each."""
    project = open_project(asked.folder)
    summary, problems = _counting.class_summary(project)
    by_bytes = _counting.COUNTED_BY_BYTES
    told = {"classes": summary, "problems": problems, "counted": by_bytes}
    table = Table(("class", "photos", "recordings"), [tuple(row.values()) for row in summary])
    counted = [by_bytes] if any(row["photos"] for row in summary) else []
    asked.tell(told, [table, *counted, *problems])
