"""Seeed's own client, unchanged, takes the virtual module for a Grove Vision AI V2."""

import base64
import json
import queue
import threading

import numpy as np
import pytest

from compiled_models import remembered
from module_terminal import started
from patience import PATIENCE_S
from tinyteach.virtual.at.flash import MODEL_ADDRESS
from tinyteach.virtual.at.module import VirtualModule

pytest.importorskip("sscma", reason="python-sscma is missing: pip install 'tinyteach[sscma]'")

CLASSES = ["red", "green", "blue"]


@pytest.fixture
def module():
    note = base64.b64encode(json.dumps({"name": "Colours", "classes": CLASSES}).encode()).decode()
    with VirtualModule() as module:
        module.show(np.full((240, 240, 3), (200, 100, 30), np.uint8))
        module.keep_note(note)
        with started(module):
            pass  # what it is sent in its loader's window would keep it there
        yield module


@pytest.fixture
def device(module):
    from sscma.micro.client import SerialClient
    from sscma.micro.device import Device

    opened = Device(SerialClient(module.port))
    opened.loop_start()
    yield opened
    opened.loop_stop()


def test_it_reads_who_the_module_is_and_the_labels(module, device):
    assert device.info.id == module.unique_id.hex()
    assert device.info.name == "Grove Vision AI V2"
    assert device.info.software == "2025.01.02" and device.info.hardware == "1"
    assert device.model.name == "Colours" and device.model.classes == CLASSES
    assert device.wifi.SSID == ""


def test_it_gets_photographs(device):
    photographs = queue.Queue()
    device.on_monitor = lambda _, event: photographs.put(event)
    device.Sample(-1)
    event = photographs.get(timeout=PATIENCE_S)
    assert event["resolution"] == [240, 240] and base64.b64decode(event["image"])[:2] == b"\xff\xd8"


def test_it_flashes_a_model_and_gets_results(module, request):
    from sscma.flashers.core import HimaxFlasher

    content = remembered(filler_bytes=20_000)
    flasher = HimaxFlasher(module.port)
    writing = threading.Thread(target=flasher.write, args=(content, MODEL_ADDRESS))
    writing.start()
    while not flasher.serial.is_open:
        pass
    module.reset()  # as its user is told to
    writing.join(PATIENCE_S)
    assert module.flash.read(MODEL_ADDRESS, len(content)) == content
    device = request.getfixturevalue("device")
    results = queue.Queue()
    device.on_monitor = lambda _, event: results.put(event)
    device.Invoke(-1, False, True)
    assert results.get(timeout=PATIENCE_S)["classes"] == [[78, 0]]
    device.tscore = 1
    while len(classes := results.get(timeout=PATIENCE_S)["classes"]) < 2:
        pass
    assert classes == [[78, 0], [39, 1], [11, 2]]
