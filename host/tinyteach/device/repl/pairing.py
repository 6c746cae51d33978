"""Puts the agent and the embedding on a board, or updates what has changed."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tinyteach.board_facts import led_file
from tinyteach.device.keys import KEY_PATH
from tinyteach.device.registry import (
    PairedBoard,
    changing,
    check_name,
    check_remembers,
    find_board,
    free_name,
    remember,
)
from tinyteach.device.repl.fitness import (
    ARENA_BYTES,
    SLOW_BOOT_S,
    check_firmware,
    check_room,
    heap_needed,
    notes_on,
    nothing_fits,
)
from tinyteach.device.repl.installing import install_files
from tinyteach.device.repl.key_giving import key_given, refuse_network
from tinyteach.device.repl.raw_repl import RawRepl, raw_repl
from tinyteach.device.repl.survey import (
    EMBEDDING,
    ID,
    ID_BYTES,
    ROM,
    SETTINGS,
    Survey,
    changed_files,
    doubtful_paths,
    embedding_on,
    survey,
)
from tinyteach.device.repl.wiring import camera_settings
from tinyteach.device.usb.discovery import port_of, usb_serial_of
from tinyteach.device.wire.changing import change_embedding
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.session import BoardSilentError
from tinyteach.errors import (
    BoardNotFoundError,
    BoardNotPairedError,
    BoardRefusedError,
    LinkError,
    NoKeyError,
    ProjectError,
    UsageError,
)
from tinyteach.firmware import BoardFile, board_files
from tinyteach.link.serial_link import TakesNothingError
from tinyteach.progress import Progress
from tinyteach.results import JsonResult
from tinyteach_protocol import errors, messages

OTHER_COLOURS = (
    "The order of the camera's colours is another than it was on this board; run "
    "'tinyteach doctor'."
)
IN_PLACE = "The embedding is read in place, in the board's ROMFS, so its flash holds none."
BOOTING = "Waiting for the board's boot.py"
DOES_NOT_START = (
    "All is written, but the agent on {port} does not answer; press the board's reset button, then "
    "run 'tinyteach --board {port} doctor', which says why."
)
# Once where something shows that it is no agent, again where nothing is heard.
HELLO_TRIES = (1, 2)
RESTART_TIMEOUT_S = 30.0
RESTART_POLL_S = 0.2


@dataclass(frozen=True)
class Paired(JsonResult):
    """A paired board; ``written`` names the files that were new or changed.

    ``state`` is what keeps it from recognising, empty where nothing does; ``notes`` are
    sentences on what was decided. ``embedding``: the SHA-256 of the one that it has, as hex.
    ``heap_bytes`` is all that its agent may use, ``is_wide`` as `BoardInfo` and ``access`` as
    `BoardClient` have it.
    """

    board_id: str
    name: str
    port: str
    machine: str
    micropython: str
    state: str
    written: list[str]
    notes: list[str]
    embedding: str
    heap_bytes: int
    is_wide: bool
    access: str


@dataclass(frozen=True)
class Wanted:
    """What a board is to have.

    ``embedding`` comes on a board that has none; one of ``may_stay``, or one that is there and
    that ``is_embedding`` accepts, stays. ``camera`` names the board whose camera pins the
    firmware is told, None leaves that to `camera_settings`. ``arena_bytes`` are what the
    tensors of ``embedding`` take. ``fitting`` names embeddings for so much heap in 32 bits.
    ``gives_key``: it gets this computer's key of it, and is private or not (None: as it was);
    ``new_key``: another one than it has.
    """

    embedding: bytes
    may_stay: Sequence[bytes] = ()
    is_embedding: Callable[[bytes], bool] | None = None
    camera: str | None = None
    arena_bytes: int = ARENA_BYTES
    fitting: Callable[[int], Sequence[str]] = nothing_fits
    gives_key: bool = False
    private: bool | None = None
    new_key: bool = False


@dataclass(frozen=True)
class Installed:
    """The files written, with the board's root, and sentences on what was decided.

    ``embedding`` is still to be sent, where it takes the place of one that may be at work.
    ``boot_s`` is how long the board's boot.py takes, in seconds.
    """

    written: list[str]
    notes: list[str]
    embedding: bytes | None = None
    boot_s: float = 0.0


def pair(port: str, wanted: Wanted, name: str | None, progress: Progress) -> Paired:
    """`install`, then remember the board as ``name``, so that it is found whatever its port."""
    check_remembers()
    usb_serial = usb_serial_of(port)
    installed = install(port, wanted, progress, name)
    with _await_paired(port, usb_serial, installed) as client:
        info = client.info()
        with changing():  # who pairs at the same moment chooses another name
            chosen = _choose_name(name, client.board_id)
            known = find_board(client.board_id)
            colours = known.colours if known else ""
            where = client.port, usb_serial, info.machine
            remember(PairedBoard(client.board_id, chosen, *where, colours, client.is_private))
        if colours and info.pixel_format not in (0, getattr(messages, colours)):
            installed.notes.append(OTHER_COLOURS)
        return _paired(client, chosen, installed, wanted, progress)


def pair_for_now(port: str, wanted: Wanted, progress: Progress) -> Paired:
    """`install` on a board that will be gone, such as one of this process: not remembered."""
    installed = install(port, wanted, progress)
    with _await_paired(port, "", installed) as client:
        return _paired(client, client.board_id, installed, wanted, progress)


def _another(fits: Sequence[str]) -> str:
    """What to do about an embedding that does not load; ``fits``: others, the smallest first."""
    such = f", such as {fits[0]} ('--embedding {fits[0]}')" if fits else ""
    return f"pair the board with another embedding{such}"


def _paired(
    client: BoardClient, name: str, installed: Installed, wanted: Wanted, progress: Progress
) -> Paired:
    if (embedding := installed.embedding) is not None:
        less = heap_needed(len(embedding), wanted.arena_bytes) - 1
        smaller = wanted.fitting(min(client.info().heap_in_32_bits, less))
        change_embedding(client, embedding, "tinyteach pair", progress, smaller=smaller)
    info = client.info()
    came = any(path.endswith(EMBEDDING) for path in installed.written)
    # One that was there and does not load would be left in place by every pairing from now on.
    if not info.embedding and (came or info.state_code == errors.NO_EMBEDDING):
        another = _another(wanted.fitting(info.heap_in_32_bits))
        raise BoardRefusedError(f"{info.trouble[0]}; {another}.")
    return Paired(
        client.board_id,
        name,
        client.port,
        info.machine,
        info.micropython,
        info.state,
        installed.written,
        installed.notes,
        info.embedding.hex(),
        info.heap_total,
        info.is_wide,
        client.access,
    )


def _choose_name(name: str | None, board_id: str) -> str:
    known = find_board(board_id)
    chosen = name or (known.name if known else free_name("board", board_id))
    other = find_board(chosen)
    if other and other.board_id != board_id:
        raise UsageError(f"Another board is called {chosen}; choose another name.")
    return chosen


def install(port: str, wanted: Wanted, progress: Progress, name: str | None = None) -> Installed:
    """Put agent and embedding on the board at ``port`` and restart it.

    Raises BoardNotFoundError, what `raw_repl` raises, BoardRefusedError (`fitness`), UsageError
    (`camera_settings`, a ``name`` that is none or that another board has), NoKeyError
    (`key_given`) or LinkError.
    """

    def tell(waited_s: float) -> None:
        if waited_s > SLOW_BOOT_S:
            progress(BOOTING, 0, 1)

    if name is not None:
        check_name(name)
    if wanted.gives_key:
        refuse_network(port)
    freed = free_the_repl(port)
    at_work = freed.embedding
    with (
        raw_repl(port, True, freed.answers, tell) as repl,
        runs_on_where_refused(repl),
    ):
        facts = survey(repl)
        if name:
            _choose_name(name, facts.id)
        check_firmware(facts)
        embedding = _choose_embedding(repl, facts, wanted, at_work, progress)
        settings = camera_settings(repl, facts, wanted.camera)
        in_place = lies_in_rom(facts, embedding.digest if embedding else embedding_on(facts))
        on_flash = None if in_place else embedding
        identity = _new_identity(facts)
        board_id = identity.content.hex() if identity else facts.id
        asked = wanted.gives_key, wanted.private, wanted.new_key
        key = key_given(repl, facts, board_id, *asked)
        own = [identity, settings.file, on_flash, key.file]
        files = [*_files_of_agent(facts), *filter(None, own)]
        changed = changed_files(facts, files)
        size = len(embedding.content) if embedding else facts.embedding_bytes
        room = 0 if in_place else size, wanted.arena_bytes
        check_room(facts, changed, *room, wanted.fitting)
        key.check_room(changed)
        to_send = embedding if _replaces(facts, wanted, embedding, at_work) else None
        now = [file for file in changed if file is not to_send]
        # A copy on flash of what is in ROMFS would be loaded into the heap.
        keep = [] if in_place and not to_send else [EMBEDDING]
        kept = [SETTINGS, KEY_PATH, *keep]
        install_files(repl, facts, files, now, progress, kept, key.keep)
        key.forget_number(repl, facts)
        repl.reset()
    written = [facts.root + file.path for file in changed]
    notes = [
        *filter(None, [settings.note, IN_PLACE if in_place else ""]),
        *key.notes,
        *notes_on(facts),
    ]
    return Installed(written, notes, to_send.content if to_send else None, facts.boot_s)


def _replaces(
    facts: Survey, wanted: Wanted, embedding: BoardFile | None, at_work: str | None
) -> bool:
    """Whether an embedding of the user's choice is to come where another may be at work.

    Then it is sent over the wire, where the board tries it before the other one is gone.
    """
    present = embedding_on(facts)
    if embedding is None or wanted.is_embedding is not None or at_work == "":
        return False
    is_whole = EMBEDDING not in doubtful_paths(facts.files)
    return is_whole and present not in ("", embedding.digest)


def _new_identity(facts: Survey) -> BoardFile | None:
    """For a board whose chip has none: made here, because few such boards know chance."""
    return None if facts.id else BoardFile(ID, secrets.token_bytes(ID_BYTES))


@contextmanager
def runs_on_where_refused(repl: RawRepl) -> Iterator[None]:
    """A board that is not paired for some reason, and so is unchanged, runs its program again."""
    try:
        yield
    except (BoardRefusedError, ProjectError, UsageError):
        with suppress(LinkError):
            repl.reset()
        raise


def lies_in_rom(facts: Survey, digest: str) -> bool:
    """Whether an embedding, by its SHA-256, is in the board's ROMFS, to be read in place."""
    return digest != "" and digest == facts.in_place


