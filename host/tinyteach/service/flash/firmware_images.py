"""Firmware images: which one a board needs, and how it comes here."""

import http.client
import io
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

from tinyteach.board_facts import Firmware, all_facts
from tinyteach.errors import FirmwareError
from tinyteach.files import read_whole, reason
from tinyteach.progress import Progress
from tinyteach.results import JsonResult, Lines

DOWNLOAD_TIMEOUT_S = 30
PIECE_BYTES = 65_536
# More than any ESP board's flash.
IMAGE_BYTES_MAX = 2**26


# How an image gets onto a board → the sentence.
WRITTEN_BY = {
    "tinyteach flash": "Download it, connect the board, then: tinyteach flash FILE",
    "copying": (
        "Download the .uf2 file, hold BOOTSEL while connecting the board, and copy the file onto "
        "the drive that appears."
    ),
    "OpenMV IDE": (
        "OpenMV IDE (openmv.io/pages/download) brings it and writes it when the board is connected "
        "there; the zip is for those without."
    ),
}


@dataclass(frozen=True)
class Hint(Firmware, JsonResult):
    """The firmware that ``board`` needs; ``written_by`` is one of `WRITTEN_BY`."""

    board: str = ""

    def sentence(self) -> str:
        """For a person: which file, from where, of which release."""
        return (
            f"{self.board} ({self.chip}): the file with {self.image} in its name, published "
            f"by {self.publisher} at {self.url}{self._by_sensor()}"
        )

    def _by_sensor(self) -> str:
        sensors: dict[str, list[str]] = {}
        for sensor, release in self.releases.items():
            sensors.setdefault(release, []).append(sensor)
        named = [f"release {r} for {' or '.join(names)}" for r, names in sensors.items()]
        return f", {', '.join(named)}" if named else ""


# It runs no agent, so it has no facts.
MODULE = Hint(
    chip="HX6538",
    image="output.img",
    publisher="Seeed",
    url="https://github.com/Seeed-Studio/sscma-example-we2/releases",
    written_by="tinyteach flash",
    board="Grove Vision AI V2",
)


def image_hints() -> list[Hint]:
    """Of a module, and of every board that has facts about its firmware."""
    return [MODULE, *(Hint(**vars(f.firmware), board=f.name) for f in all_facts() if f.firmware)]


def hint_lines(hints: list[Hint]) -> Lines:
    """For a person: which board needs which file, by how that is written."""
    lines = []
    for written_by, sentence in WRITTEN_BY.items():
        lines += [hint.sentence() for hint in hints if hint.written_by == written_by]
        lines.append(sentence)
    return lines


@dataclass(frozen=True)
class Image:
    """A firmware and what to call it in sentences."""

    name: str
    content: bytes


def check_image(source: str) -> None:
    """FirmwareError for a file that cannot be read; what has an address is not asked for."""
    if not _is_remote(source):
        _read(source)


def load_image(source: str, progress: Progress) -> Image:
    """From a file, or an address; from the one .bin or .img in it where it is a zip.

    Raises FirmwareError.
    """
    remote = _is_remote(source)
    content = _download(source, progress) if remote else _read(source)
    name = PurePosixPath(urlparse(source).path).name if remote else Path(source).name
    return _unzip(name, content) if content.startswith(b"PK\x03\x04") else Image(name, content)


def _is_remote(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _read(source: str) -> bytes:
    try:
        return read_whole(Path(source), IMAGE_BYTES_MAX)
    except (OSError, ValueError) as error:
        raise FirmwareError(
            f"The image {source} cannot be read ({reason(error)}); name a file or an address "
            "that begins with https://."
        ) from error


def _download(address: str, progress: Progress) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=DOWNLOAD_TIMEOUT_S) as answer:
            return _receive(answer, progress)
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = getattr(error, "reason", None) or error
        if not isinstance(why, str):
            why = reason(why) if isinstance(why, OSError) else "what came is no such file"
        raise FirmwareError(
            f"{address} could not be downloaded ({why}); check the address and the network, "
            "or download it by hand and name the file."
        ) from error


def _receive(answer: http.client.HTTPResponse, progress: Progress) -> bytes:
    total = int(answer.headers.get("Content-Length") or 0)
    content = bytearray()
    while piece := answer.read(PIECE_BYTES):
        content += piece
        if len(content) > IMAGE_BYTES_MAX:
            raise OSError("it is too large for a firmware")
        progress("Downloading", len(content), total)
    if len(content) < total:
        raise OSError("it ended early")
    return bytes(content)


def _unzip(name: str, content: bytes) -> Image:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [
                info for info in archive.infolist() if info.filename.endswith((".bin", ".img"))
            ]
            if len(found) != 1 or found[0].file_size > IMAGE_BYTES_MAX:
                raise FirmwareError(
                    f"{name} holds {len(found)} .bin or .img files; unpack it, name the one."
                )
            return Image(f"{found[0].filename} of {name}", archive.read(found[0]))
    except FirmwareError:
        raise
    except Exception as error:  # zip readers raise of every kind on damaged files
        raise FirmwareError(f"{name} is damaged or cut short; download it again.") from error
