"""Operators are called what TensorFlow Lite's schema calls them."""

from ai_edge_litert import schema_py_generated as schema

from tinyteach.device.wire.refusals import refusal
from tinyteach_protocol import errors
from tinyteach_protocol.error_sentences import state_sentence
from tinyteach_protocol.operator_names import NAMES, operator_name

SAID = "the model uses operator %d, not supported"


def test_names_are_the_schema_s():
    known = {n: name for name, n in vars(schema.BuiltinOperator).items() if isinstance(n, int)}
    assert {n: operator_name(n) for n in known if n < len(NAMES)} == {
        n: name for n, name in known.items() if n < len(NAMES)
    }
    assert len(NAMES) == 210


def test_a_number_without_a_name_stays_one():
    assert [operator_name(n) for n in (-1, 210, 10**9)] == [
        "operator -1",
        "operator 210",
        "operator 1000000000",
    ]


def test_what_a_board_refuses_is_named():
    assert "uses LSTM, not supported" in str(refusal(errors.BAD_MODEL, SAID % 16))
    assert "uses SPLIT_V, not supported" in state_sentence(errors.NO_EMBEDDING, SAID % 102)
    assert "uses operator 999" in state_sentence(errors.BAD_MODEL, SAID % 999)
