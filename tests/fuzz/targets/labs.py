"""What a lab answers: labgrid's places, and a lease's lines."""

from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from fuzz.targets.target import Target
from tinyteach.lab.lease_lines import LINE_BYTES_MAX, LeaseLines
from tinyteach.lab.places import LabPlace
from tinyteach.plain_text import plain

_STRING, _MESSAGE, _REPEATED = 9, 11, 3  # of FieldDescriptorProto
LEASE = b'{"url": "rfc2217://127.0.0.1:20411", "lease_s": 20.0}\n{"beat": 1}\n{"released": true}\n'


@cache
def _places():
    """A message with the fields that are read of labgrid's, whose own its coordinator tells."""
    file = descriptor_pb2.FileDescriptorProto(name="lab.proto", package="fuzz", syntax="proto3")
    match = file.message_type.add(name="Match")
    match.field.add(name="exporter", number=1, type=_STRING)
    place = file.message_type.add(name="Place")
    for number, name in enumerate(("name", "comment", "acquired"), 1):
        place.field.add(name=name, number=number, type=_STRING)
    of_places = {"type": _MESSAGE, "label": _REPEATED}
    place.field.add(name="matches", number=4, type_name=".fuzz.Match", **of_places)
    place.field.add(name="tags", number=5, type_name=".fuzz.Place.TagsEntry", **of_places)
    entry = place.nested_type.add(name="TagsEntry", options={"map_entry": True})
    entry.field.add(name="key", number=1, type=_STRING)
    entry.field.add(name="value", number=2, type=_STRING)
    answer = file.message_type.add(name="Places")
    answer.field.add(name="places", number=1, type_name=".fuzz.Place", **of_places)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("fuzz.Places"))


def decode_places(data: bytes) -> None:
    """gRPC makes a refusal of what is no message of the kind."""
    for place in map(LabPlace.of, _places().FromString(data).places):
        assert plain(place.comment) == place.comment
        assert place.is_called(place.name) == place.is_board
        assert not place.is_well or place.tags


class _Said:
    """A connection on which this comes, some bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def recv(self, most: int) -> bytes:
        came, self._data = self._data[: min(7, most)], self._data[min(7, most) :]
        return came

    def setsockopt(self, *_: int) -> None: ...

    def settimeout(self, _: float) -> None: ...


def decode_lease(data: bytes) -> None:
    """Each whole line is a message; then the connection is heard to end."""
    lines, said = LeaseLines(_Said(data[: 2 * LINE_BYTES_MAX])), data.count(b"\n")
    for _ in range(said):
        assert isinstance(lines.hear(1), dict)


def _answers() -> list[bytes]:
    tags = {"tinyteach": "board", "tinyteach_health": "ok", "xiao": "yes"}
    place = {"name": "desk", "comment": "left\x1b[2J", "tags": tags}
    told = _places()(places=[{**place, "matches": [{"exporter": "lab"}]}])
    return [told.SerializeToString(deterministic=True)]


TARGETS = (
    Target("lab_places", decode_places, _answers, (DecodeError,)),
    Target("lease_lines", decode_lease, lambda: [LEASE], (ConnectionError,)),
)