def wanted_files(facts: Survey, embeddings: Sequence[bytes]) -> list[BoardFile]:
    """All that belongs on a board; the embedding, last, is the one it has, else the first."""
    files = [BoardFile(EMBEDDING, content) for content in embeddings]
    present = facts.files.get(EMBEDDING), facts.in_place
    found = [file for digest in present for file in files if file.digest == digest]
    chosen = found[0] if found else files[0]
    return [*_files_of_agent(facts), chosen]


def _files_of_agent(facts: Survey) -> list[BoardFile]:
    return [*board_files(facts.mpy), *led_file(facts.machine)]


def _choose_embedding(
    repl: RawRepl, facts: Survey, wanted: Wanted, at_work: str | None, progress: Progress
) -> BoardFile | None:
    """What is to be on the board; None where an embedding is there that is not known and stays.

    ``at_work`` is the fingerprint of the one that the board's agent had loaded, empty for none.
    Where no agent answered, the file is read and looked at here.
    """
    *_, known = wanted_files(facts, [wanted.embedding, *wanted.may_stay])
    present = embedding_on(facts)
    if wanted.is_embedding is None or present in ("", known.digest):
        return known
    is_doubtful = EMBEDDING in doubtful_paths(facts.files)
    if at_work is not None and not is_doubtful:
        return None if at_work == present else known
    folder = facts.root if EMBEDDING in facts.files else ROM
    content = repl.read_file(
        folder + EMBEDDING,
        lambda done, total: progress("Looking at the board's embedding", done, total),
    )
    if not wanted.is_embedding(content):
        return known
    return BoardFile(EMBEDDING, content) if is_doubtful else None


