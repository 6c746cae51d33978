"""What a use case gives, as JSON has it."""

from dataclasses import asdict
from typing import Any, cast


class JsonResult:
    """For dataclasses whose fields are what ``--json`` prints and the studio answers."""

    def as_dict(self) -> dict[str, object]:
        """The fields by name, those of dataclasses in them, too."""
        return asdict(cast(Any, self))
