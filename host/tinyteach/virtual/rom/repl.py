# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""The prompt: friendly and raw REPL on the board's port.

Behaves as MicroPython's shared/runtime/pyexec.c as far as tools depend on it
(docs/reference/repl.rst): Ctrl-A raw, Ctrl-B friendly, Ctrl-C cancels, Ctrl-D
runs or restarts, Ctrl-E pastes; in the raw REPL ``05 41 01`` starts raw paste
with its window. While a program runs byte 03 interrupts it; at a prompt it is a
byte like others.
"""

import gc
import sys

import micropython

from rom import chip, console

CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = 1, 2, 3, 4, 5
_ENTER, _BACKSPACE, _DELETE = 13, 8, 127

_RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n"
_PASTE_BANNER = b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== "
# What a cancelled raw paste runs: it ends as a program does that Ctrl-C interrupts (pyexec.c).
_CANCELLED = b"raise KeyboardInterrupt"
# Bytes that a raw paste may send ahead; small, as on boards, so that flow control is used.
_WINDOW_BYTES = 128

NO_MEMORY = b"MemoryError: memory allocation failed\r\n"

_LOCKED = b"FATAL: uncaught exception\r\nMemoryError: memory allocation failed, heap is locked\r\n"

_input, _output = sys.stdin.buffer, sys.stdout.buffer
_one = bytearray(1)
_chunk = bytearray(_WINDOW_BYTES)


class Cancelled(Exception):
    """Ctrl-C at a prompt."""


def _read_byte():
    if not _input.readinto(_one):
        chip.exit_now(0)  # the supervisor is gone
    return _one[0]


def run(source, variables, mode="exec"):
    """Run source text as a program, Ctrl-C enabled; the exception that ended it, or None.

    SystemExit restarts the board softly, as sys.exit() does on boards.
    """
    ended_by = None
    try:
        chip.interrupts_on()
        exec(compile(source, "<stdin>", mode), variables)
        chip.interrupts_off()
    except SystemExit:
        restart()
    except BaseException as error:
        ended_by = error
    chip.interrupts_off()
    return ended_by


def restart():
    """Soft reset: the interpreter starts afresh, the port stays."""
    console.write(b"MPY: soft reboot\r\n")
    chip.exit_now(chip.EXIT_SOFT_RESET)


def _unlock_heap():
    """As at a board's friendly prompt, which nothing but a reset would get out of otherwise."""
    micropython.heap_lock()
    while micropython.heap_unlock():
        pass


def die_where_locked():
    """As boards whose raw REPL cannot begin because the heap is locked (rp2's nlr_jump_fail)."""
    micropython.heap_lock()
    if micropython.heap_unlock():
        _output.write(_LOCKED)
        while True:
            _read_byte()


def serve(variables):
    """Prompts for ever."""
    while True:
        try:
            chip.interrupts_off()
            if chip.registers[chip.RAW_REPL]:
                _raw_repl(variables)
            else:
                _friendly_repl(variables)
        except KeyboardInterrupt:
            pass  # came as a program was ending
        except MemoryError:
            # A board's prompt is no part of its heap; this one is, and a program has filled it, or
            # locked it.
            _unlock_heap()
            _output.write(NO_MEMORY)


def _raw_repl(variables):
    console.write(_RAW_BANNER)
    while True:
        console.write(b">")
        source = _raw_source()
        if source is None:
            chip.registers[chip.RAW_REPL] = 0
            return
        error = run(source, variables)
        console.write(b"\x04")
        if error:
            console.show_exception(error)
        console.write(b"\x04")
        source = error = None
        gc.collect()


def _raw_source():
    """The next program sent to the raw REPL; None where Ctrl-B leaves it."""
    source = bytearray()
    while True:
        byte = _read_byte()
        if byte == CTRL_A:
            source = bytearray()
            console.write(_RAW_BANNER + b">")
        elif byte == CTRL_B:
            console.write(b"\r\n")
            return None
        elif byte == CTRL_C:
            source = bytearray()
        elif byte == CTRL_D and source:
            console.write(b"OK")
            return bytes(source)
        elif byte == CTRL_D:
            console.write(b"OK\r\n")
            restart()
        elif byte == CTRL_E and not source:
            pasted = _raw_command()
            if pasted is not None:
                return pasted
        else:
            source.append(byte)
            _take_plain_input(source)


