"""A button that teaches where no host is: held, the board records frames of the class next in
line; let go, it learns them and the next class is in line.

What it does it tells as lines of JSON. Loaded when needed only (seldom.py).
"""

import json
import time

from agent import board, files, seldom
from agent.alone import led, report
from agent.camera.error import CameraError
from agent.refused import Refused
from agent.teaching import teach
from agent.tflite.errors import ModelError
from tinyteach_protocol import messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.alone.led import Led
    from agent.alone.report import Report
    from agent.loop import Agent

# Shorter presses are none.
_HOLD_MS = const(500)
_TURN_MS = const(10)


def hold(agent: "Agent") -> None:
    """Serve the button that is down, until it is let go."""
    start = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start) < _HOLD_MS:
        if not board.is_down(agent.button):
            return
        time.sleep_ms(_TURN_MS)
    _light, _lines = led.Led(), report.Report(0)
    try:
        _learn(agent, _light, _lines)
    except (Refused, CameraError, ModelError, OSError, MemoryError) as error:
        _lines.problem(getattr(error, "detail", "") or str(error) or repr(error))
        _await_release(agent, _light)


def _await_release(agent: "Agent", _light: "Led") -> None:
    """A press that outlasts its recording is not the next one."""
    _light.show(led.OFF, 0)
    while board.is_down(agent.button):
        time.sleep_ms(_TURN_MS)


def _learn(agent: "Agent", _light: "Led", _lines: "Report") -> None:
    """Record while it is down and the LED lit, then learn."""
    settings = files.read_whole(board.BUTTON).decode().split("\n")
    pin, level, turn = settings[0].split()
    names = settings[1:] or list("123")
    name = names[int(turn) % len(names)]
    teach.act(agent, messages.TEACH_BEGIN, name, 0)
    frames = 0
    _light.show(led.LIT, 0)
    while board.is_down(agent.button) and teach.room(agent.models):
        teach.act(agent, messages.TEACH_FRAME, "", messages.SOURCE_CAMERA)
        frames += 1
    # Before it learns: whoever presses meanwhile means the next class.
    _await_release(agent, _light)
    _lines.tell('{"recorded":%s,"frames":%d}' % (json.dumps(name), frames))
    if frames:
        classes = teach.act(agent, messages.TEACH_LEARN, "", 0)
        seldom.call("teaching.learning", "learn", agent.models, classes)
        settings[0] = " ".join([pin, level, str((int(turn) + 1) % len(names))])
        files.replace_text(board.BUTTON, "\n".join(settings))
        assert agent.models.recogniser.head
        labels = json.dumps(agent.models.recogniser.head.labels)
        _lines.tell('{"learnt":%s,"classes":%s}' % (json.dumps(name), labels))
