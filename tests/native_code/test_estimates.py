"""Estimates of cycles: instructions in their turns, and what a run of QEMU tells of them."""

from collections import Counter
from functools import partial

import executed
import issue
import machine
import pipelines
import pytest
from core_riscv import ESP32_C3
from core_thumb import CORTEX_M7
from core_xtensa import XTENSA
from inline_assembler import assembled

from tinyteach.native.xtensa import Assembler

S3, C3 = pipelines.ESP32_S3, pipelines.ESP32_C3
DUAL, SINGLE = pipelines.PIPELINES["armv7emdp"]

# A pipeline, a piece of code, and the cycles that its sources say.
PIECES = [
    (S3, ["add a2, a3, a4", "add a5, a2, a2"], 2),
    (S3, ["l32i.n a2, a3, 0", "add a5, a2, a2"], 3),
    (S3, ["l32i.n a2, a3, 0", "movi.n a4, 1", "add a5, a2, a2"], 3),
    (S3, ["l8ui a2, a3, 0", "s8i a2, a4, 0"], 3),
    (S3, ["mull a2, a3, a4", "add a5, a2, a2"], 3),
    (S3, ["mula.dd.ll.ldinc m1, a2, m0, m2", "mula.dd.hh.ldinc m3, a3, m1, m2"], 3),
    (S3, ["mula.dd.ll.ldinc m1, a2, m0, m2", "mula.dd.hh.ldinc m3, a3, m0, m2"], 2),
    (C3, ["lw a4,48(sp)", "add a5,a4,a4"], 3),
    (C3, ["lw a4,48(sp)", "add a5,a3,a3"], 2),
    (C3, ["mul a4,a3,a3", "add a5,a4,a4"], 2),
    (C3, ["div a4,a3,a3", "add a5,a4,a4"], 11),
    (SINGLE, ["movs r0, #1", "movs r1, #2"], 2),
    (DUAL, ["movs r0, #1", "movs r1, #2"], 1),
    (DUAL, ["movs r0, #1", "adds r1, r0, r0"], 2),
    (DUAL, ["str r0, [r1]", "str r2, [r3]"], 2),
    (DUAL, ["ldr r0, [r1]", "ldr r2, [r3]"], 1),
    (DUAL, ["ldr r0, [r1]", "adds r2, r0, r0"], 2),
    (DUAL, ["ldrb r0, [r1]", "adds r2, r0, r0"], 3),
    (DUAL, ["cmp r0, r1", "bne #0x10001544"], 2),
    (SINGLE, ["adds r1, r2, r2", "ldr r0, [r1, #4]"], 3),
    (SINGLE, ["udiv r0, r1, r2", "movs r3, #0"], 8),
]


@pytest.mark.parametrize(("pipeline", "piece", "cycles"), PIECES)
def test_instructions_wait_for_what_they_read(pipeline, piece, cycles):
    assert pipeline.straight(tuple(piece)) == cycles


ROUNDS = 7


def _thumb(rounds: int) -> bytes:
    source = f"def f():\n mov(r0, {rounds})\n label(A)\n sub(r0, 1)\n bne(A)\n"
    return assembled("asm_thumb", CORTEX_M7.march, source)["f"]


def _riscv(rounds: int) -> bytes:
    source = f"def f():\n li(a0, {rounds})\n label(A)\n addi(a0, a0, -1)\n bne(a0, zero, A)\n"
    return assembled("asm_rv32", ESP32_C3.march, source)["f"]


def _xtensa(rounds: int, *, without_branches: bool = False) -> bytes:
    f = Assembler()
    f.entry(32)
    f.movi(2, rounds)
    if without_branches:
        f.loopnez(2, "end")
    f.label("next")
    f.addi(3, 3, 1)
    f.addi(2, 2, -1)
    if without_branches:
        f.label("end")
    else:
        f.bnez(2, "next")
    f.retw()
    return f.code()


# A core, its pipeline, a function that goes round so many times, and what a round takes: branches
# that are taken, and cycles.
LOOPS = [
    (XTENSA, S3, _xtensa, 1, 3 + 2),
    (XTENSA, S3, partial(_xtensa, without_branches=True), 0, 2),
    (CORTEX_M7, SINGLE, _thumb, 1, 2 + 1),
    (CORTEX_M7, DUAL, _thumb, 1, 2),
    (ESP32_C3, C3, _riscv, 1, 2 + 2),
]


@pytest.mark.parametrize(("core", "pipeline", "function", "taken", "cycles"), LOOPS)
def test_rounds_of_a_loop(core, pipeline, function, taken, cycles):
    few, many = (executed.trace(_calling(core, function(n)), b"?") for n in (3, 3 + ROUNDS))
    kinds = [issue.by_kind(trace, pipeline.language) for trace in (few, many)]
    assert kinds[1][issue.TAKEN] - kinds[0][issue.TAKEN] == taken * ROUNDS
    assert kinds[1][issue.NOT_TAKEN] == kinds[0][issue.NOT_TAKEN]
    assert pipeline.cycles(many) - pipeline.cycles(few) == cycles * ROUNDS


def _calling(core, code: bytes) -> machine.Program:
    program = machine.Program(core)
    function = machine.Functions(program)
    added = function.add(code, ())
    program.mark()
    program.read(program.put(bytes(1)), 1)
    function.call_plainly(added[1], [])
    return program


def test_each_instruction_is_of_one_kind():
    trace = executed.trace(_calling(XTENSA, _xtensa(3)), b"?")
    kinds = issue.by_kind(trace, S3.language)
    assert kinds.keys() <= set(issue.KINDS)
    assert kinds.total() == trace.instructions().total()


def test_parts_between_calls_of_the_system():
    def program() -> machine.Program:
        made = _calling(XTENSA, _xtensa(ROUNDS))
        made.write(made.put(bytes(4)), 4)
        return made

    parts = list(executed.steps(program(), b"?"))  # read, write, nothing left to read
    assert (
        sum((each.follows for each in parts), Counter()) == executed.trace(program(), b"?").follows
    )
    assert [each.instructions()["bnez"] for each in parts[:3]] == [0, ROUNDS, 0]
