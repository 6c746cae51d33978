"""The doctor's lines from what was learnt, without a board: colours, room, words."""

from types import SimpleNamespace

import numpy as np
import pytest

from patience import remark_on_slow_links
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.embedding.preprocess import to_rgb565
from tinyteach.errors import BoardNotFoundError, BoardRefusedError, LinkError
from tinyteach.service.doctor import agent_checks, board_checks, sight_checks
from tinyteach.service.doctor.colours import ORDERS, colour_order
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.examination import CHECKS
from tinyteach.service.doctor.findings import FIX, PASS, SKIP, Page, passed, skipped, to_fix
from tinyteach_protocol import errors, messages

BARS = np.array(
    [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0)]
    + [(255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)],
    np.uint8,
)


def row_of(bars, order, width=240):
    """A row of the bars as a camera of that order gives it."""
    big_endian, exchanged = ORDERS[order]
    pixels = bars[np.arange(width) * len(bars) // width][None]
    return to_rgb565(pixels[..., ::-1] if exchanged else pixels, big_endian)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "bars",
    [BARS, BARS[::-1], BARS // 4 * 3 + 16, BARS[1:7], BARS[1:-1][::-1]],
    ids=["whole", "mirrored", "not pure", "cut to a square", "cut and mirrored"],
)
def test_order_is_told_by_the_bar(bars, order):
    assert colour_order(row_of(bars, order)) == order


def test_noise_and_soft_edges_do_not_matter():
    noise = np.random.default_rng(1)
    pixels = BARS[np.arange(240) * 8 // 240].astype(np.int16)
    soft = (pixels + np.roll(pixels, 1, axis=0) + np.roll(pixels, 2, axis=0)) // 3
    noisy = np.clip(soft + noise.integers(-20, 20, soft.shape), 0, 255).astype(np.uint8)
    assert colour_order(to_rgb565(noisy[None], True)) == "RGB565_BE"


@pytest.mark.parametrize("seed", range(5))
def test_a_picture_is_no_bar(seed):
    picture = np.random.default_rng(seed).integers(0, 256, (1, 240, 3), np.uint8)
    assert colour_order(to_rgb565(picture, True)) is None


def test_an_even_picture_is_no_bar():
    assert colour_order(bytes(480)) is None and colour_order(b"\xff" * 480) is None


# Lines


def test_nothing_learnt_is_a_whole_page_without_a_traceback():
    evidence = Evidence(None, port_error=BoardNotFoundError("No board is attached; connect one."))
    findings = [check(evidence) for check in CHECKS]
    assert [finding.status for finding in findings] == [FIX] + [SKIP] * (len(CHECKS) - 1)
    assert findings[0].line() == "No board is attached; connect one."
    assert len({finding.name for finding in findings}) == len(CHECKS)


def test_page_ends_with_the_error_of_the_first_fault():
    late = to_fix("b", "found", "mend it", BoardRefusedError)
    early = to_fix("a", "found", "mend it", BoardNotFoundError)
    assert Page("", [passed("p", "x"), early, late]).error is BoardNotFoundError
    assert Page("", [passed("p", "x"), late]).error is BoardRefusedError
    assert Page("", [passed("p", "x"), skipped("s", "why")]).error is None
    assert late.line() == "found; mend it."


BOOT = {"name": "micropython", "version": [1, 27, 0], "mpy": 6 | 10 << 10, "machine": "XIAO"}
BOOT |= {"cause": "PWRON", "clock": [2000, 1, 1, 0, 0, 9], "crash": ""}
CRASH = (
    'TinyTeach\'s agent 0.0.1\nTraceback (most recent call last):\n  File "agent.loop", line 57, '
)
CRASH += "in run\nValueError: odd\n"


def test_too_little_memory_names_the_largest_embedding_that_fits(monkeypatch):
    monkeypatch.setattr(board_checks, "heap_with_embedding", lambda _: 556_076)
    for heap, instead in (
        (300_000, "pair it with '--embedding base'"),
        (250_000, "pair it with '--embedding tiny'"),
        (100_000, "a smaller embedding"),
    ):
        facts = SimpleNamespace(heap_free=heap, boot_heap=0, root="", is_wide=False)
        told = board_checks.check_memory(Evidence(None, "p", survey=facts)).line()
        assert told.endswith(f"such as one with PSRAM, or {instead}."), told


def test_clock_and_restarts():
    evidence = Evidence(None, "/dev/ttyACM0", boot=BOOT)
    assert board_checks.check_clock(evidence).found == "not set (2000-01-01 00:00:09)"
    assert board_checks.check_last_boot(evidence).found == "power-on"
    assert board_checks.check_last_crash(evidence).found == "none is written down"
    assert board_checks.check_architecture(evidence).found == "xtensawin"
    bare = Evidence(None, "/dev/ttyACM0", boot=BOOT | {"clock": None, "cause": ""})
    assert board_checks.check_clock(bare).found == "not recorded: the board has none"
    assert board_checks.check_last_boot(bare).found == "not recorded"
    hung = Evidence(None, "/dev/ttyACM0", boot=BOOT | {"cause": "WDT"})
    assert board_checks.check_last_boot(hung).line().startswith("by the watchdog: a program hung;")


def test_last_crash_and_safe_mode():
    crashed = Evidence("desk", "p", boot=BOOT | {"crash": CRASH}, info=SimpleNamespace(safe_mode=0))
    finding = board_checks.check_last_crash(crashed)
    assert finding.status == PASS
    assert finding.found == 'ValueError: odd ("agent.loop", line 57, in run)'
    crashed.info = SimpleNamespace(safe_mode=1)
    finding = board_checks.check_last_crash(crashed)
    assert finding.error is BoardRefusedError
    assert finding.line() == (
        'safe mode after ValueError: odd ("agent.loop", line 57, in run); run \'tinyteach --board '
        "desk pair' or 'tinyteach deploy'."
    )


@pytest.mark.parametrize(
    ("speeds", "status"), [((400_000, 500_000), PASS), ((20_000, 11_500), FIX), (None, SKIP)]
)
def test_link_speed(speeds, status, monkeypatch):
    remark_on_slow_links(monkeypatch, "service.doctor.board_checks")
    finding = board_checks.check_link(Evidence(None, "p", link_bytes_per_second=speeds))
    assert finding.status == status
    if status == FIX:
        assert "20 KB/s to the board, 12 KB/s from it, so 10 s a photograph" in finding.found


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            BoardRefusedError("The board's agent speaks another version; pair the board again."),
            "The board's agent speaks another version; run 'tinyteach --board desk pair'.",
        ),
        (
            LinkError("The board on p stopped answering; check the cable."),
            "The board on p stopped answering; check the cable.",
        ),
    ],
)
def test_agent_that_answers_otherwise(error, line):
    finding = agent_checks.check_agent(Evidence("desk", "p", agent_error=error))
    assert (finding.line(), finding.error) == (line, type(error))


