"""A board whose agent somebody has stopped: it waits at MicroPython's prompt."""

from tinyteach.link.serial_link import SerialLink

# The second leads from the raw REPL to the friendly one; an agent takes neither for anything.
ASKS_FOR_PROMPT, PROMPT, SOFT_RESET = b"\r\x02", b">>> ", b"\x04"
TAKES_S, SILENCE_S, HEARD_BYTES_MAX = 2.0, 1.0, 4096


def start_from_prompt(link: SerialLink) -> bool:
    """Restart the interpreter, main.py included; False where its prompt is not there.

    A person's Ctrl-C stops the agent, mpremote's, or a byte 03 that comes as the board restarts.
    """
    link.write(ASKS_FOR_PROMPT, TAKES_S)
    heard = b""
    while len(heard) < HEARD_BYTES_MAX and (piece := link.read(SILENCE_S)):
        heard += piece
    is_there = heard.endswith(PROMPT)
    if is_there:
        link.write(SOFT_RESET, TAKES_S)
    return is_there
