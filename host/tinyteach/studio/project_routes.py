"""Addresses about the project: classes, photographs, uploads, undo, training and its heads."""

from collections.abc import Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tinyteach.errors import UsageError
from tinyteach.service.heads import head_list, teaching
from tinyteach.service.photos import collection as photos
from tinyteach.service.projects.opening import open_project
from tinyteach.studio.answers import answer, bench_of
from tinyteach.studio.bodies import optional, read_json, save_body, wanted, whole


async def _change(
    request: Request, action: Callable[[Path], dict[str, object] | None], train: bool = True
) -> Response:
    """Answer what ``action`` on the project's folder gives, while nobody else changes it."""

    def change() -> dict[str, object] | None:
        bench = bench_of(request)
        with bench.changing:
            result = action(bench.folder)
            bench.changed(train=train)
        return result

    return await answer(change)


async def add_class(request: Request) -> Response:
    """Add a class."""
    name = wanted(await read_json(request), "name", str)
    return await _change(
        request, lambda folder: {"name": open_project(folder).add_class(name)}, train=False
    )


async def change_class(request: Request) -> Response:
    """Rename a class, or give it another colour."""
    body, old = await read_json(request), request.path_params["name"]
    name, colour = optional(body, "name", str), optional(body, "colour", int)

    def change() -> dict[str, object]:
        bench = bench_of(request)
        with bench.changing:
            project = open_project(bench.folder)
            if colour is not None:
                project.set_colour(old, colour)
            now = project.rename_class(old, name) if name is not None and name != old else old
            bench.changed(train=now != old)
        return {"name": now}

    return await answer(change)


async def delete_class(request: Request) -> Response:
    """Delete a class with its photographs; ``undo`` brings them back."""
    name = request.path_params["name"]
    return await _change(request, lambda folder: {"undo": photos.delete_class(folder, name)})


async def order_classes(request: Request) -> Response:
    """Put the classes into another order."""
    names = [str(name) for name in wanted(await read_json(request), "names", list)]
    return await _change(request, lambda folder: open_project(folder).order_classes(names))


async def picture(request: Request) -> Response:
    """A photograph as a JPEG, ``side`` pixels at most."""
    side = request.query_params.get("side", "96")
    pixels = whole(side, "A picture's side is a number of pixels; reload the page.")
    photo_id = request.query_params.get("id", "")
    folder = bench_of(request).folder
    content = await run_in_threadpool(photos.thumbnail, folder, photo_id, pixels)
    return Response(content, media_type="image/jpeg")


async def delete_photos(request: Request) -> Response:
    """Delete photographs; ``undo`` brings them back."""
    ids = [str(photo_id) for photo_id in wanted(await read_json(request), "ids", list)]
    return await _change(request, lambda folder: {"undo": photos.delete_photos(folder, ids)})


async def undo(request: Request) -> Response:
    """Put back what was deleted."""
    number = wanted(await read_json(request), "undo", str)
    return await _change(request, lambda folder: {"photos": photos.undo_delete(folder, number)})


async def correct(request: Request) -> Response:
    """Make a view that was shown a photograph of a class, and retrain."""
    body = await read_json(request)
    view, name = wanted(body, "view", int), wanted(body, "class", str)
    return await answer(lambda: {"id": bench_of(request).correct(view, name)})


async def begin_upload(request: Request) -> Response:
    """A number to send files under."""
    return await answer(lambda: {"upload": bench_of(request).uploads.begin()})


async def upload_file(request: Request) -> Response:
    """One file of an upload, its name with folders in ``name``."""
    uploads, number = bench_of(request).uploads, request.path_params["number"]
    name = request.query_params.get("name", "")
    try:
        with uploads.receiving(number, name) as file:
            size = await save_body(request, file, lambda count: uploads.count(number, count))
    except UsageError:
        uploads.end(number)  # the page that sent it is gone
        raise
    return JSONResponse({"bytes": size})


async def import_upload(request: Request) -> Response:
    """Import what was sent as a folder would be."""
    bench, number = bench_of(request), request.path_params["number"]

    def tell(text: str, done: int, total: int) -> None:
        bench.feed.publish("importing", {"done": done, "total": total})

    def take_over() -> dict[str, object]:
        try:
            with bench.changing:
                summary = bench.uploads.take_over(number, bench.folder, tell)
                bench.changed(train=bool(summary.added))
        finally:
            bench.feed.publish("importing", None)
        told = {"renamed": summary.renamed, "told": summary.decided()}
        return {"added": summary.added, "skipped": summary.skipped, **told}

    return await answer(take_over)


async def drop_upload(request: Request) -> Response:
    """Forget an upload."""
    number = request.path_params["number"]
    return await answer(bench_of(request).uploads.end, number)


async def train(request: Request) -> Response:
    """Train again; the part ``training`` says how it goes."""
    return await answer(bench_of(request).trainer.ask)


async def report(request: Request) -> Response:
    """The report of the last training."""
    return await answer(lambda: teaching.load_report(bench_of(request).folder).data)


async def compare(request: Request) -> Response:
    """Two heads of the history side by side."""
    before, after = (request.query_params.get(name, "") for name in ("before", "after"))
    folder = bench_of(request).folder
    return await answer(lambda: head_list.compare_heads(folder, before, after).as_dict())


ROUTES = [
    Route("/api/classes", add_class, methods=["POST"]),
    Route("/api/classes", order_classes, methods=["PUT"]),
    Route("/api/classes/{name}", change_class, methods=["PATCH"]),
    Route("/api/classes/{name}", delete_class, methods=["DELETE"]),
    Route("/api/photos/picture", picture),
    Route("/api/photos/delete", delete_photos, methods=["POST"]),
    Route("/api/undo", undo, methods=["POST"]),
    Route("/api/correct", correct, methods=["POST"]),
    Route("/api/uploads", begin_upload, methods=["POST"]),
    Route("/api/uploads/{number}", upload_file, methods=["PUT"]),
    Route("/api/uploads/{number}", import_upload, methods=["POST"]),
    Route("/api/uploads/{number}", drop_upload, methods=["DELETE"]),
    Route("/api/train", train, methods=["POST"]),
    Route("/api/report", report),
    Route("/api/heads/compare", compare),
]
