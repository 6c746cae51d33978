"""The driver and the virtual module, which was written by somebody else from the same facts."""

import io
import itertools

import numpy
import pytest
from PIL import Image

from patience import PATIENCE_S
from slices import few
from tinyteach.device.at import boot_loader, xmodem
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_flash import PRESS_RESET
from tinyteach.errors import BoardRefusedError, LinkError, TinyTeachError
from tinyteach.link.serial_link import SerialLink
from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.image import OLD_VERSION, ModuleFirmware, stand_in_image
from tinyteach.virtual.at.loaders import LOADERS
from tinyteach.virtual.at.module import VirtualModule

MODEL = 0x400000
FILE = b"\x1c\0\0\0TFL3" + bytes(range(256)) * 24 + b"end"
BLOCKS = -(-len(FILE) // 128) + 1  # and the preamble


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A lost ACK is not waited for as long as flash may take; nothing else is shortened."""
    monkeypatch.setattr(xmodem, "SILENCE_S", 3.0)


def content(module):
    return bytes(module.flash.read(MODEL, len(FILE)))


@pytest.mark.parametrize("dialect", ["el", "ma"])
@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("split", [False, True])
def test_what_it_is_in_both_dialects(dialect, streaming, split):
    faults = Faults(streaming=streaming, split_replies=split, boot_noise=True)
    with VirtualModule(dialect, faults=faults) as module, ModuleClient(module.port) as client:
        info = client.info()
        assert (info.name, info.dialect, info.has_model) == ("Grove Vision AI V2", dialect, False)
        assert info.sensor and info.trouble == ("", "")


def test_himaxs_demonstration_is_known_by_what_it_says():
    with (
        VirtualModule("hx") as module,
        ModuleClient(module.port) as client,
        pytest.raises(BoardRefusedError, match="takes no commands; write Seeed's"),
    ):
        assert client.info().dialect == "hx"
        client.photo()


def test_himaxs_demonstration_gives_way_to_seeeds_firmware(monkeypatch):
    """It obeys no command, so the button is asked for."""
    monkeypatch.setattr(boot_loader, "KEYS_MAX", 100)
    with VirtualModule("hx") as module, ModuleClient(module.port) as client:

        def press(what, done, total):
            if what == PRESS_RESET:
                module.reset()

        client.flash_firmware(stand_in_image(ModuleFirmware("el", "2025.01.02")), press)
        assert client.info().dialect == "el" and client.photo()


@pytest.mark.parametrize("dialect", ["el", "ma"])
def test_photographs_show_what_is_before_it(dialect):
    with VirtualModule(dialect) as module, ModuleClient(module.port) as client:
        module.show(numpy.full((240, 240, 3), (200, 30, 30), numpy.uint8))
        seen = Image.open(io.BytesIO(client.photo()))
        assert seen.size == (240, 240)
        assert numpy.abs(numpy.asarray(seen)[120, 120].astype(int) - (200, 30, 30)).max() < 12


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("dialect", ["el", "ma"])
def test_a_model_is_written_through_each_boot_loader(loader, dialect):
    with VirtualModule(dialect, loader) as module, ModuleClient(module.port) as client:
        client.deploy(FILE, ["a", "b"])
        assert content(module) == FILE
        info = client.info()
        assert (info.labels, info.has_model, info.pending_hash) == (["a", "b"], True, "")


FAULTS = [
    {name: block}
    for name in ("nak_block", "cancel_block", "lose_ack_block")
    for block in (1, 2, 9, BLOCKS)
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_transfer_gets_through_a_fault(fault):
    with VirtualModule(faults=Faults(**fault)) as module, ModuleClient(module.port) as client:
        client.flash_model(FILE)
        assert content(module) == FILE


@pytest.mark.parametrize("fault", [{"boot_noise": True}, {"split_replies": True}], ids=str)
def test_a_deploy_gets_through_noise_and_single_bytes(fault):
    with VirtualModule(faults=Faults(**fault)) as module, ModuleClient(module.port) as client:
        client.deploy(FILE, ["a", "b"])
        assert content(module) == FILE


def test_a_loader_that_says_nothing_is_a_sentence(monkeypatch):
    monkeypatch.setattr(boot_loader, "KEYS_MAX", 60)
    with VirtualModule(faults=Faults(silent_loader=True)) as module:
        with (
            ModuleClient(module.port) as client,
            pytest.raises(LinkError, match="does not enter its boot loader; run"),
        ):
            client.flash_model(FILE)
        module.faults.silent_loader = False
        module.reset()
        with ModuleClient(module.port) as client:
            client.flash_model(FILE)
        assert content(module) == FILE


def test_names_that_it_does_not_keep_are_a_sentence():
    with (
        VirtualModule(faults=Faults(stale_info=True)) as module,
        ModuleClient(module.port) as client,
        pytest.raises(TinyTeachError, match="did not keep the names"),
    ):
        client.write_info(["a", "b"], "ab" * 32)


def test_firmware_of_2023_is_written_anew():
    with VirtualModule(version=OLD_VERSION) as module, ModuleClient(module.port) as client:
        assert client.info().is_old
        with pytest.raises(BoardRefusedError, match="of 2023"):
            client.photo()
        client.flash_firmware(stand_in_image(ModuleFirmware("el", "2025.01.02")))
        assert not client.info().is_old and client.photo()


@pytest.mark.parametrize("loader", LOADERS)
def test_firmware_goes_through_each_boot_loader(loader):
    image = stand_in_image(ModuleFirmware("ma", "2.0.0"))
    with VirtualModule(loader=loader) as module, ModuleClient(module.port) as client:
        before = module.flash.active_slot
        client.flash_firmware(image)
        assert client.info().firmware == "2.0.0" and module.flash.active_slot != before


CUTS = [(block, loader) for block in range(1, BLOCKS + 1) for loader in LOADERS]
KEPT = [(block, loader) for block in (1, 2, BLOCKS) for loader in ("0002000b", "no-end-ack")]


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("cut", few(CUTS, *KEPT), ids=str)
def test_a_deploy_whose_plug_was_pulled_completes(cut, tmp_path):
    """After each block; the module is usable, no name is another model's, its number is there."""
    block, loader = cut
    with VirtualModule(loader=loader, flash_path=tmp_path / "flash") as module:
        serial = module.flash.read(0x3DF000, 4096)
        with ModuleClient(module.port) as client:
            module.faults.unplug_block = block
            with pytest.raises(LinkError):
                client.deploy(FILE, ["a", "b"])
        module.wait_unplugged()
        module.plug_in()
        with ModuleClient(module.port) as client:
            assert client.info().labels == []
            client.deploy(FILE, ["a", "b"])
            assert client.info().labels == ["a", "b"] and client.photo()
        assert content(module) == FILE
        assert module.flash.read(0x3DF000, 4096) == serial


class Killed(BaseException):
    """The host's process is gone."""


@pytest.mark.parametrize("writes", few(range(1, 24), 4, 10, 20))
@pytest.mark.parametrize("loader", few(LOADERS, "0002000b"))
def test_a_module_that_a_killed_program_left_anywhere_answers_again(monkeypatch, loader, writes):
    """It keeps its power, so its loader waits on, also in the middle of a block."""
    with VirtualModule("ma", loader) as module:
        client, sent = ModuleClient(module.port), itertools.count(1)

        def write(link, data, *rest, whole=SerialLink.write):
            if next(sent) > writes:
                raise Killed
            whole(link, data, *rest)

        with monkeypatch.context() as patch, client, pytest.raises(Killed):
            patch.setattr(SerialLink, "write", write)
            client.flash_model(FILE)
        with ModuleClient(module.port) as again:
            again.flash_model(FILE)
            assert again.info().has_model and content(module) == FILE
