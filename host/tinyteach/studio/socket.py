"""The WebSocket: what changed, views as the page's credits allow, and the record button.

Credits are totals since the socket opened, as on the wire to the board (protocol/SPEC.md), so
that one lost or repeated does no harm. A page that is slow has granted none: views are dropped
then, and of every other part only the newest value waits. Nothing is queued.
"""

import asyncio
import contextlib
import json
import struct
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tinyteach.errors import TinyTeachError, UsageError
from tinyteach.studio.answers import desk_of
from tinyteach.studio.bodies import fits, parsed
from tinyteach.studio.sentences import with_codes
from tinyteach.studio.statuses import error_body
from tinyteach.workbench.views import LiveView
from tinyteach.workbench.workbench import Workbench

News = TypeVar("News")
SERVICE_RESTART = 1012  # registered with IANA for RFC 6455
MESSAGE_BYTES_MAX = 4096  # from the page
# A binary message: this, that many bytes of JSON, then the pixels, RGB, rows without gaps.
VIEW_HEADER = struct.Struct("<I")


class OpenPage:
    """One open page: which parts it has not seen, the newest view, its credits."""

    def __init__(self, socket: WebSocket, bench: Workbench) -> None:
        self._socket = socket
        self._bench = bench
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        # In the order in which they changed last: what follows from another part comes behind it.
        self._stale = dict.fromkeys(self._bench.feed.parts())
        self._view: LiveView | None = None
        self._granted = 0
        self._sent = 0
        self._holds = False

    async def serve(self) -> None:
        """Until the page is gone; a recording that it holds ends with it."""
        stop_parts = self._bench.feed.listen(self._on_part)
        stop_views = self._bench.watch(self._on_view, self.wants_view)
        sender = asyncio.create_task(self._send_all())
        try:
            await self._or_say_why(run_in_threadpool(self._bench.look_again))
            await self._receive_all()
        finally:
            stop_parts()
            stop_views()
            sender.cancel()
            self._bench.looking.ask(self, False)
            if self._holds:
                await run_in_threadpool(self._bench.record_button.stop)
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sender

    async def _or_say_why(self, doing: Awaitable[None]) -> None:
        """Await it; what is wrong with it is told to the page."""
        try:
            await doing
        except TinyTeachError as error:
            with contextlib.suppress(WebSocketDisconnect):
                await self._socket.send_text(json.dumps(error_body(error)))

    # From the workbench's threads

    def wants_view(self) -> bool:
        """Whether the page has granted a view that it was not sent yet."""
        return self._granted > self._sent and self._view is None

    def _on_part(self, part: str) -> None:
        self._call(self._note_part, part)

    def _on_view(self, view: LiveView) -> None:
        self._call(self._note_view, view)

    def _call(self, note: Callable[[News], None], value: News) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(note, value)

    # In the loop

    def _note_part(self, part: str) -> None:
        self._stale.pop(part, None)
        self._stale[part] = None
        self._news.set()

    def _note_view(self, view: LiveView) -> None:
        self._view = view
        self._news.set()

    async def _send_all(self) -> None:
        self._news.set()
        while True:
            await self._news.wait()
            self._news.clear()
            while self._stale:
                self._stale.pop(part := next(iter(self._stale)))
                told = with_codes({"part": part, "value": self._bench.feed.get(part)})
                await self._socket.send_text(json.dumps(told))
            if self._view is not None and self._granted > self._sent:
                view = self._view
                self._sent += 1
                self._view = None
                await self._socket.send_bytes(packed(view))

    async def _receive_all(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] != "websocket.receive":
                return
            await self._or_say_why(self._take(message.get("text")))

    async def _take(self, text: str | None) -> None:
        """``text``: None where bytes came, which no page sends."""
        message = parsed(text) if text and len(text) <= MESSAGE_BYTES_MAX else None
        if not isinstance(message, dict):
            raise UsageError("The studio does not understand this message; reload the page.")
        if fits(message.get("credits")):
            self._granted = max(self._granted, min(message["credits"], self._sent + 8))
            self._bench.board.wake()
            self._news.set()
        if isinstance(message.get("looks"), bool):
            self._bench.looking.ask(self, message["looks"])
        if "record" in message:
            await self._record(message["record"], message.get("webcam") is True)

    async def _record(self, class_name: object, by_webcam: bool) -> None:
        """Hold the button for a class, or let go of it (null)."""
        if not isinstance(class_name, str | None):
            raise UsageError("The class to record into is a name; reload the page.")
        if class_name is not None:
            await run_in_threadpool(self._bench.record_button.start, class_name, by_webcam)
            self._holds = True
        elif self._holds:
            self._holds = False
            await run_in_threadpool(self._bench.record_button.stop)


def packed(view: LiveView) -> bytes:
    """A view as the page reads it."""
    height, width, _ = view.pixels.shape
    about = {
        "view": view.number,
        "time_s": view.time_s,
        "width": width,
        "height": height,
        "frames_per_s": view.frames_per_s,
        "board": asdict(view.board) if view.board else None,
        "host": asdict(view.host) if view.host else None,
        "host_head": view.host_head,
        "looks": asdict(view.looks) if view.looks else None,
        "smoothed": asdict(view.smoothed) if view.smoothed else None,
    }
    text = json.dumps(about).encode()
    return VIEW_HEADER.pack(len(text)) + text + view.pixels.tobytes()


async def live(socket: WebSocket) -> None:
    """A page has opened; once another project is, it is hung up on, to come again."""
    await socket.accept()
    desk, loop = desk_of(socket), asyncio.get_running_loop()
    parting: set[asyncio.Task[None]] = set()  # asyncio itself keeps no task

    def hang_up() -> None:
        parting.add(loop.create_task(socket.close(SERVICE_RESTART)))

    def on_move() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(hang_up)

    stop = desk.on_move(on_move)
    try:
        if desk.bench:
            await OpenPage(socket, desk.bench).serve()
        else:
            await _tell_that_none_is_open(socket)
    finally:
        stop()
        await asyncio.gather(*parting, return_exceptions=True)


async def _tell_that_none_is_open(socket: WebSocket) -> None:
    """And stay until one is, or the page is gone."""
    with contextlib.suppress(WebSocketDisconnect):
        await socket.send_text(json.dumps({"part": "chosen", "value": None}))
        while (await socket.receive())["type"] == "websocket.receive":
            continue


ROUTES = [WebSocketRoute("/live", live)]
