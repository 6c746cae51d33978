"""A module's flash is written through its boot loader, whatever that does, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slices import few
from tinyteach.device.at import boot_loader, flash_map, module_flash, xmodem
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.errors import BoardRefusedError, FirmwareError, LinkError, ModelError, UsageError

from .scripted_module import ACK, CAN, MENU, MODEL, NAK, ScriptedModule

MODEL_FILE = b"\x1c\0\0\0TFL3" + bytes(range(256)) * 6 + b"end"
BLOCKS = -(-len(MODEL_FILE) // 128)
FIRMWARE = (b"ckBS" + b"f" * 4092) * 2


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What never comes is not waited for as long as flash takes to erase."""
    monkeypatch.setattr(xmodem, "SILENCE_S", 0.3)
    monkeypatch.setattr(xmodem, "FIRST_SILENCE_S", 0.3)
    monkeypatch.setattr(xmodem, "END_SILENCE_S", 0.3)
    monkeypatch.setattr(boot_loader, "CALL_SILENCE_S", 0.3)
    monkeypatch.setattr(boot_loader, "QUESTION_SILENCE_S", 0.5)
    monkeypatch.setattr(boot_loader, "KEYS_MAX", 40)


def written(module, content=MODEL_FILE):
    at_its_place = module.flash.get(MODEL, b"")
    assert set(module.flash) <= {MODEL, "firmware"}
    return at_its_place == content + b"\x1a" * (-len(content) % 128)


def flash(module, content=MODEL_FILE):
    told = []
    with ModuleClient(module.name) as client:
        client.flash_model(content, lambda *where: told.append(where))
    return told


@pytest.mark.parametrize("acks_the_end", [True, False])
def test_a_model_is_written_and_the_module_starts_again(acks_the_end):
    with ScriptedModule() as module:
        module.acks_the_end = acks_the_end
        told = flash(module)
        assert written(module) and module.state == "app"
    assert told == [("model", min(i * 128, len(MODEL_FILE)), len(MODEL_FILE)) for i in range(1, 14)]


def first_time(number, answer):
    """The ``number``-th block is answered so, once."""
    left = [answer]

    def answers(block, whole):
        return left.pop() if block == number and left else ACK if whole else NAK

    return answers


@pytest.mark.parametrize("number", [1, 2, BLOCKS])
@pytest.mark.parametrize("answer", [NAK, b"", b"??" + ACK, NAK * 2, CAN])
def test_a_block_that_is_not_taken_at_once(number, answer):
    with ScriptedModule() as module:
        module.answer_block = first_time(number, answer)
        flash(module)
        assert written(module)


def test_a_block_that_is_never_taken_is_a_sentence():
    with ScriptedModule() as module:
        module.answer_block = lambda number, whole: NAK if number == 5 else ACK
        with pytest.raises(LinkError, match="broke off .a block was not taken.*same command again"):
            flash(module)
        module.answer_block = lambda number, whole: ACK
        flash(module)
        assert written(module)


def test_numbers_of_blocks_wrap():
    content = MODEL_FILE[:8] + bytes(128 * 300)
    with ScriptedModule() as module:
        flash(module, content)
        assert written(module, content)


def test_a_module_without_a_boot_loader_is_a_sentence():
    with ScriptedModule() as module:
        module.enters_loader = False
        with pytest.raises(LinkError, match="does not enter its boot loader; run .* reset button"):
            flash(module)


def test_the_button_is_asked_for_and_helps():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        module.enters_loader = False

        def progress(what, done, total):
            if what == module_flash.PRESS_RESET:
                module.enters_loader = True

        client.flash_model(MODEL_FILE, progress)
        assert written(module)


def test_a_start_between_the_two_transfers_begins_all_anew():
    """The loader has forgotten the address: the model would go where the firmware is."""
    with ScriptedModule() as module:
        plain_end, ends = module.end, []

        def end():
            ends.append(1)
            plain_end()
            if len(ends) == 1:
                module.restart()

        module.end = end
        flash(module)
        assert written(module) and "firmware" not in module.flash


CUTS = range(1, 200)


