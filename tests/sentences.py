"""Which sentences the studio can say, read from the sources: each by a code, its values by names.

``python tests/sentences.py`` writes host/tinyteach/studio/sentences.json anew. Whoever adds or
changes a sentence runs it and puts the sentence's code into the page's js/strings/zh-said.json.
"""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from tinyteach import errors
from tinyteach.files import format_json
from tinyteach.studio.sentences import CATALOGUE
from tinyteach_protocol.error_sentences import ERRORS

HOST = CATALOGUE.parents[1]
ROOMS = ("data", "device", "embedding", "head", "link", "service", "studio", "virtual", "workbench")
FILES = ("extras.py", "files.py", "firmware.py", "locks.py")
# Whose sentences stand behind numbers: what a board answers.
BOARD = HOST.parents[1] / "protocol" / "tinyteach_protocol" / "error_sentences.py"
# What of those the studio never says, by what their names begin with.
NEVER = {
    "data/exporting.py": "the page takes photographs along as the browser's download",
    "device/esp/": "flash a chip, by a command",
    "device/registry.py": "names are given by a command",
    "device/usb/": "what 'tinyteach boards' shows",
    "device/wire/trace.py": "for 'tinyteach verify'",
    "embedding/recipe/": "makes an embedding, by a command",
    "head/export/": "text in the files of an export",
    "head/format/metadata.py": "text in a model's file",
    "head/format/tflite_writer.py": "text in a head's file",
    "head/report/": "advice has codes of its own (coded.py)",
    "link/port_server.py": "serves a lab's ports",
    "link/tape/": "records and replays, by commands",
    "service/boards/changes.py": "numbers that a command takes",
    "service/boards/clearing.py": "a command's",
    "service/boards/keys.py": "a command's",
    "service/boards/insecurity.py": "a command's",
    "service/boards/module_overview.py": "what 'tinyteach info' shows",
    "service/boards/other_boards.py": "flash a chip, by a command",
    "service/boards/overview.py": "what 'tinyteach info' shows",
    "service/boards/verification.py": "a command's",
    "service/demo.py": "a command's",
    "service/doctor/": "findings have codes of their own (coded.py)",
    "service/flash/": "flash a chip, by a command",
    "service/heads/advising.py": "a command's",
    "service/heads/compared.py": "a command's",
    "service/heads/comparing.py": "a command's",
    "service/heads/difference.py": "a command's",
    "service/heads/looking.py": "a command's",
    "service/heads/module_verifying.py": "a command's",
    "service/heads/retraining.py": "a command's",
    "service/heads/tested.py": "a command's",
    "service/heads/testing.py": "a command's",
    "service/heads/under_test.py": "a command's",
    "service/heads/upgrading.py": "a command's",
    "service/lab/": "a lab's, by commands",
    "service/photos/labelled.py": "a command's",
    "service/soak/": "a command's",
    "service/tapes/": "commands'",
    "service/words/": "what a command is given",
    "service/projects/counting.py": "a command's",
    "service/projects/suited.py": "a command's",
    "studio/lan.py": "the terminal's",
    "studio/serve.py": "the terminal's",
    "virtual/at/": "runs in a virtual module's process",
    "virtual/board": "runs in a virtual board's process",
    "virtual/daemon.py": "runs in a virtual board's process",
    "virtual/flash_image.py": "runs in a virtual board's process",
    "virtual/rom/": "runs on a virtual board",
}
SKIPPED_FUNCTIONS = ("lines", "sentence", "_about_unknown", "_metadata", "_probe")
CODED = ("say", "fill")  # functions that give what they say a code
# What is wrong with a board and what to do about it stand apart there.
HALVES = ("boot_fault", "library_fault", "trouble", "state_words", "STATES")
HALVES += ("UNKNOWN_STATE",)
SKIPPED_FUNCTIONS += ("security_headers", "take_along")
# Clauses of sentences that are found though they are short.
CLAUSES = (
    *(
        "holds {forbidden}",
        "shows nothing",
        "is empty",
        "is {name} bytes long",
        "a class",
        "a project",
    ),
    *("begins or ends with a dot or a space", "is a device's name on Windows"),
    *("the classes are {names}", "add it with 'tinyteach class add'"),
    *("its name leads outside the zip", "it is an archive too deep inside others"),
    *("it leads to a folder that is taken already", "it is no ordinary file"),
    *("it lies too deep in folders", "nothing says which class it belongs to"),
    *("the same photograph is in class {owner} already", "locked by a password"),
    *("a link to another file", "no file can be called that", " within what chance explains"),
    "No project can be made in {root}: {error}",
    "{kernels} kernels",
    *("free space, or use another place", "check its permissions, or use another place"),
    *("use another place, which can be written to", "use another place or name"),
    *("move away what is in its place", "close programs that use it and try again"),
    *("rename the file", "free space, or mend that"),
    *("{photos} photographs", "is not a PNG, JPEG, WebP, {what}GIF, TIFF, PPM or BMP file"),
)
# What systems say, in files.reason's way.
SYSTEM = ("permission denied", "no such file or directory", "no space left on device")
SYSTEM += ("read-only file system", "file exists", "not a directory", "is a directory")
SYSTEM += ("file name too long", "input/output error", "device or resource busy")
# These say only what others say, which have codes of their own.
OF_CODED = {
    **{"it": "it {told}", "pronoun": "it", "left-out": "{name}: {told}", "is": "{name} is {told}."},
    **{"said-of": "{name} {told}.", "both": "{first} {then}", "halves": "{found}; {fix}."},
}
# Errors that are made of what other sentences say.
OF_OTHERS = ("{source} is {told}.", "{place} {told}.", "{trouble}; {another}.")
OF_OTHERS += ("{path}: {error}", "{lost} {what}")
CODE_WORDS = 7
CALLED_LIKE_ITS_ARGUMENT = ("described", "len", "list", "map", "plain", "shown", "sorted", "str")


