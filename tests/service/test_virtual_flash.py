"""Virtual boards whose flash file has gone, and what is said of virtual boards by mistake."""

import shutil

import pytest

from tinyteach import paths
from tinyteach.device.registry import PairedBoard, find_board, paired_boards, remember
from tinyteach.errors import BoardNotFoundError, BoardRefusedError, PhotoError
from tinyteach.service.boards import finding, virtual_boards
from tinyteach.service.boards import opening as boards
from tinyteach.service.boards.other_boards import refuse_other_boards
from tinyteach.service.boards.virtual_boards import demo_object_names


def quiet(*_):
    pass


@pytest.fixture
def bench(paired_flashes):
    """A virtual board called bench, paired, whose flash file has gone since."""
    flash = paths.state_dir() / "virtual" / "bench-i386.flash"
    flash.parent.mkdir(parents=True)
    shutil.copy(paired_flashes("i386"), flash)
    started = virtual_boards.start_virtual("bench", "i386", camera=True)
    boards.pair_board("bench", None, quiet)
    old = find_board("bench").board_id
    virtual_boards.stop_virtual("bench")
    flash.unlink()
    started = virtual_boards.start_virtual("bench", "i386", camera=True)
    yield started, old
    virtual_boards.stop_virtual("bench")


def said_of(name):
    with pytest.raises(BoardNotFoundError) as refused, boards.open_board(name):
        pass
    return str(refused.value)


def test_a_flash_that_has_gone(bench):
    started, old = bench
    said = said_of("bench")
    assert "its file was deleted" in said and "'tinyteach --board bench pair'" in said
    # What was said to do, does.
    assert boards.pair_board("bench", None, quiet).name == "bench"
    with boards.open_board("bench") as client:
        assert client.board_id == find_board("bench").board_id != old
    assert [board.name for board in paired_boards()] == ["bench"]
    # As it was for those who paired it before under a name with a number.
    identity = find_board("bench").board_id
    remember(PairedBoard(identity, "bench-2", started.port, "", boards.VIRTUAL_MACHINE))
    remember(PairedBoard(old, "bench", started.port, "", boards.VIRTUAL_MACHINE))
    assert "pair it anew" in said_of("bench")
    assert boards.pair_board("bench", None, quiet).name == "bench"
    with boards.open_board("bench"):
        pass
    # A real board of that name is none whose flash has gone.
    remember(PairedBoard(old, "bench", "/dev/ttyACM0", "F412FA", "XIAO"))
    assert "flash" not in said_of(old)
    refused = pytest.raises(BoardRefusedError, match="is a virtual board")
    with refused:
        refuse_other_boards(started.port, None)


def test_firmware_for_a_virtual_board_of_another_home(paired_flashes, tmp_path, monkeypatch):
    started = virtual_boards.start_virtual("elsewhere", "i386", camera=False)
    with monkeypatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(tmp_path / "other"))
        assert started.port not in finding.virtual_ports()
        with pytest.raises(BoardRefusedError, match="is a virtual board"):
            refuse_other_boards(started.port, None)
        link = tmp_path / "board"
        link.symlink_to(started.port)
        with pytest.raises(BoardRefusedError, match="is a virtual board"):
            refuse_other_boards(str(link), None)
    virtual_boards.stop_virtual("elsewhere")


def test_firmware_for_a_virtual_board_that_has_stopped():
    remember(PairedBoard("0123", "desk", "/dev/pts/4321", "", boards.VIRTUAL_MACHINE + " with x86"))
    with pytest.raises(BoardRefusedError, match="is a virtual board.*--board desk pair"):
        refuse_other_boards(finding.resolve_port("desk"), "desk")


def test_an_object_that_was_taken_for_a_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    started = virtual_boards.start_virtual("shown", "i386", camera=True)
    try:
        for name in demo_object_names():
            with pytest.raises(PhotoError, match=f"--object {name}"):
                virtual_boards.show_to_virtual(started.name, tmp_path.__class__(name), None)
        with pytest.raises(PhotoError) as refused:
            virtual_boards.show_to_virtual(started.name, tmp_path / "dog", None)
        assert "--object" not in str(refused.value)
    finally:
        virtual_boards.stop_virtual("shown")
