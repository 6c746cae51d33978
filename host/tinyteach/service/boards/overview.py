"""What a board says of itself, and what the host knows of it."""

from dataclasses import asdict, dataclass

from tinyteach.coded import say
from tinyteach.device.registry import find_board
from tinyteach.device.sensors import needed_settings, sensor_name
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.crash import read_crash, summary
from tinyteach.results import Lines, Table
from tinyteach.service.projects.embeddings import SHORT_DIGITS, name_of
from tinyteach_protocol import errors
from tinyteach_protocol.error_sentences import error_sentence

# INFO's ``boot`` in words.
STARTS = {
    "PWRON": say("started-by-power", "power-on"),
    "HARD": say("started-by-reset", "reset"),
    "SOFT": say("started-softly", "soft reset"),
    "DEEPSLEEP": say("started-from-sleep", "deep sleep"),
    "WDT": say("started-by-watchdog", "by the watchdog"),
}


# `BoardClient.access` in words; also of a board with an agent of before there were keys.
ACCESS = {
    "open": "whoever reaches its port; 'tinyteach pair' gives it a key",
    "keyed": "who holds its key, as this computer does",
    "private": "who holds its key, as this computer does; it shows nothing to others",
    "foreign": "who holds its key, which this computer does not",
}


@dataclass(frozen=True)
class BoardOverview:
    """What a board says of itself, in ``info``, and what the host knows of it.

    ``name`` is its port where it is not paired, ``embedding_name`` None where that is none that
    ships, ``crash`` the whole traceback of the last one, empty without. ``access`` is one of
    `ACCESS`.
    """

    info: BoardInfo
    board_id: str
    name: str
    port: str
    agent_version: str
    has_camera: bool
    in_place: bool
    access: str
    embedding_name: str | None
    crash: str

    def as_dict(self) -> dict[str, object]:
        """As JSON has them, all beside each other; fingerprints as hex digits."""
        own = asdict(self)
        del own["info"]
        return own | self.info.as_dict()

    def rows(self) -> list[tuple[str, str]]:
        """For a person."""
        i = self.info
        return [
            ("identity", self.board_id),
            ("port", self.port),
            ("machine", i.machine),
            ("MicroPython", f"{i.micropython} ({i.arch or 'no native code'})"),
            ("agent", f"{self.agent_version}, {i.kernels_words}"),
            ("may be changed by", ACCESS[self.access]),
            ("camera", _camera(i)),
            ("embedding", self._embedding()),
            ("head", f"{_short(i.head)} ({', '.join(i.labels)})" if i.labels else "none"),
            ("previous head", _short(i.previous_head) or "none"),
            ("agent's heap, at most", f"{i.heap_peak} bytes"),
            ("heap", f"{i.heap_free} of {i.heap_total} bytes free"),
            ("tensors and workspace", f"{i.arena} bytes"),
            ("flash", f"{i.flash_free} of {i.flash_total} bytes free"),
            ("last start", STARTS.get(i.boot, "the board does not tell why")),
            ("last crash", summary(self.crash) or "none is written down"),
            ("state", _state(i)),
        ]

    def _embedding(self) -> str:
        named = " ".join(filter(None, [self.embedding_name, _short(self.info.embedding)]))
        return f"{named or 'none'}, read in place" if self.in_place else named or "none"

    def lines(self) -> Lines:
        """For a person: the rows, and the crash that led to safe mode where the board is in it."""
        return [Table(("", ""), self.rows()), *(self.crash.splitlines() * self.info.safe_mode)]


def _camera(info: BoardInfo) -> str:
    sensor = sensor_name(info.sensor)
    size = f"{info.frame_width}×{info.frame_height}{needed_settings(info.camera)}"
    return f"{sensor}, {size}" if sensor else "none"


def _state(info: BoardInfo) -> str:
    return error_sentence(errors.SAFE_MODE) if info.safe_mode else info.state or "all is well"


def _short(fingerprint: bytes) -> str:
    return fingerprint.hex()[:SHORT_DIGITS]


def board_info(client: BoardClient) -> BoardOverview:
    """Ask a board what it is."""
    info = client.info()
    known = find_board(client.board_id)
    return BoardOverview(
        info,
        client.board_id,
        known.name if known else client.port,
        client.port,
        client.welcome.agent_version,
        client.has_camera,
        client.reads_in_place,
        client.access,
        name_of(info.embedding),
        read_crash(client) if info.crash_bytes else "",
    )