@pytest.mark.parametrize("at", few(CUTS, 4, 133))
def test_a_deploy_that_was_cut_completes(at):
    """The cable is pulled after so many bytes of the way through; nothing else is ever written."""
    with ScriptedModule() as module:
        with ModuleClient(module.name) as client:
            module.port.pull_at["to_board"] = module.port.counts["to_board"] + at * 11
            with pytest.raises(LinkError):
                client.deploy(MODEL_FILE, ["a", "b"])
        assert set(module.flash) <= {MODEL}
        module.port.plug_in()
        with ModuleClient(module.name) as client:
            assert client.info().labels == []
            client.deploy(MODEL_FILE, ["a", "b"])
            assert client.info().labels == ["a", "b"]
        assert written(module)


def test_a_deploy_writes_the_model_and_its_names():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        client.deploy(MODEL_FILE, ["a", "b"])
        info = client.info()
        assert (info.has_model, info.labels, info.pending_hash) == (True, ["a", "b"], "")
        assert len(info.model_hash) == 64


def test_names_too_long_are_refused_before_the_model_is_touched():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        with pytest.raises(UsageError, match="shorten"):
            client.deploy(MODEL_FILE, ["x" * 3000, "b"])
        assert module.starts == 0 and module.info == ""


def test_while_a_model_is_written_no_name_is_told():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        client.deploy(MODEL_FILE, ["a", "b"])
        module.answer_block = lambda number, whole: NAK if number == 5 else ACK
        with pytest.raises(LinkError):
            client.deploy(MODEL_FILE + b"2", ["c", "d"])
        info = info_of_next(module, client)
        assert info.labels == [] and "deploy' again" in info.trouble[1]


def info_of_next(module, client):
    client.close()
    with ModuleClient(module.name) as again:
        return again.info()


def test_firmware_goes_where_the_loader_puts_it():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        client.flash_firmware(FIRMWARE)
        assert module.flash == {"firmware": FIRMWARE}


def test_firmware_does_not_go_where_an_earlier_transfer_was_told_to():
    """A loader that waits with an address from before is started anew first."""
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        module.state, module.address = "menu", MODEL
        client.flash_firmware(FIRMWARE)
        assert module.flash == {"firmware": FIRMWARE}
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        module.address = MODEL
        module.call()
        module.address = MODEL
        client.flash_firmware(FIRMWARE)
        assert module.flash == {"firmware": FIRMWARE}


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (b"", "no firmware"),
        (MODEL_FILE, "no firmware"),
        (FIRMWARE[:-1], "cut short"),
        (FIRMWARE[:4096] + bytes(4096), "cut short"),
        (b"ckBS" + bytes(0x100000), "more than the 1,048,576"),
    ],
)
def test_an_image_that_is_none_is_refused_before_anything(image, sentence):
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        with pytest.raises(FirmwareError, match=sentence):
            client.flash_firmware(image)
        assert module.starts == 0


@pytest.mark.parametrize("address", [0x3DF000, 0x3DE000, 0x3DEFFF, 0x3DFFFF, 0x200000])
def test_the_serial_number_is_never_written(address):
    content = MODEL_FILE[:8] + bytes(0x1E0000 if address == 0x200000 else 8192)
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        with pytest.raises(BoardRefusedError, match="serial number"):
            client.flash_model(content, address=address)
        assert module.starts == 0


def test_what_is_no_model_is_refused():
    with pytest.raises(ModelError, match="no .tflite file"):
        flash_map.check_model(b"GGUF" * 10)


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0x1000000))
def test_no_preamble_leads_out_of_the_part_for_models(address, size):
    try:
        block = flash_map.preamble(address, size)
    except BoardRefusedError:
        return
    assert address >= 0x400000 and address + size <= 0xE00000 and len(block) == 128
    assert int.from_bytes(block[2:6], "little") == address


@pytest.mark.parametrize(
    "address", [0, 0x100000, 0x300000, 0x3E0000, 0x3FF000, 0x400001, 0xE00000, 0xDFF000]
)
def test_places_that_are_not_for_models(address):
    with pytest.raises(BoardRefusedError, match="part of the module's flash that is for models"):
        flash_map.preamble(address, 4097)


@pytest.mark.parametrize("state", ["menu", "question", "xmodem"])
def test_a_loader_that_an_earlier_program_left_waiting(state):
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        module.state = state
        if state == "xmodem":
            module.call()
        client.flash_model(MODEL_FILE)
        assert written(module)


def test_noise_at_the_start_is_no_call():
    with ScriptedModule() as module:
        show = module.show_menu

        def noisy():
            module.send(b"\x80C\x00\x15Compiler\x06\xff" * 20)
            show()

        module.show_menu = noisy
        flash(module)
        assert written(module)
    assert MENU
