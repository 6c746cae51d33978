"""A board whose answers cannot be: each command ends with one sentence, soon, and holds no more."""

import itertools
import random
import resource
import unicodedata

import pytest
from PIL import Image

from lying_board import LyingBoard
from paired import views_of
from tinyteach.device import client, raw_repl
from tinyteach.service import aftermath
from tinyteach_protocol import messages, requester

# What the wire's kinds can hold besides what is right.
WRONG = {
    messages.U8: (0, 1, 3, 255),
    messages.U16: (0, 1, 3, 0xFFFF),
    messages.U32: (0, 1, 4096, 0xFFFFFFFF),
    messages.BYTES: (b"", b"\x80", bytes(255)),
    messages.STR: ("", "\x1b]0;pwned\x07\u202ered\x9b31m[red]", "x" * 255, "0x\x00zz"),
    messages.STRS: ([], [""], ["cat"] * 2, [f"{n}\x1b[2J" * 3 for n in range(100)]),
    messages.DATA: (b"", b"\x1b", bytes(4000)),
}
MEMORY_KB_MAX = 400_000
RANDOM_LIES = 60


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Silences end soon: none of these boards answers later."""
    monkeypatch.setattr(requester, "TIMEOUT_MS", 100)
    monkeypatch.setattr(requester, "SLOW_TIMEOUT_MS", 200)
    monkeypatch.setattr(client, "HELLO_TIMEOUT_MS", 300)
    monkeypatch.setattr(client, "STREAM_SILENCE_MS", 300)
    monkeypatch.setattr(aftermath, "RETURN_TIMEOUT_S", 0.5)
    monkeypatch.setattr(raw_repl, "ENTER_TIMEOUT_S", 0.3)


@pytest.fixture(scope="module")
def liar(trained_heads):
    head = trained_heads[0]
    board = LyingBoard(head.content, head.info.embedding_fingerprint, head.labels)
    yield board
    board.close()


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "cat.png"
    Image.fromarray(views_of("cat", 1, side=48)[0]).save(path)
    return path


@pytest.fixture
def commands(tinyteach, tmp_path, trained_heads, liar, picture):
    """Name → what runs a command of that name against the liar."""
    folder = tmp_path / "project"
    assert tinyteach("new", folder).code == 0
    assert tinyteach("-p", folder, "class", "add", "cat").code == 0
    (folder / "heads").mkdir(exist_ok=True)
    (folder / "heads" / "head.tflite").write_bytes(trained_heads[0].content)
    liar.tell_the_truth()
    liar.port.plug_in() if liar.port._pulled.is_set() else None
    words = {
        "info": ["info"],
        "doctor": ["doctor"],
        "watch": ["watch", "-n", "2", "--threshold", "0.5"],
        "classify": ["classify", picture],
        "capture": ["capture", "cat", "-n", "1"],
        "small": ["capture", "cat", "-n", "1", "--small"],
        "preview": ["preview", "--out", tmp_path / "view.png"],
        "deploy": ["deploy"],
        "rollback": ["rollback"],
        "pull": ["pull"],
        "teach": ["teach", "cup", "-n", "1"],
        "list": ["teach", "--list"],
        "forget": ["teach", "--forget", "cat"],
        "rules": ["rule", "list"],
        "alone": ["alone", "--keep", "3"],
    }

    def runner(arguments):
        return lambda: tinyteach("-b", liar.port.name, "-p", folder, *arguments)

    return {name: runner(arguments) for name, arguments in words.items()}


# Which commands see what a verb answers.
SEEN_BY = {
    messages.HELLO: ("info", "capture"),
    messages.INFO: ("info", "capture", "deploy", "watch", "pull", "rules"),
    messages.GRAB: ("capture", "small"),
    messages.READ: ("capture", "pull"),
    messages.OPEN: ("deploy", "classify", "alone"),
    messages.WRITE: ("deploy", "classify", "alone"),
    messages.COMMIT: ("deploy", "alone"),
    messages.RUN: ("classify", "watch"),
    messages.ROLLBACK: ("rollback",),
    messages.THRESHOLD: ("watch",),
    messages.TEACH: ("teach", "list", "forget", "pull"),
    messages.STOP: ("watch", "preview"),
}
SEEN_BY_EVENT = {messages.RESULT: ("watch",), messages.PREVIEW: ("preview",)}
ANSWERS = [(verb | messages.RESPONSE, names) for verb, names in SEEN_BY.items()]
ANSWERS += list(SEEN_BY_EVENT.items())
FIELDS = [
    (type, name, kind, names) for type, names in ANSWERS for name, kind in messages.layout(type)
]


def assert_plain(text):
    """Nothing of it steers a terminal."""
    bad = {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Cf")}
    assert not bad - {"\u200c", "\u200d"}, sorted(bad)


def assert_ends_well(result):
    assert_plain(result.out + result.err)
    assert "Traceback" not in result.err
    if result.code and result.err:
        said = [line for line in result.err.splitlines() if not line.startswith("board: ")]
        assert len(said) == 1 and said[0].startswith("tinyteach: ") and said[0].endswith("."), said
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEMORY_KB_MAX


def test_a_truthful_one_is_believed(commands):
    wrong = {}
    for name, run in commands.items():
        result = run()
        assert_ends_well(result)
        if result.code and name != "doctor":
            wrong[name] = result.err
    assert not wrong


@pytest.mark.parametrize(
    "type,name,kind,seen_by", FIELDS, ids=[f"{messages.type_name(f[0])}.{f[1]}" for f in FIELDS]
)
def test_each_field_of_each_answer(commands, liar, type, name, kind, seen_by):
    for wrong, command in itertools.product(WRONG[kind], seen_by):
        liar.lie = lambda t, fields, w=wrong: fields | {name: w} if t == type else fields
        assert_ends_well(commands[command]())


@pytest.mark.parametrize("type,seen_by", ANSWERS, ids=[messages.type_name(a[0]) for a in ANSWERS])
def test_bytes_changed_in_an_answer_whose_checks_are_right(commands, liar, type, seen_by):
    dice = random.Random(type)

    def spoil(t, payload):
        if t != type or not payload:
            return payload
        changed = bytearray(payload)
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        return bytes(changed[: dice.choice([len(changed), dice.randrange(len(changed))])])

    liar.spoil = spoil
    for _ in range(RANDOM_LIES // 10):
        assert_ends_well(commands[dice.choice(seen_by)]())


@pytest.mark.parametrize("type,seen_by", ANSWERS, ids=[messages.type_name(a[0]) for a in ANSWERS])
def test_an_answer_that_never_comes_while_text_does(commands, liar, type, seen_by):
    liar.text = b"\x1b[31mstill here\x07 " * 20
    liar.lie = lambda t, fields: None if t == type else fields
    result = commands[seen_by[0]]()
    # After a lost COMMIT the board says which head is at work, and it is the one that was sent.
    assert result.code or type == messages.COMMIT | messages.RESPONSE
    assert_ends_well(result)


@pytest.mark.parametrize("type,seen_by", ANSWERS[:-2], ids=[str(a[0]) for a in ANSWERS[:-2]])
def test_a_refusal_in_any_words(commands, liar, type, seen_by):
    refusal = {"code": 0xFFFF, "detail": "\x1b[2J\n\u202eno" * 8}
    liar.lie = lambda t, fields: refusal if t == type else fields
    assert_ends_well(commands[seen_by[0]]())