CAMERA = {"error": "", "sensor": "OV2640", "width": 240, "height": 240}
CAMERA |= {"pixel_format": messages.RGB565_BE}


def test_camera_by_name():
    evidence = Evidence(None, "p", camera_modules=["camera"], camera=CAMERA)
    assert sight_checks.check_camera(evidence).found == "module camera, sensor OV2640, 240×240"
    openmv = Evidence(None, "p", camera_modules=["csi"], camera=CAMERA | {"sensor": "0x2481"})
    assert sight_checks.check_camera(openmv).found == "module csi, sensor MT9M114, 240×240"
    unknown = Evidence(None, "p", camera_modules=["csi"], camera=CAMERA | {"sensor": "0x1234"})
    assert sight_checks.check_camera(unknown).found == "module csi, sensor 0x1234, 240×240"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("", ""),
        ("{}", ""),
        ('{"xclk_freq": 8000000}', ", with a clock of 8 MHz"),
        ('{"xclk_freq": 10000000, "fb_count": 1}', ", with a clock of 10 MHz and one frame buffer"),
        ('{"fb_count": 1, "pixel_format": 3}', ", with one frame buffer and grey pictures"),
        ('{"format": 3, "jpeg_quality": 9}', ", with grey pictures and jpeg_quality 9"),
        ('{"xclk_freq": "x"}', ", with xclk_freq x"),
        ("{", ""),
        ("[1]", ""),
    ],
)
def test_camera_with_the_settings_that_it_needs(settings, words):
    camera = CAMERA | {"settings": settings}
    evidence = Evidence(None, "p", camera_modules=["camera"], camera=camera)
    found = sight_checks.check_camera(evidence).found
    assert found == f"module camera, sensor OV2640, 240×240{words}"


def test_camera_without_an_agent():
    evidence = Evidence(None, "p", camera_modules=["csi"])
    assert sight_checks.check_camera(evidence).found == "module csi"
    for check in (sight_checks.check_colours, sight_checks.check_formats):
        assert check(evidence).found == "needs the agent's driver: pair the board"


def test_camera_that_sees_grey():
    grey = CAMERA | {"pixel_format": messages.GRAY8}
    evidence = Evidence(None, "p", camera_modules=["csi"], camera=grey, formats=["GRAYSCALE"])
    assert sight_checks.check_colours(evidence).found == "the sensor sees grey"
    assert sight_checks.check_formats(evidence).status == PASS


def test_camera_that_gives_nothing():
    evidence = Evidence(None, "p", camera_modules=["camera"], camera=CAMERA, frames_and_ms=(0, 10))
    assert sight_checks.check_frame_rate(evidence).status == FIX
    assert sight_checks.check_formats(evidence).found == "none of those tried, not RGB565"
    assert sight_checks.check_colours(evidence).status == SKIP


def info_of(**told):
    """A board's answer to INFO without a head, with an embedding."""
    kinds = dict(messages.layout(messages.INFO | messages.RESPONSE))
    blank = {messages.STR: "", messages.STRS: [], messages.BYTES: b""}
    fields = {name: blank.get(kind, 0) for name, kind in kinds.items()} | {"embedding": b"x" * 32}
    return BoardInfo.of(messages.Message(messages.INFO | messages.RESPONSE, 1, fields | told))


@pytest.mark.parametrize(
    ("state", "detail", "line"),
    [
        (
            errors.BAD_MODEL,
            "it ends; early",
            "The board's head does not load: it ends; early; depl",
        ),
        (errors.WRONG_EMBEDDING, "", "The board's head was trained for another embedding; train"),
        (errors.CAMERA_FAILED, "no model has this; head", "none yet: 'tinyteach train', then"),
        (64, "", "none yet: 'tinyteach train', then"),
        (0, "", "none yet: 'tinyteach train', then"),
    ],
)
def test_head_is_judged_by_the_code_whatever_the_words(state, detail, line):
    finding = sight_checks.check_head(
        Evidence("desk", "p", info=info_of(state=state, detail=detail))
    )
    assert finding.line().startswith(line)
    assert (finding.status == FIX) == (state in sight_checks.OF_THE_HEAD)


def test_a_state_of_a_later_agent_is_a_sentence():
    info = info_of(state=250, detail="what is new")
    assert info.state == "The board reports state 250, which this host does not know; update it."
    assert info.as_dict()["state_code"] == 250