def _take_plain_input(source):
    """Append all waiting input up to the next control byte, in one go."""
    count = chip.peek_input(_chunk)
    plain = 0
    while plain < count and _chunk[plain] > CTRL_E:
        plain += 1
    if plain:
        source.extend(_read_exactly(plain))


def _read_exactly(count):
    view = memoryview(_chunk)[:count]
    _input.readinto(view)
    return view


def _raw_command():
    """After Ctrl-E: ``A`` 01 is raw paste; others are not understood."""
    command = bytes((_read_byte(), _read_byte()))
    if command != b"A\x01":
        console.write(b"R\x00")
        return None
    console.write(b"R\x01" + _WINDOW_BYTES.to_bytes(2, "little") + b"\x01")
    return _pasted_source()


def _pasted_source():
    """Raw paste: 01 grants another window, 04 says that the end has come; 03 cancels."""
    source = bytearray()
    taken = 0
    while True:
        count = chip.peek_input(_chunk)
        end = _end_of_paste(bytes(_chunk[:count]))
        source.extend(_read_exactly(count if end < 0 else end))
        taken += count if end < 0 else end
        if end >= 0:
            cancelled = _read_byte() == CTRL_C
            console.write(b"\x04")
            return _CANCELLED if cancelled else bytes(source)
        while taken >= _WINDOW_BYTES:
            taken -= _WINDOW_BYTES
            console.write(b"\x01")


def _end_of_paste(data):
    """Where the first 03 or 04 is, or -1."""
    found = [at for at in (data.find(b"\x03"), data.find(b"\x04")) if at >= 0]
    return min(found) if found else -1


def _friendly_repl(variables):
    _unlock_heap()
    _show_banner()
    while not chip.registers[chip.RAW_REPL]:
        try:
            source, mode = _friendly_source()
        except Cancelled:
            console.write(b"\r\n")
            continue
        if source:
            error = run(source, variables, mode)
            _unlock_heap()
            if error:
                console.show_exception(error)
            source = error = None
        gc.collect()


def _show_banner():
    version = ".".join(map(str, sys.implementation.version[:3]))
    console.write(f"\r\nMicroPython v{version}; {console.board_machine()}\r\n".encode())
    console.write(b'Type "help()" for more information.\r\n')


def _friendly_source():
    """What was typed and how to compile it; "" where a control byte did something else."""
    line, mode = _read_line(b">>> ")
    if mode == "exec" or not _goes_on(line):
        return line, mode
    lines = [line]
    while lines[-1].strip():
        lines.append(_read_line(b"... ")[0])
    return "\n".join(lines) + "\n", mode


def _goes_on(line):
    return line.rstrip().endswith((":", "\\")) or line.startswith("@")


def _read_line(prompt):
    """A line typed with echo and "single", or a pasted program and "exec"."""
    console.write(prompt)
    line = bytearray()
    while True:
        byte = _read_byte()
        if byte == _ENTER:
            console.write(b"\r\n")
            return _text(line), "single"
        if byte in (_BACKSPACE, _DELETE):
            if line:
                line = line[:-1]
                console.write(b"\b \b")
        elif byte == CTRL_C:
            raise Cancelled
        elif byte <= CTRL_E and not line:
            return _control(byte), "exec"
        elif byte >= 32:
            line.append(byte)
            console.write(_one)


def _control(byte):
    console.write(b"\r\n")
    if byte == CTRL_A:
        chip.registers[chip.RAW_REPL] = 1
    elif byte == CTRL_B:
        _show_banner()
    elif byte == CTRL_D:
        restart()
    elif byte == CTRL_E:
        return _friendly_paste()
    return ""


def _friendly_paste():
    """Ctrl-E: text without echoed prompts until Ctrl-D."""
    console.write(_PASTE_BANNER)
    source = bytearray()
    while True:
        byte = _read_byte()
        if byte == CTRL_C:
            raise Cancelled
        if byte == CTRL_D:
            console.write(b"\r\n")
            return _text(source)
        source.append(10 if byte == _ENTER else byte)
        console.write(b"\r\n=== " if byte == _ENTER else _one)


def _text(data):
    """As text; what is no UTF-8 becomes a character that no program has: a syntax error."""
    try:
        return bytes(data).decode()
    except UnicodeError:
        return "\ufffd"
