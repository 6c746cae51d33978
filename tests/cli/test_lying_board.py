"""A board whose answers cannot be: each command ends with one sentence, soon, and holds no more."""

import itertools
import json
import random
import shutil
import unicodedata
from binascii import crc32
from pathlib import Path

import pytest
from PIL import Image

from json_schema import as_sentences
from lying_board import MODEL_SIDE, LyingBoard, memory_kb
from lying_repl import LyingRepl
from paired import views_of
from patience import PATIENCE_S, expect_silence
from slices import soak
from tinyteach.data.project import Project
from tinyteach.device.repl import entering, pairing
from tinyteach.device.wire import client
from tinyteach.device.wire.rules import BEST, LINE, PIN_HIGH, Action, Rule, RuleFile
from tinyteach.service.boards import aftermath
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
GROWTH_KB_MAX = 300_000
RANDOM_LIES = 60


@pytest.fixture(autouse=True)
def bounded():
    """Nothing takes much memory, whatever this process needed before (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")
    before = memory_kb("VmRSS")
    yield
    assert memory_kb("VmHWM") - before < GROWTH_KB_MAX


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Silences end soon: none of these boards answers later."""
    monkeypatch.setattr(requester, "TIMEOUT_MS", 100)
    monkeypatch.setattr(requester, "SLOW_TIMEOUT_MS", 200)
    expect_silence(monkeypatch, 300)
    monkeypatch.setattr(client, "STREAM_SILENCE_MS", 300)
    monkeypatch.setattr(aftermath, "RETURN_TIMEOUT_S", 0.5)
    monkeypatch.setattr(entering, "ENTER_TIMEOUT_S", 0.3)


@pytest.fixture
def patient(monkeypatch, impatient):
    """Of boards that answer each request a busy machine's answers are waited for."""
    monkeypatch.setattr(requester, "TIMEOUT_MS", 1000 * PATIENCE_S)


@pytest.fixture
def never_free(monkeypatch):
    """Who answered us is waited for longest; this one has no raw REPL behind its agent."""
    monkeypatch.setattr(entering, "ALIVE_TIMEOUT_S", 0.5)


@pytest.fixture(scope="module")
def liar(trained_heads):
    head = trained_heads[0]
    board = LyingBoard(head.content, head.embedding_fingerprint, head.labels)
    yield board
    board.close()


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "cat" / "cat.png"
    path.parent.mkdir()
    Image.fromarray(views_of("cat", 1, side=48)[0]).save(path)
    return path


@pytest.fixture(scope="module")
def with_a_head(trained_heads, tmp_path_factory):
    """A project with one class, no photographs and a head, to be copied."""
    project = Project.create(tmp_path_factory.mktemp("made") / "project")
    project.add_class("cat")
    project.head_path.parent.mkdir(exist_ok=True)
    project.head_path.write_bytes(trained_heads[0].content)
    return project.root


