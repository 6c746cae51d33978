"""What is refused is refused before anything that takes long is imported: nobody waits for a no."""

import json
import os
import subprocess
import sys

import pytest

# Each line in a child of one process, which has the parser and what clean lines before this one
# imported: that takes longest here, and what imports one of `WORKS` is imported by no clean line.
EACH = """
import importlib, io, json, os, sys
from tinyteach.cli import main, parser
works = set(json.loads(sys.argv[2]))
for line in json.loads(sys.argv[1]):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        sys.argv[1:], sys.stderr, sys.stdout = line.split(), io.StringIO(), io.StringIO()
        code = 0
        try:
            main.run()
        except SystemExit as end:
            code = end.code
        told = [line, code, sys.stderr.getvalue(), list(sys.modules)]
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)
    told = open(reading).read()
    print(told, flush=True)
    os.waitpid(child, 0)
    brought = json.loads(told)[3]
    for name in () if works & set(brought) else brought:
        importlib.import_module(name)
"""
WORKS = {
    *("numpy", "PIL", "scipy", "sklearn", "ai_edge_litert", "flatbuffers", "rich", "mpremote"),
    *("esptool", "jinja2", "pytest", "starlette"),
}
NO_BOARD = "No board is called 'nosuch'"
NO_PROJECT = "is not a TinyTeach project"
NO_FILE = "nosuch.png cannot be opened"
# In a project with 63 classes and no photograph: words, and of what the sentence is.
REFUSED = {
    "class add one": "at most 63 classes",
    "class remove nosuch": "There is no class 'nosuch'",
    "train": "no photographs of 'c0'",
    "train --seed -1": "A seed is a whole number",
    "train --seed 4294967296": "A seed is a whole number",
    "train --view nosuch": "There is no view 'nosuch'",
    "report": "There is no report yet",
    "advise": "There is no report yet",
    "new ../other --embedding note.txt": "is no .tflite model",
    "deploy": "no trained head yet",
    "deploy --threshold 7": "A threshold is a probability",
    "deploy --head 123": "There is no head '123'",
    "export model": "no trained head yet",
    "export model --for nosuch": "There is no export for 'nosuch'",
    "export model --head nosuch.tflite": "There is no head file nosuch.tflite",
    "capture nosuch": "There is no class 'nosuch'",
    "capture a/b": "cannot name a class",
    "capture c1 -n x": "Invalid value",
    "import nosuch": "There is no folder or zip nosuch",
    "import photos --recordings week": "Recordings cannot be told by 'week'",
    "preview --pictures nosuch": "There are no pictures 'nosuch'",
    "watch --threshold 7": "A threshold is a probability",
    "classify nosuch.png": NO_FILE,
    "classify note.txt --host": "no trained head yet",
    "classify note.txt --out x.png": "--out saves",
    "test nosuch": "There is no folder or zip nosuch",
    "test photos --at-least 7": "a fraction from 0 to 1",
    "test photos --host": "no trained head yet",
    "verify --photos nosuch": "There is no folder or zip nosuch",
    "why nosuch.png": NO_FILE,
    "teach": "Name a class to teach",
    "teach a/b": "cannot name a class",
    "teach c1 nosuch.png": NO_FILE,
    "teach --button x:y": "is no pin",
    "rule add nosuch pin": "The action 'pin' cannot be read",
    "alone --smoothing 7": "The weight of a new view",
    "alone --smoothing nan": "The weight of a new view",
    "alone --lines nosuch": "Lines are 'off'",
    "retrain --add nosuch": "There is no folder or zip nosuch",
    "upgrade --embedding nosuch": "There is no embedding 'nosuch'",
    "romfs x --embedding nosuch": "There is no embedding 'nosuch'",
    "pair --embedding nosuch": "There is no embedding 'nosuch'",
    "pair --camera nosuch": "There are no pins of a camera 'nosuch'",
    "pair --name a/b": "A board's name is",
    "flash nosuch": "The image nosuch cannot be read",
    "restore nosuch": "nosuch",
    "boards start --kind nosuch": "There is no kind 'nosuch'",
    "boards start --arch nosuch": "There is no architecture 'nosuch'",
    "boards start --dialect ma": "add --kind grove",
    "boards start --heap lots": "is no heap size",
    "boards start --heap 1k": "a heap from 64k to 64m",
    "boards start --kind grove --heap 1m": "--heap is a board's",
    "boards start --name a/b": "A board's name is",
    "boards show": "Name a photograph or folder",
    "boards show nosuch.png": "There is no file 'nosuch.png'",
    "boards show --object nosuch": "There is no demo object 'nosuch'",
    "boards stop": "No virtual board named virtual",
    "keys forget nosuch": "has no key of nosuch",
    "lab export nosuch": "There is no file nosuch",
    "soak --seed -1": "A seed is a whole number",
    "soak --minutes nan": "more than 0 minutes",
    "demo --arch nosuch": "There is no architecture 'nosuch'",
    "demo --embedding nosuch": "There is no embedding 'nosuch'",
    "demo --photos nosuch": "There is no folder or zip nosuch",
    "soak --minutes 0": "more than 0 minutes",
    "replay nosuch": "There is no tape nosuch",
    "replay note.txt": "is no tape",
    "studio --port x": "Invalid value",
    "--board /dev/nosuch info": "There is no port /dev/nosuch",
    "--board virtual info": "The virtual board does not run",
    **{
        f"--board nosuch {line}": NO_BOARD
        for line in (
            *("info", "watch", "capture c1", "preview", "rollback", "teach c1", "teach --list"),
            *("pull", "retrain", "classify note.txt", "rule list", "rule add c1 pin 2 high"),
            *("alone", "wipe --yes", "unpair --yes", "verify", "why", "soak", "pair", "upgrade"),
            *("flash note.txt", "restore"),
        )
    },
    **{
        f"--project nosuch {line}": NO_PROJECT
        for line in ("info", "watch", "capture c1", "heads", "class list", "boards stop", "pull")
    },
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """By line: the exit code, what was told, and the modules that were imported by then."""
    folder = tmp_path_factory.mktemp("early") / "project"
    for number in range(63):
        (folder / "photos" / f"c{number}").mkdir(parents=True)
    (folder / "tinyteach.json").write_text('{"format": 1, "name": "p", "classes": []}')
    (folder / "note.txt").write_text("no model")
    kept = {name: value for name, value in os.environ.items() if name != "TINYTEACH_BOARD"}
    done = subprocess.run(
        [sys.executable, "-c", EACH, json.dumps(list(REFUSED)), json.dumps(list(WORKS))],
        capture_output=True,
        text=True,
        cwd=folder,
        env=kept | {"TINYTEACH_HOME": str(folder.parent / "home")},
    )
    assert done.returncode == 0, done.stderr
    return {line: rest for line, *rest in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("line", REFUSED)
def test_a_refusal_imports_nothing_that_works(told, line):
    code, sentence, imported = told[line]
    assert code and REFUSED[line] in sentence, (code, sentence)
    assert not WORKS & set(imported)


def test_all_that_was_refused_was_told(told):
    assert list(told) == list(REFUSED)
