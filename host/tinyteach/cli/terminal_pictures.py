"""Pictures as pictures, in the few terminals that say by their environment that they show them.

Terminals are not asked: an answer that comes late would be taken for what somebody types. Inside
tmux or screen neither is used, as these hand pictures on only where they are told to. Sixel has no
sign in the environment, so it is for who names it. textual-image, a library for this, reads the
terminal's answers from standard input.
"""

import base64
from collections.abc import Callable, Mapping

from tinyteach.cli.sixel import sixel
from tinyteach.errors import UsageError

# A picture (a PNG file's content) as the escape that shows it so many lines high.
Protocol = Callable[[bytes, int], str]
# https://sw.kovidgoyal.net/kitty/graphics-protocol/: at most so many characters a piece.
_PIECE = 4096
_ID = 7  # one picture that each takes the place of


def protocol_of(environment: Mapping[str, str]) -> Protocol | None:
    """What the terminal understands; None where it does not say so."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or term.startswith(("screen", "tmux")):
        return None
    if term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return kitty
    return iterm if program in ("iTerm.app", "WezTerm") else None


def protocol_named(name: str) -> Protocol | None:
    """By the option's word, None for blocks; UsageError where it is none."""
    named = {"sixel": sixel, "kitty": kitty, "iterm": iterm, "blocks": None}
    if name not in named:
        raise UsageError(f"There are no pictures {name!r}; choose {', '.join(named)}.")
    return named[name]


def kitty(png: bytes, lines: int) -> str:
    """kitty's protocol; the cursor stays, and the terminal answers nothing."""
    text = base64.b64encode(png).decode()
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    # A cell is twice as high as wide.
    first = f"a=T,f=100,i={_ID},p=1,q=2,C=1,r={lines},c={2 * lines},"
    last = len(pieces) - 1
    return "".join(
        f"\x1b_G{first if not number else ''}m={int(number < last)};{piece}\x1b\\"
        for number, piece in enumerate(pieces)
    )


def iterm(png: bytes, lines: int) -> str:
    """iTerm2's, https://iterm2.com/documentation-images.html; the cursor is put back."""
    about = f"inline=1;size={len(png)};height={lines};preserveAspectRatio=1"
    return f"\x1b7\x1b]1337;File={about}:{base64.b64encode(png).decode()}\x07\x1b8"
