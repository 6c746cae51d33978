"""The assembler's instructions, as QEMU's disassembler reads them."""

import executed
import machine
import pytest

from tinyteach.native import depthwise, mac16, pictures
from tinyteach.native.xtensa import ACCLO, M0, Assembler

# Method, arguments, and what the disassembler calls it.
INSTRUCTIONS = [
    ("l8ui", (3, 1, 255), "l8ui a3, a1, 255"),
    ("l32i", (3, 1, 1020), "l32i a3, a1, 1020"),
    ("s8i", (3, 1, 1), "s8i a3, a1, 1"),
    ("s16i", (3, 1, 6), "s16i a3, a1, 6"),
    ("s32i", (3, 1, 8), "s32i a3, a1, 8"),
    ("movi", (9, -2048), "movi a9, -2048"),
    ("movi", (9, 2047), "movi a9, 2047"),
    ("addi", (2, 3, -128), "addi a2, a3, -128"),
    ("addmi", (2, 3, 0x4000), "addmi a2, a3, 16384"),
    ("add", (2, 3, 4), "add a2, a3, a4"),
    ("addx2", (2, 3, 4), "addx2 a2, a3, a4"),
    ("addx4", (2, 3, 4), "addx4 a2, a3, a4"),
    ("addx8", (2, 3, 4), "addx8 a2, a3, a4"),
    ("sub", (2, 3, 4), "sub a2, a3, a4"),
    ("neg", (2, 4), "neg a2, a4"),
    ("and_", (2, 3, 4), "and a2, a3, a4"),
    ("or_", (2, 3, 4), "or a2, a3, a4"),
    ("xor", (2, 3, 4), "xor a2, a3, a4"),
    ("mull", (2, 3, 4), "mull a2, a3, a4"),
    ("quos", (2, 3, 4), "quos a2, a3, a4"),
    ("rems", (2, 3, 4), "rems a2, a3, a4"),
    ("sext", (2, 3, 7), "sext a2, a3, 7"),
    ("sext", (2, 3, 22), "sext a2, a3, 22"),
    ("min", (2, 3, 4), "min a2, a3, a4"),
    ("max", (2, 3, 4), "max a2, a3, a4"),
    ("slli", (2, 3, 1), "slli a2, a3, 1"),
    ("slli", (2, 3, 31), "slli a2, a3, 31"),
    ("srai", (2, 3, 31), "srai a2, a3, 31"),
    ("srai", (2, 3, 1), "srai a2, a3, 1"),
    ("srli", (2, 3, 15), "srli a2, a3, 15"),
    ("extui", (2, 3, 16, 16), "extui a2, a3, 16, 16"),
    ("extui", (2, 3, 0, 2), "extui a2, a3, 0, 2"),
    ("ssr", (3,), "ssr a3"),
    ("ssl", (3,), "ssl a3"),
    ("sll", (2, 3), "sll a2, a3"),
    ("sra", (2, 3), "sra a2, a3"),
    ("srl", (2, 3), "srl a2, a3"),
    ("src", (2, 3, 4), "src a2, a3, a4"),
    ("wsr", (5, ACCLO), "wsr.acclo a5"),
    ("rsr", (5, ACCLO), "rsr.acclo a5"),
    ("or_", (2, 1, 1), "or a2, a1, a1"),  # which point to memory
    ("or_", (3, 1, 1), "or a3, a1, a1"),
    ("ldinc", (2, 3), "ldinc m2, a3"),
    ("mula_dd_ldinc", ("ll", 1, 2, 0, 2), "mula.dd.ll.ldinc m1, a2, m0, m2"),
    ("mula_dd_ldinc", ("hh", 3, 3, 1, 3), "mula.dd.hh.ldinc m3, a3, m1, m3"),
    ("mula_dd_ldinc", ("lh", 0, 3, 1, 2), "mula.dd.lh.ldinc m0, a3, m1, m2"),
    ("mula_dd", ("hl", 0, 3), "mula.dd.hl m0, m3"),
    ("mula_aa", ("lh", 4, 7), "mula.aa.lh a4, a7"),
    ("mula_ad", ("hl", 4, 3), "mula.ad.hl a4, m3"),
    ("mula_da_ldinc", ("hl", 2, 3, 0, 9), "mula.da.hl.ldinc m2, a3, m0, a9"),
    ("wsr", (5, M0 + 3), "wsr.m3 a5"),
]