def sentences() -> dict[str, str]:
    """Every sentence by its code, sorted."""
    found = {each for path in _sources() for each in (*_sentences_of(path), *_halves_of(path))}
    assert found.issuperset(CLAUSES), set(CLAUSES) - found
    by_code = dict(OF_CODED)
    for sentence in sorted(found | set(SYSTEM)):
        by_code[_code(sentence, by_code)] = sentence
    refused = {told for _, told in ERRORS.values()}
    by_code |= {
        f"{c}-detail": f"{t[:-1]} ({{detail}})." for c, t in by_code.items() if t in refused
    }
    return dict(sorted(by_code.items()))


def unknown_errors() -> set[str]:
    """What an error says, where it is raised, that is not among the sentences."""
    known = {*sentences().values(), *OF_OTHERS}
    kinds = {name for name in vars(errors) if name.endswith("Error")}
    said = (
        _template(call.args[0], path)
        for path in _sources()
        for call in ast.walk(_tree(path))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in kinds and call.args
    )
    return {each for each in said if each} - known


def _sources() -> Iterator[Path]:
    paths = [
        BOARD,
        *(HOST / name for name in FILES),
        *(p for r in ROOMS for p in (HOST / r).rglob("*.py")),
    ]
    for path in paths:
        if path == BOARD or not path.relative_to(HOST).as_posix().startswith(tuple(NEVER)):
            yield path


def _code(sentence: str, taken: dict[str, str]) -> str:
    """Its first words, and more where others begin so."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"\{\w+\}|'s\b", " ", sentence).lower())
    counts = range(CODE_WORDS, len(words) + 1)
    longer = ("-".join(words[:count]) for count in counts)
    numbered = (f"{'-'.join(words[:CODE_WORDS])}-{number}" for number in range(2, 99))
    first = "-".join(words[:CODE_WORDS])
    return next(code for code in (first, *longer, *numbered) if code not in taken)


def _sentences_of(path: Path) -> Iterator[str]:
    for node in _written_in(_tree(path)):
        text = _template(node, path)
        if text and (text in CLAUSES or _is_sentence(text)):
            yield text


def _halves_of(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        names = [node, *getattr(node, "targets", [])]
        if any(getattr(each, field, "") in HALVES for each in names for field in ("name", "id")):
            is_call = isinstance(node, ast.Name)
            texts = (_template(each, path) for each in _written_in(node) if not is_call)
            yield from (text for text in texts if " " in text and len(_words(text)) > 1)


def _words(text: str) -> list[str]:
    return re.findall("[a-z]{2,}", re.sub(r"\{\w+\}", " ", text.lower()))


def _written_in(node: ast.AST) -> Iterator[ast.AST]:
    """Texts that are no docstrings and not in functions whose text is not for the page."""
    if isinstance(node, ast.JoinedStr | ast.Constant) or _is_sum(node):
        yield node
        return
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_coded = isinstance(node, ast.Call) and getattr(node.func, "id", "") in CODED
    is_told = is_docstring or is_coded or getattr(node, "name", "") in SKIPPED_FUNCTIONS
    if not is_told:
        for child in ast.iter_child_nodes(node):
            yield from _written_in(child)


def _is_sum(node: ast.AST) -> bool:
    """Whether something is added to a text."""
    return isinstance(node, ast.BinOp) and isinstance(getattr(node.left, "value", None), str)


def _is_sentence(text: str) -> bool:
    """Whole ones, and clauses of two halves ("… is a film; save its frames")."""
    return len(_words(text)) > 2 and text.strip() == text and (text.endswith(".") or "; " in text)


def _template(node: ast.AST, path: Path) -> str:
    """A text with names in braces where something is filled in; empty where ``node`` is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _of_format(node.value)
    values = node.values if isinstance(node, ast.JoinedStr) else []
    if isinstance(node, ast.BinOp) and _is_sum(node):
        values = [node.left, ast.FormattedValue(node.right, -1)]
    names: dict[str, str] = {}
    text = "".join(_piece(value, path, names) for value in values)
    return re.sub(r"(\{\w+\})(\{\w+\})+", r"\1", text)  # nothing tells the two apart


