"""What a board says of itself."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from tinyteach_protocol.error_sentences import state_sentence, state_words
from tinyteach_protocol.messages import Message

WIDE = ("x64", "rv64imc")
# What an agent's heap takes more there.
WIDE_BYTES = 57_344
# How names of chips begin whose agent tries the MAC16 kernels, as in agent/tflite/kernels.py.
MAC16_CHIPS = ("ESP32S3", "ESP32PICO", "ESP32D0")


@dataclass(frozen=True)
class BoardInfo:
    """The fields of INFO (protocol/SPEC.md). Fingerprints are SHA-256, empty where there is none.

    ``frame_width`` and ``frame_height`` are the camera's, ``model_side`` the embedding's, in
    pixels, 0 without one; heap, arena and flash are in bytes; ``threshold`` is in 1/256 of
    probability; ``boot`` is why the board started last. ``state`` is a sentence where all is not
    well, of ``state_code``, one of SPEC.md's States, and ``detail``, the board's words.
    """

    board: str
    machine: str
    micropython: str
    arch: str
    sensor: str
    frame_width: int
    frame_height: int
    pixel_format: int
    model_side: int
    heap_total: int
    heap_free: int
    heap_peak: int
    arena: int
    flash_total: int
    flash_free: int
    embedding: bytes
    head: bytes
    previous_head: bytes
    labels: list[str]
    kernels: str
    state: str
    state_code: int
    detail: str
    threshold: int
    boot: str
    safe_mode: int
    crash_bytes: int
    rules_bytes: int
    kept: int
    camera: str

    @classmethod
    def of(cls, answer: Message) -> Self:
        """From a checked answer to INFO."""
        told = dict(answer.fields)
        code = told.pop("state")
        return cls(**told, state=state_sentence(code, told["detail"]), state_code=code)

    @property
    def is_wide(self) -> bool:
        """Whether its words are known to have 64 bits, so that the agent takes more heap."""
        return self.arch in WIDE

    @property
    def heap_in_32_bits(self) -> int:
        """How large a heap holds as much where words have 32 bits, in bytes."""
        return self.heap_total - self.is_wide * WIDE_BYTES

    @property
    def trouble(self) -> tuple[str, str]:
        """What is not well and what to do about it, both empty where all is."""
        return state_words(self.state_code, self.detail)

    @property
    def kernels_words(self) -> str:
        """Which kernels are at work, and why not those of the chip's unit where it has one."""
        chip = self.machine.split(" ")[-1].replace("-", "")
        has_unit = chip == "ESP32" or chip.startswith(MAC16_CHIPS)
        if not has_unit or self.kernels != "viper":
            return f"{self.kernels} kernels"
        return "viper kernels; this chip's MAC16 unit did not pass its trial, so they take longer"

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it: fingerprints in hex digits."""
        return {k: v.hex() if isinstance(v, bytes) else v for k, v in asdict(self).items()}
