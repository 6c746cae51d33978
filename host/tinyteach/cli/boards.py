"""boards, pair, info: which boards there are and what they are."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.completion import objects, virtual_boards
from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.later import Later
from tinyteach.cli.options import EmbeddingOption, JsonOption
from tinyteach.errors import UsageError
from tinyteach.results import Lines, Table
from tinyteach.service.words.pairing import check_pairing
from tinyteach.service.words.virtual import (
    GROVE,
    MODULE_DIALECTS,
    MODULE_LOADERS,
    check_shown,
    check_started,
    name_and_photo,
    one_name,
)

if TYPE_CHECKING:
    from tinyteach.service.boards.finding import BoardEntry

_finding = Later("service.boards.finding")
_opening = Later("service.boards.opening")
_sessions = Later("service.boards.sessions")
_suited = Later("service.projects.suited")
_virtual = Later("service.boards.virtual_boards")
app = new_app()
boards_app = new_group("boards", invoke_without_command=True)
app.add_typer(boards_app, name="boards")
VirtualArgument = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="Its name.", autocompletion=virtual_boards),
]
VirtualOption = Annotated[
    str | None,
    typer.Option(
        *("--board", "-b", "--name"),
        metavar="NAME",
        help="Which virtual board; without it, the project's, else 'virtual'.",
        autocompletion=virtual_boards,
    ),
]


@boards_app.callback()
def boards(context: typer.Context, as_json: JsonOption = False) -> None:
    """List attached and paired boards; start and steer virtual ones."""
    if not context.invoked_subcommand:
        found = _finding.list_boards()
        Asked(as_json=as_json).tell([board.as_dict() for board in found], _listed(found))


def _listed(found: "list[BoardEntry]") -> Lines:
    if not found:
        return ["No board is attached. 'tinyteach boards start' starts a virtual one."]
    rows = [(b.name, b.port or "–", b.kind, b.status) for b in found]
    return [Table(("name", "port", "what", "status"), rows)]


@command(boards_app, "as_json")
def start(
    asked: Asked,
    called: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="What to call it, as --name.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call it; 'virtual', a Grove 'grove' by default.")
    ] = None,
    kind: Annotated[
        str, typer.Option(metavar="board|grove", help="A board, or a Grove Vision AI V2.")
    ] = "board",
    arch: Annotated[
        str | None,
        typer.Option(metavar="amd64|i386|armhf", help="Word size; this machine's by default."),
    ] = None,
    heap: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Memory of the board's programs, as 280k or 1m; 512k by default.",
        ),
    ] = None,
    camera: Annotated[bool, typer.Option(help="Whether it has a camera.")] = True,
    dialect: Annotated[
        str, typer.Option(metavar="el|ma|hx", help="What a Grove's firmware speaks.")
    ] = MODULE_DIALECTS[0],
    loader: Annotated[
        str,
        typer.Option(metavar="|".join(MODULE_LOADERS), help="How a Grove's boot loader behaves."),
    ] = MODULE_LOADERS[0],
    firmware: Annotated[
        str, typer.Option(help="The version that a Grove's firmware tells, as v2023.12.14.")
    ] = "",
) -> None:
    """Start a virtual board, its flash kept in a file.

    It is the real agent on a real MicroPython. With --kind grove a virtual Grove Vision AI V2,
    which speaks as Seeed's firmware does.
    """
    name = one_name(called, name)
    check_started(name, kind, arch, heap, dialect, loader, firmware)
    if kind == GROVE:
        board = _virtual.start_virtual_module(name or GROVE, dialect, loader, firmware)
        _tell_started(asked, board, "info")
    else:
        started = _virtual.start_virtual(name or _finding.VIRTUAL, arch, camera, heap)
        _tell_started(asked, started, "pair")


def _tell_started(asked: Asked, board: "BoardEntry", next_command: str) -> None:
    what = board.kind.partition(" (")[0]
    runs = f"The {what} {board.name} runs on {board.port}."
    asked.tell(board.as_dict(), [runs, f"Next: tinyteach --board {board.name} {next_command}"])


@command(boards_app, "as_json")
def stop(asked: Asked, name: VirtualArgument = None, board: VirtualOption = None) -> None:
    """Stop a virtual board; its flash is kept for the next start."""
    meant = _meant(asked, name, board)
    name = _virtual.stop_virtual(meant)
    asked.tell({"stopped": name}, [f"The virtual board {name} has stopped."])


@command(boards_app, "as_json")
def show(
    asked: Asked,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] [PHOTO]",
            help="The board's name, and a photograph, or a folder of them shown in turn.",
        ),
    ] = None,
    demo_object: Annotated[
        str | None,
        typer.Option(
            "--object",
            help="An object of the demo, held in a moving hand.",
            autocompletion=objects,
        ),
    ] = None,
    board: VirtualOption = None,
) -> None:
    """Put a photograph before a virtual board's camera."""
    name, photo = name_and_photo(words or [], demo_object)
    if name is None and photo and not photo.exists():
        _refuse_board(str(photo))
    check_shown(photo, demo_object)
    meant = _meant(asked, name, board)
    asked.answer(_virtual.show_to_virtual(meant, photo, demo_object))