def _piece(value: ast.expr, path: Path, names: dict[str, str]) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value).replace("{}", "{what}")  # a text that is filled in later
    assert isinstance(value, ast.FormattedValue)
    constant = _constant(value.value, path)
    if constant is not None:
        return _of_format(constant)
    written = ast.unparse(value.value)
    if written not in names:
        names[written] = _unique(_name(value.value), set(names.values()))
    return f"{{{names[written]}}}"


def _of_format(text: str) -> str:
    """The same of a text that `str.format` fills in."""
    try:
        parts = [*Formatter().parse(text)]
    except ValueError:
        return text
    taken: set[str] = set()
    told = ""
    for literal, field, *_ in parts:
        told += literal
        if field is not None:
            name = re.sub(r"\W.*", "", field)
            name = name or _unique("what", taken)
            taken.add(name)
            told += f"{{{name}}}"
    return told


def _unique(name: str, taken: set[str]) -> str:
    return next(n for n in (name, *(f"{name}{i}" for i in range(2, 99))) if n not in taken)


def _name(value: ast.expr) -> str:
    """What a value is called where it is filled in."""
    if isinstance(value, ast.Name | ast.Attribute):
        return (value.id if isinstance(value, ast.Name) else value.attr).strip("_").lower()
    if isinstance(value, ast.Call):
        return _name_of_call(value)
    inner = {"value": ast.Subscript, "left": ast.BinOp, "elt": ast.GeneratorExp}
    for field, kind in inner.items():
        if isinstance(value, kind):
            return _name(getattr(value, field))
    return "what"


def _name_of_call(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        if function.attr in ("join", "map") and call.args:
            return _name(call.args[0])
        is_own = isinstance(function.value, ast.Name) and function.value.id == "self"
        return _name(function if is_own else function.value)
    if _name(function) in CALLED_LIKE_ITS_ARGUMENT and call.args:
        return _name(call.args[-1])
    return {"reason": "why", "why": "why"}.get(_name(function), _name(function))


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _constant(value: ast.expr, path: Path) -> str | None:
    """What a module's constant says, here or where it is imported from; None where it is none."""
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        module = _imported(path).get(value.value.id)
        return _named(value.attr, _file(module)) if module else None
    return _named(value.id, path) if isinstance(value, ast.Name) else None


def _named(name: str, path: Path | None) -> str | None:
    if path is None or not re.fullmatch(r"_?[A-Z][A-Z_]+", name):
        return None
    for node in _tree(path).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return _template(node.value, path) or None
    module = _imported(path).get(name, "")
    return _named(name, _file(module.rpartition(".")[0])) if module else None


@functools.cache
def _imported(path: Path) -> dict[str, str]:
    """By name the dotted path of what is imported."""
    nodes = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name: f"{n.module}.{alias.name}" for n in nodes for alias in n.names
    }


def _file(module: str) -> Path | None:
    path = HOST.parent.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.exists() else None


if __name__ == "__main__":
    CATALOGUE.write_bytes(format_json(sentences(), indent=1))
