"""A code in the address lets one browser in, once; what it gets instead stands in no address."""

import re
from http.cookies import SimpleCookie

import pytest

from tinyteach.studio import codes
from tinyteach.studio.codes import LIFE_S, Codes, cookie_of, new_code, new_key, sealed
from tinyteach.studio.guard import AGAIN

KEYLESS = {"Authorization": None}


def path_of(studio):
    """The path of a new opening address, below the studio's folder."""
    return studio.address.opening().removeprefix(studio.address.base.removesuffix("/"))


def let_in(studio, path):
    """The browser's cookies after opening the address."""
    answer = studio.ask("GET", path, **KEYLESS)
    assert answer.status == 303 and answer.headers["location"] == f"/{studio.address.folder}/"
    return answer.headers["set-cookie"]


def test_a_code_becomes_a_cookie(studio):
    cookie = let_in(studio, path_of(studio))
    (name, found), *more = SimpleCookie(cookie).items()
    assert not more and name == f"tinyteach_{studio.address.port}"
    assert found["httponly"] and found["samesite"].lower() == "strict"
    assert found["path"] == f"/{studio.address.folder}/" and not found["max-age"]
    assert studio.address.key not in cookie
    shown = {"Cookie": f"other=1; {name}={found.value}", **KEYLESS}
    assert b"js/main.js" in studio.ask("GET", "/", **shown).content
    assert studio.ask("GET", "/api/boards", **shown).status == 200
    with studio.open_page(**shown) as page:
        assert page.hear()["part"]


def test_a_code_is_good_once(studio):
    path = path_of(studio)
    cookie = let_in(studio, path).partition(";")[0]
    again = studio.ask("GET", path, **KEYLESS)
    assert again.status == 403 and "used already" in again.value["error"]["sentence"]
    assert AGAIN in again.value["error"]["sentence"]
    # The browser that has it goes on, also by the address in its history.
    assert studio.ask("GET", path, Cookie=cookie, **KEYLESS).status == 303
    other = let_in(studio, path_of(studio))
    assert other


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "OPTIONS"])
def test_only_opening_the_address_uses_a_code(studio, method):
    path = path_of(studio)
    assert studio.ask(method, path, **KEYLESS).status == 403
    assert studio.ask("GET", path.replace("/?", "/api/boards?"), **KEYLESS).status == 403
    assert let_in(studio, path)


def test_codes_end(monkeypatch):
    key, now = new_key(), [1000.0]
    monkeypatch.setattr(codes, "monotonic", lambda: now[0])
    known = Codes(key)
    first, second, third = (new_code(key) for _ in range(3))
    now[0] += LIFE_S
    assert known.use(first) and not known.use(first)
    now[0] += 1
    assert not known.use(second)
    now[0] = 0  # a clock that was set back makes no code good for longer
    assert not known.use(third)
    now[0] = 1000.0
    assert known.use(second) and not known.use(first)


def test_codes_of_nobody():
    key = new_key()
    good, known = new_code(key), Codes(key)
    moment, _, rest = good.partition(".")
    wrong = [
        *(
            "",
            ".",
            "..",
            "x",
            "\xff",
            "é",
            "0.0.0",
            "a" * 100_000,
            good[:-1],
            good + "0",
            good.upper(),
        ),
        *(f"{int(moment) + 1}.{rest}", new_code(new_key()), sealed(key, ""), cookie_of(key)),
        *(f"cookie.{cookie_of(key)}", f".{sealed(key, '')}", f"nan.{sealed(key, 'nan')}"),
    ]
    for code in wrong:
        assert not known.use(code), code
    assert known.use(good)


def test_no_answer_tells_a_secret(studio):
    """Neither the page nor the API says the key, a code or the cookie again."""
    cookie = let_in(studio, path_of(studio))
    secret = re.compile(f"{studio.address.key}|{cookie.partition(';')[0].partition('=')[2]}|code=")
    for path in ("/", "/js/api.js", "/api/boards", "/nothing?code=1", "/?code=1"):
        answer = studio.ask("GET", path)
        text = answer.content.decode() + str(answer.headers)
        assert not secret.search(text), path
