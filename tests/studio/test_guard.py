"""Who may come in: only the studio's own page and scripts, by cookie or key, Host and Origin."""

import gzip
import re

import pytest
from websockets.exceptions import InvalidStatus

from tinyteach.errors import AccessError
from tinyteach.studio.addresses import Address
from tinyteach.studio.guard import AGAIN, Guard
from tinyteach.studio.statuses import status_of

EVERYWHERE = ("/", "/js/main.js", "/api/boards", "/api/photos/picture?id=cat/1.png")
KEYLESS = {"Authorization": None}
# Of what a browser loads as the page opens, compressed as it asks for it, and as it is.
SENT_BYTES_MAX, LOADED_BYTES_MAX = 65_000, 150_000


@pytest.fixture
def studio(shared_studio):
    """Nobody who is refused changes it."""
    return shared_studio


def check_refused(answer):
    assert answer.status == status_of(AccessError)
    error = answer.value["error"]
    assert set(error) == {"code", "sentence", "status"}
    assert error["code"] == "Access"
    assert error["sentence"].endswith(".")


def wrong_keys(studio):
    key = studio.address.key
    return [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {key[:-1]}",
        f"Bearer {key}x",
        key,
        "Bearer \xff",
    ]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_without_the_key_nothing_is_shown(studio, path):
    for shown in wrong_keys(studio):
        check_refused(studio.ask("GET", path, Authorization=shown))
    name = f"tinyteach_{studio.address.port}"
    for cookie in (f"{name}=", f"{name}={studio.address.key}", f"{name}", "=;;=", "\xff=\xff"):
        check_refused(studio.ask("GET", path, Cookie=cookie, **KEYLESS))


@pytest.mark.parametrize("folder", ["", "/", "/favicon.ico", "/wrong/", "/%00/", "/%ff%fe/", "//"])
def test_another_folder_is_refused_also_with_the_key(studio, folder):
    check_refused(studio.ask("GET", folder, below=""))


FOREIGN_HOSTS = (
    *("evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "[::1", "::1", "[]"),
    *("[::1]x", "127.0.0.1:x", "127.0.0.1:", "evil.example@127.0.0.1", "127.0.0.1@evil.example"),
    *(
        "localhost.evil.example",
        "2130706433",
        "127.1",
        "0x7f.0.0.1",
        "[::ffff:127.0.0.1]",
        ".",
        "\xff",
    ),
    *("127.0.0.1, evil.example", "127.0.0.1:99999999", "xn--", "x" * 400, "127.0.0.1/evil"),
)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused(studio, host):
    answer = studio.ask("GET", "/", Host=host)
    assert answer.status in (400, status_of(AccessError))
    if answer.status != 400:  # that is the parser's, whose sentence is no JSON
        check_refused(answer)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "LocalHost", "localhost.", "127.0.0.1.", "[::1]", "[0:0:0:0:0:0:0:1]"]
)
def test_every_way_to_write_the_own_host(studio, host):
    for named in (host, f"{host}:{studio.address.port}", f"{host}:9000"):
        answer = studio.ask("GET", "/", Host=named, Origin=f"http://{named}")
        assert answer.status == 200, named


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "http://evil.example",
            "null",
            "http://127.0.0.1:1",
            "https://localhost",
            "[",
            "http://[",
        ),
        *(
            "http://127.0.0.1@evil.example",
            "\xff",
            "file://",
            "http://",
            "x" * 3000,
            "http://127.0.0.1",
        ),
    ],
)
def test_a_foreign_origin_is_refused(studio, origin):
    check_refused(studio.ask("POST", "/api/classes", {"name": "mug"}, Origin=origin))
    assert studio.ask("GET", "/api/report").status != status_of(AccessError)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_asks_for_is_refused_also_without_origin(studio, site):
    """As an <img> of a page on another port, which the cookie would go along with."""
    headers = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "no-cors"}
    check_refused(studio.ask("GET", "/api/report", **headers))


def test_every_address_of_this_computer_where_that_was_asked_for():
    everywhere, one = Guard(None, Address("0.0.0.0", 80)), Guard(None, Address("192.0.2.7", 80))
    assert everywhere._is_own("192.0.2.8:80") and everywhere._is_own("[2001:db8::1]:80")
    assert one._is_own("192.0.2.7:80") and one._is_own("localhost:80")
    assert not one._is_own("192.0.2.8:80")
    assert not everywhere._is_own("evil.example:80") and not everywhere._is_own("")
    six = Guard(None, Address("2001:db8::1", 80))
    assert six._is_own("[2001:DB8:0:0::1]:80") and not six._is_own("[2001:db8::2]:80")


