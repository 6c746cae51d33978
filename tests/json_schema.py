"""What commands print with ``--json``, beside docs/json/schema.json."""

import json
from functools import cache
from pathlib import Path

import jsonschema

from tinyteach.cli.table import GROUPS, MEANT, commands_of

SCHEMA = json.loads((Path(__file__).parents[1] / "docs" / "json" / "schema.json").read_text())


@cache
def validator(command: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(SCHEMA["$defs"][command])


def command_in(words: list[str]) -> str:
    """Which command a command line names; empty where it names none."""
    for place, word in enumerate(words):
        if word in commands_of(""):
            below = next((w for w in words[place + 1 :] if w in commands_of(word)), "")
            return f"{word} {below or MEANT.get(word, '')}".rstrip() if word in GROUPS else word
    return ""


def check_json(words: list[str], code: int, out: str, err: str) -> None:
    """Each line is an object of the command's schema, and an error's is one of an error."""
    command = command_in(words)
    for line in out.splitlines():
        validator(command).validate(json.loads(line))
    told = [line for line in err.splitlines() if line.startswith("{")]
    assert len(told) == (1 if told else 0) and "tinyteach: " not in err, err
    for line in told:
        validator("error").validate(found := json.loads(line))
        assert found["exit_code"] == code


def as_sentences(err: str) -> str:
    """Standard error with each error in JSON as the sentence that a person is told."""
    lines = [
        f"tinyteach: {json.loads(line)['error']}" if line.startswith('{"error": ') else line
        for line in err.splitlines()
    ]
    return "".join(f"{line}\n" for line in lines)