@dataclass(frozen=True)
class Freed:
    """What was at a port when its agent was asked to give it back.

    ``answers``: something came from there. ``embedding`` is the fingerprint of the one that the
    agent had loaded, in hex digits; None where none answered, or with what cannot be: pairing
    mends that. ``locked``: the agent does what changes it only for who holds its key, and this
    computer has shown none.
    """

    answers: bool
    embedding: str | None = None
    locked: bool = False


def free_the_repl(port: str) -> Freed:
    """A running agent gives the port back at BYE; where none answers there is none to stop."""
    for tries in HELLO_TRIES:
        try:
            with BoardClient(port, hello_tries=tries) as client:
                locked = client.is_keyed and not client.is_proven
                return Freed(True, client.info().embedding.hex(), locked)
        except BoardSilentError:
            continue  # an agent that is busy with a view answers later
        except TakesNothingError:
            raise
        except NoKeyError:
            return Freed(True, locked=True)
        except (BoardNotPairedError, BoardRefusedError, LinkError):
            # No agent, or one that says what cannot be; a prompt shows what it is sent.
            return Freed(True)
    return Freed(False)


def _await_paired(port: str, usb_serial: str, installed: Installed) -> BoardClient:
    """The session with a board on which all was written; LinkError where it does not start."""
    try:
        return await_agent(port, usb_serial, installed.boot_s)
    except (BoardNotPairedError, LinkError) as error:
        raise LinkError(DOES_NOT_START.format(port=port)) from error


def await_agent(port: str, usb_serial: str, boot_s: float = 0.0) -> BoardClient:
    """The session with a board that is restarting; its port's name may have changed.

    ``boot_s`` is how long its boot.py is known to take.
    """
    started = time.monotonic()
    limit_s = RESTART_TIMEOUT_S + 2 * boot_s
    while True:
        try:
            return BoardClient(port_of(usb_serial) or port, hello_tries=2)
        except (BoardNotFoundError, BoardNotPairedError, LinkError):
            # USB is away while the board restarts, and the agent takes a moment to load.
            if time.monotonic() - started > limit_s:
                raise
            time.sleep(RESTART_POLL_S)