def test_an_address_without_the_last_slash(studio):
    answer = studio.ask("GET", "")
    assert answer.status == 303 and answer.headers["location"] == f"/{studio.address.folder}/"
    assert "set-cookie" not in answer.headers


def test_the_own_page_comes_in(studio):
    answer = studio.ask("GET", "/", Origin=f"http://{studio.host}")
    assert answer.status == 200 and b"js/main.js" in answer.content
    assert studio.ask("POST", "/api/classes", {"name": "mug"}, Origin=f"http://{studio.host}")
    named = f"localhost:{studio.address.port}"
    assert studio.ask("GET", "/", Host=named, Origin=f"http://{named}").status == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Authorization": "Bearer x"}, KEYLESS]
)
def test_a_foreign_websocket_is_refused(studio, headers):
    with pytest.raises(InvalidStatus) as refused:
        studio.open_page(**headers)
    assert refused.value.response.status_code == status_of(AccessError)
    assert b'"code":"Access"' in refused.value.response.body


def test_a_person_reads_a_page_and_a_script_json(studio):
    for asked in ({"Sec_Fetch_Mode": "navigate"}, {"Accept": "text/html,*/*;q=0.8"}):
        answer = studio.ask("GET", "/", **asked, **KEYLESS)
        assert answer.status == status_of(AccessError)
        assert answer.headers["content-type"].startswith("text/html")
        text = answer.content.decode()
        assert AGAIN in text and "tinyteach studio" in text and "refresh" not in text
    for wished in (
        {"Accept_Language": "zh-CN,zh;q=0.9,en;q=0.8"},
        {"Cookie": "x=1; tinyteach-language=zh"},
    ):
        page = studio.ask(
            "GET", "/", Sec_Fetch_Mode="navigate", **wished, **KEYLESS
        ).content.decode()
        assert 'lang="zh-Hans"' in page and "请在项目文件夹中运行" in page
    for wished in ("fr-FR", "en-GB,zh;q=0.5", "", "\xff;,"):
        page = studio.ask("GET", "/", Sec_Fetch_Mode="navigate", Accept_Language=wished, **KEYLESS)
        assert AGAIN in page.content.decode()
    led_here = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Site": "cross-site"}
    assert b"refresh" in studio.ask("GET", "/", **led_here, **KEYLESS).content
    check_refused(studio.ask("GET", "/", Sec_Fetch_Mode="cors", Accept="text/html", **KEYLESS))


@pytest.mark.parametrize("path", [*EVERYWHERE, "/nothing"])
def test_every_answer_has_the_headers(studio, path):
    page = {"Sec_Fetch_Mode": "navigate"}
    for shown in ({}, KEYLESS, KEYLESS | page):
        headers = studio.ask("GET", path, **shown).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def sent_bytes(studio, place, size):
    """What a browser is sent of a file of that size: compressed, and whole."""
    answer = studio.ask("GET", place, Accept_Encoding="gzip, deflate")
    is_small = answer.headers.get("content-encoding") != "gzip"
    assert len(answer.content if is_small else gzip.decompress(answer.content)) == size
    assert len(studio.ask("GET", place).content) == size  # who does not ask for gzip
    return len(answer.content)


def loaded_as_it_opens(page):
    """Files that a browser asks for before anybody has pressed anything, but for the language's."""
    html = (page / "index.html").read_text()
    wanted = [page / "index.html", *(page / n for n in re.findall('(?:href|src)="([^"]+)"', html))]
    for path in wanted:
        if path.suffix == ".js":
            imported = re.findall(r'from "(\./[^"]+)"', path.read_text())
            wanted += {(path.parent / name).resolve() for name in imported} - set(wanted)
    return wanted


def test_the_page_is_small_in_each_language(studio, root):
    page = root / "host" / "tinyteach" / "studio" / "page"
    files = loaded_as_it_opens(page)
    assert len(files) == len(set(files)) > 20
    languages = [page / "js" / "strings" / f"{name}.js" for name in ("en", "zh")]
    sizes = {path: path.stat().st_size for path in [*files, *languages]}
    sent = {p: sent_bytes(studio, f"/{p.relative_to(page).as_posix()}", sizes[p]) for p in sizes}
    for language in languages:
        assert sum(sent[path] for path in [*files, language]) < SENT_BYTES_MAX
        assert sum(sizes[path] for path in [*files, language]) < LOADED_BYTES_MAX


def test_the_page_needs_nothing_from_elsewhere(root):
    page = root / "host" / "tinyteach" / "studio" / "page"
    files = [path for path in page.rglob("*") if path.is_file()]
    for path in files:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text, path
        assert "eval(" not in text and "innerHTML" not in text, path
    html = (page / "index.html").read_text()
    assert "<style" not in html and " style=" not in html and "onclick" not in html
