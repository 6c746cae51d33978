"""labgrid's coordinator, asked over gRPC.

What its messages are is asked of the coordinator itself, by gRPC's reflection, which labgrid's has
always on: no copy of its protocol is kept here (docs/decisions/0048-a-lab-on-labgrid.md).
"""

import os
import queue
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from tinyteach.errors import LabError, MissingToolError
from tinyteach.extras import how_to_add
from tinyteach.lab.places import LabPlace
from tinyteach.plain_text import plain

ADDRESS_VARIABLE = "LG_COORDINATOR"  # labgrid's own
ADDRESS = "127.0.0.1:20408"
ANSWER_TIMEOUT_S = 10.0
CHANNEL = (
    # One connection for each session: the coordinator knows its clients by where they come from.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    # One that was restarted is found again soon.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # One that does not answer is noticed in so long, also while nothing is asked.
    ("grpc.min_reconnect_backoff_ms", 5000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5000),
)
SERVICE = "labgrid.Coordinator"
# What a session that only asks is called, and the version that it says it is.
VERSION = "tinyteach"
MISSING = 'Labs need grpcio-reflection, which is not installed; run "{how}".'
SILENT = (
    "No coordinator answers at {address}; start labgrid-coordinator there, or set LG_COORDINATOR "
    "to where one runs."
)
FOREIGN = (
    "What answers at {address} is no labgrid coordinator; set LG_COORDINATOR to where one runs."
)
REFUSED = "The coordinator at {address} refused ({why}); run 'tinyteach lab status'."

_Messages = dict[str, tuple[Any, Any]]
_messages_at: dict[str, _Messages] = {}  # the same at every connection


class RefusedError(LabError):
    """The coordinator answered, with no."""


def address_meant(named: str | None = None) -> str:
    """The one named, else labgrid's variable's, else the usual place on this computer."""
    return named or os.environ.get(ADDRESS_VARIABLE) or ADDRESS


class Coordinator:
    """A connection, with a session where it has a ``name``; a context manager.

    Every method raises LabError where nobody answers, RefusedError where the answer is no.
    """

    def __init__(self, address: str, name: str = "") -> None:
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # else it writes beside our sentence
        try:
            import grpc
            import grpc_reflection  # noqa: F401
        except ImportError as error:
            raise MissingToolError(MISSING.format(how=how_to_add("lab"))) from error
        self.address, self.name = address, name
        self._grpc = grpc
        self._channel = grpc.insecure_channel(address, options=CHANNEL)
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stream: Any = None

    def __enter__(self) -> Self:
        try:
            if self.name:
                self._begin_session()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session; what it acquired stays acquired, as labgrid has it."""
        self._said.put(None)
        if self._stream is not None:
            self._stream.cancel()
        self._channel.close()

    def places(self) -> list[LabPlace]:
        """All places, by name."""
        told = self._call("GetPlaces").places
        return sorted((LabPlace.of(place) for place in told), key=lambda place: place.name)

    def add_place(self, name: str) -> None:
        self._call("AddPlace", name=name)

    def add_match(self, name: str, pattern: str) -> None:
        """What belongs to a place: resources of ``exporter/group/class``."""
        self._call("AddPlaceMatch", placename=name, pattern=pattern)

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Add to a place's tags; one without a value is removed."""
        self._call("SetPlaceTags", placename=name, tags=dict(tags))

    def set_comment(self, name: str, comment: str) -> None:
        self._call("SetPlaceComment", placename=name, comment=comment)

    def acquire(self, name: str) -> None:
        """Take a place for this session's name."""
        self._call("AcquirePlace", placename=name)

    def release(self, name: str, owner: str) -> None:
        """Let a place go where ``owner`` has it; of another's nothing changes."""
        self._call("ReleasePlace", placename=name, fromuser=owner)

    def reserve(self, tags: Mapping[str, str]) -> tuple[str, str]:
        """Stand in line for a place with these tags: the token, and the place once there is one."""
        filters = {"main": {"filter": dict(tags)}}
        return _allocated(self._call("CreateReservation", filters=filters).reservation)

    def reserved(self, token: str) -> str:
        """The place that has come to the reservation, or ""; asking keeps it alive for 60 s."""
        return _allocated(self._call("PollReservation", token=token).reservation)[1]

    def cancel(self, token: str) -> None:
        self._call("CancelReservation", token=token)

    def reservations(self) -> list[tuple[str, str, str]]:
        """Who stands in line: token, owner, and the place that has come to it, else ""."""
        told = self._call("GetReservations").reservations
        return [(each.token, each.owner, each.allocations.get("main", "")) for each in told]

    def resources(self) -> list[Any]:
        """labgrid's Resource messages, all that are exported now; needs a session."""
        self._say(subscribe={"all_resources": True})
        self._say(sync={"id": 1})
        found: dict[tuple[str, str, str], Any] = {}
        with self._answers():
            for message in self._stream:
                for update in message.updates:
                    if update.WhichOneof("kind") == "resource":
                        path = update.resource.path
                        key = (path.exporter_name, path.group_name, path.resource_name)
                        found[key] = update.resource
                if message.HasField("sync"):
                    break
        return list(found.values())

    # How it is asked

    def _begin_session(self) -> None:
        method = self._method("ClientStream", "stream_stream")
        self._stream = method(iter(self._said.get, None))
        self._say(startup={"version": VERSION, "name": self.name})
        self._say(sync={"id": 0})
        with self._answers():
            next(self._stream)  # the answer to sync: the session is known

    def _say(self, **kind: Any) -> None:
        self._said.put(self._messages["ClientStream"][0](**kind))

    def _call(self, method: str, /, **fields: Any) -> Any:
        request = self._messages[method][0](**fields)
        with self._answers():
            return self._method(method, "unary_unary")(request, timeout=ANSWER_TIMEOUT_S)

    def _method(self, name: str, kind: str) -> Any:
        request, answer = self._messages[name]
        return getattr(self._channel, kind)(
            f"/{SERVICE}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=answer.FromString,
        )

    @property
    def _messages(self) -> _Messages:
        """By the method: the classes of what is asked and of what is answered."""
        if self.address not in _messages_at:
            _messages_at[self.address] = self._reflected()
        return _messages_at[self.address]

    def _reflected(self) -> _Messages:
        from google.protobuf.descriptor_pool import DescriptorPool
        from google.protobuf.message_factory import GetMessageClass
        from grpc_reflection.v1alpha import proto_reflection_descriptor_database as reflected

        known = DescriptorPool(reflected.ProtoReflectionDescriptorDatabase(self._channel))
        try:
            with self._answers():
                methods = known.FindServiceByName(SERVICE).methods
        except (KeyError, RefusedError) as error:
            raise LabError(FOREIGN.format(address=self.address)) from error
        types = {m.name: (m.input_type, m.output_type) for m in methods}
        return {name: (GetMessageClass(a), GetMessageClass(b)) for name, (a, b) in types.items()}

    @contextmanager
    def _answers(self) -> Iterator[None]:
        code = self._grpc.StatusCode
        try:
            yield
        except self._grpc.RpcError as error:
            if error.code() in (code.UNAVAILABLE, code.DEADLINE_EXCEEDED, code.CANCELLED):
                raise LabError(SILENT.format(address=self.address)) from error
            why = plain(error.details() or error.code().name).rstrip(".")
            raise RefusedError(REFUSED.format(address=self.address, why=why)) from error
        except StopIteration as error:
            raise LabError(SILENT.format(address=self.address)) from error


def _allocated(reservation: Any) -> tuple[str, str]:
    return reservation.token, reservation.allocations.get("main", "")
