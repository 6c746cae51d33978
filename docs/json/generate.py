"""Writes schema.json, what ``--json`` prints, from the types of what commands give.

    python docs/json/generate.py [--check]

A shape is a type, a dataclass, a tuple of shapes of which one fits, a list of one shape for each
item, an object of shapes by name, or ``{str: shape}`` for names that are not known before.
"""

import dataclasses
import json
import sys
import types
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.device.repl.pairing import Paired
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.rules import Settings
from tinyteach.head.fit.evaluation import ClassResult, PhotoResult
from tinyteach.head.fit.sources import Across
from tinyteach.head.report.enough import Enough
from tinyteach.service.boards.clearing import Unpaired, Wiped
from tinyteach.service.boards.keys import KeyEntry, KeyMoved
from tinyteach.service.boards.finding import BoardEntry
from tinyteach.service.boards.overview import BoardOverview
from tinyteach.service.boards.teaching import ButtonSet, Forgotten, Held, Taught
from tinyteach.service.boards.verification import Summary
from tinyteach.service.boards.virtual_boards import BeforeCamera
from tinyteach.service.demo import Measured
from tinyteach.service.flash.firmware_images import Hint
from tinyteach.service.flash.flashing import Flashed
from tinyteach.service.flash.module_firmware import ModuleFlashed
from tinyteach.service.heads.advising import Advised
from tinyteach.service.heads.compared import Compared
from tinyteach.service.heads.deployed import Deployed
from tinyteach.service.heads.deploying import RolledBack
from tinyteach.service.heads.exporting import Exported
from tinyteach.service.heads.figures import Rate
from tinyteach.service.heads.head_list import HeadEntry
from tinyteach.service.heads.looking import Looks
from tinyteach.service.heads.pulling import Pulled
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.retraining import Retrained
from tinyteach.service.heads.training import Trained
from tinyteach.service.heads.under_test import HeadTested
from tinyteach.service.heads.upgrading import Upgraded
from tinyteach.service.lab.status import LabStatus
from tinyteach.service.photos.importing import ImportSummary
from tinyteach.service.photos.labelled import Copy
from tinyteach.service.photos.recording import Captured
from tinyteach.service.soak.soaked import Soaked
from tinyteach.service.tapes.driving import Replayed
from tinyteach.service.tapes.listing import Listed

FILE = Path(__file__).with_name("schema.json")
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", bytes: "string"}
PLAIN |= {type(None): "null"}
NUMBER = (float, None)
CELLS = [[float]]


def fields(kind: Any, *without: str) -> dict[str, Any]:
    """A dataclass's fields and their types, to be taken with others beside them."""
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    return {name: hints[name] for name in names if name not in without}


# All shapes below are of what is made with a method of its own; the others are their types.
CODE = {"exit_code": int}
RULE = {"number": int, "condition": str, "then": str, "else": str, "hold_s": float}
ALONE = {"rules": [RULE], "settings": Settings, "problems": [str]}
RATE = {"rate": NUMBER, **fields(Rate)}
PREDICTED = fields(PhotoResult)
CLASS = fields(ClassResult)
MODULE = {
    **fields(ModuleInfo),
    **{"board_id": str, "machine": str, "has_camera": bool, "head": str, "previous_head": str},
    **{"threshold": int, "kind": str, "port": str},
}
TRIED = {
    **{"name": str, "folder": str, **PREDICTED},
    **{"best_label": str, "probabilities": {str: float}},
}
TESTED = {
    **{"source": str, "where": str, **fields(HeadTested), "photos": int, "recordings": int},
    **{"accuracy": NUMBER, "right": int, "own_photos": int, "other_photos": int},
    **{"interval": ([float], None), "best_class": RATE, "false_rejects": RATE},
    **{"false_accepts": RATE, "labels": [str], "confusion": [[int]], "classes": [CLASS]},
    **{"others": {str: RATE}, "untested": [str], "worst": [TRIED], "tested": [TRIED]},
    **{"computed_twice": int, "mismatches": [str], "compared": bool, "copies": [Copy]},
    **{"skipped": [str], "notes": [str], "at_least": NUMBER, **CODE},
}
REPORT = {
    **{"title": str, "accuracy": NUMBER, "interval": ([float], None), "method": str},
    **{"tested_photos": int, "tested_recordings": (int, None), "folds": int},
    **{"optimistic_classes": [str], "untested_classes": [str], "labels": [str]},
    "classes": [{**CLASS, "photos": int, "recordings": int}],
    **{"confusion": [[int]], "said": {str: [int]}, "unknown": str, "threshold": float},
    **{"false_rejects": NUMBER, "false_rejects_interval": ([float], None)},
    **{"false_accepts": {str: float}, "false_accepts_intervals": {str: [float]}},
    **{"false_accepts_unaided": NUMBER, "calibration_error": NUMBER},
    "worst": [{"name": str, **PREDICTED, "cells": (CELLS, None)}],
    "tested": [{"name": str, **PREDICTED}],
    **{"in_several_classes": [[str]], "advice": [str], "enough": Enough, "sure": float},
    "codes": {str: {"code": str, "values": dict}},
    "sources": {"photos": {str: int}, "across": [Across], "sentences": [str]},
    "timings_s": {str: float},
}
FINDING = {"name": str, "status": str, "found": str, "fix": str, **CODE}
CLASSIFIED = {"file": str, **fields(Recognised)}
IMPORTED = fields(ImportSummary, "skipped_lines", "told", "rename_lines")

