"""Puts a head to work on a module: joined with its embedding, compiled for the NPU, flashed."""

import time

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_results import PERCENT
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.view_names import STRETCHED
from tinyteach.errors import BoardRefusedError
from tinyteach.head.format.head_file import Head
from tinyteach.progress import Progress
from tinyteach.service.boards.sessions import is_virtual_module
from tinyteach.service.heads.deployed import Deployed
from tinyteach.service.heads.exporting import model_for_module
from tinyteach.service.heads.recognition import SCORE_STEPS
from tinyteach.virtual.at import compiled as virtual_models

OTHER_VIEW = (
    "The head was not trained on what a Grove Vision AI V2 makes of its frames; run 'tinyteach "
    "train --view stretched' (in a program train(view='stretched')), then deploy again."
)


def deploy_to_module(
    client: ModuleClient, head: Head, embedding: Embedding, progress: Progress
) -> Deployed:
    """Write the whole model; BoardRefusedError for a head that was trained on other views.

    MissingToolError where Vela is not installed, ModelError where the module could not run it: both
    before anything is written.
    """
    if head.preprocessing != STRETCHED:
        raise BoardRefusedError(OTHER_VIEW)
    start = time.perf_counter()
    progress("Compiling for the NPU", 0, 0)
    joined, compiled, outputs = model_for_module(embedding, head)
    if is_virtual_module(client.port):
        virtual_models.remember(compiled.content, joined)
    threshold = head.threshold / SCORE_STEPS
    client.deploy(
        *(compiled.content, outputs, progress),
        head_hash=head.fingerprint.hex(),
        threshold_percent=round(threshold * PERCENT),
    )
    return Deployed(
        client.module_id,
        head.fingerprint.hex(),
        list(head.labels),
        len(compiled.content),
        round(time.perf_counter() - start, 4),
        round(threshold, 4),
        head.has_background,
        [],
    )
