"""MicroPython from the system's package archive: sources read, package fetched without root."""

import shutil
import subprocess

import pytest

from tinyteach.errors import MissingToolError
from tinyteach.virtual.interpreter import apt
from tinyteach.virtual.interpreter.package_sources import (
    Source,
    main_source,
    parse_deb822,
    parse_list,
)

KEY = "/usr/share/keyrings/archive.gpg"


def test_one_line_format():
    text = f"""# comment
deb [arch=amd64 signed-by={KEY}] http://archive.test/debian trixie main contrib # why
deb-src http://archive.test/debian trixie main
deb http://archive.test/debian trixie-updates main
"""
    assert parse_list(text) == [
        Source("http://archive.test/debian", ("trixie",), ("main", "contrib"), KEY),
        Source("http://archive.test/debian", ("trixie-updates",), ("main",), ""),
    ]


def test_deb822_format():
    text = f"""Types: deb deb-src
# a comment inside
URIs: http://one.test/debian http://two.test/debian
Suites: trixie
 trixie-updates
Components: main
Signed-By: {KEY}

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: trixie
Components: main

Types: deb
URIs: http://key.test/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
"""
    sources = parse_deb822(text)
    assert [source.uri for source in sources] == [
        "http://one.test/debian",
        "http://two.test/debian",
        "http://key.test/debian",
    ]
    assert sources[0].suites == ("trixie", "trixie-updates")
    assert [source.signed_by for source in sources] == [KEY, KEY, ""]


def test_line_keeps_address_key_and_free_components():
    source = Source("http://archive.test/ubuntu", ("noble",), ("main", "universe", "x"), KEY)
    expected = f"deb [signed-by={KEY}] http://archive.test/ubuntu plucky main universe"
    assert source.line("plucky") == expected


def test_main_source_is_the_systems_own_and_has_micropython():
    sources = [
        Source("http://security.test", ("noble-security",), ("main", "universe")),
        Source("http://other.test", ("stable",), ("main",)),
        Source("http://archive.test", ("noble",), ("main",)),
        Source("http://archive.test", ("noble",), ("universe",)),
    ]
    assert main_source(sources, "noble") == sources[3]
    assert main_source(sources, "trixie") is None


def test_no_archive_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(apt, "system_sources", lambda: [])
    with pytest.raises(MissingToolError, match="set MICROPYTHON to its path"):
        apt.fetch_and_unpack("micropython", "i386", tmp_path / "root", print)
    assert not (tmp_path / "root").exists()


def test_unreachable_archive_is_one_sentence(tmp_path, monkeypatch):
    if not shutil.which("apt-get"):
        pytest.skip("this system has no apt")
    source = Source(f"file:{tmp_path}/nothing", ("sid",), ("main",))
    monkeypatch.setattr(apt, "_archive", lambda *_: (source, ("sid",)))
    with pytest.raises(MissingToolError) as caught:
        apt.fetch_and_unpack("micropython", "i386", tmp_path / "root", lambda _: None)
    assert str(caught.value).count("\n") == 0
    assert not list(tmp_path.glob(".fetching-*"))


def test_really_fetches(tmp_path):
    """From the package archive that this system uses."""
    if not shutil.which("apt-get") or not apt.system_sources():
        pytest.skip("this system has no apt archive")
    root, messages = tmp_path / "root", []
    apt.fetch_and_unpack("micropython", "i386", root, messages.append)
    library = root / "usr/lib/i386-linux-gnu"
    program = [library / "ld-linux.so.2", "--library-path", library, root / "usr/bin/micropython"]
    done = subprocess.run([*program, "-c", "print(6 * 7)"], capture_output=True, check=True)
    # One message a suite that was tried: an archive need not have the first.
    tried = len(messages)
    assert done.stdout == b"42\n" and tried >= 1
    apt.fetch_and_unpack("micropython", "i386", root, messages.append)
    assert len(messages) == tried, "fetched a second time"
