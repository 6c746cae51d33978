"""What came of writing firmware or a backup."""

from dataclasses import dataclass

from tinyteach.results import JsonResult, Lines


@dataclass(frozen=True)
class Flashed(JsonResult):
    """What was done: ``port`` is where the board is now, None where it has not come back.

    ``source`` is the image or backup, ``backup`` where the old content is.
    """

    chip: str
    mac: str
    port: str | None
    source: str
    bytes: int
    md5: str
    backup: str | None
    seconds: float

    def lines(self) -> Lines:
        """For a person."""
        lines = [
            f"Wrote {self.source} ({self.bytes} bytes) to the {self.chip} with the address "
            f"{self.mac}; its MD5 {self.md5} was compared."
        ]
        if self.backup:
            lines.append(f"What was on it is in {self.backup}; 'tinyteach restore' puts it back.")
        if self.port is None:
            lines.append("The board has not come back by itself: disconnect it, connect it again.")
        return lines
