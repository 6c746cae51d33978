"""What a module is, for people and scripts."""

from dataclasses import dataclass

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.results import Lines, Table
from tinyteach.service.projects.embeddings import SHORT_DIGITS

DIALECTS = {"el": "EL", "ma": "MA", "hx": "Himax's demonstration"}


@dataclass(frozen=True)
class ModuleOverview:
    """What a module says of itself, in ``info``, and where it is."""

    info: ModuleInfo
    port: str

    def as_dict(self) -> dict[str, object]:
        """As JSON has them, beside each other."""
        return {"kind": "module", "port": self.port, **self.info.as_dict()}

    def rows(self) -> list[tuple[str, str]]:
        """For a person."""
        i = self.info
        return [
            ("identity", i.module_id),
            ("port", self.port),
            ("machine", i.name),
            ("hardware", i.hardware or "not told"),
            ("firmware", f"{i.firmware or 'version not told'} ({DIALECTS[i.dialect]})"),
            ("camera", i.sensor or "none"),
            ("model", self._model()),
            ("what it can", "photographs, deploying, recognising; no rules, no teaching on it"),
            ("state", "; ".join(filter(None, i.trouble)) or "all is well"),
        ]

    def _model(self) -> str:
        if not self.info.has_model:
            return "none"
        known = ", ".join(self.info.labels) or "without names of its classes"
        return f"{self.info.model_hash[:SHORT_DIGITS] or 'not from TinyTeach'} ({known})"

    def lines(self) -> Lines:
        """For a person."""
        return [Table(("", ""), self.rows())]


def module_overview(client: ModuleClient) -> ModuleOverview:
    """Ask a module what it is."""
    return ModuleOverview(client.info(), client.port)
