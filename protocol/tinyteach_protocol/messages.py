"""The messages: one table drives every reader and writer (SPEC.md, Messages).

A message's fields follow one another without padding, little-endian. Bytes
after the last known field are ignored, so that a later version may append.
"""

import struct

from tinyteach_protocol.errors import BAD_VALUE, MALFORMED, UNKNOWN_VERB, ProtocolError
from tinyteach_protocol.frame import MAX_PAYLOAD

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

    Layout = tuple[tuple[str, str], ...]  # (field, kind) in their order
    Fields = dict[str, Any]  # by a message's layout: int, bytes, str, list[str] or memoryview

# Requests. A response has the verb's number with RESPONSE set.
HELLO = 0x01
BYE = 0x02
INFO = 0x04
RESTART = 0x05
PROVE = 0x06
GRAB = 0x10
READ = 0x11
OPEN = 0x12
WRITE = 0x13
COMMIT = 0x14
ABORT = 0x15
RUN = 0x18
TRACE = 0x19
ROLLBACK = 0x1A
THRESHOLD = 0x1B
TEACH = 0x1C
STREAM = 0x20
CREDIT = 0x21
STOP = 0x22
# Events: the board sends them unasked, as long as the host's credits last.
RESULT = 0x60
PREVIEW = 0x61
FIRST_EVENT = 0x60
RESPONSE = 0x80
ERROR = 0xFF

# Objects of READ and OPEN.
FRAME = 1  # the camera's centre square as grabbed, rows without gaps
TENSOR = 2  # the last model input, int8
FEATURES = 3  # the last embedding output, int8
SCORES = 4  # the last head output, int8
HEAD = 8
EMBEDDING = 9
IMAGE = 10  # square pixels, preprocessed as they arrive, whole rows a WRITE
RULES = 11  # what the board does without a host; READ too
KEPT = 12  # frames that the head was not sure of, each with a header of its own
CRASH = 13  # the traceback of the last crash, UTF-8

# Pixel formats; RGB565 and BGR565 have 2 bytes a pixel.
RGB565_BE = 1
RGB565_LE = 2
RGB888 = 3
GRAY8 = 4
RGB_INT8 = 5  # three int8 a pixel, each pixel - 128: the model's input as it is
BGR565_BE = 6  # as RGB565, with red and blue exchanged
BGR565_LE = 7
PIXEL_BYTES = {
    RGB565_BE: 2,
    RGB565_LE: 2,
    RGB888: 3,
    GRAY8: 1,
    RGB_INT8: 3,
    BGR565_BE: 2,
    BGR565_LE: 2,
}

# Capability bits of HELLO's response.
CAP_CAMERA = 1
CAP_VIPER = 2
CAP_HEAD_ACTIVE = 4
CAP_EMBEDDING_READY = 8
CAP_IN_PLACE = 16

GRAB_SQUARE = 0
GRAB_MODEL = 1

SOURCE_CAMERA = 0
SOURCE_IMAGE = 1
SOURCE_FRAME = 2

STAGE_PREPROCESS = 1
STAGE_EMBEDDING = 2
STAGE_HEAD = 4
STAGES_ALL = 7

# What TEACH does.
TEACH_LIST = 0
TEACH_BEGIN = 1
TEACH_FRAME = 2
TEACH_LEARN = 3
TEACH_FORGET = 4
TEACH_AFRESH = 5
TEACH_BUTTON = 6

STREAM_RESULTS = 0
STREAM_PREVIEW = 1

# Field kinds. DATA differs from BYTES in its 16-bit length and in being read without a copy.
U8 = "u8"
U16 = "u16"
U32 = "u32"
BYTES = "bytes"
STR = "str"
STRS = "strs"
DATA = "data"
INTEGERS = {U8: ("<B", 1, 0xFF), U16: ("<H", 2, 0xFFFF), U32: ("<I", 4, 0xFFFFFFFF)}
MAX_BYTES = 255  # of a BYTES or STR field, and items of a STRS field

# Flags of a verb.
ONCE = 1  # executing it twice would differ: the board answers a repetition from memory
ONE_WAY = 2  # never answered
SLOW = 4  # may take seconds on a board: flash is written, a network is run

# What ends a recognition: how long its stages took, whether the best label is believed.
_END = (("preprocess_us", U32), ("embedding_us", U32), ("head_us", U32), ("known", U8))
_RANGE = (("offset", U32), ("length", U16))  # a piece of something larger, as it is asked for
_PIECE = (("offset", U32), ("data", DATA))
_PROOF = (("number", U32), ("nonce", BYTES), ("proof", BYTES))

