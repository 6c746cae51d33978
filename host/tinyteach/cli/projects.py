"""new, class: project folders and their classes."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.options import EmbeddingOption, JsonOption, ProjectOption, chosen_project
from tinyteach.cli.output import print_json, say, show_table
from tinyteach.service.projects.opening import (
    COUNTED_BY_BYTES,
    class_summary,
    create_project,
    open_project,
)

app = new_app()
class_app = new_group("class", no_args_is_help=True)
app.add_typer(class_app, name="class")


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="NAME", help="The folder to make.")],
    embedding: EmbeddingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project folder."""
    made = create_project(folder, embedding)
    if as_json:
        print_json({"project": made.name, "path": str(made.root)})
    else:
        say(f"Made the project {made.name} in {made.root}.")
        say(f"Next: cd {made.root} && tinyteach class add NAME")


@class_app.command()
def add(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="One or more names.")],
    project: ProjectOption = None,
) -> None:
    """Add classes."""
    opened = open_project(chosen_project(project))
    for name in names:
        say(f"Added {opened.add_class(name)}.")


@class_app.command()
def rename(
    old: Annotated[str, typer.Argument(help="The class.")],
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="What to call it.")],
    project: ProjectOption = None,
) -> None:
    """Rename a class; its photographs stay with it."""
    say(f"{old} is now {open_project(chosen_project(project)).rename_class(old, new_name)}.")


@class_app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The class.")],
    delete_photos: Annotated[
        bool, typer.Option("--delete-photos", help="Delete its photographs with it.")
    ] = False,
    project: ProjectOption = None,
) -> None:
    """Remove a class."""
    open_project(chosen_project(project)).remove_class(name, delete_photos)
    say(f"Removed {name}.")


@class_app.command("list")
def list_classes(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """List classes with the number of photographs and recordings in each."""
    summary, problems = class_summary(open_project(chosen_project(project)))
    if as_json:
        print_json({"classes": summary, "problems": problems, "counted": COUNTED_BY_BYTES})
        return
    rows = [(c["name"], c["photos"], c["bursts"]) for c in summary]
    show_table("", ("class", "photos", "recordings"), rows)
    if any(c["photos"] for c in summary):
        say(COUNTED_BY_BYTES)
    for problem in problems:
        say(problem)
