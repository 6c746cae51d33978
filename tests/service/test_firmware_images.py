"""Where an image comes from: files, zips and a web server that has its bad days."""

import io
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tinyteach.errors import FirmwareError
from tinyteach.service.flash.firmware_images import WRITTEN_BY, image_hints, load_image

CONTENT = bytes(range(256)) * 600


def zipped(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, CONTENT)
    return target.getvalue()


class Site(BaseHTTPRequestHandler):
    """/firmware.bin, /firmware.zip, /short, which ends early; else 404."""

    def do_GET(self):
        files = {"/firmware.bin": CONTENT, "/firmware.zip": zipped("a.bin"), "/short": CONTENT[:9]}
        content = files.get(self.path)
        self.send_response(200 if content else 404)
        announced = len(CONTENT) if self.path == "/short" else len(content or b"")
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def load(source):
    return load_image(str(source), lambda *_: None)


def test_file(tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(CONTENT)
    assert load(file).content == CONTENT and load(file).name == "a.bin"


def test_address(site):
    seen = []
    image = load_image(f"{site}/firmware.bin", lambda *progress: seen.append(progress))
    assert image.content == CONTENT and image.name == "firmware.bin"
    assert seen[-1] == ("Downloading", len(CONTENT), len(CONTENT))
    assert load(f"{site}/firmware.zip").content == CONTENT


@pytest.mark.parametrize("what", ["/missing", "/short"])
def test_download_fails(site, what):
    with pytest.raises(FirmwareError, match=f"{site}{what} could not be downloaded .*by hand"):
        load(site + what)


def test_no_server():
    with pytest.raises(FirmwareError, match="check the address and the network"):
        load("http://127.0.0.1:1/firmware.bin")


def test_address_that_is_none():
    with pytest.raises(FirmwareError, match="could not be downloaded"):
        load("http://[/firmware.bin")


def test_missing_file():
    with pytest.raises(FirmwareError, match="no/such.bin cannot be read"):
        load("no/such.bin")


def test_zip(tmp_path):
    file = tmp_path / "a.zip"
    file.write_bytes(zipped("firmware.bin", "README.md"))
    assert load(file).content == CONTENT and load(file).name == "firmware.bin of a.zip"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (zipped("a.bin", "b.bin"), "holds 2 .bin or .img files; unpack it"),
        (zipped("README.md"), "holds 0 .bin or .img files"),
        (zipped("a.bin")[:-30], "damaged or cut short"),
    ],
    ids=["two", "none", "cut"],
)
def test_zip_that_is_of_no_use(tmp_path, content, says):
    file = tmp_path / "a.zip"
    file.write_bytes(content)
    with pytest.raises(FirmwareError, match=says):
        load(file)


def test_every_hint_is_complete():
    hints = image_hints()
    assert {hint.written_by for hint in hints} == set(WRITTEN_BY)
    for hint in hints:
        facts = hint.as_dict()
        facts.pop("releases")  # of the sensors that need one
        assert all(facts.values()) and hint.url.startswith("https://")


def test_the_release_for_each_sensor():
    """In the order in which boards are sold: what works with an OV3660 is not the newest."""
    (xiao,) = [hint for hint in image_hints() if hint.image == "XIAO_ESP32S3"]
    assert xiao.releases["OV3660"] == xiao.releases["OV5640"] == "0.6.0"
    assert "release 0.6.2 for OV2640, release 0.6.0 for OV3660 or OV5640" in xiao.sentence()
    assert xiao.as_dict()["releases"] == xiao.releases
    (pico,) = [hint for hint in image_hints() if hint.image == "RPI_PICO"]
    assert "release 0" not in pico.sentence()
