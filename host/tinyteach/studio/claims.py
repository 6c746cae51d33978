"""A studio that goes from project to project is each one's only studio while it is there."""

from contextlib import ExitStack
from pathlib import Path

from tinyteach.errors import UsageError
from tinyteach.studio.addresses import Address, Place


class Claims:
    """A context manager; ``first`` is taken already: the folder in which the studio was started.

    It is held until a project that lies there is left; a folder without one until the end.
    """

    def __init__(self, first: Place, address: Address) -> None:
        self._address = address
        self._first, self._held = first, self._announced(first)

    def _announced(self, place: Place) -> ExitStack:
        stack = ExitStack()
        stack.enter_context(place)
        stack.enter_context(place.announced_as(self._address))
        return stack

    def claim(self, project: Path) -> ExitStack:
        """Take a project's place; UsageError where another studio has it. Closing lets go."""
        place = Place(project)
        if place.file == self._first.file and self._first.is_taken:
            return self._held
        if place.take() is not None:
            raise UsageError(
                f"{project} is open in another studio; end that one first, or go on there: run "
                f"'tinyteach studio --project \"{project}\"'."
            )
        return self._announced(place)

    def __enter__(self) -> "Claims":
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
