"""What the tests use of Debian's, of which pip knows nothing: ``python tests/debian_packages.py``.

Says in one line what is not here and how to get it, and nothing where all is. ``--names`` gives
the packages alone. Needs no package itself, so that it can be asked before anything is installed.
"""

import argparse
import os
import platform
import shutil

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARM = ("armv7l", "armv8l")
# Package → programs, of which one will do.
PACKAGES = {
    "apt": ("apt-get",),  # MicroPython for i386 is fetched by these two, without root
    "dpkg": ("dpkg-deb",),
    "chromium": CHROMIUM,
    "fish": ("fish",),  # completion is tried in it, and in zsh
    "qemu-user": ("qemu-arm",),
    "unzip": ("unzip",),
    "util-linux": ("setpriv",),
    "zsh": ("zsh",),
}
WITH_A_MICROPYTHON = ("apt", "dpkg")  # not needed where MICROPYTHON names one of each word size


def missing() -> list[str]:
    """Packages none of whose programs are on the PATH."""
    return [
        package
        for package, programs in PACKAGES.items()
        if not _is_needless(package) and not any(map(shutil.which, programs))
    ]


def _is_needless(package: str) -> bool:
    if package == "qemu-user":
        return platform.machine() in ARM
    return package in WITH_A_MICROPYTHON and len(_micropythons()) > 1


def _micropythons() -> list[str]:
    return [path for path in os.environ.get("MICROPYTHON", "").split(os.pathsep) if path]


def sentence(packages: list[str]) -> str:
    """The one line."""
    names = " ".join(packages)
    root = "" if os.geteuid() == 0 else "sudo "
    if "apt" in packages:
        how = "MICROPYTHON names a 64-bit and a 32-bit MicroPython where there is no apt-get"
    else:
        how = f"`{root}apt-get install {names}` gets them"
    return f"Not here: {', '.join(packages)}; tests that need them are skipped or fail; {how}."


def main() -> None:
    """Print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", action="store_true", help="the packages alone")
    names_only = parser.parse_args().names
    if packages := missing():
        print(" ".join(packages) if names_only else sentence(packages))  # noqa: T201


if __name__ == "__main__":
    main()
