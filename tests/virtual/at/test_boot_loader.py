"""The virtual module's boot loaders: menus, transfers and what goes wrong with them."""

import pytest

from compiled_models import remembered
from module_terminal import ACK, CAN, MENU, NAK, PROMPT, READY, Terminal, preamble, started
from tinyteach.virtual.at import receiver
from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.flash import (
    FIRMWARE_SLOTS,
    MODEL_ADDRESS,
    SERIAL_ADDRESS,
    SERIAL_BYTES,
    SerialBlockError,
)
from tinyteach.virtual.at.image import DIALECTS, ModuleFirmware, is_whole, stand_in_image
from tinyteach.virtual.at.loaders import LOADERS
from tinyteach.virtual.at.module import VirtualModule

CONTENT = bytes(range(256)) * 3


@pytest.fixture
def module():
    with VirtualModule(bytes_per_second=None) as started:
        yield started


@pytest.fixture
def terminal(module):
    """In the loader, about to receive a model."""
    with Terminal(module.port) as opened:
        opened.enter_loader(module.reset)
        opened.begin_transfer()
        yield opened


def aimed(terminal):
    terminal.aim(MODEL_ADDRESS)


@pytest.mark.parametrize("loader", [name for name in LOADERS if name != "no-end-ack"])
def test_a_model_is_written_and_runs(loader):
    content = remembered()
    with (
        VirtualModule(loader=loader, bytes_per_second=None) as module,
        Terminal(module.port) as terminal,
    ):
        serial_number = module.flash.serial_number
        terminal.flash(module.reset, content)
        assert module.flash.read(MODEL_ADDRESS, len(content)) == content
        (model,) = terminal.ask("AT+MODELS?")["data"]
        assert model["address"] == MODEL_ADDRESS
        assert terminal.messages(3, "AT+INVOKE=1,0,1")[1]["code"] == 0
        assert module.flash.serial_number == serial_number


def test_one_loader_ends_without_an_ack_and_shows_its_menu():
    with (
        VirtualModule(loader="no-end-ack", bytes_per_second=None) as module,
        Terminal(module.port) as terminal,
    ):
        terminal.enter_loader(module.reset)
        for content in (preamble(MODEL_ADDRESS), CONTENT):
            terminal.begin_transfer()
            for number, start in enumerate(range(0, len(content), 128), 1):
                assert terminal.block(number, content[start : start + 128]) == ACK
            terminal.end()
            said = terminal.until(MENU)
            assert bytes([ACK]) not in said and PROMPT not in said
        terminal.type("0")
        terminal.until(b"INIT@STAT?")
        assert module.flash.read(MODEL_ADDRESS, len(CONTENT)) == CONTENT


def test_debug_menu_has_an_entry_more_that_ends_the_line():
    with (
        VirtualModule(loader="debug-menu", bytes_per_second=None) as module,
        Terminal(module.port) as terminal,
    ):
        module.reset()
        terminal.type("x")
        terminal.until(b"[2] Debug mode")
        terminal.rest()
        terminal.type("2")
        assert terminal.rest() == b""
        module.reset()
        terminal.until(b"INIT@STAT?")


def test_a_key_in_the_window_shows_the_menu_and_another_shows_it_again(module):
    with Terminal(module.port) as terminal:
        module.reset()
        terminal.type("x")
        terminal.until(MENU)
        terminal.type("x")
        terminal.until(MENU)
        terminal.type("0")
        terminal.until(b"INIT@STAT?")


def test_without_a_preamble_the_other_slot_is_written(module, terminal):
    image = stand_in_image(ModuleFirmware("ma", "2.0.0"))
    active, other = FIRMWARE_SLOTS
    before = module.flash.read(active, len(image))
    terminal.transfer(image)
    terminal.reboot()
    assert module.flash.read(other, len(image)) == image
    assert module.flash.read(active, len(image)) == before
    assert terminal.ask("AT+VER?")["data"]["hardware"] == "HX6538"


def test_half_a_firmware_is_not_started(module, terminal):
    image = stand_in_image(ModuleFirmware("ma", "2.0.0"))
    terminal.transfer(image[:-4096])
    terminal.reboot()
    assert terminal.ask("AT+VER?")["data"]["hardware"] == "1"


def test_a_module_without_firmware_has_its_loader(module):
    module.flash.erase_sectors(0, 4096)
    with Terminal(module.port) as terminal:
        module.reset()
        terminal.until(MENU)
        terminal.begin_transfer()
        terminal.transfer(stand_in_image(ModuleFirmware("el", "2025.01.02")))
        terminal.reboot()


def test_an_image_of_seeed_s_is_known_by_its_version(module, terminal):
    """It has no mark of ours; each part of such an image begins so."""
    image = b"ckBS".ljust(4096, b"\1") + b"x v2023.12.19 \0".ljust(4096) + b"ckBS".ljust(4096)
    assert is_whole(image)
    terminal.transfer(image)
    terminal.reboot()
    assert terminal.ask("AT+VER?")["data"]["software"] == "v2023.12.19"


def test_damaged_blocks_are_refused_and_taken_again(module, terminal):
    aimed(terminal)
    assert terminal.block(1, CONTENT[:128], damage=1) == NAK
    assert terminal.block(1, CONTENT[:128]) == ACK
    assert terminal.block(1, CONTENT[:128]) == ACK  # as if its ACK had been lost
    assert terminal.block(2, CONTENT[128:256]) == ACK
    assert terminal.block(9, CONTENT[:128]) == CAN
    assert module.flash.read(MODEL_ADDRESS, 256) == CONTENT[:256]
    terminal.until(MENU)


