"""Talks to a Grove Vision AI V2 with Seeed's firmware: one method a thing it can do."""

from collections.abc import Generator, Sequence
from contextlib import closing
from hashlib import sha256
from typing import Any, Self

from tinyteach.device.at import module_info
from tinyteach.device.at.conversation import Conversation
from tinyteach.device.at.flash_map import MODEL_ADDRESS, check_firmware, check_model
from tinyteach.device.at.greeting import explained, greet
from tinyteach.device.at.module_flash import write_flash
from tinyteach.device.at.module_info import ModuleInfo, Note
from tinyteach.device.at.module_results import (
    InARow,
    ModuleResult,
    jpeg_of,
    other_results,
    result_of,
)
from tinyteach.device.at.refusals import (
    NO_PICTURE,
    NO_RESULTS,
    NONSENSE,
    NOT_STORED,
    NOT_TAKEN,
    OLD,
    ONLY_TALKS,
    OTHER_RESULTS,
    ModuleSilentError,
    NotAModuleError,
)
from tinyteach.device.at.replies import HX, INVALID, MA, NO_ENTITY, OK, Reply, text
from tinyteach.errors import BoardRefusedError, LinkError, UsageError, VerificationError
from tinyteach.link.tape.opened import open_link
from tinyteach.progress import Progress, unseen

BAUD_RATE = 921_600
# EL's state of a camera that is none yet (el_types.h); others were seen on ones that work.
REGISTERED = 0
# The lowest: so that every class's score is told.
TELL_ALL = 1
THRESHOLD_MAX = 100
# A stream that ends without an event is begun again so often, where the module answers.
EMPTY_STREAMS_MAX = 3


