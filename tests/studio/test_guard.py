"""Who may come in: only the studio's own page, by token, Host and Origin."""

import pytest
from websockets.exceptions import InvalidStatus

from tinyteach.errors import AccessError
from tinyteach.studio.guard import Guard

EVERYWHERE = ("/", "/js/main.js", "/api/boards", "/api/photos/picture?id=cat/1.png")


def check_refused(answer):
    assert answer.status == AccessError.http_status
    error = answer.value["error"]
    assert set(error) == {"code", "sentence", "exit_code", "status"}
    assert (error["code"], error["exit_code"]) == ("Access", AccessError.exit_code)
    assert error["sentence"].endswith(".")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_without_the_token_nothing_is_shown(studio, path):
    for token in ("", "wrong", studio.address.token[:-1], studio.address.token + "x", "%00"):
        check_refused(studio.ask("GET", path, token=token))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_is_refused(studio, host):
    check_refused(studio.ask("GET", "/", Host=host))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"]
)
def test_a_foreign_origin_is_refused(studio, origin):
    check_refused(studio.ask("POST", "/api/classes", {"name": "mug"}, Origin=origin))
    assert studio.ask("GET", "/api/report").status != AccessError.http_status


def test_every_address_of_this_computer_where_that_was_asked_for():
    everywhere, one = Guard(None, "t", "0.0.0.0"), Guard(None, "t", "192.0.2.7")
    assert everywhere._is_own("192.0.2.8:80") and everywhere._is_own("[2001:db8::1]:80")
    assert one._is_own("192.0.2.7:80") and one._is_own("localhost:80")
    assert not one._is_own("192.0.2.8:80")
    assert not everywhere._is_own("evil.example:80") and not everywhere._is_own("")


def test_an_address_without_the_last_slash(studio):
    answer = studio.ask("GET", "")
    assert answer.status == 307 and answer.headers["location"] == f"/{studio.address.token}/"


def test_the_own_page_comes_in(studio):
    answer = studio.ask("GET", "/", Origin=f"http://{studio.host}")
    assert answer.status == 200 and b"js/main.js" in answer.content
    assert studio.ask("POST", "/api/classes", {"name": "mug"}, Origin=f"http://{studio.host}")
    named = f"localhost:{studio.address.port}"
    assert studio.ask("GET", "/", Host=named, Origin=f"http://{named}").status == 200


@pytest.mark.parametrize(
    ("headers", "token"), [({"Origin": "http://evil.example"}, None), ({}, "wrong")]
)
def test_a_foreign_websocket_is_refused(studio, headers, token):
    if token:
        object.__setattr__(studio.address, "token", token)
    with pytest.raises(InvalidStatus) as refused:
        studio.open_page(**headers)
    assert refused.value.response.status_code == AccessError.http_status
    assert b'"code":"Access"' in refused.value.response.body


@pytest.mark.parametrize("path", [*EVERYWHERE, "/nothing"])
def test_every_answer_has_the_headers(studio, path):
    for token in (None, "wrong"):
        headers = studio.ask("GET", path, token=token).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_the_page_needs_nothing_from_elsewhere(root):
    page = root / "host" / "tinyteach" / "studio" / "page"
    files = [path for path in page.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 150_000
    for path in files:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text, path
        assert "eval(" not in text and "innerHTML" not in text, path
    html = (page / "index.html").read_text()
    assert "<style" not in html and " style=" not in html and "onclick" not in html