@command(boards_app, "as_json")
def pins(asked: Asked, name: VirtualArgument = None, board: VirtualOption = None) -> None:
    """Show the levels of the pins that a virtual board sets."""
    name = _meant(asked, name, board)
    levels = _virtual.pins_of_virtual(name)
    lines = [f"pin {pin}: {'high' if level else 'low'}" for pin, level in levels.items()]
    asked.tell(levels, lines or [f"The board {name} sets no pin."])


def _refuse_board(word: str) -> None:
    """UsageError where a board is named, and nothing that it is to see."""
    if any(info.name == word for info in _finding.running_virtuals()):
        raise UsageError(
            f"{word} is a virtual board; say what it is to see, as in "
            f"'tinyteach boards show {word} --object cat'."
        )


def _meant(asked: Asked, word: str | None, option: str | None) -> str:
    """The virtual board that a command means, by the rule of all commands."""
    named = one_name(word, option)
    asked = replace(asked, board=named) if named else asked
    meant = asked.board_meant() or _finding.VIRTUAL
    _finding.virtual_meant(meant)
    return meant


@command(app, "board", "project", "as_json")
def pair(
    asked: Asked,
    name: Annotated[str | None, typer.Option(help="What to call the board from now on.")] = None,
    embedding: EmbeddingOption = None,
    camera: Annotated[
        str | None,
        typer.Option(
            metavar="BOARD",
            help="Whose camera pins to tell firmware that has none built in; pair says when.",
        ),
    ] = None,
    private: Annotated[
        bool | None,
        typer.Option(
            "--private/--open",
            help="Whether the board shows nothing, either, to who has not its key.",
        ),
    ] = None,
    new_key: Annotated[
        bool, typer.Option(help="Give the board another key; who has the old one is locked out.")
    ] = False,
) -> None:
    """Install agent and embedding on a board, or update them.

    Without --embedding the board keeps the one that it has; a board without gets base. It gets a
    key, which this computer keeps: only who has that can change the board.
    """
    check_pairing(name, embedding, camera)
    board = asked.board_there()
    _sessions.refuse_module(board, _sessions.NEEDS_NO_PAIRING)
    with asked.progress() as progress:
        paired = _opening.pair_board(board, name, progress, embedding, camera, private, new_key)
    paired.notes.extend(_suited.of_another(asked.project, paired.embedding))
    if embedding is None:
        paired.notes.extend(_suited.of_larger(paired.heap_bytes, paired.embedding, paired.is_wide))
    count = len(paired.written)
    written = f"{count} file{'' if count == 1 else 's'} written."
    done = written if count else "All was up to date."
    told = [*paired.notes, *filter(None, [paired.state])]
    met = f"Paired {paired.name} ({paired.machine}, MicroPython {paired.micropython})."
    asked.tell(paired.as_dict(), [met, done, *told])


@command(app, "board", "project", "as_json")
def info(asked: Asked) -> None:
    """Show what a board is: chip, camera, models, memory, flash."""
    with asked.open_board() as board:
        overview = _sessions.overview_of(board.session)
    asked.answer(overview)