# What each command prints. `error` is what stands on standard error in place of it.
PRINTED: dict[str, Any] = {
    "error": {"error": str, "kind": str, **CODE},
    "boards": [BoardEntry],
    "boards start": BoardEntry,
    "boards show": BeforeCamera,
    "boards pins": {str: int},
    "boards stop": {"stopped": str},
    "flash": (Flashed, ModuleFlashed, [Hint]),
    "restore": Flashed,
    "romfs": {"folder": str, "file": str, "bytes": int},
    "pair": Paired,
    "info": ({**fields(BoardOverview, "info"), **fields(BoardInfo)}, MODULE),
    "doctor": {"board": str, "healthy": bool, "findings": [FINDING]},
    "new": {"project": str, "path": str, "notes": [str]},
    "class add": {"added": [str]},
    "class rename": {"renamed": str, "name": str},
    "class remove": {"removed": str},
    "class list": {
        "classes": [{"name": str, "photos": int, "recordings": int}],
        **{"problems": [str], "counted": str},
    },
    "preview": {"width": int, "height": int, "brightness": float, "file": (str, None)},
    "capture": Captured,
    "import": IMPORTED,
    "export photos": {"file": str, "bytes": int},
    "export model": Exported,
    "train": Trained,
    "report": REPORT,
    "advise": Advised,
    "heads": [HeadEntry],
    "deploy": Deployed,
    "rollback": RolledBack,
    "teach": (Taught, Forgotten, Held, ButtonSet),
    "pull": Pulled,
    "retrain": {**fields(Retrained), "added": (fields(ImportSummary), None)},
    "upgrade": Upgraded,
    "watch": Recognised,
    "classify": (CLASSIFIED, {**CLASSIFIED, "why": Looks}),
    "rule add": ALONE,
    "rule list": ALONE,
    "rule remove": ALONE,
    "rule clear": {"removed": int},
    "alone": ALONE,
    "wipe": Wiped,
    "unpair": Unpaired,
    "keys list": {"keys": [KeyEntry]},
    "keys export": KeyMoved,
    "keys import": KeyMoved,
    "keys forget": KeyMoved,
    "test": TESTED,
    "verify": {**fields(Summary), **CODE},
    "why": {**fields(Compared), "agrees": bool, **CODE},
    "lab status": LabStatus,
    "soak": {
        **fields(Soaked),
        **{"memory_growth_bytes": (int, None), "memory_flat": (bool, None)},
        **{"latency_drift": NUMBER, "held": bool, **CODE},
    },
    "replay": ({**fields(Replayed), "held": bool, **CODE}, Listed),
    "demo": Measured,
    "studio": {"url": str, "api": str, "key_file": str, "port": int, "ran_before": bool},
}


def schema_of(shape: Any) -> dict[str, Any]:
    """The JSON Schema of a shape or a type."""
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        return schema_of(fields(shape))
    if isinstance(shape, dict):
        return _of_object(shape)
    if isinstance(shape, tuple):
        return {"anyOf": [schema_of(each) for each in shape]}
    if isinstance(shape, list):
        return {"type": "array", "items": schema_of(shape[0])}
    shape = type(None) if shape is None else shape
    return {"type": PLAIN[shape]} if shape in PLAIN else _of_generic(shape)


def _of_object(shape: dict[Any, Any]) -> dict[str, Any]:
    if list(shape) == [str]:
        return {"type": "object", "additionalProperties": schema_of(shape[str])}
    properties = {name: schema_of(kind) for name, kind in shape.items()}
    closed = {"required": list(properties), "additionalProperties": False}
    return {"type": "object", "properties": properties, **closed}


def _of_generic(kind: Any) -> dict[str, Any]:
    """Of a type such as ``list[str]``, ``dict[str, int]`` or ``float | None``."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return schema_of(parts)
    if origin in (dict, Mapping):
        return schema_of({str: parts[1]})
    if origin in (list, tuple, Sequence, Collection):
        return schema_of([parts[0]])
    return {}


def schemas() -> dict[str, Any]:
    """One JSON Schema whose ``$defs`` have that of each command."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What `tinyteach COMMAND --json` prints, by command",
        "$defs": {command: schema_of(shape) for command, shape in PRINTED.items()},
    }


def written() -> str:
    """schema.json: one line a command, so that a change shows which."""
    whole = schemas()
    lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(s)}" for n, s in whole["$defs"].items())
    head = [f" {json.dumps(name)}: {json.dumps(whole[name])}," for name in ("$schema", "title")]
    return "\n".join(["{", *head, ' "$defs": {', lines, " }", "}"]) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(FILE.read_text() != written())
    FILE.write_text(written())
