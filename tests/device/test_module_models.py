"""What a module's own model gives that is no head of ours."""

import pytest

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.errors import BoardRefusedError

from .scripted_module import ScriptedModule, reply


@pytest.mark.parametrize("kind", ["boxes", "points", "keypoints"])
def test_a_model_that_finds_places_is_named(kind):
    """As those that SenseCraft writes."""
    found = {"count": 1, "perf": [1, 2, 3], kind: [[1, 2, 3, 4, 50, 0]]}
    answers = [{}, reply("INVOKE", found, kind=1)]
    words = rf"where things are \({kind}\).*'tinyteach deploy'"
    with (
        ScriptedModule(lambda name, args: answers if name == "INVOKE" else None) as module,
        ModuleClient(module.name) as client,
        pytest.raises(BoardRefusedError, match=words),
    ):
        next(client.invoke())
