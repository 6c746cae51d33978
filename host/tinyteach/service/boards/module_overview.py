"""What a module is, for people and scripts."""

import os
from dataclasses import dataclass

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.device.at.module_results import PERCENT
from tinyteach.head.format.rejection import STEPS
from tinyteach.results import Lines, Table
from tinyteach.service.boards.finding import running_virtuals, virtual_kind
from tinyteach.service.projects.embeddings import SHORT_DIGITS

CAN = "photographs, deploying, recognising; no rules, no teaching on it"
DIALECTS = {"el": "EL", "ma": "MA", "hx": "Himax's demonstration"}


@dataclass(frozen=True)
class ModuleOverview:
    """What a module says of itself, in ``info``, what it is called, and where it is."""

    info: ModuleInfo
    name: str
    machine: str
    port: str

    @property
    def board_id(self) -> str:
        """The same at whatever port."""
        return self.info.module_id

    def as_dict(self) -> dict[str, object]:
        """As JSON has them; what a board tells, too, is called as it is there."""
        i = self.info
        as_a_board = {
            "board_id": i.module_id,
            "machine": self.machine,
            "has_camera": bool(i.sensor),
            "head": i.head_hash,
            "previous_head": "",
            "threshold": i.threshold_percent * STEPS // PERCENT,
        }
        return i.as_dict() | as_a_board | {"kind": "module", "name": self.name, "port": self.port}

    def rows(self) -> list[tuple[str, str]]:
        """For a person."""
        i = self.info
        return [
            ("identity", i.module_id),
            ("port", self.port),
            ("machine", self.machine),
            ("hardware", i.hardware or "not told"),
            ("firmware", f"{i.firmware or 'version not told'} ({DIALECTS[i.dialect]})"),
            ("camera", i.sensor or "none"),
            ("model", self._model()),
            ("what it can", CAN if i.is_usable else "nothing yet"),
            ("state", "; ".join(filter(None, i.trouble)) or "all is well"),
        ]

    def _model(self) -> str:
        if not self.info.has_model:
            return "none"
        known = ", ".join(self.info.labels) or "without names of its classes"
        head = self.info.head_hash[:SHORT_DIGITS]
        return f"{f'with the head {head}' if head else 'of another program'} ({known})"

    def lines(self) -> Lines:
        """For a person."""
        return [Table(("", ""), self.rows())]


def module_overview(client: ModuleClient) -> ModuleOverview:
    """Ask a module what it is."""
    info = client.info()
    for virtual in running_virtuals():
        if virtual.port == os.path.realpath(client.port):
            return ModuleOverview(info, virtual.name, virtual_kind(virtual), client.port)
    return ModuleOverview(info, client.port, info.name, client.port)