class ModuleClient:
    """An open module on ``port``. Use it as a context manager.

    Raises BoardNotFoundError where the port cannot be opened or no module answers on it
    (NotAModuleError, ModuleSilentError). Every method raises BoardRefusedError where the module
    says no, and LinkError where the connection breaks.
    """

    def __init__(self, port: str) -> None:
        self.port = port
        self._threshold = TELL_ALL
        self._link = open_link(port, BAUD_RATE)
        self._at = Conversation(self._link)
        try:
            self.module_id = greet(self._at)
        except (NotAModuleError, ModuleSilentError) as error:
            self._link.close()
            raise explained(port, error) from None
        except BaseException:
            self._link.close()
            raise

    # Identity

    def info(self) -> ModuleInfo:
        """What the module says of itself."""
        version = self._at.ask("VER?").fields
        has_model = self._has_model()
        sensor = self._sensor()
        note = self._note()
        return ModuleInfo(
            module_id=self.module_id,
            name=text(self._at.ask("NAME?").data),
            firmware=text(version.get("software")),
            hardware=text(version.get("hardware")),
            sensor=sensor,
            has_model=has_model,
            labels=list(note.labels),
            model_hash=note.model_hash,
            pending_hash=note.pending_hash,
            head_hash=note.head_hash,
            threshold_percent=note.threshold_percent,
            dialect=self._at.dialect,
        )

    def _has_model(self) -> bool:
        """Sizes and addresses say nothing: some firmware gives zeros or nonsense."""
        models = self._list_of("MODELS")
        return any(isinstance(model, dict) and model.get("id") for model in models)

    def _sensor(self) -> str:
        """The camera's mode, as ``240x240 Auto``; empty where there is none."""
        for sensor in self._list_of("SENSORS"):
            if isinstance(sensor, dict) and sensor.get("state") != REGISTERED:
                return text(sensor.get("opt_detail")) or _preset(sensor) or "camera"
        return ""

    def _list_of(self, command: str) -> list[Any]:
        """What both dialects list: as it is, or in an object under the command's name."""
        if self._at.dialect == HX:
            return []  # it tells what it tells, unasked
        reply = self._answer(f"{command}?")
        listed = reply.fields.get(command.lower()) if reply else None
        listed = reply.data if reply and isinstance(reply.data, list) else listed
        return listed if isinstance(listed, list) else []

    def _note(self) -> Note:
        reply = self._answer("INFO?")
        return module_info.read(reply.fields.get("info")) if reply else Note()

    def _answer(self, query: str) -> Reply | None:
        """None where the firmware does not know the query or has nothing of the kind."""
        reply = self._at.try_to_ask(query)
        if reply is None and self._at.dialect == HX:
            return None
        if reply is None or reply.code not in (OK, INVALID, NO_ENTITY):
            return self._at.ask(query)  # once more: it says what is wrong
        return reply if reply.code == OK else None

    # Photographs

    def photo(self) -> bytes:
        """One photograph, the camera's whole frame as JPEG."""
        with closing(self.samples()) as samples:
            return next(samples)

    def samples(self) -> Generator[bytes, None, None]:
        """Photographs as they are taken, about 12 a second, until the generator is closed.

        One that came damaged is left out.
        """
        self._refuse_old()
        damaged = InARow(NO_PICTURE.format(port=self.port))
        with closing(self._stream("SAMPLE=-1", NO_PICTURE)) as events:
            for jpeg in map(jpeg_of, events):
                if jpeg:
                    damaged.none()
                    yield jpeg
                else:
                    damaged.came()

    # Recognising

    def invoke(self, with_photos: bool = True) -> Generator[ModuleResult, None, None]:
        """Results as they are made, until the generator is closed; every class's score is told."""
        self._refuse_old()
        damaged = InARow(NONSENSE.format(port=self.port, what="results"))
        with closing(self._stream(self._invocation(with_photos), NO_RESULTS)) as events:
            for event in events:
                if kind := other_results(event):
                    raise BoardRefusedError(OTHER_RESULTS.format(port=self.port, kind=kind))
                try:
                    result = result_of(event)
                except ValueError:
                    damaged.came()
                else:
                    damaged.none()
                    yield result

    def threshold(self, percent: int) -> None:
        """Results tell scores above so many percent, 1…99, from now on; UsageError for others."""
        if not TELL_ALL <= percent < THRESHOLD_MAX:
            raise UsageError(f"{percent} is no threshold in percent; take one of 1 to 99.")
        self._threshold = percent
        self._set_threshold()  # each stream sets it again

    def _invocation(self, with_photos: bool) -> str:
        if with_photos:
            return "INVOKE=-1,0,0"  # right where there are three arguments and where there are two
        if not self._at.dialect:
            self._list_of("MODELS")  # whose shape tells
        return "INVOKE=-1,1" if self._at.dialect == MA else "INVOKE=-1,0,1"

    # Writing

    def write_info(self, labels: Sequence[str], model_hash: str, **more: Any) -> None:
        """Keep the labels by class id and the SHA-256 (hex) of the model on the module.

        ``more``: ``head_hash`` and ``threshold_percent`` of the `Note`. UsageError where the names
        take too much room, VerificationError where the module does not keep them.
        """
        self._write_note(Note(tuple(labels), model_hash, **more))

    def flash_model(
        self, content: bytes, progress: Progress = unseen, address: int = MODEL_ADDRESS
    ) -> None:
        """Write a compiled model to the module's flash and start it; progress counts bytes.

        ModelError for what is none or too large, BoardRefusedError for any other part of the
        flash than that of models. After a broken transfer the same call completes.
        """
        check_model(content, address)
        write_flash(self._link, content, address, "model", progress)
        self._greet_again()

    def flash_firmware(self, image: bytes, progress: Progress = unseen) -> None:
        """Write firmware into the slot that is not in use and start it; FirmwareError for no image.

        Models and the module's serial number stay.
        """
        check_firmware(image)
        write_flash(self._link, image, None, "firmware", progress)
        self._greet_again()

    def deploy(
        self, content: bytes, labels: Sequence[str], progress: Progress = unseen, **more: Any
    ) -> None:
        """Write a compiled model and its labels, and see that the module has them.

        ``more`` as of `write_info`. Cut off anywhere, the module shows no label of another model,
        and the next call completes.
        """
        model_hash = sha256(content).hexdigest()
        check_model(content, MODEL_ADDRESS)
        module_info.written(Note(tuple(labels), model_hash, **more), "")
        self.refuse_firmware()
        self._write_note(Note(pending_hash=model_hash))
        self.flash_model(content, progress)
        if not self._has_model():
            raise VerificationError(NOT_TAKEN.format(port=self.port))
        self.write_info(labels, model_hash, **more)

    def _write_note(self, note: Note) -> None:
        encoded = module_info.written(note, "TinyTeach")
        self._at.ask(f'INFO="{encoded}"')
        if self._note() != module_info.read(encoded):
            raise VerificationError(NOT_STORED.format(port=self.port))

    # Inside

    def _greet_again(self) -> None:
        self._at.begin_anew()
        self.module_id = greet(self._at, comes_up=True)

    def refuse_firmware(self) -> None:
        """BoardRefusedError where it is none that TinyTeach can use."""
        self._refuse_old()
        if self._at.dialect == HX:
            raise BoardRefusedError(ONLY_TALKS.format(port=self.port))

    def _refuse_old(self) -> None:
        firmware = text(self._at.ask("VER?").fields.get("software"))
        if module_info.is_old(firmware):
            raise BoardRefusedError(OLD.format(port=self.port, year=module_info.OLD_YEAR))

    def _stream(self, command: str, sentence: str) -> Generator[Reply, None, None]:
        """Events of a command that goes on by itself, begun again where they stop."""
        name = command.partition("=")[0]
        try:
            for _ in range(EMPTY_STREAMS_MAX):
                self._begin(command, name)
                while (event := self._at.next_event(name)) is not None:
                    yield event
        finally:
            self._end_stream()
        raise LinkError(sentence.format(port=self.port))

    def _begin(self, command: str, name: str) -> None:
        self._at.events.clear()
        if self._at.dialect == HX:
            if name != "INVOKE":
                raise BoardRefusedError(ONLY_TALKS.format(port=self.port))
            return
        if name != "INVOKE":
            self._at.ask(command)
            return
        # EL knows it once it has been invoked; what comes until then lacks scores.
        is_set = self._set_threshold()
        self._at.ask(command)
        self._set_threshold()
        if not is_set:
            self._at.events.clear()

    def _set_threshold(self) -> bool:
        reply = self._at.try_to_ask(f"TSCORE={self._threshold}")
        return reply is not None and reply.code == OK

    def _end_stream(self) -> None:
        if self._at.dialect != HX:
            self._at.try_to_ask("BREAK")

    def close(self) -> None:
        """Let go of the port."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _preset(sensor: dict[str, Any]) -> str:
    """The present one of MA's list of modes."""
    presets, index = sensor.get("presets"), sensor.get("current_preset_index")
    for preset in presets if isinstance(presets, list) else []:
        if isinstance(preset, dict) and preset.get("id") == index:
            return text(preset.get("description"))
    return ""
