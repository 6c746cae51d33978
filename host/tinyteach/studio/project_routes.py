"""Addresses about the project: classes, photographs, uploads, undo, training and its heads."""

from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tinyteach.errors import UsageError
from tinyteach.service.heads import head_list, training
from tinyteach.service.heads.downloads import download
from tinyteach.service.heads.exporting import missing_for
from tinyteach.service.photos import collection as photos
from tinyteach.service.projects.opening import open_project
from tinyteach.studio.answers import bench_of
from tinyteach.studio.bodies import save_body
from tinyteach.studio.calls import Call, route

PICTURE_KEPT_S = 3600
SIDE = "A picture's side is a number of pixels; reload the page."


def _changing(change: Callable[[Call], object], train: bool = True) -> Callable[[Call], object]:
    """A use case during which nobody else changes the project, and after which it is shown."""

    def use(call: Call) -> object:
        with call.bench.changing:
            result = change(call)
            call.bench.changed(train=train)
        return result

    return use


def add_class(call: Call) -> dict[str, object]:
    """Add a class."""
    return {"name": open_project(call.bench.folder).add_class(call.wanted("name", str))}


def change_class(call: Call) -> dict[str, object]:
    """Rename a class, or give it another colour."""
    bench, old = call.bench, call.words["name"]
    name, colour = call.optional("name", str), call.optional("colour", int)
    with bench.changing:
        project = open_project(bench.folder)
        if colour is not None:
            project.set_colour(old, colour)
        now = project.rename_class(old, name) if name is not None and name != old else old
        bench.changed(train=now != old)
    return {"name": now}


def delete_class(call: Call) -> dict[str, object]:
    """Delete a class with its photographs; ``undo`` brings them back."""
    return {"undo": photos.delete_class(call.bench.folder, call.words["name"])}


def order_classes(call: Call) -> None:
    """Put the classes into another order."""
    open_project(call.bench.folder).order_classes([*map(str, call.wanted("names", list))])


def picture(call: Call) -> Response:
    """A photograph as a JPEG, ``side`` pixels at most; with its ``time`` it may be kept."""
    side = call.number("side", SIDE, "96")
    content = photos.thumbnail(call.bench.folder, call.words.get("id", ""), side)
    kept = f"private, max-age={PICTURE_KEPT_S}" if call.words.get("time") else "no-cache"
    return Response(content, media_type="image/jpeg", headers={"cache-control": kept})


def delete_photos(call: Call) -> dict[str, object]:
    """Delete photographs; ``undo`` brings them back."""
    ids = [*map(str, call.wanted("ids", list))]
    return {"undo": photos.delete_photos(call.bench.folder, ids)}


def move_photos(call: Call) -> dict[str, object]:
    """Move photographs into another class; ``ids`` are theirs from then on."""
    ids = [*map(str, call.wanted("ids", list))]
    return {"ids": photos.move_photos(call.bench.folder, ids, call.wanted("class", str))}


def undo(call: Call) -> dict[str, object]:
    """Put back what was deleted."""
    return {"photos": photos.undo_delete(call.bench.folder, call.wanted("undo", str))}


def correct(call: Call) -> dict[str, object]:
    """Make a view that was shown a photograph of a class, and retrain."""
    return {"id": call.bench.correct(call.wanted("view", int), call.wanted("class", str))}


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


def import_upload(call: Call) -> dict[str, object]:
    """Import what was sent as a folder would be."""
    bench = call.bench
    with bench.feed.progress("importing") as tell, bench.changing:
        summary = bench.uploads.import_sent(call.words["number"], bench.folder, tell)
        bench.changed(train=bool(summary.added))
    told = {"renamed": summary.renamed, "told": summary.decided()}
    return {"added": summary.added, "skipped": summary.skipped, **told}


def compare(call: Call) -> dict[str, object]:
    """Two heads of the history side by side."""
    two = (call.words.get(name, "") for name in ("before", "after"))
    return head_list.compare_heads(call.bench.folder, *two).as_dict()


def take_along(call: Call) -> Response:
    """Photographs, report or model as a file to keep; its name is in Content-Disposition."""
    name, content = download(call.bench.folder, call.words["what"])
    kept = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, headers=kept, media_type="application/octet-stream")


UPLOAD = "/api/uploads/{number}"
# docs/studio-api.md says what each takes and gives.
ROUTES = [
    route("POST", "/api/classes", _changing(add_class, train=False)),
    route("PUT", "/api/classes", _changing(order_classes)),
    route("PATCH", "/api/classes/{name}", change_class),
    route("DELETE", "/api/classes/{name}", _changing(delete_class)),
    route("GET", "/api/photos/picture", picture),
    route("POST", "/api/photos/delete", _changing(delete_photos)),
    route("POST", "/api/photos/move", _changing(move_photos)),
    route("POST", "/api/undo", _changing(undo)),
    route("POST", "/api/correct", correct),
    route("POST", "/api/uploads", lambda call: {"upload": call.bench.uploads.begin()}),
    Route(UPLOAD, upload_file, methods=["PUT"]),
    route("POST", UPLOAD, import_upload),
    route("DELETE", UPLOAD, lambda call: call.bench.uploads.end(call.words["number"])),
    route("POST", "/api/train", lambda call: call.bench.trainer.ask()),
    route("GET", "/api/report", lambda call: training.load_report(call.bench.folder).data),
    route("GET", "/api/heads/compare", compare),
    route("GET", "/api/download", lambda call: {"missing": missing_for()}),
    route("GET", "/api/download/{what}", take_along),
]
