"""The doctor's page on a module: each line right, or one thing to do."""

from tinyteach.coded import fill, say
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.device.at.refusals import NO_CAMERA
from tinyteach.errors import BoardRefusedError, TinyTeachError
from tinyteach.service.boards.module_overview import DIALECTS
from tinyteach.service.doctor.findings import Finding, Page, by_error, passed, skipped, to_fix
from tinyteach.service.photos.frames import take_frame

DEPLOY = say("run-deploy", "run 'tinyteach deploy'")
NO_CLASSES = skipped("classes", say("there-is-no-model", "there is no model"))
NEEDS_FIRMWARE = say("needs-seeed-firmware", "needs Seeed's present firmware")
NEEDS_BOTH = say("needs-camera-and-firmware", "needs a camera and present firmware")
CUT_OFF = say("deploy-did-not-complete", "the last deploy did not complete")
FOREIGN = say("of-another-program", "of another program")
NAMELESS = say("have-no-names", "have no names")


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
    told = "Seeed's {version} ({dialect})"
    dialect = DIALECTS[info.dialect]
    return passed("firmware", fill("seeed-firmware", told, version=info.firmware, dialect=dialect))


def _camera(info: ModuleInfo) -> Finding:
    if not info.is_usable:
        return skipped("camera", NEEDS_FIRMWARE)
    if not info.sensor:
        return by_error("camera", BoardRefusedError(NO_CAMERA))
    return passed("camera", info.sensor)


def _photograph(client: ModuleClient, info: ModuleInfo) -> Finding:
    if not info.sensor or not info.is_usable:
        return skipped("photograph", NEEDS_BOTH)
    try:
        height, width = take_frame(client).shape[:2]
    except TinyTeachError as error:
        return by_error("photograph", error)
    size = f"{width}×{height}"
    return passed("photograph", fill("photograph-whole", "{size} pixels, whole", size=size))


def _model(info: ModuleInfo) -> list[Finding]:
    if info.pending_hash:
        return [to_fix("model", CUT_OFF, DEPLOY, BoardRefusedError), NO_CLASSES]
    if not info.has_model:
        none = fill("no-model-yet", "none; {to_do}", to_do=DEPLOY)
        return [skipped("model", none), NO_CLASSES]
    own = info.model_hash or FOREIGN
    names = ", ".join(info.labels)
    classes = passed("classes", names) if names else skipped("classes", NAMELESS)
    return [passed("model", own), classes]
