"""An address of the API: a use case, called in a thread of its own with what the request says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tinyteach.errors import UsageError
from tinyteach.studio.answers import desk_of, project_of
from tinyteach.studio.bodies import fits, read_json
from tinyteach.studio.desk import Desk
from tinyteach.studio.sentences import with_codes
from tinyteach.workbench.workbench import Workbench

Kind = TypeVar("Kind")
DIGITS_MAX = 15
BODILESS = ("GET", "DELETE")


@dataclass(frozen=True)
class Call:
    """A request: the desk that it comes to, its project, the words in its address, its body."""

    desk: Desk
    project: str
    words: Mapping[str, str]
    body: Mapping[str, object]

    @property
    def bench(self) -> Workbench:
        """The workbench that it is about; ProjectError where that project is not open."""
        return self.desk.opened(self.project)

    def wanted(self, name: str, kind: type[Kind]) -> Kind:
        """A field of the body; UsageError where it is missing or of another kind."""
        value = self.body.get(name)
        if kind is float and fits(value):
            value = float(value)
        if not isinstance(value, kind) or (kind is int and not fits(value)):
            raise UsageError(f"This request needs {name!r}, a {kind.__name__}; reload the page.")
        return value

    def optional(self, name: str, kind: type[Kind]) -> Kind | None:
        """The same, or None where it is missing or null."""
        return None if self.body.get(name) is None else self.wanted(name, kind)

    def number(self, name: str, sentence: str, default: str = "") -> int:
        """A number of decimal digits in the address; UsageError with the sentence otherwise."""
        text = self.words.get(name, default)
        if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX):
            raise UsageError(sentence)
        return int(text)


def route(method: str, path: str, use: Callable[[Call], object]) -> Route:
    """What ``use`` gives is the answer, as JSON where it is none yet."""

    async def endpoint(request: Request) -> Response:
        body = {} if method in BODILESS else await read_json(request)
        words = {**request.query_params, **request.path_params}
        call = Call(desk_of(request), project_of(request), words, body)
        result = await run_in_threadpool(use, call)
        if isinstance(result, Response):
            return result
        return JSONResponse(_told(result))

    return Route(path, endpoint, methods=[method])


def _told(result: object) -> object:
    if isinstance(result, dict):
        return result if "codes" in result else with_codes(result)
    return {"ok": True} if result is None else result
