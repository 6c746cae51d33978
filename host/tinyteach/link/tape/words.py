"""What goes over the wire, in words."""

from zlib import crc32

from tinyteach.plain_text import plain
from tinyteach_protocol import errors, messages

TEXT_SHOWN = 40
DIGITS = 12  # of a fingerprint, as everywhere
UPLOADED = {
    messages.HEAD: "head",
    messages.EMBEDDING: "embedding",
    messages.IMAGE: "photograph",
    messages.RULES: "rule file",
}


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
    fields = _upload_in_words(message)
    fields = fields or ", ".join(f"{n} {_value(v)}" for n, v in message.fields.items())
    return f"{named(type)} ({fields})" if fields else named(type)


def another_upload(then: tuple[int, bytes], now: tuple[int, bytes]) -> tuple[str, str] | None:
    """What two requests, each type and payload, begin to send, where that is of one kind."""
    try:
        both = [messages.decode(type, 0, payload) for type, payload in (then, now)]
    except errors.ProtocolError:
        return None
    told = [_upload_in_words(message) for message in both]
    is_one_kind = all(told) and both[0].object == both[1].object
    return (f"the {told[0]}", f"the {told[1]}") if is_one_kind else None


def _upload_in_words(message: messages.Message) -> str:
    """What OPEN is to send; "" for another request, or a thing that has no name here."""
    name = UPLOADED.get(message.object, "") if message.type == messages.OPEN else ""
    if not name:
        return ""
    digest = bytes(message.sha256).hex()[:DIGITS]
    view = f"{message.side}×{message.side} pixels" if message.side else ""
    about = ", ".join(filter(None, [view, f"{message.size} bytes"]))
    return " ".join(filter(None, [name, digest, f"({about})" if digest else f"of {about}"]))


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
