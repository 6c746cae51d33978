"""MicroPython from the system's package archive: sources read, package fetched without root."""

import shutil
import subprocess

import pytest

from tinyteach.errors import MissingToolError
from tinyteach.virtual.interpreter import apt

SOURCES = """Types: deb deb-src
URIs: http://one.test/debian http://two.test/debian
Suites: trixie trixie-updates
Components: main contrib

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: trixie
Components: main
"""


@pytest.fixture
def apt_with(tmp_path, monkeypatch):
    """Has apt know these sources alone: lines, and stanzas."""
    if not shutil.which("apt-get"):
        pytest.skip("this system has no apt")
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\nDir::Etc::sourceparts "{parts}";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(config))

    def write(lines, stanzas=""):
        (tmp_path / "sources.list").write_text(lines)
        (parts / "more.sources").write_text(stanzas)

    return write


def test_archives_of_both_formats(apt_with):
    apt_with(
        "# comment\ndeb [arch=amd64] http://old.test/debian trixie main # why\n"
        "deb-src http://old.test/debian trixie main\ndeb http://flat.test/debian ./\n",
        SOURCES,
    )
    everything = apt.archives()
    assert ("http://old.test/debian", "main", "trixie") in everything
    assert {archive.site.split("/")[2] for archive in everything} <= {
        *("old.test", "one.test", "two.test", "flat.test")
    }
    assert ("http://two.test/debian", "contrib", "trixie-updates") in everything


@pytest.mark.parametrize("together", [True, False])
def test_the_systems_own_archive_has_micropython(apt_with, monkeypatch, together):
    own = (
        "deb http://archive.test noble main universe x\n"
        if together
        else "deb http://archive.test noble main\ndeb http://archive.test noble universe\n"
    )
    apt_with(
        "deb http://security.test noble-security main universe\n"
        "deb http://other.test stable main\n" + own
    )
    release = {"ID": "ubuntu", "VERSION_CODENAME": "noble"}
    monkeypatch.setattr(apt, "_os_release", lambda: release)
    site, components, suites = apt._archive("micropython", "amd64")
    assert (site, components) == ("http://archive.test", ["main", "universe"])
    assert suites == apt.SUITES["ubuntu"]
    release["VERSION_CODENAME"] = "trixie"
    with pytest.raises(MissingToolError, match="no Debian or Ubuntu package archive"):
        apt._archive("micropython", "amd64")


@pytest.mark.soak
def test_an_archive_without_a_known_key_is_refused(tmp_path, monkeypatch):
    """From the archive that this system uses, with no key to check it by."""
    if not apt.archives():
        pytest.skip("this system has no apt archive")
    monkeypatch.setattr(apt, "KEYS", ())
    with pytest.raises(MissingToolError):
        apt.fetch_and_unpack("micropython", "i386", tmp_path / "root", lambda _: None)


def test_no_archive_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(apt, "archives", lambda: [])
    with pytest.raises(MissingToolError, match="set MICROPYTHON to its path"):
        apt.fetch_and_unpack("micropython", "i386", tmp_path / "root", print)
    assert not (tmp_path / "root").exists()


def test_unreachable_archive_is_one_sentence(tmp_path, monkeypatch):
    if not shutil.which("apt-get"):
        pytest.skip("this system has no apt")
    archive = (f"file:{tmp_path}/nothing", ["main"], ("sid",))
    monkeypatch.setattr(apt, "_archive", lambda *_: archive)
    with pytest.raises(MissingToolError) as caught:
        apt.fetch_and_unpack("micropython", "i386", tmp_path / "root", lambda _: None)
    assert str(caught.value).count("\n") == 0
    assert not list(tmp_path.glob(".fetching-*"))


@pytest.mark.soak
def test_really_fetches(tmp_path):
    """From the package archive that this system uses."""
    if not shutil.which("apt-get") or not apt.archives():
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
