"""Faults to plant before `tinyteach doctor`, each with the line that must name it.

``plant(env)`` is a context manager that gives a board, its port or None. ``env`` has
``switch_on``, ``patch`` (monkeypatch) and ``head``, one for the shipped embedding.
"""

import contextlib
import os
import signal
import subprocess
import sys

import numpy as np
import serial
from serial.tools.list_ports_common import ListPortInfo

import faulty_port
from patience import expect_silence, remark_on_slow_links
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.repl import entering, raw_repl
from tinyteach.device.repl.pairing import await_agent, free_the_repl
from tinyteach.device.wire import session as wire_session
from tinyteach.embedding.preprocess import to_rgb565
from tinyteach.virtual import optics


@contextlib.contextmanager
def changed(env, code="", answers=True, **options):
    """The port of a paired board on which ``code`` ran before it was reset."""
    with env.switch_on("i386", **options) as board:
        if code:
            free_the_repl(board.port)
            with raw_repl.raw_repl(board.port) as repl:
                repl.run("import os\n" + code)
            board.reset()
        if answers:
            await_agent(board.port, "").close()
        yield board


# Ports


@contextlib.contextmanager
def nothing_attached(env):
    yield None


@contextlib.contextmanager
def no_such_port(env):
    yield "/dev/ttyNONE"


@contextlib.contextmanager
def several_boards(env):
    ports = [ListPortInfo(f"/dev/ttyACM{number}") for number in range(2)]
    for port, product in zip(ports, (0x4001, 0x1001), strict=True):
        port.vid, port.pid = 0x303A, product
    env.patch.setattr("serial.tools.list_ports.comports", lambda: ports)
    yield None


@contextlib.contextmanager
def no_permission(env):
    def refuse(self):
        raise serial.SerialException(13, "could not open port")

    env.patch.setattr(serial.Serial, "open", refuse)
    yield "/dev/ttyACM0"


@contextlib.contextmanager
def silent_port(env):
    expect_silence(env.patch, 100)
    env.patch.setattr(wire_session, "ENDING_TIMEOUT_S", 0.2)
    env.patch.setattr(entering, "ENTER_TIMEOUT_S", 0.2)
    with faulty_port.silent_port() as name:
        yield name


@contextlib.contextmanager
def opened_elsewhere(port, lock):
    """Another program has the port open."""
    code = "import serial, sys; s = serial.Serial(sys.argv[1], exclusive=bool(sys.argv[2]) or None)"
    code += "; print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, port, "lock" if lock else ""]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout.readline() == b"open\n"
        yield
        process.stdin.close()


@contextlib.contextmanager
def held(env):
    with silent_port(env) as port, opened_elsewhere(port, lock=True):
        yield port


@contextlib.contextmanager
def shared(env):
    with changed(env) as board, opened_elsewhere(board.port, lock=False):
        yield board


# MicroPython and agent


def too_old(env):
    fake = (
        "import sys\\nfrom collections import namedtuple\\ni = sys.implementation\\n"
        "fields = namedtuple('i', ('name', 'version', '_machine', '_mpy'))\\n"
        "sys.implementation = fields(i.name, (1, 22, 2), i._machine, i._mpy)\\n"
    )
    return changed(env, f'file = open("/boot.py", "w")\nfile.write("{fake}")\nfile.close()\n')


REMOVE_ALL = """
def remove(path):
    for name, kind, *_ in os.ilistdir(path):
        remove(path + '/' + name) if kind == 0x4000 else os.remove(path + '/' + name)
remove('/lib')
os.remove('/main.py')
"""


@contextlib.contextmanager
def no_agent(env):
    expect_silence(env.patch, 300)
    with changed(env, REMOVE_ALL, answers=False) as board:
        yield board


@contextlib.contextmanager
def other_board(env):
    with changed(env) as board:
        remember(PairedBoard("0123456789ab", "desk", board.port, "", "some board"))
        yield "desk"


def other_version(env):
    return changed(
        env,
        "os.remove('/lib/agent/__init__.mpy')\n"
        "file = open('/lib/agent/__init__.py', 'w')\n"
        "file.write('VERSION = \"0.0.1\"')\nfile.close()\n",
    )


def _halve(path):
    size = f"os.stat({path!r})[6] // 2"
    return (
        f"half = open({path!r}, 'rb').read({size})\nfile = open({path!r}, 'wb')\n"
        "file.write(half)\nfile.close()\n"
    )


@contextlib.contextmanager
def damaged_agent(env):
    expect_silence(env.patch, 300)
    # As after a write that did not reach the flash. A .mpy cut short inside could crash a board.
    spoil = "file = open('/lib/agent/loop.mpy', 'wb')\nfile.write(bytes(2000))\nfile.close()\n"
    with changed(env, spoil, answers=False) as board:
        yield board


@contextlib.contextmanager
def hung(env):
    with changed(env) as board:
        # Gone without a word: the board's watchdog starts it again.
        os.kill(board.pid, signal.SIGKILL)
        await_agent(board.port, "").close()
        yield board


# Room and link


def little_memory(env):
    return changed(env, heap="280k")