@pytest.fixture
def commands(tinyteach, tmp_path, with_a_head, liar, picture):
    """Name → what runs a command of that name against the liar."""
    folder = shutil.copytree(with_a_head, tmp_path / "project")
    liar.tell_the_truth()
    words = {
        "info": ["info"],
        "doctor": ["doctor"],
        "watch": ["watch", "-n", "2", "--threshold", "0.5"],
        "classify": ["classify", picture],
        "test": ["test", picture.parent],
        "why": ["why", picture],
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
        return lambda *more: tinyteach("-b", liar.port.name, "-p", folder, *arguments, *more)

    return {name: runner(arguments) for name, arguments in words.items()}


# Which commands see what a verb answers.
SEEN_BY = {
    messages.HELLO: ("info", "capture"),
    messages.INFO: ("info", "capture", "deploy", "watch", "pull", "rules", "test"),
    messages.GRAB: ("capture", "small"),
    messages.READ: ("capture", "pull", "why"),
    messages.OPEN: ("deploy", "classify", "alone"),
    messages.WRITE: ("deploy", "classify", "alone"),
    messages.COMMIT: ("deploy", "alone"),
    messages.RUN: ("classify", "watch", "test", "why"),
    messages.TRACE: ("why",),
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


def trials(name, kind, seen_by):
    """Each wrong value with each command; where they are many, with the first and one in turn."""
    if len(seen_by) <= 3:
        return itertools.product(WRONG[kind], seen_by)
    turns = itertools.islice(itertools.cycle(seen_by[1:]), crc32(name.encode()) % 5, None)
    return [(wrong, each) for wrong in WRONG[kind] for each in (seen_by[0], next(turns))]


def assert_plain(text):
    """Nothing of it steers a terminal."""
    bad = {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Cf")}
    assert not bad - {"\u200c", "\u200d"}, sorted(bad)


def assert_ends_well(result):
    assert_plain(result.out + result.err)
    assert "Traceback" not in result.err
    if result.code and result.err:
        told = as_sentences(result.err).splitlines()
        said = [line for line in told if not line.startswith("board: ")]
        assert len(said) == 1 or (result.out and not said), said
        assert all(line.startswith("tinyteach: ") and line.endswith(".") for line in said), said


@pytest.mark.usefixtures("patient", "never_free")
def test_a_truthful_one_is_believed(commands):
    wrong = {}
    for name, run in commands.items():
        result = run()
        assert_ends_well(result)
        if result.code and name not in ("doctor", "why"):
            wrong[name] = result.err
    assert not wrong


@pytest.mark.parametrize(
    "type,name,kind,seen_by",
    [field if number % 2 else soak(*field) for number, field in enumerate(FIELDS)],
    ids=[f"{messages.type_name(f[0])}.{f[1]}" for f in FIELDS],
)
def test_each_field_of_each_answer(commands, liar, type, name, kind, seen_by):
    for wrong, command in trials(name, kind, seen_by):
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


HOSTILE = "\x1b]0;pwned\x07\u202e[red]\x9b2J\r\nx\u200bgpj"


@pytest.mark.usefixtures("never_free")
@pytest.mark.parametrize("as_json", [False, True])
def test_hostile_words_in_every_place(commands, liar, as_json):
    """Texts, labels, the log, a crash, rules, a refusal's detail."""
    kinds = (messages.STR, messages.STRS)

    def lie(type, fields):
        texts = {name: kind for name, kind in messages.layout(type) if kind in kinds}
        words = {name: f"{n}{HOSTILE}" for n, name in enumerate(texts)}
        labels = [f"{n}{HOSTILE}" for n in range(len(liar.labels))]
        told = {n: labels if kind == messages.STRS else words[n] for n, kind in texts.items()}
        if type == messages.TEACH | messages.RESPONSE:
            told["counts"] = bytes([9] * len(labels))
        return fields | told | ({"safe_mode": 1} if "safe_mode" in fields else {})

    liar.lie, liar.text = lie, HOSTILE.encode() + b"\r\n"
    liar.objects[messages.CRASH] = f"File {HOSTILE}\n  at {HOSTILE}\nOSError: {HOSTILE}".encode()
    rule = Rule(HOSTILE, BEST, 0, 1, 0, Action(LINE, HOSTILE), Action(PIN_HIGH, HOSTILE))
    liar.objects[messages.RULES] = RuleFile(rules=(rule,)).encode()
    named = "info rules alone list watch classify test rollback deploy"
    for name in named.split():
        result = commands[name](*(["--json"] if as_json else []))
        assert_ends_well(result)
        assert "pwned" in result.out + result.err or name == "deploy"
    for name in ("pull", "teach", "forget", "capture", "doctor"):
        assert_ends_well(commands[name]())


@pytest.mark.parametrize(
    "rules",
    [b"TTR1", b"\xff" * 20, b"TTR1" + b"\xff" * 300, RuleFile().encode()[:-1] + b"\xff"],
    ids=["short", "no rules", "numbers", "count"],
)
def test_rules_that_cannot_be_read(commands, liar, rules):
    liar.objects[messages.RULES] = rules
    result = commands["rules"]()
    assert result.code == 6 and "rule clear" in result.err


def zeros(fields):
    return {name: type(value)() for name, value in fields.items()}


@pytest.mark.parametrize("verb", ["READ", "WRITE"])
def test_rules_of_a_board_that_answers_zeros(commands, liar, tinyteach, verb):
    """The sentence names a command; clearing does without what cannot be read."""
    answer = getattr(messages, verb) | messages.RESPONSE
    liar.objects[messages.RULES] = RuleFile().encode()
    liar.lie = lambda type, fields: zeros(fields) if type == answer else fields
    add, clear = (("rule", "add", "cat", "say", "x"), ("rule", "clear"))
    result = tinyteach("-b", liar.port.name, *add)
    assert_ends_well(result)
    assert result.code and "'tinyteach pair'" in result.err
    assert (tinyteach("-b", liar.port.name, *clear).code == 0) == (verb == "READ")


def one_byte_at_a_time(type, fields):
    return fields | {"data": fields["data"][:1]} if "data" in fields else fields


@pytest.mark.usefixtures("patient")
def test_a_download_that_gives_a_byte_at_a_time(commands, liar):
    liar.lie = one_byte_at_a_time
    result = commands["pull"]()
    assert result.code and "a few bytes at a time" in result.err


@pytest.mark.usefixtures("patient")
def test_an_upload_of_which_nothing_is_taken(commands, liar):
    liar.lie = lambda type, fields: fields | {"offset": 0} if "offset" in fields else fields
    result = commands["deploy"]()
    assert result.code and "takes no more bytes" in result.err


@pytest.mark.usefixtures("patient")
def test_pictures_that_are_never_whole(commands, liar):
    liar.lie = lambda type, fields: fields | {"offset": 3} if "total" in fields else fields
    liar.objects[messages.TENSOR] = bytes(MODEL_SIDE * MODEL_SIDE * 3 - 3)
    assert_ends_well(commands["preview"]())
    liar.tell_the_truth()
    liar.lie = lambda type, fields: fields | {"data": b"12"} if "total" in fields else fields
    result = commands["preview"]()
    assert result.code == 6 and "none is whole" in result.err


@pytest.mark.usefixtures("patient")
def test_a_stream_that_never_begins(commands, liar):
    silent = (messages.RESULT, messages.PREVIEW)
    liar.lie = lambda type, fields: None if type in silent else fields
    for name in ("watch", "preview"):
        result = commands[name]()
        assert result.code == 6 and "no live results" in result.err


@pytest.mark.usefixtures("patient")
def test_a_head_put_to_work_that_is_another(commands, liar):
    answer = messages.COMMIT | messages.RESPONSE
    other = {"fingerprint": bytes(32)}
    liar.lie = lambda type, fields: fields | other if type == answer else fields
    result = commands["deploy"]()
    assert result.code == 6 and "another head" in result.err


def run_survey(said):
    """A board whose raw REPL answers what doctor and pair ask."""
    truth = {
        **{"name": "micropython", "version": [1, 25, 0], "mpy": 0, "machine": HOSTILE, "root": ""},
        **{"path": ["/lib"], "heap_free": 1 << 30, "flash_free": 1 << 30, "files": {}},
        **{"embedding_bytes": 0, "in_place": "", "cause": HOSTILE, "clock": None},
        "crash": f"File {HOSTILE}\nOSError: {HOSTILE}",
    }
    answers = {"statvfs": truth, "reset_cause": truth, "hasattr(__import__": [HOSTILE]}
    camera = {"error": "", "sensor": f"0x{HOSTILE}", "width": 9, "height": 9, "pixel_format": 1}
    answers |= {"open_camera": camera, "hexlify(bytes(frame": "00" * 7, "count < 20": [3, 9]}
    answers |= {"PixelFormat": True, "Camera()": False}

    def run(code):
        for sign, answer in answers.items():
            if sign in code:
                told = said(sign, answer)
                return told if isinstance(told, tuple) else (json.dumps(told).encode(), b"")
        return b"", HOSTILE.encode()

    return run


LIES = {
    "truth": lambda sign, answer: answer,
    "null": lambda sign, answer: None,
    "list": lambda sign, answer: [answer],
    "words": lambda sign, answer: HOSTILE,
    "nothing": lambda sign, answer: (b"", b""),
    "refusal": lambda sign, answer: (b"", HOSTILE.encode()),
    "numbers": lambda sign, answer: dict.fromkeys(answer, -1) if isinstance(answer, dict) else -1,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
@pytest.mark.parametrize("command", ["doctor", "pair"])
def test_a_raw_repl_that_lies(tinyteach, monkeypatch, command, lie):
    monkeypatch.setattr(pairing, "RESTART_TIMEOUT_S", 0.1)
    board = LyingRepl(run_survey(lie))
    try:
        assert_ends_well(tinyteach("-b", board.port.name, command))
    finally:
        board.close()


@pytest.mark.usefixtures("never_free")
def test_a_board_that_answers_nonsense_can_be_paired_anew(commands, liar, tinyteach):
    """Its agent is told BYE, and the raw REPL behind it is asked for; and who answered is there."""
    for lie in ({"max_payload": 0}, {"model_side": 0xFFFF}):
        liar.lie = lambda type, fields, lie=lie: fields | (lie if [*lie][0] in fields else {})
        verbs = []
        liar.spoil = lambda type, payload, verbs=verbs: verbs.append(type) or payload
        result = tinyteach("-b", liar.port.name, "pair")
        assert result.code == 4 and "press the board's reset button" in result.err
        assert "does not give the port back" in result.err
        assert messages.BYE | messages.RESPONSE in verbs
        for command in (("unpair", "--yes"), ("wipe", "--yes"), ("doctor",)):
            said = tinyteach("-b", liar.port.name, *command)
            assert said.code and "Nothing on" not in said.err + said.out