# Those that may go elsewhere, each with a label behind it.
JUMPS = [
    ("beq", (2, 3), "beq a2, a3,"),
    ("bne", (2, 3), "bne a2, a3,"),
    ("blt", (2, 3), "blt a2, a3,"),
    ("bge", (2, 3), "bge a2, a3,"),
    ("beqz", (2,), "beqz a2,"),
    ("bnez", (2,), "bnez a2,"),
    ("bltz", (2,), "bltz a2,"),
    ("bgez", (2,), "bgez a2,"),
    ("j", (), "j"),
]


def test_as_another_tool_reads_them():
    f = Assembler()
    f.entry(64)
    f.movi(4, 1)  # what is divided by
    for name, arguments, _ in INSTRUCTIONS:
        getattr(f, name)(*arguments)
    for number, (name, arguments, _) in enumerate(JUMPS):
        getattr(f, name)(*arguments, str(number))
        f.label(str(number))
    f.movi(2, 3)
    f.loopnez(2, "end")
    f.mov(3, 3)
    f.label("end")
    f.retw()
    program = machine.Program()
    functions = machine.Functions(program)
    function = functions.add(f.code(), ())
    program.mark()
    program.read(program.put(bytes(4)), 4)
    functions.call(function, [])
    code = machine.link(program).addresses[function[1].block]
    read = executed.disassembled(program, bytes(4))
    found = [read[code + 3 * index] for index in range(len(f.code()) // 3)]
    assert found[0] == "entry a1, 64" and found[-1] == "retw"
    assert found[2 : 2 + len(INSTRUCTIONS)] == [text for *_, text in INSTRUCTIONS]
    jumps = found[2 + len(INSTRUCTIONS) :]
    for index, (_, _, text) in enumerate(JUMPS):
        after = code + 3 * (2 + len(INSTRUCTIONS) + index + 1)
        assert jumps[index] == f"{text} {after:#x}"
    after = code + len(f.code()) - 3
    assert [each for each in jumps[len(JUMPS) + 1 : -1] if each != "nop"] == [
        f"loopnez a2, {after:#x}",
        "or a3, a3, a3",
    ]


def test_no_loop_begins_with_an_instruction_that_crosses_a_word():
    loops = [
        at
        for program in (*mac16.programs(), *depthwise.programs(), *pictures.programs())
        for at in range(0, len(program), 3)
        if int.from_bytes(program[at : at + 3], "little") & 0xF0FF == 0x9076
    ]
    assert len(loops) > 10 and all((at + 3) % 4 in (0, 1) for at in loops)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda f: f.l8ui(2, 3, 256),
        lambda f: f.l32i(2, 3, 6),
        lambda f: f.movi(2, 2048),
        lambda f: f.addi(2, 2, 128),
        lambda f: f.slli(2, 2, 0),
        lambda f: f.mula_dd_ldinc("ll", 4, 2, 0, 2),
        lambda f: (f.label("here"), f.label("here")),
        lambda f: (f.beq(2, 3, "far"), [f.mov(3, 3) for _ in range(43)], f.label("far"), f.code()),
        lambda f: (f.loopnez(2, "far"), [f.mov(3, 3) for _ in range(90)], f.label("far"), f.code()),
    ],
)
def test_what_no_instruction_holds_is_a_mistake(wrong):
    with pytest.raises(ValueError):
        wrong(Assembler())
