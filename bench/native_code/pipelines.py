"""What is published of the pipelines of boards' cores; nothing of it was measured here."""

from issue import BRANCH, DIVIDE, JUMP, LOAD, MULTIPLY, STORE, Language, Pipeline

_XTENSA = Language(
    kinds={
        MULTIPLY: r"mull|mul[as]?\..*|mul16.*",
        LOAD: r"l(8|16|32).*|ld(inc|dec)",
        STORE: r"s(8|16|32).*",
        DIVIDE: r"(quo|rem)[su]",
        JUMP: r"j|jx|callx?\d+|retw?(\.n)?",
        BRANCH: r"b[a-z]+(\.n)?",
    },
    register=r"\b[am]\d+\b",
    reads_first=r"wsr.*|ss[lr]|loop.*",
    memory=r",.*",
)
_CONDITION = "(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
_ARM = Language(
    kinds={
        LOAD: r"(v?ldr|ldm|pop|vpop).*",
        STORE: r"(v?str|stm|push|vpush).*",
        MULTIPLY: r"(mul|mla|mls|sm[lmu]|um[la]).*",
        DIVIDE: r"[su]div",
        JUMP: r"(b|bl|blx|bx|tb[bh])(\.w)?",
        BRANCH: rf"b{_CONDITION}(\.w)?|cbn?z",
    },
    register=r"\b(?:r\d+|sb|sl|fp|ip|sp|lr|[sd]\d+)\b",
    # Two operands: the first is changed; where there are three this asks too much.
    reads_first=r"(?!mov|mvn|v?ldr|ldm|pop|[su]xt).*",
    memory=r"\[.*\]",
    sets_flags=r"(cm[np]|tst|teq|[a-z]{3}s)(\.w)?",
    asks_flags=rf"(b|mov){_CONDITION}(\.w)?",
)
_RISC_V = Language(
    kinds={
        LOAD: r"l[bhw]u?",
        STORE: r"s[bhw]",
        MULTIPLY: r"mul.*",
        DIVIDE: r"(div|rem)u?",
        JUMP: r"j|jr|jalr?|ret|tail|call",
        BRANCH: r"b[a-z]+",
    },
    register=r"\b(?:ra|sp|gp|tp|[ast]\d+)\b",
    reads_first=r"(?!.*)",
    memory=r"\(.*\)",
)

ESP32_S3 = Pipeline(
    source="""Five stages; a load's result waits a cycle, a branch that is taken loses two: ESP32-S3
    Technical Reference Manual 1.8, section 1.7, and Xtensa ISA Reference Manual (2010), 8.4.2;
    loops without branches lose none: the same, 4.3.2. Products, the unit's too, one a cycle and a
    product's result after two: GCC, config/xtensa/xtensa.md. Of divisions nothing is published;
    they count as one.""",
    language=_XTENSA,
    latency={r"l(8|16|32).*|ld(inc|dec)|.*\.ldinc": 2, r"mull|mul16.*": 2},
    jump=2,
)
_CORTEX_M7 = """LLVM, ARMScheduleM7.td: two instructions a cycle, but one store, product or branch;
    a word is there after one cycle, bytes, halves and products after two, addresses are needed a
    cycle early, divisions take seven."""
_M7_LATENCY = {r"ldr(b|h|sb|sh)(\.w)?|mul.*|ml[as].*|sm[lmu].*|um[la].*": 2}
CORTEX_M7_DUAL = Pipeline(
    source=_CORTEX_M7 + " Every branch is guessed.",
    language=_ARM,
    latency=_M7_LATENCY,
    jump=0,
    busy={r"[su]div": 7},
    width=2,
    units={STORE: 1, MULTIPLY: 1, BRANCH: 1, JUMP: 1},
    early=1,
)
CORTEX_M7_SINGLE = Pipeline(
    source=_CORTEX_M7 + " One instruction a cycle, and branches that are taken take two.",
    language=_ARM,
    latency=_M7_LATENCY,
    jump=1,
    busy={r"[su]div": 7},
    early=1,
)
ESP32_C3 = Pipeline(
    source="""Measured by others. timonvo/niccle, esp/examples/cycle_counting.rs, on a C3: loads
    whose result is used take two cycles, stores one, branches three if taken, else one (jumps,
    which were two, are counted as branches). nilhoel1/LLTA-Bench, on a C6: products one, divisions
    ten.""",
    language=_RISC_V,
    latency={r"l[bhw]u?": 2},
    jump=2,
    busy={r"(div|rem)u?": 10},
)

# By mpy-cross's words for cores; the least first where a range is known.
PIPELINES = {
    "xtensawin": (ESP32_S3,),
    "armv7emdp": (CORTEX_M7_DUAL, CORTEX_M7_SINGLE),
    "rv32imc": (ESP32_C3,),
}
