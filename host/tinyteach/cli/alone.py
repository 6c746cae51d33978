"""rule, alone, wipe, unpair: what a board does without a host, and taking things off it again."""

from typing import Annotated, Any

import typer

from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.options import BoardOption, JsonOption, ProjectOption
from tinyteach.cli.output import note, print_json, say, show_table
from tinyteach.cli.which_board import chosen_board, opened_board
from tinyteach.errors import UsageError
from tinyteach.plain_text import plain
from tinyteach.service.boards.clearing import board_label, unpair_board, wipe_board
from tinyteach.service.boards.rule_text import parse_rule
from tinyteach.service.boards.rules import (
    Changes,
    add_rule,
    change_settings,
    clear_rules,
    held_rules,
    remove_rule,
)

app = new_app()
rule_app = new_group("rule", no_args_is_help=True)
app.add_typer(rule_app, name="rule")
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
RULE_COLUMNS = ("", "when", "then", "held for", "afterwards")


@rule_app.command()
def add(
    condition: Annotated[
        str,
        typer.Argument(help="'mask >= 80% for 3 frames', 'mask for 3 frames', 'unknown' …"),
    ],
    action: Annotated[
        list[str], typer.Argument(help="pin 21 high, pin 21 low, or: say some words")
    ],
    hold: Annotated[
        float, typer.Option(metavar="SECONDS", help="Stay so after the last such view.")
    ] = 0,
    otherwise: Annotated[
        str | None,
        typer.Option(
            "--else",
            metavar="ACTION",
            help="What follows when it no longer holds; a pin's other level if not said.",
            show_default=False,
        ),
    ] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a rule to the board."""
    rule = parse_rule(condition, " ".join(action), otherwise, hold)
    with opened_board(board, project) as opened:
        _show_rules(add_rule(opened.client, rule), as_json)


@rule_app.command(name="list")
def list_rules(
    board: BoardOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """List the board's rules."""
    with opened_board(board, project) as opened:
        _show_rules(held_rules(opened.client), as_json)


@rule_app.command()
def remove(
    number: Annotated[int, typer.Argument(help="The rule's number in the list.")],
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a rule from the board."""
    with opened_board(board, project) as opened:
        _show_rules(remove_rule(opened.client, number), as_json)


@rule_app.command()
def clear(
    board: BoardOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Remove all rules from the board."""
    with opened_board(board, project) as opened:
        count = clear_rules(opened.client)
    if as_json:
        print_json({"removed": count})
    else:
        say(f"{count} rules removed." if count else "The board had no rules.")


def _show_rules(found: Any, as_json: bool) -> None:
    if as_json:
        print_json(found.as_dict())
        return
    if found.rules:
        show_table("", RULE_COLUMNS, found.rule_rows())
    else:
        say("The board has no rules.")
    for problem in found.problems:
        say(problem)


@app.command()
def alone(
    smoothing: Annotated[
        float | None,
        typer.Option(help="Weight of a new view, 0.03 to 1; 1 smooths not.", show_default=False),
    ] = None,
    interval: Annotated[
        int | None,
        typer.Option(metavar="MS", help="Time from view to view, at least.", show_default=False),
    ] = None,
    lines: Annotated[
        str | None,
        typer.Option(
            metavar="off|changes|SECONDS",
            help="When results are printed on the port.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            metavar="VIEWS",
            help="Keep the last so many views that the board was not sure of; 0 none.",
            show_default=False,
        ),
    ] = None,
    keep_every: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="Between two of them.", show_default=False),
    ] = None,
    watchdog: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS",
            help="Restart a board that hangs for so long; 0 off.",
            show_default=False,
        ),
    ] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show or set how the board works without a computer."""
    changes = Changes(smoothing, interval, lines, keep, keep_every, watchdog)
    with opened_board(board, project) as opened:
        client = opened.client
        found = change_settings(client, changes) if changes.any else held_rules(client)
    if as_json:
        print_json(found.as_dict())
        return
    show_table("", ("setting", "value"), found.setting_rows())
    say(f"Rules: {len(found.rules)}")
    for problem in found.problems:
        say(problem)


@app.command()
def wipe(
    board: BoardOption = None,
    project: ProjectOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forget what the board has learnt: heads, rules, kept views. The agent stays."""
    chosen = chosen_board(board, project)
    _confirm(f"Forget all that {board_label(chosen)[1]} has learnt?", yes)
    _show_done(wipe_board(chosen), as_json)


@app.command()
def unpair(
    board: BoardOption = None,
    project: ProjectOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take the agent and all of its files off the board; its own main.py comes back."""
    chosen = chosen_board(board, project)
    _confirm(f"Take TinyTeach and all it has learnt off {board_label(chosen)[1]}?", yes)
    _show_done(unpair_board(chosen), as_json)


def _confirm(question: str, yes: bool) -> None:
    """Ask; anything but yes ends the command. Without a terminal --yes is needed."""
    if yes:
        return
    try:
        agreed = typer.confirm(plain(question), err=True)
    except typer.Abort as error:
        raise UsageError("Nothing was done; add --yes where nobody can answer.") from error
    if not agreed:
        note("Nothing was done.")
        raise typer.Exit(1)


def _show_done(done: Any, as_json: bool) -> None:
    if as_json:
        print_json(done.as_dict())
    else:
        say(done.sentence())
