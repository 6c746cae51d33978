"""Fetch a package and what it depends on from the system's archive, without root.

apt runs with its own state, cache and sources in a temporary folder, where
nothing is installed, so that it resolves all dependencies; signatures are
checked with the system's keys. The packages are unpacked, not installed.
"""

import contextlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tinyteach.errors import MissingToolError
from tinyteach.files import make_folder

# Suites, oldest first, whose MicroPython is 1.24 or newer, by os-release's ID.
# sid and devel have no end of life; Ubuntu builds i386 only for what Wine needs.
SUITES = {
    "debian": ("trixie", "forky", "sid"),
    "ubuntu": ("plucky", "questing", "resolute"),
}
# Debian names its free software main; Ubuntu keeps MicroPython in universe.
COMPONENTS = ("main", "universe")
# Where systems keep the keys of their archives.
KEYS = ("/usr/share/keyrings", "/etc/apt/keyrings", "/etc/apt/trusted.gpg.d")
APT_TIMEOUT_S = 300.0
HOW_TO_INSTALL = (
    "install it (Debian 13 or Ubuntu 25.04: apt install micropython; macOS: brew install "
    "micropython; 64 bits: pip install 'tinyteach[virtual]') or set MICROPYTHON to its path"
)

Progress = Callable[[str], None]


class Archive(NamedTuple):
    """A component of one suite of a package archive."""

    site: str
    component: str
    suite: str


def fetch_and_unpack(package: str, arch: str, root: Path, progress: Progress | None = None) -> None:
    """Unpack ``package`` for Debian architecture ``arch``, with its dependencies, at ``root``.

    ``root`` appears complete or not at all; a second process that wants the
    same waits for the first. Raises MissingToolError with one sentence.
    """
    make_folder(root.parent)
    with _locked(root.with_name(root.name + ".lock")):
        if root.is_dir():
            return
        with tempfile.TemporaryDirectory(dir=root.parent, prefix=".fetching-") as folder:
            unpacked = _fetch(package, arch, Path(folder), progress or _show)
            unpacked.rename(root)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl  # Unix has it; Windows imports this module, too

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _show(message: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(message, style="dim")


def _fetch(package: str, arch: str, folder: Path, progress: Progress) -> Path:
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise _failure(package, arch, f"this system has no {tool}")
    site, components, suites = _archive(package, arch)
    why = ""
    for suite in suites:
        progress(f"Fetching {package} for {arch} from this system's package archive ({suite}) …")
        try:
            line = f"deb {site} {suite} {' '.join(components)}"
            return _fetch_from(line, package, arch, folder / suite)
        except subprocess.CalledProcessError as error:
            why = _last_error(error)
    raise _failure(package, arch, why)


def _failure(package: str, arch: str, why: str) -> MissingToolError:
    return MissingToolError(f"{package} for {arch} cannot be fetched ({why}); {HOW_TO_INSTALL}.")


def _archive(package: str, arch: str) -> tuple[str, list[str], tuple[str, ...]]:
    """This system's archive: its address, its components; and the suites to try in it."""
    release = _os_release()
    codename = release.get("VERSION_CODENAME", "")
    family = next((name for name in _families(release) if name in SUITES), "")
    own = [of for of in archives() if of.suite == codename and of.component in COMPONENTS]
    if not own or not family:
        raise _failure(package, arch, "no Debian or Ubuntu package archive is set up here")
    # Ubuntu may list main and universe in two entries, and universe has MicroPython.
    site = max(own, key=lambda of: of.component == "universe").site
    suites = SUITES[family]
    components = [of.component for of in own if of.site == site]
    # This release's own suite first where it is new enough, then newer ones.
    return site, components, suites[suites.index(codename) :] if codename in suites else suites


def archives() -> list[Archive]:
    """Those of binary packages that this system's apt uses, in its order."""
    if not shutil.which("apt-get"):
        return []
    # Without release info: from the sources alone, whatever has been downloaded.
    command = ["apt-get", "indextargets", "--no-release-info", "Created-By: Packages"]
    command += ["--format", "$(SITE) $(COMPONENT) $(RELEASE)"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = [line.split() for line in dict.fromkeys(told.splitlines())]
    return [Archive(*fields) for fields in found if len(fields) == len(Archive._fields)]


def _families(release: dict[str, str]) -> list[str]:
    return [release.get("ID", ""), *release.get("ID_LIKE", "").split()]


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _fetch_from(source_line: str, package: str, arch: str, folder: Path) -> Path:
    """Download and unpack below ``folder``; the root of the unpacked files.

    Raises CalledProcessError where the archive has no such package.
    """
    config = _write_config(source_line, arch, folder)
    _run(config, "apt-get", "--quiet", "update")
    install = ("install", "--download-only", "--yes", "--no-install-recommends")
    _run(config, "apt-get", "--quiet", *install, package)
    root = folder / "root"
    for deb in sorted((folder / "cache" / "archives").glob("*.deb")):
        _run(config, "dpkg-deb", "--extract", str(deb), str(root))
    return root


def _write_config(source_line: str, arch: str, folder: Path) -> Path:
    for name in ("state/lists/partial", "cache/archives/partial", "root", "keys"):
        (folder / name).mkdir(parents=True)
    keys = {key.name: key for place in KEYS for key in Path(place).glob("*.*")}
    for name, key in keys.items():
        (folder / "keys" / name).symlink_to(key)
    (folder / "state" / "status").touch()
    (folder / "sources.list").write_text(source_line + "\n")
    config = folder / "apt.conf"
    config.write_text(
        f'Dir::State "{folder}/state";\n'
        f'Dir::State::status "{folder}/state/status";\n'
        f'Dir::Cache "{folder}/cache";\n'
        f'Dir::Etc::sourcelist "{folder}/sources.list";\n'
        f'Dir::Etc::trustedparts "{folder}/keys";\n'
        # The host's other sources, pins and hooks are not for this.
        'Dir::Etc::sourceparts "/dev/null";\n'
        'Dir::Etc::preferences "/dev/null";\n'
        'Dir::Etc::preferencesparts "/dev/null";\n'
        f'APT::Architecture "{arch}";\n'
        f'APT::Architectures {{"{arch}";}};\n'
        # Root would download as _apt, who may not write into this folder.
        'APT::Sandbox::User "root";\n'
        'Acquire::Languages "none";\n'
        'Acquire::Retries "2";\n'
    )
    return config


def _run(config: Path, *command: str) -> None:
    environment = {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C"}
    try:
        subprocess.run(
            command,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=APT_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        late = f"E: {command[0]} did not end in {APT_TIMEOUT_S:.0f} s"
        raise subprocess.CalledProcessError(1, command, stderr=late) from error


def _last_error(error: subprocess.CalledProcessError) -> str:
    """apt's own sentence about what went wrong, without its mark."""
    lines = [line for line in (error.stderr or "").splitlines() if line.startswith("E: ")]
    return lines[0].removeprefix("E: ").rstrip(".") if lines else f"{error.cmd[0]} failed"