def full_flash(env):
    return changed(
        env,
        "file = open('/ballast', 'wb')\n"
        "while os.statvfs('/')[3] > 25:\n    file.write(bytes(4096))\n    file.flush()\n"
        "file.close()\n",
    )


@contextlib.contextmanager
def slow_link(env):
    remark_on_slow_links(env.patch, "service.doctor.board_checks")
    with changed(env) as board:
        board.set_speed(11_500)
        yield board


# Camera


def no_camera_module(env):
    return changed(env, camera=False)


@contextlib.contextmanager
def broken_camera(env):
    with changed(env) as board:
        board.scene.broken = True
        board.reset()
        await_agent(board.port, "").close()
        yield board


def _encode_as(env, encode):
    env.patch.setitem(optics._ENCODERS, optics.RGB565, lambda pixels, _: encode(pixels))
    return changed(env)


def swapped_bytes(env):
    return _encode_as(env, lambda pixels: to_rgb565(pixels, big_endian=False))


def exchanged_colours(env):
    return _encode_as(env, lambda pixels: to_rgb565(np.ascontiguousarray(pixels[..., ::-1]), True))


# Models


def no_embedding(env):
    return changed(env, "os.remove('/tinyteach/embedding.tflite')")


def damaged_embedding(env):
    return changed(env, _halve("/tinyteach/embedding.tflite"))


def _with_head(env, content):
    """The head as the agent's first slot holds it."""
    state = '{"active": "a", "previous": null}'
    return changed(
        env,
        f"file = open('/tinyteach/head_a.tflite', 'wb')\nfile.write({content!r})\nfile.close()\n"
        f"file = open('/tinyteach/heads.json', 'w')\nfile.write('{state}')\nfile.close()\n",
    )


def stale_head(env):
    content = bytearray(env.head.content)
    # The metadata entry begins with the fingerprint of the embedding it was trained with.
    content[content.index(b"TTH2") + 4] ^= 1
    return _with_head(env, bytes(content))


def damaged_head(env):
    return _with_head(env, env.head.content[: len(env.head.content) // 2])


PAIR = r"run 'tinyteach --board \S+ pair'\."
NOW_KNOWN = (
    "which the board knows from now on; photographs that were taken before have wrong colours: "
    r"take them again\."
)
FAULTS = [
    (nothing_attached, 3, "port", r"No board is attached; connect one by USB, or 'tinyteach .*\."),
    (no_such_port, 3, "port", r"There is no port /dev/ttyNONE; 'tinyteach boards' lists .*\."),
    (
        several_boards,
        3,
        "port",
        r"There are several boards \(/dev/ttyACM0: .*, /dev/ttyACM1: .*\); choose one with .*\.",
    ),
    (no_permission, 3, "port", r"The port \S+ may not be opened by this user; on Linux .*\."),
    (
        held,
        3,
        "port",
        r"The port \S+ is held by python\S* \(process \d+\); close that program .*\.",
    ),
    (shared, 3, "port", r"\S+ is open in python\S* \(process \d+\) too; close that program\."),
    (
        silent_port,
        4,
        "MicroPython",
        r"Nothing on \S+ answers; press the board's reset button and check its cable; where .*\.",
    ),
    (
        too_old,
        5,
        "MicroPython",
        r"micropython 1\.22\.2 on TinyTeach .*; install MicroPython 1\.24 or later\.",
    ),
    (no_agent, 4, "agent", "none is installed; " + PAIR),
    (
        other_board,
        3,
        "agent",
        r"Another board is where desk was; connect desk, or name a port with --board\.",
    ),
    (other_version, 4, "agent", r"version 0\.0\.1, and this computer has \d\S*; " + PAIR),
    (damaged_agent, 4, "agent", r"files are damaged: /lib/agent/loop\.mpy; " + PAIR),
    (
        little_memory,
        5,
        "memory",
        r"\d+ KB free, 295 KB needed; use a board with more, .*--embedding open'\.",
    ),
    (full_flash, 5, "flash", r"\d+ KB free, 131 KB needed; delete files on it .*\."),
    (
        slow_link,
        12,
        "link",
        r"\d+ KB/s to the board, \d+ KB/s from it, so \d+ s a photograph; use the chip's own .*\.",
    ),
    (
        no_camera_module,
        5,
        "camera",
        r"the firmware has no camera module; flash firmware with a camera module, or .*\.",
    ),
    (
        broken_camera,
        5,
        "camera",
        r"the camera does not start; check its ribbon cable, then restart the board\.",
    ),
    (swapped_bytes, 12, "colours", "low byte first, " + NOW_KNOWN),
    (exchanged_colours, 12, "colours", "red and blue exchanged, " + NOW_KNOWN),
    (no_embedding, 10, "embedding", "none on the board; " + PAIR),
    (damaged_embedding, 10, "embedding", "the file on the board does not load; " + PAIR),
    (
        stale_head,
        10,
        "head",
        r"The board's head was trained for another embedding; train and deploy again\.",
    ),
    (
        damaged_head,
        10,
        "head",
        r"The board's head does not load: .*; deploy it again\.",
    ),
    (hung, 12, "last boot", r"by the watchdog: a program hung; if it happens again, .*\."),
]
