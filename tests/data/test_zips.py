"""Zips of every maker: names in their encodings, methods that cannot be read, litter and links."""

import io
import stat
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.data.entries import LEADS_OUTSIDE, place_in_archive
from tinyteach.data.layouts import read_collection
from tinyteach.data.listing import list_entries
from tinyteach.errors import PhotoError


def make(path, names, content=b"x", change=None):
    """A zip of these names; ``change(info)`` before each is written."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name
            if change:
                change(info)
            archive.writestr(info, content)
    return path


def named(path, real: list[bytes], extra=lambda raw: b""):
    """A zip whose entries' names are these bytes, without the flag of UTF-8."""
    local, central, content = b"", b"", b"x"
    for raw in real:
        more = extra(raw)
        sizes = struct.pack("<IIIHH", zlib.crc32(content), 1, 1, len(raw), len(more))
        offset = len(local)
        local += b"PK\3\4" + struct.pack("<5H", 20, 0, 0, 0, 33) + sizes + raw + more + content
        central += b"PK\1\2" + struct.pack("<6H", 20, 20, 0, 0, 0, 33) + sizes
        central += struct.pack("<3HII", 0, 0, 0, 0, offset) + raw + more
    end = struct.pack("<4H2IH", 0, 0, len(real), len(real), len(central), len(local), 0)
    path.write_bytes(local + central + b"PK\5\6" + end)
    return path


def folders(path) -> set[str]:
    return {entry.parts[1] for entry in list_entries(path).files}


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["苹果", "香蕉"]),
        ("utf-8", ["a\u0308pfel", "Mädchen"]),
        ("cp437", ["Äpfel", "Müll", "crème brûlée", "piñón"]),
        ("gbk", ["苹果", "香蕉", "橙子"]),
        ("gbk", ["红苹果（大）", "cat猫"]),
        ("cp932", ["りんご", "バナナ"]),
        ("cp932", ["猫", "犬"]),
        ("big5", ["蘋果", "橘子", "葡萄"]),
        ("cp949", ["사과나무", "바나나", "오렌지"]),
        ("cp850", ["São", "Ação", "coração"]),
        ("cp866", ["Яблоко", "груша", "КОТ"]),
    ],
)
def test_names_that_say_nothing_of_their_encoding(tmp_path, encoding, names):
    raw = [f"{name}/1.jpg".encode(encoding) for name in names]
    path = named(tmp_path / "a.zip", raw)
    assert folders(path) == set(names)
    guessed = encoding != "utf-8"
    assert len(list_entries(path).notes) == guessed


def test_the_unicode_path_field(tmp_path):
    def field(raw, of=None):
        body = struct.pack("<BI", 1, zlib.crc32(raw if of is None else of)) + "猫/1.jpg".encode()
        return struct.pack("<HH", 0x7075, len(body)) + body

    assert folders(named(tmp_path / "a.zip", [b"?/1.jpg"], field)) == {"猫"}
    assert folders(named(tmp_path / "b.zip", [b"\x94\x4c/1.jpg"], field)) == {"猫"}
    other = named(tmp_path / "c.zip", [b"cat/1.jpg"], lambda raw: field(raw, b"another name"))
    assert folders(other) == {"cat"}
    cut = named(tmp_path / "d.zip", [b"cat/1.jpg"], lambda raw: b"\x75\x70\x02\x00\x01\x02")
    assert folders(cut) == {"cat"}


def test_backslashes_and_folders_of_windows(tmp_path):
    names = ["set\\cat\\", "set\\cat\\1.jpg", "set\\dog\\", "set\\dog\\1.jpg", "empty"]
    folder = 0x10

    def mark(info):
        info.external_attr = folder if info.filename == "empty" else 0

    with_folders = make(tmp_path / "a.zip", names[:4])
    entries = list_entries(with_folders)
    assert [entry.parts[1:] for entry in entries.files] == [
        ("set", "cat", "1.jpg"),
        ("set", "dog", "1.jpg"),
    ]
    assert entries.skipped == []
    assert list_entries(make(tmp_path / "b.zip", names[4:], b"", mark)).files == []


def patched(path, method=None, flag=0, only=None):
    """The zip with another compression method or flag in its entries' headers."""
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        positions, start = [], 0
        while (start := content.find(mark, start)) >= 0:
            positions.append(start)
            start += 4
        for position in positions[:only]:
            content[position + at] |= flag
            if method is not None:
                struct.pack_into("<H", content, position + at + 2, method)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("method", "word"),
    [(9, "Deflate64"), (1, "Shrink"), (6, "Implode"), (95, "XZ"), (98, "PPMd"), (77, "method 77")],
)
def test_compression_that_cannot_be_read(tmp_path, method, word):
    path = patched(make(tmp_path / "a.zip", ["cat/1.jpg", "dog/1.jpg"]), method)
    with pytest.raises(PhotoError, match=f"compressed with {word}.*unpack it") as told:
        read_collection(path)
    assert "password" not in str(told.value)