def test_block_numbers_wrap(module, terminal):
    aimed(terminal)
    content = bytes(300 * 128)
    terminal.transfer(content)
    assert module.flash.read(MODEL_ADDRESS, len(content)) == content


def test_the_last_block_is_filled_up(module, terminal):
    aimed(terminal)
    terminal.transfer(b"abc")
    assert module.flash.read(MODEL_ADDRESS, 129) == b"abc" + b"\x1a" * 125 + b"\xff"


def test_a_sender_that_has_gone_is_asked_again_then_given_up(module, terminal, monkeypatch):
    monkeypatch.setattr(receiver, "NAKS_MAX", 2)
    aimed(terminal)
    assert terminal.block(1, b"x") == ACK
    assert terminal.answer() == NAK
    terminal.until(bytes([CAN, CAN]))
    terminal.until(MENU)


def test_two_cancels_of_the_sender_end_a_transfer(module, terminal):
    aimed(terminal)
    assert terminal.block(1, b"x") == ACK
    terminal.type("\x18\x18\x18")
    terminal.until(MENU)


def test_faults_of_a_block_happen_once(module, terminal):
    module.faults.nak_block, module.faults.lose_ack_block, module.faults.cancel_block = 2, 3, 5
    aimed(terminal)
    blocks = [CONTENT[i : i + 128] for i in range(0, 512, 128)]
    assert terminal.block(1, blocks[0]) == NAK
    assert terminal.block(1, blocks[0]) == ACK
    assert terminal.block(2, blocks[1]) == NAK  # nothing came, until it was asked for again
    assert terminal.block(2, blocks[1]) == ACK
    assert terminal.block(3, blocks[2]) == ACK
    assert terminal.block(4, blocks[3]) == CAN
    terminal.until(MENU)
    assert module.flash.read(MODEL_ADDRESS, 512) == CONTENT[:384] + b"\xff" * 128


@pytest.mark.parametrize("fault", ["silent_loader", "silent_block"])
def test_a_silent_loader_is_silent_until_a_reset(fault):
    faults = Faults(silent_loader=True) if fault == "silent_loader" else Faults(silent_block=1)
    with (
        VirtualModule(faults=faults, bytes_per_second=None) as module,
        Terminal(module.port) as terminal,
    ):
        module.reset()
        terminal.type("x1" if fault == "silent_block" else "x")
        terminal.until(b"waiting input key")
        if fault == "silent_block":
            terminal.until(READY)
            terminal.until(b"C")
            terminal.send(b"\1\1\xfe" + bytes(130))  # a block, which no ACK answers
        assert terminal.rest(1.5).strip(b"C") == b""
        faults.silent_loader = False
        module.reset()
        terminal.until(b"INIT@STAT?")


def test_noise_comes_before_each_start():
    with (
        VirtualModule(faults=Faults(boot_noise=True), bytes_per_second=None) as module,
        Terminal(module.port) as terminal,
    ):
        # The start that it was plugged in for may be on its way: of that one the noise may be lost.
        module.reset()
        terminal.until(b"\x80\0\x80\x80")
        terminal.until(b"1st BL")


def test_unplugged_in_a_transfer_it_starts_again_with_what_came(module):
    module.faults.unplug_block = 3
    with Terminal(module.port) as terminal:
        terminal.enter_loader(module.reset)
        terminal.begin_transfer()
        aimed(terminal)
        assert terminal.block(1, CONTENT[:128]) == ACK
        with pytest.raises(OSError):  # the port has gone
            while True:
                terminal.block(2, CONTENT[128:256])
    module.wait_unplugged()
    assert not module.is_plugged_in
    module.plug_in()
    with started(module):
        pass
    assert module.flash.read(MODEL_ADDRESS, 256) == CONTENT[:128] + b"\xff" * 128


@pytest.mark.parametrize("address", [SERIAL_ADDRESS, SERIAL_ADDRESS - 64, 0x3DE000])
def test_the_serial_number_is_never_written(address):
    content = bytes(SERIAL_BYTES + 128)
    module = VirtualModule(bytes_per_second=None)
    serial_number = module.flash.serial_number
    with pytest.raises(SerialBlockError), module, Terminal(module.port) as terminal:
        terminal.enter_loader(module.reset)
        terminal.begin_transfer()
        terminal.aim(address)
        answers = (terminal.block(n + 1, content[n * 128 :][:128]) for n in range(33))
        assert CAN in list(answers)
        assert module.flash.serial_number == serial_number
    assert module.flash.serial_writes


def test_what_does_not_fit_a_slot_is_refused(module, terminal):
    terminal.aim(FIRMWARE_SLOTS[1] + 0xFFF80)
    assert terminal.block(1, b"x") == ACK
    assert module.flash.read(FIRMWARE_SLOTS[1] + 0xFFF80, 1) == b"x"
    terminal.type("\x18\x18")
    terminal.until(MENU)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_flash_is_kept_in_a_file_with_holes(tmp_path, dialect):
    path = tmp_path / "module.flash"
    with VirtualModule(dialect, flash_path=path, bytes_per_second=None) as module:
        module.flash.write(MODEL_ADDRESS, b"kept")
        serial_number = module.flash.serial_number
    assert path.stat().st_size == 16 << 20 and path.stat().st_blocks * 512 < 1 << 20
    with VirtualModule("el", flash_path=path, bytes_per_second=None) as module:
        assert module.flash[MODEL_ADDRESS : MODEL_ADDRESS + 5] == b"kept\xff"
        assert module.flash[MODEL_ADDRESS + 4] == 0xFF
        assert module.flash.serial_number == serial_number
        assert module.firmware and module.firmware.dialect == dialect
