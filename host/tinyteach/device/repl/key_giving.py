"""Gives a board its key while it is paired: made on this computer, sent over the cable once."""

from tinyteach.device.keys import KEY_PATH, keep_key, key_of, made_key
from tinyteach.device.repl.raw_repl import RawRepl
from tinyteach.device.repl.repl_answers import flag, record
from tinyteach.device.repl.survey import Survey
from tinyteach.errors import BoardRefusedError, UsageError
from tinyteach.firmware import BoardFile
from tinyteach.link.networks import is_insecure, is_network

# Whether the board that is there is private, and whether its chip can make what nobody guesses.
ASK = """
import json, os
try:
    is_private = open(%r, 'rb').read(1) == b'\\x01'
except OSError:
    is_private = False
print(json.dumps({'is_private': is_private, 'has_chance': hasattr(os, 'urandom')}))
"""
ANSWER = record(is_private=flag, has_chance=flag)
NO_CHANCE = (
    "The board's firmware makes no random numbers (os.urandom), so it has no key and anybody at "
    "its port may change it."
)
NOT_PRIVATE = (
    "The board's firmware makes no random numbers (os.urandom), so it cannot be private; pair it "
    "with --open."
)
IN_THE_OPEN = (
    "Pairing sends the board's key, and {port} is reached over a network, where others may read "
    "it; pair the board with its cable, or go on by 'tinyteach --insecure'."
)
GIVEN = (
    "The board has a key now: only computers that hold it can change the board ('tinyteach keys "
    "export' brings it to another one)."
)


REPLACED = (
    "The board had a key that is not here and has another one now: computers that had it need the "
    "new one ('tinyteach keys export')."
)


def refuse_network(port: str) -> None:
    """UsageError for a port where the key would be read by others, unless the user has said so."""
    if is_network(port) and not is_insecure():
        raise UsageError(IN_THE_OPEN.format(port=port))


def key_file(
    repl: RawRepl, facts: Survey, board_id: str, private: bool | None
) -> tuple[BoardFile | None, str]:
    """What gives a board the key that is here of it, else a new one; and what is to be said of it.

    ``private`` None leaves that as it is. The key is kept here first: a pairing that ends early
    leaves no board whose key nobody has. Raises BoardRefusedError where it cannot be private.
    """
    told = repl.evaluate(ASK % (facts.root + KEY_PATH), ANSWER)
    if not told["has_chance"]:
        if private:
            raise BoardRefusedError(NOT_PRIVATE)
        return None, NO_CHANCE
    known = key_of(board_id)
    key = known or made_key()
    keep_key(board_id, key)
    is_private = told["is_private"] if private is None else private
    file = BoardFile(KEY_PATH, bytes((is_private,)) + key)
    if known:
        return file, ""
    return file, REPLACED if KEY_PATH in facts.files else GIVEN
