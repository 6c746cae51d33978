"""The events of a stream: results, or what the model sees."""

from agent.camera.error import CameraError
from agent.refused import Refused
from tinyteach_protocol import errors, messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.loop import Agent

# A PREVIEW's fields beside its data, within one payload.
_PREVIEW_OVERHEAD_BYTES = const(19)


class Stream:
    """Makes one event at a time, as long as the host's credits last."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._kind = messages.STREAM_RESULTS
        self._sent_bytes = 0

    def begin(self, kind: int) -> None:
        """Check that events of this kind can be made."""
        if kind not in (messages.STREAM_RESULTS, messages.STREAM_PREVIEW):
            raise Refused(errors.BAD_VALUE, "kind")
        recogniser = self._agent.models.recogniser
        self._agent.view.require_camera()
        recogniser.require_embedding()
        if kind == messages.STREAM_RESULTS and recogniser.head is None:
            raise Refused(errors.NO_HEAD)
        self._kind = kind
        self._sent_bytes = 0

    def step(self) -> None:
        """Send one event if the host's credit allows."""
        if self._agent.responder.credit <= 0:
            return
        try:
            frame = self._result() if self._kind == messages.STREAM_RESULTS else self._preview()
        except Exception as error:
            # The host sees that no events come, asks, and is told why.
            self._agent.responder.close_stream()
            if not isinstance(error, (Refused, CameraError, OSError)):
                self._agent.note(error)
            return
        assert frame
        self._agent.link.write(frame)

    def _result(self) -> memoryview | None:
        recogniser = self._agent.models.recogniser
        frame = self._agent.view.grab()
        recogniser.preprocess(frame)
        recogniser.embed()
        recogniser.classify()
        return self._agent.responder.event(
            messages.RESULT,
            frame_number=frame.number,
            top=recogniser.top,
            scores=bytes(recogniser.scores),
            preprocess_us=recogniser.preprocess_us,
            embedding_us=recogniser.embedding_us,
            head_us=recogniser.head_us,
            known=recogniser.known,
        )

    def _preview(self) -> memoryview | None:
        """The next piece of the model's view; a new frame after the last piece."""
        recogniser = self._agent.models.recogniser
        if self._sent_bytes == 0:
            recogniser.preprocess(self._agent.view.grab())
        total, offset = len(recogniser.tensor), self._sent_bytes
        end = min(total, offset + self._agent.responder.payload_limit - _PREVIEW_OVERHEAD_BYTES)
        self._sent_bytes = end if end < total else 0
        return self._agent.responder.event(
            messages.PREVIEW,
            frame_number=self._agent.view.last().number,
            width=recogniser.side,
            height=recogniser.side,
            pixel_format=messages.RGB_INT8,
            total=total,
            offset=offset,
            data=recogniser.tensor[offset:end],
        )
