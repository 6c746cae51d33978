"""Short private names: the same program in fewer names, and tracebacks that read as before."""

import ast

from tinyteach.firmware import names_on_boards
from tinyteach.short_names import lengthen, plan, shorten
from without_types import without_types

FIRST = """
_HIDDEN = const(3)
_TABLE = (_HIDDEN, 4)


class Thing:
    def __init__(self):
        self._own_value = 1  # _own_value
        self._shared = "_own_value"

    def _own_function(self, _given):
        return self._own_value + _given
"""
SECOND = "def use(thing):\n    return thing._shared + thing.__class__._a\n"


def test_own_names_are_short_and_shared_ones_stay():
    names = plan({"first": FIRST, "second": SECOND})
    assert names["second"] == {"_a": "_b"}  # its own _a is renamed, and not to itself
    assert set(names["first"]) == {"_TABLE", "_own_value", "_own_function", "_given"}
    assert len(set(names["first"].values())) == 4
    text = shorten(FIRST, names["first"])
    assert "self._shared" in text and '"_own_value"' in text and "# _own_value" in text
    assert "_HIDDEN" in text and "self._own_value" not in text
    assert len(text.splitlines()) == len(FIRST.splitlines())
    assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(FIRST))


def test_a_name_that_each_module_sets_itself_is_each_one_s_own():
    sources = {"first": "class A:\n    def _go(self):\n        self._go()\n", "second": "_go = 1\n"}
    assert plan(sources) == {"first": {"_go": "_a"}, "second": {"_go": "_a"}}
    sources["third"] = "def f(a):\n    return a._go\n"
    assert plan(sources) == {"first": {}, "second": {}, "third": {}}


def test_no_short_name_is_one_that_the_module_has():
    source = "self._a + self._b + self._long\n"
    assert plan({"m": source, "n": "x._a\nx._b\n"})["m"] == {"_long": "_c"}


def test_traceback_reads_as_before():
    names = plan({"agent.first": FIRST})
    short = names["agent.first"]["_own_function"]
    said = f'  File "agent.first", line 12, in {short}\n  File "main.py", line 2, in {short}\n'
    assert lengthen(said, names) == said.replace(short, "_own_function", 1)


def test_the_agents_names_are_told_apart():
    """Within a module no two names become one."""
    for module, names in names_on_boards().items():
        assert len(set(names.values())) == len(names), module


def classes_of_the_agent(root):
    """Class → (its module, its bases' names, the private names of it)."""
    found = {}
    for path in (root / "firmware_agent" / "agent").rglob("*.py"):
        for node in ast.walk(ast.parse(without_types(path.read_text()))):
            if isinstance(node, ast.ClassDef):
                bases = [ast.unparse(base) for base in node.bases]
                found.setdefault(node.name, []).append((path, bases, private_names(node)))
    return found


def private_names(node):
    made = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    kept = {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self"
    }
    return {name for name in made | kept if name.startswith("_") and not name.startswith("__")}


def test_a_class_and_its_base_in_another_module_share_no_private_name(root):
    """Their names are chosen apart, so a short one might be the other's: only one has any."""
    known = classes_of_the_agent(root)

    def above(bases):
        for base in bases:
            for path, further, names in known.get(base, ()):
                yield path, names
                yield from above(further)

    for each in known.values():
        for path, bases, own in each:
            for other, theirs in above(bases):
                assert other == path or not (own and theirs), (path, own, theirs)
