"""What is imported: zips and tars, those in them too, labels beside photographs, firmware."""

import io
import tarfile
import zipfile

from fuzz.targets.pictures import drawn, written
from fuzz.targets.target import Target, file_with
from tinyteach.data.edge_impulse import LABELS_NAME, labels_of
from tinyteach.data.entries import Entry
from tinyteach.data.layouts import read_collection
from tinyteach.data.listing import list_entries
from tinyteach.errors import PhotoError, TinyTeachError
from tinyteach.service.flash import firmware_images

LABELS = (
    b'{"version":1,"files":[{"path":"a.png","category":"training","label":{"type":"label",'
    b'"label":"cat"}},{"path":"b.png","boundingBoxes":[{"label":"cup"}]}]}'
)


def decode_archive(data: bytes) -> None:
    """All that is in it is read; a damaged file in it is refused by itself."""
    is_packed = data.startswith((b"\x1f\x8b", b"\xfd7zXZ"))
    path = file_with("collection.tar.gz" if is_packed else "collection.zip", data)
    for entry in list_entries(path).files:
        try:
            entry.read()
        except PhotoError:
            continue
    read_collection(path)


def decode_labels(data: bytes) -> None:
    labels_of([Entry(("export", LABELS_NAME), lambda: data)])


def zip_of(method: int, files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def tar_of(mode: str, files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def _archives() -> list[bytes]:
    picture = written(drawn(), format="PNG")
    files = {"cat/1.png": picture, "cüp/1.png": picture}
    inner = {"in.zip": zip_of(zipfile.ZIP_STORED, files)}
    return [
        zip_of(zipfile.ZIP_STORED, files),
        zip_of(zipfile.ZIP_DEFLATED, inner),
        zip_of(zipfile.ZIP_LZMA, files),
        tar_of("w:gz", files),
        tar_of("w:xz", files),
    ]


TARGETS = (
    Target(
        "archives",
        decode_archive,
        _archives,
        words=(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"ustar", b"\x75\x70", b"../"),
    ),
    Target(
        "edge_impulse",
        decode_labels,
        lambda: [LABELS],
        words=(b'"files":', b'"path":', b'"label":', b'"boundingBoxes":', b'"category":', b"[]"),
    ),
    Target(
        "firmware_zips",
        lambda data: firmware_images._unzip("firmware.zip", data),
        lambda: [zip_of(zipfile.ZIP_DEFLATED, {"firmware.bin": bytes(64)})],
        (TinyTeachError,),
        (b"PK\1\2", b"PK\3\4", b"PK\5\6", b".bin"),
    ),
)
