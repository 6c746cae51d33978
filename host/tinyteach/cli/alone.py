"""rule, alone, wipe, unpair: what a board does without a host, and taking things off it again."""

from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.later import Later
from tinyteach.cli.output import note
from tinyteach.errors import UsageError
from tinyteach.plain_text import plain
from tinyteach.service.boards.changes import Changes
from tinyteach.service.boards.rule_text import parse_rule

_clearing = Later("service.boards.clearing")
_rules = Later("service.boards.rules")
_sessions = Later("service.boards.sessions")
app = new_app()
rule_app = new_group("rule", no_args_is_help=True)
app.add_typer(rule_app, name="rule")
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]


@command(rule_app, "board", "project", "as_json")
def add(
    asked: Asked,
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
        ),
    ] = None,
) -> None:
    """Add a rule to the board."""
    rule = parse_rule(condition, " ".join(action), otherwise, hold)
    with asked.open_board() as board:
        asked.answer(_rules.add_rule(board.client, rule))


@command(rule_app, "board", "project", "as_json", name="list")
def list_rules(asked: Asked) -> None:
    """List the board's rules."""
    with asked.open_board() as board:
        asked.answer(_rules.held_rules(board.client))


@command(rule_app, "board", "project", "as_json")
def remove(
    asked: Asked, number: Annotated[int, typer.Argument(help="The rule's number in the list.")]
) -> None:
    """Remove a rule from the board."""
    with asked.open_board() as board:
        asked.answer(_rules.remove_rule(board.client, number))


@command(rule_app, "board", "project", "as_json")
def clear(asked: Asked) -> None:
    """Remove all rules from the board."""
    with asked.open_board() as board:
        count = _rules.clear_rules(board.client)
    line = (
        f"{count} rule{'' if count == 1 else 's'} removed." if count else "The board had no rules."
    )
    asked.tell({"removed": count}, [line])


@command(app, "board", "project", "as_json")
def alone(
    asked: Asked,
    smoothing: Annotated[
        float | None,
        typer.Option(help="Weight of a new view, 0.03 to 1; 1 smooths not."),
    ] = None,
    interval: Annotated[
        int | None,
        typer.Option(metavar="MS", help="Time from view to view, at least."),
    ] = None,
    lines: Annotated[
        str | None,
        typer.Option(metavar="off|changes|SECONDS", help="When results are printed on the port."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            metavar="VIEWS",
            help="Keep the last so many views that the board was not sure of; 0 none.",
        ),
    ] = None,
    keep_every: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="Between two of them."),
    ] = None,
    watchdog: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="Restart a board that hangs for so long; 0 off."),
    ] = None,
) -> None:
    """Show or set how the board works without a computer."""
    changes = Changes(smoothing, interval, lines, keep, keep_every, watchdog)
    changes.check()
    with asked.open_board() as board:
        client = board.client
        change = _rules.change_settings
        found = change(client, changes) if changes.any else _rules.held_rules(client)
    asked.tell(found.as_dict(), found.setting_lines())


@command(app, "board", "project", "as_json")
def wipe(asked: Asked, yes: YesOption = False) -> None:
    """Forget what the board has learnt; the agent stays.

    That is heads, rules and kept views.
    """
    board = asked.board_there()
    _sessions.refuse_module(board)
    port, name = _clearing.named_port(board)
    _confirm(f"Forget all that {name} has learnt?", yes)
    asked.answer(_clearing.wipe_board(port, name))


@command(app, "board", "project", "as_json")
def unpair(asked: Asked, yes: YesOption = False) -> None:
    """Take the agent and all of its files off the board.

    Its own main.py comes back.
    """
    board = asked.board_there()
    _sessions.refuse_module(board)
    port, name = _clearing.named_port(board)
    _confirm(f"Take TinyTeach and all it has learnt off {name}?", yes)
    asked.answer(_clearing.unpair_board(port, name))


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
