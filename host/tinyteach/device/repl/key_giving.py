"""Gives a board its key while it is paired: made on this computer, sent over the cable once."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

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
# Whether the board that is there has a key and is private, whether its chip can make what nobody
# guesses, and what shows which key it has without telling it.
ASK = """
import binascii, hashlib, json, os
try:
    with open(%r, 'rb') as file:
        content, has_key = file.read(100), True
except OSError:
    content, has_key = b'', False
is_private = content[:1] == b'\x01'
told = {'has_key': has_key, 'is_private': is_private, 'has_chance': hasattr(os, 'urandom')}
told['shown'] = binascii.hexlify(hashlib.sha256(%r + content[1:]).digest()).decode()
print(json.dumps(told))
"""
ANSWER = record(has_key=flag, is_private=flag, has_chance=flag, shown=digits)
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
PRIVATE = "The board is private: it shows nothing to who has not its key."
NOT_PRIVATE_NOW = (
    "The board is not private any more: whoever reaches its port sees what it recognises, "
    "photographs and its head."
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
    """The ``file`` that a board is to have, None for none, and ``notes``, to be said of it."""

    board_id: str
    file: BoardFile | None = None
    notes: Sequence[str] = ()
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
    told, is_shown = _shown_by(repl, facts.root)
    known = _known_now(board_id, is_shown)
    has_one = told["has_key"]
    is_same = known is not None and is_shown(known)
    new = new or (not has_one and coming_key(board_id) is not None)
    if has_one and not is_same and not new:
        raise _refusal(board_id, known)
    if not gives:
        return KeyGiven(board_id)
    if not told["has_chance"]:
        if private:
            raise BoardRefusedError(NOT_PRIVATE)
        return KeyGiven(board_id, notes=[NO_CHANCE])
    if known and not is_same and not new:
        raise NoKeyError(NOT_THE_SAME.format(board=board_id))
    is_private = told["is_private"] if private is None else private
    shows = [PRIVATE if is_private else NOT_PRIVATE_NOW] if is_private or told["is_private"] else []
    if known and is_same and not new:
        return KeyGiven(board_id, _key_file(is_private, known), shows)
    note = REPLACED if has_one or known else GIVEN
    return KeyGiven(board_id, _key_file(is_private, made_key()), [note, *shows], is_new=True)


def _key_file(is_private: bool, key: bytes) -> BoardFile:
    return BoardFile(KEY_PATH, bytes((is_private,)) + key)


def check_held(repl: RawRepl, root: str, board_id: str) -> bytes | None:
    """The key of the board at hand, None for none; NoKeyError where it is not this computer's."""
    told, is_shown = _shown_by(repl, root)
    known = _known_now(board_id, is_shown)
    if not told["has_key"]:
        return None
    if known is None or not is_shown(known):
        raise _refusal(board_id, known)
    return known


def doubt_key(repl: RawRepl, root: str, board_id: str) -> None:
    """Before the key of the board at hand is removed: whether it still has it is asked anew.

    So the key here is good until then, and one that was removed is no reason to refuse the board.
    Raises what `check_held` raises.
    """
    if known := check_held(repl, root, board_id):
        keep_coming(board_id, known)


def _refusal(board_id: str, known: bytes | None) -> NoKeyError:
    return NoKeyError(NOT_THE_SAME.format(board=board_id) if known else LACKS)


def _shown_by(repl: RawRepl, root: str) -> tuple[dict[str, Any], Callable[[bytes], bool]]:
    """What `ASK` tells of a board, and whether it has shown that it has a key."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    told: dict[str, Any] = repl.evaluate(ASK % (root + KEY_PATH, challenge), ANSWER)
    return told, lambda key: hashlib.sha256(challenge + key).hexdigest() == told["shown"]


def _known_now(board_id: str, is_shown: Callable[[bytes], bool]) -> bytes | None:
    """This computer's key of a board, once the board has shown which of two it has got."""
    coming = coming_key(board_id)
    if coming and is_shown(coming):
        take_coming(board_id)
    known = key_of(board_id)
    if known and is_shown(known):
        forget_coming(board_id)
    return known
