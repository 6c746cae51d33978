"""Files of the user's on a board that are in the agent's way, planted as in `planted_faults`."""

import contextlib

from patience import expect_silence
from planted_faults import changed
from tinyteach.device.repl import entering
from tinyteach.device.wire import session as wire_session

# Also in the middle of what it does about the Ctrl-C before.
CATCHES_CTRL_C = """
import time
while True:
    try:
        try:
            time.sleep(0.05)
        except KeyboardInterrupt:
            {}
    except KeyboardInterrupt:
        pass
"""


def _write(path, text):
    return f"file = open({path!r}, 'w')\nfile.write({text!r})\nfile.close()\n"


@contextlib.contextmanager
def endless_boot(env):
    expect_silence(env.patch, 300)
    env.patch.setattr(entering, "BOOT_TIMEOUT_S", 2)
    with changed(
        env, _write("/boot.py", "import time\nwhile True: time.sleep_ms(10)"), answers=False
    ) as board:
        yield board


@contextlib.contextmanager
def catching_main(env):
    expect_silence(env.patch, 300)
    env.patch.setattr(entering, "TALKING_TIMEOUT_S", 4)
    env.patch.setattr(entering, "BURST", 0)
    program = CATCHES_CTRL_C.format("print('no')")
    with changed(env, _write("/main.py", program), answers=False) as board:
        yield board


@contextlib.contextmanager
def hanging_main(env):
    expect_silence(env.patch, 300)
    env.patch.setattr(wire_session, "ENDING_TIMEOUT_S", 0.3)
    env.patch.setattr(entering, "ENTER_TIMEOUT_S", 1)
    program = "import micropython, time\nmicropython.kbd_intr(-1)\nwhile True: time.sleep_ms(10)"
    with changed(env, _write("/main.py", program), answers=False) as board:
        yield board


def filled_heap(env):
    return changed(env, _write("/boot.py", "x = bytearray(350_000)"), answers=False)


def camera_in_the_way(env):
    return changed(env, _write("/lib/camera.py", "x = 1"))


@contextlib.contextmanager
def file_for_library(env):
    expect_silence(env.patch, 300)
    code = "os.remove('/main.py')\nos.rename('/lib', '/old')\n" + _write("/lib", "x")
    with changed(env, code, answers=False) as board:
        yield board


FAULTS = [
    (
        endless_boot,
        5,
        "MicroPython",
        r"The board's /boot\.py does not end, .*; take out of /boot\.py what waits, .*\.",
    ),
    (
        catching_main,
        4,
        "MicroPython",
        r"The program on \S+ goes on after Ctrl-C, as a main\.py does .*; press .* reset .*\.",
    ),
    (
        hanging_main,
        4,
        "MicroPython",
        r"Nothing on \S+ answers; press the board's reset button .*\.",
    ),
    (
        filled_heap,
        5,
        "memory",
        r"\d+ KB free, 295 KB needed, because /boot\.py keeps 3\d\d KB; take out of /boot\.py .*\.",
    ),
    (
        camera_in_the_way,
        5,
        "camera",
        r"/lib/camera\.py is taken in place of the firmware's camera module; rename .*\.",
    ),
    (
        file_for_library,
        5,
        "agent",
        r"The board has a file /lib of its own, where a folder of .* goes; rename /lib, .*\.",
    ),
]
