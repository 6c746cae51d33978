"""What goes over the wire, in words."""

from zlib import crc32

from tinyteach.plain_text import plain
from tinyteach_protocol import errors, messages

TEXT_SHOWN = 40


def named(type: int) -> str:
    """A frame's name, "text" for what is none."""
    return "text" if type < 0 else messages.type_name(type)


def in_words(type: int, payload: bytes) -> str:
    """A request by its name and fields; longer bytes by their number and CRC-32."""
    if type < 0:
        return f"text {plain(payload[:TEXT_SHOWN].decode(errors='replace'))!r}"
    try:
        message = messages.decode(type, 0, payload)
    except errors.ProtocolError:
        return f"{named(type)} ({_bytes_in_words(payload)})"
    fields = ", ".join(f"{name} {_value(value)}" for name, value in message.fields.items())
    return f"{named(type)} ({fields})" if fields else named(type)


def _value(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return _bytes_in_words(bytes(value))
    return plain(str(value)) if not isinstance(value, str) else repr(plain(value))


def _bytes_in_words(data: bytes) -> str:
    return data.hex() if len(data) <= 4 else f"{len(data)} bytes of CRC-32 {crc32(data):08x}"


def error_name(code: int) -> str:
    """A refusal's name, as protocol/SPEC.md has it."""
    names = {value: name for name, value in vars(errors).items() if name.isupper()}
    return names.get(code, f"error {code}")
