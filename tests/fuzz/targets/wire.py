"""What boards with the agent send: frames, messages, rules, and lines while they work alone."""

import json
from pathlib import Path

from fuzz.targets.target import Target
from tinyteach.device.sensors import needed_settings
from tinyteach.device.wire import rules, wire_answers
from tinyteach.device.wire.rules import Action, Rule, RuleFile, Settings
from tinyteach.link.tape.words import in_words
from tinyteach.workbench.on_its_own import AloneLines
from tinyteach_protocol import frame, messages
from tinyteach_protocol.errors import ProtocolError

VECTORS = Path(__file__).resolve().parents[3] / "protocol" / "vectors" / "vectors.json"
LINES = (
    b'{"tinyteach":"0.1.0"}\n{"label":"cat","best_label":"cat","probability":0.9}\n',
    b'{"rule":1,"met":true}\n{"problem":"no camera"}\nlamp on\n',
)
CAMERA_BYTES_MAX = 255  # a text of the wire has no more


def _vectors(kind: str) -> list[dict]:
    return json.loads(VECTORS.read_text(encoding="utf-8"))[kind]


def decode_frames(data: bytes) -> None:
    """Pieces of 1 to 256 bytes, as the first byte says."""
    decoder, step = frame.Decoder(1024), (data[0] if data else 0) + 1
    for start in range(1, len(data), step):
        piece = memoryview(data)[start : start + step]
        while piece:
            taken = decoder.receive(piece)
            assert taken > 0, "no room"
            piece = piece[taken:]
            while decoder.next_event() is not None:
                pass
    decoder.give_up()
    while decoder.next_event() is not None:
        pass


def decode_message(data: bytes) -> None:
    """The type first. What is read is checked, shown and written again."""
    if not data:
        return
    in_words(data[0], data[1:])
    message = messages.decode(data[0], 0, data[1:])
    again = messages.encode(data[0], **message.fields)
    assert messages.decode(data[0], 0, again).fields == message.fields
    wire_answers.checked(message)


def decode_rules(data: bytes) -> None:
    """What is read is shown, and written as what reads the same."""
    read = rules.decode(data)
    assert rules.decode(read.encode()) == read
    for rule in read.rules:
        rule.then.as_text()
        rule.otherwise.as_text()


def decode_lines(data: bytes) -> None:
    """In two pieces."""
    lines = AloneLines()
    lines.take(data[: len(data) // 2])
    lines.take(data[len(data) // 2 :])
    json.dumps(lines.state)


def _frames() -> list[bytes]:
    return [b"\x0f" + bytes.fromhex(each["bytes"]) for each in _vectors("streams")]


def _messages() -> list[bytes]:
    return [bytes([v["type"]]) + bytes.fromhex(v["payload"]) for v in _vectors("messages")]


def _rules() -> list[bytes]:
    every = (
        Rule("cat", rules.AT_LEAST, 200, 3, 500, Action(rules.LINE, "on"), Action()),
        Rule("", rules.BEST, 0, 2, 0, Action(rules.PIN_HIGH, "21"), Action(rules.PIN_LOW, "21")),
    )
    return [RuleFile().encode(), RuleFile(Settings(keep=4), every).encode()]


TARGETS = (
    Target("frames", decode_frames, _frames, (), (frame.MAGIC,)),
    Target("messages", decode_message, _messages, (ProtocolError, ValueError)),
    Target("rules", decode_rules, _rules, words=(rules.MAGIC,)),
    Target("lines", decode_lines, lambda: [*LINES], (), (b'"met":', b'"rule":', b"NaN", b"\n")),
    Target(
        "camera_settings",
        lambda data: needed_settings(data[:CAMERA_BYTES_MAX].decode(errors="replace")),
        lambda: [b'{"xclk_freq": 10000000, "fb_count": 1}'],
        (),
        (b'"xclk_freq":', b'"fb_count":', b'"format":', b"1e400"),
    ),
)
