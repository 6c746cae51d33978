"""Whatever is sent to the studio, it answers with a sentence: no 500, no trace, nothing outside."""

import contextlib
import json
import logging
import re
import shutil
import socket
import string
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from studio_server import StudioServer, all_from
from tinyteach.studio import board_routes, own_routes, place_routes, project_routes
from tinyteach.studio import bodies as studio_bodies
from tinyteach.workbench import uploads

FIELDS = [
    *(
        "name",
        "names",
        "ids",
        "undo",
        "view",
        "class",
        "probability",
        "condition",
        "action",
        "else",
    ),
    *("hold_s", "on", "afresh", "board", "object", "fingerprint", "colour"),
]
PARTS = [
    *(
        "../..",
        "..",
        ".",
        "/",
        "//",
        "\\",
        "\0",
        "\ud800",
        "cat",
        "CAT",
        "cat/1.png",
        "/etc/passwd",
    ),
    *("C:\\x", "con", "a\nb", "\x1b[31m", "‮", "é", "e\u0301", " ", "\u200d", "😀", "%00", "%2e%2e"),
    *("x" * 300, "é" * 200, "0", "-1", "1e999", "9" * 5000, "cat/../../x", "~", "$HOME", "*", "٣"),
    *("unknown", "socket://127.0.0.1:9", "virtual", "/dev/null", "pin 21 high", "cat > 0.5", "{}"),
]
NUMBERS = [0, -1, 1, 2**31, 2**63, 2**64, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf")]
words = st.one_of(st.sampled_from(PARTS), st.text(max_size=40), st.text(string.printable))
scalars = st.one_of(words, st.sampled_from(NUMBERS), st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
RAW = [
    *(
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"\xff",
        b"\xff\xfe{\0}\0",
        b"\xef\xbb\xbf{}",
        b"{}x",
    ),
    *(b"[" * 100_000, b'{"a":' * 50_000, b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"{'a': 1}"),
    *(b'{"probability": 1e999}', b'{"colour": ' + b"9" * 5000 + b"}", b'{"view": NaN}', b"\0" * 50),
    *(b'{"probability": ' + b"9" * 400 + b"}", b'{"colour": true}', b'{"name": null, "name": []}'),
]
bodies = st.one_of(st.sampled_from(RAW), st.binary(max_size=60), objects.map(json.dumps))
# What starts a MicroPython, or looks at whatever is plugged in here, has its own tests.
SLOW = {"/api/virtual/start"}
ROUTES = [
    (method, route.path)
    for route in (*board_routes.ROUTES, *own_routes.ROUTES, *project_routes.ROUTES)
    for method in sorted(route.methods - {"HEAD"})
    if route.path not in SLOW
]
PLACE = [(m, each.path) for each in place_routes.ROUTES for m in sorted(each.methods - {"HEAD"})]
often = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Failures(logging.Handler):
    """What a log gets from errors on."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(logging.Formatter().format(record))


@pytest.fixture
def failures():
    handler = Failures()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    assert handler.told == []


@pytest.fixture
def overheard(shared_studio, monkeypatch, failures):
    """A studio to which nobody gets through; it still answers at the end."""
    monkeypatch.setattr(studio_bodies, "SILENCE_S", 0.2)
    yield shared_studio
    assert shared_studio.ask("GET", "/").status == 200


@pytest.fixture
def fuzzed(project, tmp_path, monkeypatch, failures):
    """A studio; what is outside of its project is as before at the end, and it still answers."""
    outside = tmp_path / "outside"
    outside.mkdir()
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(outside))
    monkeypatch.setattr(studio_bodies, "SILENCE_S", 0.2)
    with StudioServer(project.root) as studio:
        yield studio
        assert studio.ask("GET", "/").status == 200
        assert {path.name for path in tmp_path.iterdir()} <= {"things", "home", "outside"}
    assert [*outside.iterdir()] == []


def check(answer):
    assert 200 <= answer.status < 600 and answer.status != 500, answer.content
    if answer.status >= 400:
        error = answer.value["error"]
        assert error["sentence"].endswith("."), error
        json.dumps(error, ensure_ascii=False).encode()


@pytest.mark.parametrize(("method", "path"), ROUTES + PLACE)
def test_bodies_that_are_wrong(fuzzed, method, path):
    filled = path.replace("{name}", "cat").replace("{number}", "1")
    for body in RAW:
        check(fuzzed.ask(method, filled, body))


@often
@given(st.sampled_from(ROUTES), bodies, st.lists(words, min_size=4, max_size=4))
def test_routes(fuzzed, route, body, texts):
    method, path = route
    parts = iter(texts)
    safe = [quote(text, safe="", errors="surrogatepass") for text in texts]
    filled = re.sub(r"\{\w+\}", lambda _: safe[0] or "x", path)
    query = f"?id={safe[1]}&side={safe[2]}&name={safe[1]}&before={safe[2]}&after={safe[3]}"
    assert next(parts) is not None
    check(fuzzed.ask(method, filled + query, body if isinstance(body, bytes) else body.encode()))


@settings(often, max_examples=30)
@given(words, words)
def test_names_of_projects(fuzzed, one, other):
    """None is made but beside the one that is open, and none but those there is opened."""
    place = fuzzed.bench.folder.parent
    check(fuzzed.ask("POST", "/api/projects/open", {"name": one}))
    for path, body in (("", {"name": one}), ("/duplicate", {"project": "things", "name": other})):
        answer = fuzzed.ask("POST", f"/api/projects{path}", body)
        check(answer)
        assert fuzzed.bench.folder.parent == place
        if answer.status == 200:
            assert fuzzed.bench.folder.name == answer.value["name"] != "things"
            fuzzed.ask("POST", "/api/projects/open", {"name": "things"})
            shutil.rmtree(place / answer.value["name"])


@often
@given(words)
def test_paths(fuzzed, text):
    for method in ("GET", "HEAD"):
        path = "/" + quote(text, safe="/", errors="surrogatepass")
        answer = fuzzed.ask(method, path)
        assert answer.status != 500 and b"root:" not in answer.content, path


@settings(often, max_examples=25)
@given(words, st.binary(max_size=50), st.booleans())
def test_uploaded_files(fuzzed, name, content, is_dropped):
    number = fuzzed.ask("POST", "/api/uploads").value["upload"]
    named = quote(name, safe="", errors="surrogatepass")
    check(fuzzed.ask("PUT", f"/api/uploads/{number}?name={named}", content))
    if is_dropped:
        check(fuzzed.ask("DELETE", f"/api/uploads/{number}"))
    else:
        check(fuzzed.ask("POST", f"/api/uploads/{number}"))


@settings(often, max_examples=30)
@given(st.one_of(words, st.binary(max_size=200), values.map(json.dumps), st.sampled_from(RAW)))
def test_websocket_messages(fuzzed, message):
    text = message
    if isinstance(message, str):
        text = message.encode(errors="replace").decode()
    with fuzzed.open_page() as page, contextlib.suppress(ConnectionClosed):
        page.send(text)
        page.say(credits=1)
        page.say(record=7)
        page.hear_refusal()


LENGTHS = ["x", "-1", "+1", "1e3", "9" * 30, "1, 1", "1, 2", "0x10", "", " 5 5", "٣"]
HEADS = [
    *(f"Content-Length: {length}\r\n" for length in LENGTHS),
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    *("Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, chunked\r\n", "Host: x\r\n"),
    *(": x\r\n", "x\r\n", "a b: c\r\n", "Cookie: \0\r\n", "Expect: x\r\n", "\r\n\r\n"),
    *("Cookie: " + "x" * 100_000 + "\r\n", "X: y\r\n" * 5000, "Upgrade: websocket\r\n"),
    "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 9\r\n",
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n",
    "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n",
]
CHUNKS = [
    *(
        b"",
        b"5\r\nabcde\r\n0\r\n\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"fffffffffffffffff\r\n",
        b"5;a=b\r\nab",
    ),
    *(b"5\r\nabcdefg\r\n0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"\xff" * 40, b"1" * 5000),
]


def say_raw(studio, sent: bytes, ends: bool = False) -> bytes:
    """All that comes back to bytes as they are; ``ends``: after them our side is closed."""
    with socket.create_connection((studio.address.host, studio.address.port)) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        return all_from(connection)


def begin(studio, method, path, more=""):
    return (
        f"{method} /{studio.address.folder}{path} HTTP/1.1\r\nHost: {studio.host}\r\n"
        f"Authorization: Bearer {studio.address.key}\r\nConnection: close\r\n{more}\r\n"
    ).encode(errors="surrogatepass")


def check_raw(answer):
    status = answer.partition(b" ")[2][:3]
    assert status[:1] in (b"2", b"3", b"4"), answer


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_headers_that_are_wrong(overheard, head):
    for method, path in (("POST", "/api/classes"), ("GET", "/"), ("GET", "/live")):
        check_raw(say_raw(overheard, begin(overheard, method, path, head) + b"abcde"))


@pytest.mark.parametrize("chunks", CHUNKS, ids=range(len(CHUNKS)))
def test_chunks_that_are_wrong(overheard, chunks):
    for method, path in (("POST", "/api/classes"), ("PUT", "/api/uploads/x?name=a"), ("GET", "/")):
        head = begin(overheard, method, path, "Transfer-Encoding: chunked\r\n")
        check_raw(say_raw(overheard, head + chunks))


@settings(often, max_examples=30)
@given(
    st.binary(max_size=100),
    st.sampled_from(["", "GET ", "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n"]),
)
def test_bytes_that_are_no_request(overheard, noise, before):
    answer = say_raw(overheard, before.encode() + noise + b"\r\n\r\n", ends=True)
    assert not answer or answer.startswith(b"HTTP/1.1 4")


@settings(often, max_examples=30)
@given(st.binary(min_size=1, max_size=100))
def test_frames_that_are_no_websocket(overheard, noise):
    head = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    answer = say_raw(overheard, begin(overheard, "GET", "/live", head) + noise, ends=True)
    assert answer.startswith(b"HTTP/1.1 101 ")