@pytest.mark.parametrize(("method", "flag"), [(None, 1), (99, 1), (9, 1)])
def test_passwords(tmp_path, method, flag):
    path = patched(make(tmp_path / "a.zip", ["cat/1.jpg"]), method, flag)
    with pytest.raises(PhotoError, match="locked by a password; unpack it"):
        read_collection(path)


def test_one_entry_that_cannot_be_read_is_named(tmp_path):
    path = patched(make(tmp_path / "a.zip", ["cat/1.jpg", "cat/2.jpg"]), 9, only=1)
    entries = list_entries(path)
    assert [entry.name for entry in entries.files] == ["a/cat/2.jpg"]
    assert "Deflate64" in entries.skipped[0].reason


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_python_has(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("cat/1.jpg", b"words")
    (entry,) = list_entries(tmp_path / "a.zip").files
    assert entry.read() == b"words"


def test_litter_and_links_in_a_zip(tmp_path):
    names = [
        "__MACOSX/cat/._1.jpg",
        "cat/.DS_Store",
        "cat/@eaDir/1.jpg/T.jpg",
        "cat/1.jpg",
        "cat/l",
    ]

    def mark(info):
        if info.filename == "cat/l":
            info.external_attr = (stat.S_IFLNK | 0o777) << 16

    entries = list_entries(make(tmp_path / "a.zip", names, change=mark))
    assert [entry.name for entry in entries.files] == ["a/cat/1.jpg"]
    assert [skip.name for skip in entries.skipped] == ["a/cat/l"]


def test_control_characters_in_names_do_not_reach_the_terminal(tmp_path):
    path = make(tmp_path / "a.zip", ["cat/\x1b[31mred\n.jpg", "../\x1b[2J.jpg"])
    entries = list_entries(path)
    told = [entry.name for entry in entries.files] + [skip.name for skip in entries.skipped]
    assert len(told) == 2 and all(text.isprintable() for text in told)


def test_thousands_of_folders_in_one_another(tmp_path):
    path = make(tmp_path / "a.zip", ["a/" * 9000 + "1.jpg", "cat/1.jpg", "dog/1.jpg"])
    collection = read_collection(path)
    assert {photo.class_name for photo in collection.photos} == {"cat", "dog"}
    assert [skip.reason for skip in collection.skipped] == ["it lies too deep in folders"]


def test_the_same_name_twice(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("cat/1.jpg", b"one")
        archive.writestr("cat/1.jpg", b"two")
    (tmp_path / "a.zip").write_bytes(buffer.getvalue())
    assert [e.read() for e in list_entries(tmp_path / "a.zip").files] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("name", "start", "word"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        ("a.rar", b"Rar!\x1a\x07\x01", "a rar archive"),
        ("a.zip", b"Rar!\x1a\x07\x01", "a rar archive"),
        ("a.zip.001", b"PK\3\4 anything", "one of several parts of an archive"),
        ("a.zip.002", b"anything", "one of several parts of an archive"),
        ("a.z02", b"PK\7\x08PK\3\4", "one of several parts of an archive"),
        ("a.zip", b"<!DOCTYPE html><html>", "a web page, no zip; open its address"),
        ("a.zip", b"\xef\xbb\xbf\n<html lang='en'>", "a web page, no zip"),
        ("a.tar.gz", b"<html>", "a web page, no tar"),
        ("a.zip", b"version https://git-lfs.github.com/spec/v1\n", "run 'git lfs pull'"),
        ("a.tgz", b"version https://git-lfs.github.com/spec/v1\n", "note of where the tar is"),
        ("a.zip", b"/annex/objects/SHA256E-s1--0.zip", "run 'git annex get'"),
        ("a.zip", b"<?xml version='1.0'?><Error>", "a server's message"),
        ("a.zip", b"PK\3\4 cut off", "a zip whose end is missing"),
        ("a.jpg", b"\xff\xd8\xff", "a single photograph"),
        ("a.doc", b"words", "neither a folder nor a zip"),
        ("empty.zip", b"", "neither a folder nor a zip"),
    ],
)
def test_files_that_are_no_zip(tmp_path, name, start, word):
    path = tmp_path / name
    path.write_bytes(start + bytes(300))
    with pytest.raises(PhotoError, match=word):
        list_entries(path)


def test_the_last_part_of_a_split_zip(tmp_path):
    """Its record at the end states a disk beyond the first, and most of it is elsewhere."""
    whole = make(tmp_path / "a.zip", ["cat/1.png", "dog/2.png"]).read_bytes()
    end = whole.rindex(b"PK\5\6")
    last = whole[40:end] + whole[end : end + 4] + struct.pack("<HH", 1, 1) + whole[end + 8 :]
    (tmp_path / "a.zip").write_bytes(last)
    with pytest.raises(PhotoError, match="The zip a is the last of several parts; unpack it"):
        list_entries(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("disk", "disks", "told"), [(0, 2, "is the last of several parts"), (1, 1, "is damaged; fetch")]
)
def test_the_last_part_of_a_split_zip64(tmp_path, disk, disks, told):
    """zipfile refuses to tell whether it is a zip, or what is wrong with it."""
    whole = make(tmp_path / "a.zip", ["cat/1.png", "dog/2.png"]).read_bytes()
    end = whole.rindex(b"PK\5\6")
    locator = b"PK\6\7" + struct.pack("<LQL", disk, 0, disks)
    (tmp_path / "a.zip").write_bytes(whole[:end] + locator + whole[end:])
    with pytest.raises(PhotoError, match=told):
        list_entries(tmp_path / "a.zip")
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "a.zip").rename(folder / "a.zip")
    with pytest.raises(PhotoError, match=told):
        list_entries(folder)


