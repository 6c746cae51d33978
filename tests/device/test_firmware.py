"""What goes onto a board: compiled for it, the same bytes every time, nothing of this computer."""

import pytest

from tinyteach import firmware

# sys.implementation._mpy: .mpy version, native code version << 8, architecture << 10.
X86, XTENSAWIN, NO_NATIVE_CODE = 6 | 3 << 8 | 1 << 10, 6 | 3 << 8 | 10 << 10, 6
ARMV7M, ARMV7EMSP = 6 | 3 << 8 | 5 << 10, 6 | 3 << 8 | 7 << 10
OTHER_VERSION = 5 | 10 << 10


def by_path(mpy):
    return {file.path: file for file in firmware.board_files(mpy)}


def test_modules_are_compiled_and_main_is_source(root):
    files = by_path(XTENSAWIN)
    assert files["/main.py"].content == (root / "firmware_agent" / "main.py").read_bytes()
    modules = set(files) - {"/main.py"}
    assert modules and all(path.endswith(".mpy") for path in modules)
    assert {"/lib/agent/loop.mpy", "/lib/tinyteach_protocol/frame.mpy"} <= modules


def test_every_module_of_the_agent_is_there(root):
    agent = root / "firmware_agent"
    sources = {p.relative_to(agent).with_suffix(".mpy") for p in agent.rglob("agent/**/*.py")}
    everywhere = set(by_path(ARMV7EMSP)) | set(by_path(XTENSAWIN))
    assert {f"/lib/{source}" for source in sources} <= everywhere


@pytest.mark.parametrize("mpy", [X86, XTENSAWIN, ARMV7M, NO_NATIVE_CODE])
def test_dsp_instructions_go_to_no_core_without_them(mpy):
    agent = set(by_path(ARMV7EMSP)) - set(by_path(mpy))
    assert {path.rsplit("/", 1)[1] for path in agent if "viper" not in path} == {
        "kernels_thumb.mpy",
        "thumb_depthwise.mpy",
        "thumb_dot.mpy",
        "thumb_gather.mpy",
        "thumb_requantise.mpy",
        "thumb_rows.mpy",
    }
    assert not [path for path in by_path(mpy) if "thumb" in path]


@pytest.mark.parametrize("mpy", [X86, ARMV7EMSP, NO_NATIVE_CODE])
def test_the_mac16_unit_s_code_goes_to_no_other_core(mpy):
    only = {path.rsplit("/", 1)[1] for path in set(by_path(XTENSAWIN)) - set(by_path(mpy))}
    mac16 = {"kernels_mac16.mpy", "mac16_code.mpy", "mac16_rows.mpy", "mac16_trial.mpy"}
    mac16.add("mac16_depthwise.mpy")
    assert mac16 <= only and all("viper" in name for name in only - mac16)
    assert not [path for path in by_path(mpy) if "mac16" in path]


def test_the_hosts_end_of_the_protocol_stays_on_the_host():
    assert not [path for path in by_path(X86) if "requester" in path or "sentences" in path]


def test_architectures_differ_in_native_modules_only():
    xtensa, x86 = by_path(XTENSAWIN), by_path(X86)
    # The header of every .mpy names the architecture of its native code, where it has any.
    both = set(xtensa) & set(x86)
    differing = {path for path in both if xtensa[path].content != x86[path].content}
    assert differing and all("viper" in path for path in differing)


def test_nothing_of_this_computer_gets_onto_the_board(root):
    for file in firmware.board_files(X86):
        assert str(root).encode() not in file.content, file.path


def test_board_without_native_code_gets_the_plain_kernels():
    paths = set(by_path(NO_NATIVE_CODE))
    assert "/lib/agent/loop.mpy" in paths
    assert not [path for path in paths if "viper" in path]


def test_other_mpy_version_gets_sources(root):
    files = by_path(OTHER_VERSION)
    assert all(path.endswith(".py") for path in files)
    source = root / "firmware_agent" / "agent" / "loop.py"
    assert files["/lib/agent/loop.py"].content == source.read_bytes()


@pytest.mark.parametrize("mpy", [0, X86])
def test_paths_are_unique(mpy):
    paths = [file.path for file in firmware.board_files(mpy)]
    assert len(set(paths)) == len(paths)


def test_same_bytes_every_time():
    """At the end, as it forgets what the others read."""
    first = firmware.board_files(XTENSAWIN)
    firmware.board_files.cache_clear()
    assert firmware.board_files(XTENSAWIN) == first
