"""What of a module's flash may be written, and with what. Addresses are in bytes.

Only here an address becomes bytes that a boot loader obeys (`preamble`), so what is refused here
cannot be written: above all the block with the serial number, which nobody can make again.
"""

import struct

from tinyteach.errors import BoardRefusedError, FirmwareError, ModelError

BLOCK_BYTES = 128  # of XMODEM; what is sent is filled up to it
SECTOR_BYTES = 4096
SERIAL_NUMBER_ADDRESS = 0x3DF000
MODEL_ADDRESS, MODELS_END = 0x400000, 0xE00000
# Two slots, at 0 and here; the boot loader writes firmware into the one that is not in use.
SLOT_BYTES = 0x100000

MODEL_MAGIC, MODEL_MAGIC_AT = b"TFL3", 4
# Images that Himax's generator makes consist of parts that begin so; the last is one sector.
IMAGE_MAGIC = b"ckBS"

PREAMBLE = struct.Struct("<2sII2s")
PREAMBLE_BEGIN, PREAMBLE_END = b"\xc0\x5a", b"\x5a\xc0"

SERIAL_NUMBER = (
    "At {address:#x} the module's serial number would be overwritten, which cannot be made again; "
    "write models at {model:#x}."
)
NOT_FOR_MODELS = (
    "{size:,} bytes at {address:#x} are not within the part of the module's flash that is for "
    "models ({first:#x} to {end:#x}); write them at {first:#x}."
)
NO_MODEL = (
    "This is no .tflite file, so the module would not find it; compile the model with 'tinyteach "
    "export model --for grove'."
)
NO_IMAGE = (
    "This is no firmware for a Grove Vision AI V2; take the .img file of a release of "
    "github.com/Seeed-Studio/sscma-example-we2."
)
TOO_LARGE = (
    "This image has {size:,} bytes, more than the {most:,} of a slot for the module's firmware; "
    "take the .img file of a release of github.com/Seeed-Studio/sscma-example-we2."
)
CUT_SHORT = "This firmware image is cut short; download it again."


def check_model(content: bytes, address: int = MODEL_ADDRESS) -> None:
    """ModelError for what is no model, BoardRefusedError for a place that is not for models."""
    if content[MODEL_MAGIC_AT:][: len(MODEL_MAGIC)] != MODEL_MAGIC:
        raise ModelError(NO_MODEL)
    check_place(address, len(content))


def check_place(address: int, size: int) -> None:
    """BoardRefusedError unless whole sectors there are within the part for models."""
    end = address + size + -(address + size) % SECTOR_BYTES
    if address < SERIAL_NUMBER_ADDRESS + SECTOR_BYTES and end > SERIAL_NUMBER_ADDRESS:
        sentence = SERIAL_NUMBER.format(address=address, model=MODEL_ADDRESS)
        raise BoardRefusedError(sentence)
    if address < MODEL_ADDRESS or end > MODELS_END or address % SECTOR_BYTES or size < 1:
        sentence = NOT_FOR_MODELS.format(
            size=size, address=address, first=MODEL_ADDRESS, end=MODELS_END
        )
        raise BoardRefusedError(sentence)


def check_firmware(image: bytes) -> None:
    """FirmwareError for what is no whole firmware image."""
    if not image.startswith(IMAGE_MAGIC):
        raise FirmwareError(NO_IMAGE)
    if len(image) > SLOT_BYTES:
        raise FirmwareError(TOO_LARGE.format(size=len(image), most=SLOT_BYTES))
    if len(image) % SECTOR_BYTES or not image[-SECTOR_BYTES:].startswith(IMAGE_MAGIC):
        raise FirmwareError(CUT_SHORT)


def preamble(address: int, size: int) -> bytes:
    """The block that tells a boot loader where the next transfer goes; checks the place."""
    check_place(address, size)
    head = PREAMBLE.pack(PREAMBLE_BEGIN, address, 0, PREAMBLE_END)
    return head.ljust(BLOCK_BYTES, b"\xff")