def test_a_slash_before_each_name(tmp_path):
    names = ["/cat/1.png", "//dog/2.png", "\\cat\\3.png", "/../4.png", "dog/../cat/5.png"]
    found = list_entries(make(tmp_path / "a.zip", names))
    inside = ("dog/2.png", "cat/1.png", "cat/3.png", "cat/5.png")
    assert {e.name for e in found.files} == {f"a/{name}" for name in inside}
    assert len(found.skipped) == 1


def test_a_drive_before_each_name(tmp_path):
    """The path behind it is taken; what leads outside behind it is refused."""
    names = ["C:/cat/1.png", "C:\\dog\\2.png", "d:cat\\3.png", "/C:/dog/4.png"]
    names += [
        "\\\\?\\C:\\cat\\5.png",
        "\\\\.\\C:\\cat\\6.png",
        "C:/..\\7.png",
        "C:",
        "C:\\dog\\..\\..\\8.png",
    ]
    found = list_entries(make(tmp_path / "a.zip", names))
    inside = ("cat/1.png", "dog/2.png", "cat/3.png", "dog/4.png", "cat/5.png", "cat/6.png")
    assert {e.name for e in found.files} == {f"a/{name}" for name in inside}
    assert [skip.reason for skip in found.skipped] == [LEADS_OUTSIDE] * 3


@given(st.text("C:/\\.?ab", max_size=12))
def test_no_place_in_an_archive_leads_outside(name):
    place = place_in_archive(name)
    assert place is None or (place and not {"", ".", "..", "/"} & {*place})
    assert place is None or not any("/" in part or "\\" in part for part in place)


def test_web_pages_and_notes_beside_photographs(tmp_path):
    (tmp_path / "more.tar.gz").write_bytes(b"<!doctype html>")
    (tmp_path / "more.zip").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    reasons = " ".join(skip.reason for skip in list_entries(tmp_path).skipped)
    assert "it is a web page, no tar" in reasons and "run 'git lfs pull'" in reasons
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "more.tar.gz", "cat/inner.zip")
    (skipped,) = list_entries(tmp_path / "outer.zip").skipped
    assert "a web page, no zip" in skipped.reason


def test_archives_of_other_kinds_beside_photographs(tmp_path):
    (tmp_path / "cat").mkdir()
    for name, start in (("cat/1.jpg", b""), ("more.rar", b"Rar!\x1a\x07"), ("cut.zip", b"PK\3\4")):
        (tmp_path / name).write_bytes(start)
    skipped = {skip.name.rpartition("/")[2]: skip.reason for skip in list_entries(tmp_path).skipped}
    assert "end is missing" in skipped["cut.zip"] and "unpack it" in skipped["more.rar"]


def test_zips_inside_are_read_only_as_far_as_memory_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("tinyteach.data.listing.MAX_NESTED_BYTES", 3000)
    inner = make(tmp_path / "in.zip", [f"cat/{n}.jpg" for n in range(20)]).read_bytes()
    assert 1500 < len(inner) < 3000
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.zip", inner)
    entries = list_entries(tmp_path / "all.zip")
    assert len(entries.files) == 20 and len(entries.skipped) == 2
