"""What a module refuses, and what is no module, as sentences."""

from tinyteach.device.at.replies import Reply, text
from tinyteach.errors import BoardNotFoundError, BoardRefusedError, LinkError

SILENT = (
    "Nothing on {port} answers; press the module's reset button and check its cable and its "
    "camera's, then run the command again."
)
NO_MODULE = (
    "What is on {port} answers, but not as a Grove Vision AI V2 with Seeed's firmware; connect "
    "one, or run 'tinyteach flash' on it where it has other firmware."
)
MICROPYTHON = (
    "On {port} is a board with MicroPython, no Grove Vision AI V2; run 'tinyteach --board {port} "
    "pair' to use it."
)
AGENT = (
    "On {port} is a board with TinyTeach's agent, no Grove Vision AI V2; run the command as for "
    "that board."
)
STOPPED = (
    "The module on {port} stopped answering; check the cable, press its reset button and run the "
    "command again."
)
RESTARTED = (
    "The module on {port} restarted in the middle of this; run the command again, with another "
    "cable or USB port where that happens again."
)
NONSENSE = (
    "The module on {port} answered with what cannot be ({what}); press its reset button, and where "
    "that is no help write its firmware with 'tinyteach flash'."
)
NO_PICTURE = (
    "The module on {port} sends no whole photograph; check its camera's flat cable, press its "
    "reset button and run the command again."
)
NO_RESULTS = (
    "The module on {port} answers and sends no results; press its reset button and run the command "
    "again, and where that is no help deploy again."
)
OTHER_RESULTS = (
    "The model on the module on {port} tells where things are ({kind}), as other tools' may, "
    "and not which class is seen; put a head there with 'tinyteach deploy'."
)
ONLY_TALKS = (
    "The firmware of the module on {port} is a demonstration of Himax's, which takes no commands; "
    "write Seeed's with 'tinyteach flash'."
)
OLD = (
    "The firmware of the module on {port} is of {year}, which TinyTeach cannot use; write Seeed's "
    "present one with 'tinyteach flash'."
)

NOT_TAKEN = (
    "The module on {port} does not find the model that was written; run the command again, and "
    "where that is no help write the module's firmware with 'tinyteach flash'."
)
NOT_STORED = (
    "The module on {port} did not keep the names of the classes; press its reset button and run "
    "the command again."
)

# By command and code, else by code: SSCMA-Micro's el_err_code_t and ma_err_t.
NO_MODEL = "The module has no model that it can run; deploy one with 'tinyteach deploy'."
NO_CAMERA = (
    "The module finds no camera; check the camera's flat cable, press the module's reset button "
    "and try again."
)
STORE_FAILED = "The module could not store this; press its reset button and run the command again."
BY_COMMAND = {
    ("INVOKE", 2): NO_MODEL,
    ("INVOKE", 5): NO_MODEL,
    ("INVOKE", 8): NO_MODEL,
    ("INVOKE", 9): NO_MODEL,
    ("INVOKE", 10): NO_MODEL,
    ("INVOKE", 4): NO_CAMERA,
    ("SAMPLE", 4): NO_CAMERA,
    ("SAMPLE", 8): NO_CAMERA,
    ("INFO", 4): STORE_FAILED,
    ("INFO", 12): STORE_FAILED,
}
BY_CODE = {
    1: "The module asks to try again; run the command again.",
    3: "The module waited in vain for its camera or model; press its reset button and try again.",
    6: "The module has too little memory for this; press its reset button and try again.",
    7: "The module is busy with something else; press its reset button and try again.",
}
OTHER_CODE = (
    "The module refuses {command} with code {code}; press its reset button and run the command "
    "again, and where that is no help write its firmware with 'tinyteach flash'."
)


class NotAModuleError(BoardNotFoundError):
    """What is at the port is no Grove Vision AI V2 with firmware that TinyTeach speaks to."""


class ModuleSilentError(BoardNotFoundError):
    """Not even one byte came from what is at the port."""


class ModuleRestartedError(LinkError):
    """The module began anew, and what was asked of it is forgotten."""


def refusal(command: str, reply: Reply) -> BoardRefusedError:
    """A reply's code as the sentence that a person reads."""
    code = reply.code
    sentence = BY_COMMAND.get((command, code)) or BY_CODE.get(code)
    return BoardRefusedError(sentence or OTHER_CODE.format(command=command, code=text(code)), code)
