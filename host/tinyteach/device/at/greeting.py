"""The first words with what is at a port: whether it is a module, and which."""

import contextlib

from tinyteach.device.at.boot_loader import WAKE, BootLoader, in_boot_loader, is_receiving
from tinyteach.device.at.conversation import Conversation
from tinyteach.device.at.ear import BANNER, Ear
from tinyteach.device.at.refusals import (
    AGENT,
    MICROPYTHON,
    NO_MODULE,
    SILENT,
    ModuleRestartedError,
    ModuleSilentError,
    NotAModuleError,
)
from tinyteach.device.at.replies import OK, Reply, text
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import TinyTeachError

# Opening the port may restart a module, which then takes a second or two, and a key within its
# first 100 ms would keep it in its boot loader: so it is listened to first.
LISTEN_S = 0.3
# From its banner to its first reply, when it says nothing between.
COMES_UP_S = 2.5
# Each silence; a module that streams answers after the event that it is sending.
GREETING_S, GREETINGS_MAX = 1.0, 8
# With those after which it was led out of a boot loader.
GREETINGS_IN_ALL_MAX = 16
REPL_PROMPT = b">>>"
ID_BYTES_MAX = 64


def greet(at: Conversation, comes_up: bool = False) -> str:
    """Stop what the module streams and ask who it is: its id, the same at whatever port.

    ``comes_up``: it was just told to start, and is not spoken to before it says that it has.

    A module that waits in its boot loader, because a transfer was cut off, is led out of it.
    Raises NotAModuleError or ModuleSilentError.
    """
    heard, in_vain = b"", 0
    for _ in range(GREETINGS_IN_ALL_MAX):
        at.begin_anew()
        if in_vain >= GREETINGS_MAX // 2 and not heard:
            at.link.write(WAKE)
        module_id = _try(at, comes_up)
        if module_id:
            return module_id
        heard += at.reader.heard
        # A receiver that was left within a block complains once a greeting, not twice.
        said = heard if is_receiving(heard) else at.reader.heard
        comes_up = in_boot_loader(said)
        in_vain = 0 if comes_up else in_vain + 1
        if comes_up:
            BootLoader(Ear(at.link, said)).leave()
            heard = b""
        if in_vain == GREETINGS_MAX:
            break
    raise _unknown(at.link.port, heard)


def _listen(at: Conversation, comes_up: bool) -> None:
    """A key while a module comes up would keep it in its loader: until it says something then."""
    while at.read(COMES_UP_S if comes_up else LISTEN_S) and not at.count:
        comes_up |= BANNER in at.reader.heard
        if not comes_up:
            return


def _try(at: Conversation, comes_up: bool) -> str:
    """The id; empty where none came, or the module began anew."""
    _listen(at, comes_up)
    with contextlib.suppress(ModuleRestartedError):
        at.link.write(b"\r")  # after what another program may have left half written
        at.send("BREAK")
        tag = at.send("ID?")
        reply = at.wait(lambda: at.answer_to("ID?", tag) or _loader_text(at), GREETING_S)
        if isinstance(reply, Reply) and reply.code == OK:
            at.events.clear()
            return text(reply.data)[:ID_BYTES_MAX]
    return ""


def _loader_text(at: Conversation) -> bytes | None:
    return at.reader.heard if in_boot_loader(at.reader.heard) else None


def _unknown(port: str, heard: bytes) -> NotAModuleError | ModuleSilentError:
    if REPL_PROMPT in heard:
        return NotAModuleError(MICROPYTHON.format(port=port))
    if heard:
        return NotAModuleError(NO_MODULE.format(port=port))
    return ModuleSilentError(SILENT.format(port=port))


def explained(port: str, error: NotAModuleError | ModuleSilentError) -> TinyTeachError:
    """The same error, or that an agent is at the port, which is closed; asking takes a second."""
    try:
        BoardClient(port, hello_tries=1).close()
    except TinyTeachError:
        return error
    return NotAModuleError(AGENT.format(port=port))
