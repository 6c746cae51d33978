"""The doctor's page on a module: each line right, or one thing to do."""

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.device.at.refusals import NO_CAMERA
from tinyteach.errors import BoardRefusedError, TinyTeachError
from tinyteach.service.boards.module_overview import DIALECTS
from tinyteach.service.doctor.findings import Finding, Page, by_error, passed, skipped, to_fix
from tinyteach.service.photos.frames import take_frame

DEPLOY = "run 'tinyteach deploy'"
NO_CLASSES = skipped("classes", "there is no model")


def examine_module(client: ModuleClient) -> Page:
    """Ask it all; raises nothing that a module can cause."""
    port = passed("port", client.port)
    try:
        info = client.info()
    except TinyTeachError as error:
        return Page(client.port, [port, by_error("firmware", error)])
    return Page(
        client.port,
        [port, _firmware(info), _camera(info), _photograph(client, info), *_model(info)],
    )


def _firmware(info: ModuleInfo) -> Finding:
    if not info.is_usable:
        return to_fix("firmware", *info.trouble, BoardRefusedError)
    return passed("firmware", f"Seeed's {info.firmware} ({DIALECTS[info.dialect]})")


def _camera(info: ModuleInfo) -> Finding:
    if not info.is_usable:
        return skipped("camera", "needs Seeed's present firmware")
    if not info.sensor:
        return by_error("camera", BoardRefusedError(NO_CAMERA))
    return passed("camera", info.sensor)


def _photograph(client: ModuleClient, info: ModuleInfo) -> Finding:
    if not info.sensor or not info.is_usable:
        return skipped("photograph", "needs a camera and present firmware")
    try:
        height, width = take_frame(client).shape[:2]
    except TinyTeachError as error:
        return by_error("photograph", error)
    return passed("photograph", f"{width}×{height} pixels, whole")


def _model(info: ModuleInfo) -> list[Finding]:
    if info.pending_hash:
        found = "the last deploy did not complete"
        return [to_fix("model", found, DEPLOY, BoardRefusedError), NO_CLASSES]
    if not info.has_model:
        return [skipped("model", f"none; {DEPLOY}"), NO_CLASSES]
    own = info.model_hash or "of another program"
    names = ", ".join(info.labels)
    classes = passed("classes", names) if names else skipped("classes", "have no names")
    return [passed("model", own), classes]