# verb → (name, flags, request fields, response fields)
VERBS: "dict[int, tuple[str, int, Layout, Layout]]" = {
    HELLO: (
        "HELLO",
        0,
        (("nonce", U32), ("min_version", U8), ("max_version", U8), ("max_payload", U16)),
        (
            ("nonce", U32),
            ("version", U8),
            ("max_payload", U16),
            ("window", U16),
            ("agent_version", STR),
            ("board_id", STR),
            ("capabilities", U32),
        ),
    ),
    BYE: ("BYE", 0, (), ()),
    INFO: (
        "INFO",
        0,
        (),
        (
            ("board", STR),
            ("machine", STR),
            ("micropython", STR),
            ("arch", STR),
            ("sensor", STR),
            ("frame_width", U16),
            ("frame_height", U16),
            ("pixel_format", U8),
            ("model_side", U16),
            ("heap_total", U32),
            ("heap_free", U32),
            ("heap_peak", U32),
            ("arena", U32),
            ("flash_total", U32),
            ("flash_free", U32),
            ("embedding", BYTES),
            ("head", BYTES),
            ("previous_head", BYTES),
            ("labels", STRS),
            ("kernels", STR),
            ("state", U8),
            ("detail", STR),
            ("threshold", U8),
            ("boot", STR),
            ("safe_mode", U8),
            ("crash_bytes", U16),
            ("rules_bytes", U16),
            ("kept", U16),
            ("camera", STR),
        ),
    ),
    RESTART: ("RESTART", ONCE, (), ()),
    PROVE: ("PROVE", ONCE, (("step", U8),) + _PROOF, _PROOF),
    GRAB: (
        "GRAB",
        ONCE | SLOW,
        (("kind", U8),),
        (
            ("width", U16),
            ("height", U16),
            ("pixel_format", U8),
            ("size", U32),
            ("crc32", U32),
            ("frame_number", U32),
        ),
    ),
    READ: ("READ", 0, (("object", U8),) + _RANGE, _PIECE),
    OPEN: (
        "OPEN",
        SLOW,
        (("object", U8), ("size", U32), ("sha256", BYTES), ("side", U16), ("pixel_format", U8)),
        (("offset", U32),),
    ),
    WRITE: ("WRITE", 0, _PIECE, (("offset", U32),)),
    COMMIT: ("COMMIT", ONCE | SLOW, (), (("fingerprint", BYTES), ("activation_us", U32))),
    ABORT: ("ABORT", 0, (), ()),
    RUN: (
        "RUN",
        ONCE | SLOW,
        (("source", U8), ("stages", U8)),
        (
            ("top", U8),
            ("scores", BYTES),
            ("tensor_crc32", U32),
            ("features_crc32", U32),
            ("scores_crc32", U32),
        )
        + _END,
    ),
    TRACE: ("TRACE", ONCE | SLOW, (("stages", U8), ("steps", U16)) + _RANGE, _PIECE),
    ROLLBACK: ("ROLLBACK", ONCE | SLOW, (), (("fingerprint", BYTES), ("labels", STRS))),
    THRESHOLD: ("THRESHOLD", 0, (("threshold", U8),), (("threshold", U8),)),
    TEACH: (
        "TEACH",
        ONCE | SLOW,
        (("action", U8), ("source", U8), ("label", STR)),
        (
            ("labels", STRS),
            ("counts", BYTES),
            ("label", STR),
            ("waiting", U8),
            ("size", U32),
            ("fingerprint", BYTES),
        ),
    ),
    STREAM: ("STREAM", ONCE | SLOW, (("kind", U8), ("credits", U32)), ()),
    CREDIT: ("CREDIT", ONE_WAY, (("total", U32),), ()),
    STOP: ("STOP", ONCE, (), (("events", U32),)),
}

# event → (name, fields)
EVENTS: "dict[int, tuple[str, Layout]]" = {
    RESULT: ("RESULT", (("frame_number", U32), ("top", U8), ("scores", BYTES)) + _END),
    PREVIEW: (
        "PREVIEW",
        (
            ("frame_number", U32),
            ("width", U16),
            ("height", U16),
            ("pixel_format", U8),
            ("total", U32),
            ("offset", U32),
            ("data", DATA),
        ),
    ),
}

ERROR_FIELDS = (("code", U16), ("detail", STR))

# What a READ's response or a WRITE's request carries beside its data: offset and length.
DATA_OVERHEAD_BYTES = 6


class Message:
    """A decoded message; its fields are attributes, ``data`` memoryviews of the payload."""

    def __init__(self, type: int, seq: int, fields: "Fields") -> None:
        self.type = type
        self.seq = seq
        self.fields = fields

    def __getattr__(self, name: str) -> "Any":
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None


