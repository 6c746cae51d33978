"""esptool's words, kept from the terminal: only its progress is passed on."""

from functools import cache

from esptool.logger import TemplateLogger, log

from tinyteach.progress import Counted


class QuietLog(TemplateLogger):  # type: ignore[misc]  # esptool has no types
    """Passes on how far a write has come and says nothing.

    ``listeners`` belongs to the class: some versions of esptool take over the class only.
    """

    listeners: list[Counted] = []

    def progress_bar(self, cur_iter: int, total_iters: int, *_: object, **__: object) -> None:
        for listener in self.listeners:
            listener(cur_iter, total_iters)

    def print(self, *_: object, **__: object) -> None:
        pass

    def note(self, message: str) -> None:
        pass

    def warning(self, message: str) -> None:
        pass

    def error(self, message: str) -> None:
        pass

    def stage(self, finish: bool = False) -> None:
        pass

    def set_verbosity(self, verbosity: str) -> None:
        pass


@cache
def quieten() -> None:
    """Silence esptool in this process; a second time it has nothing to do."""
    # Some of esptool holds on to the logger that was there first.
    log.set_verbosity("silent")
    log.set_logger(QuietLog())


def listen(progress: Counted) -> None:
    """Have ``progress(done, total)`` called by what esptool does from now on."""
    QuietLog.listeners[:] = [progress]
