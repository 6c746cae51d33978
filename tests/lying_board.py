"""A board that speaks our frames through our own responder, and may lie in each of its answers."""

from binascii import crc32
from hashlib import sha256
from pathlib import Path

from faulty_port import FaultyPort
from tinyteach_protocol import frame, messages
from tinyteach_protocol.responder import Responder

MODEL_SIDE, PHOTO_SIDE = 16, 32
EVENTS_AT_A_TIME = 8


class LyingBoard:
    """``lie(type, fields)`` may change the fields of a response or event; None sends none.

    ``spoil(type, payload)`` may change the bytes; checks of the frame are right all the same.
    ``text`` is printed before each answer, ``objects`` is what READ gives.
    """

    def __init__(self, head: bytes = b"", embedding: bytes = b"", labels=("cat", "coffee")) -> None:
        self.labels, self.head, self.embedding = list(labels), head, embedding
        self.tell_the_truth()
        self._previous = sha256(b"previous").digest()
        self._sent = b""
        self._listen()
        self.port = FaultyPort(self._receive)

    def tell_the_truth(self) -> None:
        """Until told otherwise."""
        self.lie = lambda type, fields: fields
        self.spoil = lambda type, payload: payload
        self.text = b""
        photo = bytes(range(256)) * (PHOTO_SIDE * PHOTO_SIDE * 2 // 256)
        self.objects = {
            messages.FRAME: photo,
            messages.TENSOR: bytes(MODEL_SIDE * MODEL_SIDE * 3),
            messages.HEAD: self.head,
            messages.CRASH: b"",
            messages.RULES: b"",
            messages.KEPT: b"",
        }

    def _listen(self) -> None:
        self._responder = Responder(4608, 9216)
        self._number = 0

    def close(self) -> None:
        self.port.pull()

    # Bytes

    def _receive(self, data: bytes) -> None:
        while data:
            data = data[self._responder.receive(data) :]
            while (request := self._responder.next_request()) is not None:
                self._answer(request)
        self._send_events()

    def _answer(self, request) -> None:
        self.port.send(self.text)
        if request.reply is not None:
            self.port.send(bytes(request.reply))
            return
        name = messages.type_name(request.type).lower()
        self._send(
            request.type | messages.RESPONSE, request.seq, getattr(self, "_" + name)(request)
        )

    def _send(self, type: int, seq: int, fields: dict) -> None:
        told = self.lie(type, dict(fields))
        if told is not None:
            kind = messages.ERROR if "code" in told else type
            self.port.send(frame.encode(kind, seq, self.spoil(type, messages.encode(kind, **told))))

    def _send_events(self) -> None:
        for _ in range(EVENTS_AT_A_TIME):
            if self._responder.credit <= 0:
                return
            event = self._event()
            self._send(event[0], self._responder._events & 0xFFFF, event[1])
            self._responder._events += 1

    def _event(self):
        self._number += 1
        if self._kind == messages.STREAM_RESULTS:
            times = {"preprocess_us": 1, "embedding_us": 2, "head_us": 3}
            fields = {"frame_number": self._number, "top": 0, "scores": self._scores, "known": 1}
            return messages.RESULT, fields | times
        tensor = self.objects[messages.TENSOR]
        place = {"width": MODEL_SIDE, "height": MODEL_SIDE, "pixel_format": messages.RGB_INT8}
        piece = {"total": len(tensor), "offset": 0, "data": tensor}
        return messages.PREVIEW, {"frame_number": self._number, **place, **piece}

    @property
    def _scores(self) -> bytes:
        return bytes(len(self.labels))

    # Verbs

    def _hello(self, request):
        return {
            "nonce": request.nonce,
            "version": 1,
            "max_payload": 4608,
            "window": 9216,
            "agent_version": "0.1.0",
            "board_id": "liar",
            "capabilities": 31,
        }

    def _bye(self, request):
        return {}

    _abort = _restart = _credit = _bye

    def _info(self, request):
        texts = ["board", "machine", "micropython", "arch", "sensor", "kernels", "detail", "boot"]
        texts.append("camera")
        numbers = ("heap_total", "heap_free", "heap_peak", "arena", "flash_total", "flash_free")
        fields = {name: "truth" for name in texts} | {name: 1000 for name in numbers}
        sizes = {"rules_bytes": messages.RULES, "crash_bytes": messages.CRASH}
        fields |= {name: len(self.objects[kind]) for name, kind in sizes.items()}
        fields |= {"frame_width": PHOTO_SIDE, "frame_height": PHOTO_SIDE, "model_side": MODEL_SIDE}
        fields |= {"embedding": self.embedding, "head": sha256(self.head).digest()}
        fields |= {"previous_head": self._previous, "labels": self.labels, "threshold": 100}
        return fields | {"pixel_format": messages.RGB565_BE, "safe_mode": 0, "kept": 0, "state": 0}

    def _grab(self, request):
        kind = messages.FRAME if request.kind == messages.GRAB_SQUARE else messages.TENSOR
        content = self.objects[kind]
        is_photo = kind == messages.FRAME
        side = PHOTO_SIDE if is_photo else MODEL_SIDE
        self._number += 1
        return {
            "width": side,
            "height": side,
            "pixel_format": messages.RGB565_BE if is_photo else messages.RGB_INT8,
            "size": len(content),
            "crc32": crc32(content),
            "frame_number": self._number,
        }

    def _read(self, request):
        content = self.objects.get(request.object, b"")
        most = min(request.length, 4000)
        return {"offset": request.offset, "data": content[request.offset :][:most]}

    def _open(self, request):
        self._sent, self._object = b"", request.object
        return {"offset": 0}

    def _write(self, request):
        if request.offset == len(self._sent):
            self._sent += bytes(request.data)
        return {"offset": len(self._sent)}

    def _commit(self, request):
        return {"fingerprint": sha256(self._sent).digest(), "activation_us": 1}

    def _run(self, request):
        times = {"preprocess_us": 1, "embedding_us": 2, "head_us": 3}
        sums = {"tensor_crc32": 0, "features_crc32": 0, "scores_crc32": 0}
        return {"top": 0, "scores": self._scores, "known": 1} | times | sums

    def _trace(self, request):
        return {"offset": request.offset, "data": bytes(min(request.length, 52))}

    def _rollback(self, request):
        return {"fingerprint": self._previous, "labels": self.labels}

    def _threshold(self, request):
        return {"threshold": request.threshold}

    def _teach(self, request):
        labels = [*self.labels]
        if request.action == messages.TEACH_LEARN:
            labels.append("cup")
        told = {"labels": labels, "counts": bytes([9] * len(labels)), "label": "", "waiting": 0}
        return told | {"size": len(self.head), "fingerprint": sha256(self.head).digest()}

    def _stream(self, request):
        self._kind = request.kind
        self._responder.open_stream(request.credits)
        return {}

    def _stop(self, request):
        return {"events": self._responder.close_stream()}


def memory_kb(kind):
    """Of this process, by proc(5): VmRSS now, VmHWM at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1])