def layout(type: int) -> "Layout":
    """Return the fields of a frame type: a request, response, event or error."""
    if type in VERBS:
        return VERBS[type][2]
    if type in EVENTS:
        return EVENTS[type][1]
    if type == ERROR:
        return ERROR_FIELDS
    if type & ~RESPONSE in VERBS:
        return VERBS[type & ~RESPONSE][3]
    raise ProtocolError(UNKNOWN_VERB, "no message has number 0x%02x" % type)


def type_name(type: int) -> str:
    """Return a frame type's name for a log line."""
    if type == ERROR:
        return "ERROR"
    if type in EVENTS:
        return EVENTS[type][0]
    verb = type & ~RESPONSE
    name = VERBS[verb][0] if verb in VERBS else "0x%02x" % verb
    return name + " response" if type & RESPONSE else name


def clip(text: str, limit: int = MAX_BYTES) -> str:
    """Return ``text`` cut, if need be, to what a STR field can hold."""
    while len(text.encode()) > limit:
        text = text[: len(text) - (len(text.encode()) - limit + 3) // 4]
    return text


def write_fields(type: int, fields: "Fields", buffer: bytearray, at: int, limit: int) -> int:
    """Write a message's fields to ``buffer[at:limit]``; return where they end.

    Raises ProtocolError for a value that is out of range or does not fit.
    """
    kinds = layout(type)
    if len(fields) != len(kinds):
        raise ProtocolError(BAD_VALUE, "%s has %d fields" % (type_name(type), len(kinds)))
    for name, kind in kinds:
        if name not in fields:
            raise ProtocolError(BAD_VALUE, "%s lacks %s" % (type_name(type), name))
        at = _write(kind, name, fields[name], buffer, at, limit)
    return at


def encode(type: int, **fields: "Any") -> bytes:
    """Return a message's payload as bytes (host and tests)."""
    buffer = bytearray(MAX_PAYLOAD)
    return bytes(buffer[: write_fields(type, fields, buffer, 0, MAX_PAYLOAD)])


def decode(type: int, seq: int, payload: bytes | memoryview) -> Message:
    """Read a message. Raises ProtocolError: UNKNOWN_VERB or MALFORMED."""
    kinds = layout(type)
    view = memoryview(payload)
    fields: "Fields" = {}
    at = 0
    try:
        for name, kind in kinds:
            fields[name], at = _read(kind, view, at)
    except (ValueError, IndexError):  # UnicodeError is a ValueError
        raise ProtocolError(MALFORMED, "%s is cut short or garbled" % type_name(type)) from None
    return Message(type, seq, fields)


def _write(kind: str, name: str, value: "Any", buffer: bytearray, at: int, limit: int) -> int:
    if kind in INTEGERS:
        return _write_integer(kind, name, value, buffer, at, limit)
    if kind == STRS:
        at = _write_integer(U8, name, len(value), buffer, at, limit)
        for item in value:
            at = _write(STR, name, item, buffer, at, limit)
        return at
    if kind == STR:
        value = value.encode()
    size = len(value)
    at = _write_integer(U16 if kind == DATA else U8, name, size, buffer, at, limit)
    if at + size > limit:
        raise ProtocolError(BAD_VALUE, "%s does not fit into the frame" % name)
    buffer[at : at + size] = value
    return at + size


def _write_integer(kind: str, name: str, value: int, buffer: bytearray, at: int, limit: int) -> int:
    code, size, highest = INTEGERS[kind]
    if not 0 <= value <= highest:
        raise ProtocolError(BAD_VALUE, "%s is out of range" % name)
    if at + size > limit:
        raise ProtocolError(BAD_VALUE, "%s does not fit into the frame" % name)
    struct.pack_into(code, buffer, at, value)
    return at + size


def _read(kind: str, view: memoryview, at: int) -> "tuple[Any, int]":
    """Return (value, where it ends); ValueError or IndexError where it is cut short."""
    if kind in INTEGERS:
        code, size, _ = INTEGERS[kind]
        _check(view, at + size)
        return struct.unpack_from(code, view, at)[0], at + size
    if kind == STRS:
        return _read_strings(view, at)
    size, at = _read(U16 if kind == DATA else U8, view, at)
    end = at + size
    _check(view, end)
    if kind == DATA:
        return view[at:end], end
    return (str(view[at:end], "utf-8") if kind == STR else bytes(view[at:end])), end


def _read_strings(view: memoryview, at: int) -> tuple[list[str], int]:
    count, at = _read(U8, view, at)
    items = []
    for _ in range(count):
        item, at = _read(STR, view, at)
        items.append(item)
    return items, at


def _check(view: memoryview, end: int) -> None:
    if end > len(view):
        raise ValueError
