"""Gives a board its key while it is paired: made on this computer, sent over the cable once."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyteach.device.keys import (
    KEY_PATH,
    check_room,
    coming_key,
    forget_coming,
    keep_coming,
    key_of,
    made_key,
    take_coming,
)
from tinyteach.device.repl.raw_repl import RawRepl
from tinyteach.device.repl.repl_answers import digits, flag, record
from tinyteach.device.repl.survey import Survey
from tinyteach.errors import BoardRefusedError, NoKeyError, UsageError
from tinyteach.firmware import MAIN, BoardFile
from tinyteach.link.networks import is_insecure, is_network

NUMBER_PATH = "/tinyteach/number"  # that of the newest head that was proven (agent/proof.py)
CHALLENGE_BYTES = 16
# Whether the board that is there is private, whether its chip can make what nobody guesses, and
# what shows that it has a key without telling it.
ASK = """
import binascii, hashlib, json, os
try:
    with open(%r, 'rb') as file:
        content = file.read(100)
except OSError:
    content = b''
told = {'is_private': content[:1] == b'\x01', 'has_chance': hasattr(os, 'urandom')}
told['shown'] = binascii.hexlify(hashlib.sha256(%r + content[1:]).digest()).decode()
print(json.dumps(told))
"""
ANSWER = record(is_private=flag, has_chance=flag, shown=digits)
# The number counts heads of the key before.
FORGET_NUMBER = """
import os
try:
    os.remove(%r)
except OSError:
    pass
"""
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
    "The board has another key now: computers that had the one before need the new one ('tinyteach "
    "keys export')."
)
LACKS = (
    "The board has a key that this computer lacks; bring it here with 'tinyteach keys import', or "
    "run 'tinyteach pair --new-key', after which computers with the present key need the new one."
)
NOT_THE_SAME = (
    "The board does not have the key that this computer holds of it: it was erased or paired by "
    "another computer, or is another board; run 'tinyteach pair --new-key' to give it a new one, "
    "or 'tinyteach keys forget {board}' and 'keys import' to bring its key here."
)


@dataclass(frozen=True)
class KeyGiven:
    """The ``file`` that a board is to have, None for none, and what is to be said of it."""

    board_id: str
    file: BoardFile | None = None
    note: str = ""
    is_new: bool = False

    def check_room(self, changed: Sequence[BoardFile]) -> None:
        """ProjectError where the key is among what is ``changed`` and cannot be kept here."""
        if self.file in changed:
            check_room(self.board_id)

    def keep(self, file: BoardFile) -> None:
        """Keep the key here, when ``file`` is next to be written.

        From its own on it may have reached the board; when main.py's turn comes, the last, it has.
        """
        if file is self.file:
            keep_coming(self.board_id, file.content[1:])
        elif self.file and file.path == MAIN:
            take_coming(self.board_id)

    def forget_number(self, repl: RawRepl, facts: Survey) -> None:
        """With another key the board counts heads anew."""
        if self.is_new:
            repl.run(FORGET_NUMBER % (facts.root + NUMBER_PATH))


def refuse_network(port: str) -> None:
    """UsageError for a port where the key would be read by others, unless the user has said so."""
    if is_network(port) and not is_insecure():
        raise UsageError(IN_THE_OPEN.format(port=port))


def key_given(
    repl: RawRepl, facts: Survey, board_id: str, gives: bool, private: bool | None, new: bool
) -> KeyGiven:
    """The key that a board is to have, if it ``gives`` one: that which both have, or a new one.

    ``private`` None leaves that as it is. What does not show that it has the key that is here is
    never sent it. Raises NoKeyError where the board's key and this computer's differ, unless a
    ``new`` one is wanted or the board is without one since giving it was cut short, and
    BoardRefusedError where the board cannot be private.
    """
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    told = repl.evaluate(ASK % (facts.root + KEY_PATH, challenge), ANSWER)

    def is_shown(key: bytes) -> bool:
        digest: str = told["shown"]
        return hashlib.sha256(challenge + key).hexdigest() == digest

    known = _known_now(board_id, is_shown)
    has_one = KEY_PATH in facts.files
    is_same = known is not None and is_shown(known)
    new = new or (not has_one and coming_key(board_id) is not None)
    if has_one and not is_same and not new:
        raise NoKeyError(NOT_THE_SAME.format(board=board_id) if known else LACKS)
    if not gives:
        return KeyGiven(board_id)
    if not told["has_chance"]:
        if private:
            raise BoardRefusedError(NOT_PRIVATE)
        return KeyGiven(board_id, note=NO_CHANCE)
    if known and not is_same and not new:
        raise NoKeyError(NOT_THE_SAME.format(board=board_id))
    is_private = bytes((told["is_private"] if private is None else private,))
    if known and is_same and not new:
        return KeyGiven(board_id, BoardFile(KEY_PATH, is_private + known))
    note = REPLACED if has_one or known else GIVEN
    return KeyGiven(board_id, BoardFile(KEY_PATH, is_private + made_key()), note, is_new=True)


def _known_now(board_id: str, is_shown: Callable[[bytes], bool]) -> bytes | None:
    """This computer's key of a board, once the board has shown which of two it has got."""
    coming = coming_key(board_id)
    if coming and is_shown(coming):
        take_coming(board_id)
    known = key_of(board_id)
    if known and is_shown(known):
        forget_coming(board_id)
    return known
