"""The golden vectors: made by their generator, read alike on every runtime."""

import importlib.util
import json
from pathlib import Path

from tinyteach_protocol import messages

READER = Path(__file__).with_name("vector_reader.py")


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_file_is_what_the_generator_writes(root):
    generator = load(root / "protocol" / "vectors" / "generate.py")
    assert generator.PATH.read_text(encoding="utf-8") == generator.document()


def test_every_message_has_a_vector(root):
    vectors = json.loads((root / "protocol" / "vectors" / "vectors.json").read_text("utf-8"))
    types = {vector["type"] for vector in vectors["messages"]}
    expected = set(messages.VERBS) | set(messages.EVENTS) | {messages.ERROR}
    answered = {v for v, entry in messages.VERBS.items() if not entry[1] & messages.ONE_WAY}
    assert types == expected | {verb | messages.RESPONSE for verb in answered}


def test_read_on_cpython(root, capsys):
    load(READER).main(root / "protocol" / "vectors" / "vectors.json")
    assert capsys.readouterr().out == "read 40 7 7 5 3\n"


def test_read_on_micropython(root, micropython):
    vectors = root / "protocol" / "vectors" / "vectors.json"
    assert micropython.run(READER, str(vectors)) == "read 40 7 7 5 3\n"
