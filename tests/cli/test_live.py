"""watch and preview where they are looked at: drawn in place, within the window; else plain."""

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.console import Console

from paired import views_of
from tinyteach.cli import bars, picture
from tinyteach.cli.sixel import encoded
from tinyteach.cli.terminal_pictures import iterm, kitty, protocol_of
from tinyteach.service.heads.recognised import Recognised


def terminal(width=60, height=20, **options):
    """A console that keeps what is drawn."""
    file = io.StringIO()
    options = {"color_system": "truecolor", "force_terminal": True} | options
    return Console(file=file, width=width, height=height, legacy_windows=False, **options)


def frames(console) -> list[str]:
    """What was drawn, each over the last, without colours."""
    each = re.split(r"\r\x1b\[2K(?:\x1b\[1A\x1b\[2K)+", console.file.getvalue())
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame) for frame in each]


def recognised(probabilities, label="cat", best="cat"):
    return Recognised(label, probabilities[best], best, probabilities, {"model": 12.0})


# watch


def test_a_line_a_class_and_unknown_marked():
    console = terminal()
    found = [
        recognised({"cat": 0.75, "coffee": 0.25, "unknown": 0.0}),
        recognised({"cat": 0.25, "coffee": 0.0, "unknown": 0.75}, "unknown"),
    ]
    bars.show_bars(found, console)
    first, second = ([line.rstrip() for line in f.splitlines()] for f in frames(console)[:2])
    assert first[0] == "cat 75%  (12.0 ms)"
    assert re.fullmatch(r"> cat +█+.* 75%", first[1])
    assert re.fullmatch(r"  coffee +█+.* 25%", first[2])
    assert re.fullmatch(r"  unknown +0%", first[3])
    assert second[0].startswith("unknown (at best cat 25%)")
    assert re.fullmatch(r"> unknown +█+.* 75%", second[3])


@pytest.mark.parametrize("width", [40, 60, 200])
def test_bars_fit_the_window(width):
    console = terminal(width, 12)
    names = {f"{'a long class name ' * 3}{number}": number / 63 for number in range(63)}
    best = max(names, key=names.get)
    bars.show_bars([recognised({**names, "unknown": 0.1}, best, best)], console)
    lines = frames(console)[-1].splitlines()
    assert len(lines) <= 12 and max(map(len, lines)) <= width
    assert lines[-1].strip() == "and 55 more" and "> a long" in "\n".join(lines)


def test_a_head_without_an_output_for_anything_else():
    console = terminal()
    bars.show_bars([recognised({"cat": 0.4, "coffee": 0.6}, "unknown", "coffee")], console)
    assert "> unknown\n" in re.sub(" +\n", "\n", frames(console)[-1])


def test_hostile_names_steer_nothing():
    console = terminal(color_system=None)
    name = "a\x1b]0;x\x07b\n"
    bars.show_bars([recognised({name: 0.5, "[bold]c": 0.5}, name, name)], console)
    assert "\x1b]" not in console.file.getvalue() and "[bold]c" in frames(console)[-1]


@pytest.fixture
def deployed(tinyteach, board, trained_project):
    assert tinyteach("-b", board.port, "-p", trained_project, "deploy").code == 0
    return board


def test_watch_in_a_terminal_and_piped(tinyteach, deployed, monkeypatch):
    piped = tinyteach("-b", deployed.port, "watch", "-n", "2").out
    assert re.fullmatch(r"(\w+ .*%.* ms\)\n){2}", piped)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    live = tinyteach("-b", deployed.port, "watch", "-n", "2").out
    assert "coffee" in live and "unknown" in live and "\x1b[" in live and "█" in live
    as_json = tinyteach("-b", deployed.port, "watch", "-n", "2", "--json").out
    assert as_json.count("\n") == 2 and "\x1b" not in as_json


# preview


def test_preview_piped_ends_in_a_sentence(tinyteach, board):
    said = tinyteach("-b", board.port, "preview").out
    assert said.startswith("The board sees a view of ") and said.endswith("--out view.png'.\n")


def test_preview_in_a_terminal(tinyteach, board, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert picture.UPPER_HALF in tinyteach("-b", board.port, "preview", "-n", "2").out


@pytest.mark.parametrize("terminal", [{}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}])
def test_preview_says_of_a_black_picture_that_it_is(tinyteach, board, monkeypatch, terminal):
    for name, value in terminal.items():
        monkeypatch.setenv(name, value)
    bright = tinyteach("-b", board.port, "preview", "-n", "1").out
    board.show(np.zeros((64, 64, 3), np.uint8))
    dark = tinyteach("-b", board.port, "preview", "-n", "2").out
    saved = tinyteach("-b", board.port, "preview", "--out", "view.png").out
    board.show(views_of("cat", 1)[0])
    assert "is black" not in bright
    assert dark.count("The picture is black: uncover the lens") == 1 == saved.count("is black")


GRADIENT = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None, :, None], 64, 0).repeat(3, 2)


@pytest.mark.parametrize("size", [(80, 24), (60, 12), (20, 50), (4, 4), (300, 200)])
@pytest.mark.parametrize("colours", ["truecolor", None])
def test_a_picture_fits_the_window(size, colours):
    console = terminal(*size, color_system=colours)
    picture.show_pictures([GRADIENT, GRADIENT], console)
    lines = picture.as_text(GRADIENT, console, size[0]).plain.splitlines()
    assert len(lines) <= max(1, size[1] - picture.BESIDE)
    assert max(map(len, lines)) <= size[0]


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_shades_where_there_are_no_colours(name, monkeypatch):
    monkeypatch.setenv(name, {"NO_COLOR": "1", "TERM": "dumb"}[name])
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=40)
    line = picture.as_text(GRADIENT, console, 64).plain.splitlines()[0]
    shades = picture.SHADES if not console.options.ascii_only else picture.ASCII_SHADES
    assert list(dict.fromkeys(line)) == list(shades)


# Terminals that show pictures


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, kitty),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, kitty),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, iterm),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, iterm),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux,1,0"}, None),
        ({"TERM": "screen-256color", "TERM_PROGRAM": "iTerm.app"}, None),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
    ],
)
def test_who_is_given_a_picture(environment, protocol):
    assert protocol_of(environment) is protocol


def noise(side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)


@pytest.mark.parametrize("side", [8, 96])
def test_what_kitty_is_sent(side, monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm-kitty")
    picture.show_pictures([noise(side)], terminal(80, 24))
    sent = capsys.readouterr().out
    pieces = re.findall("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\", sent)
    assert all(len(data) <= 4096 for _, data in pieces)
    assert [about[-1] for about, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    png = base64.b64decode("".join(data for _, data in pieces))
    assert np.array_equal(Image.open(io.BytesIO(png)), noise(side))
    assert sent.startswith("\n" * 22 + "\x1b[22A") and sent.endswith("\x1b[22B")


def test_what_iterm_is_sent(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TERM_PROGRAM", "iTerm.app")
    picture.show_pictures([noise(8)] * 2, terminal(80, 24))
    sent = re.findall(
        "\x1b7\x1b]1337;File=[^:]*height=22[^:]*:([^\x07]*)\x07\x1b8", capsys.readouterr().out
    )
    assert [Image.open(io.BytesIO(base64.b64decode(png))).size for png in sent] == [(8, 8)] * 2


def test_no_colour_means_no_picture(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm-kitty")
    picture.show_pictures([noise(8)], terminal(80, 24, color_system=None))
    assert capsys.readouterr().out == ""


def sixel_of(text):
    """What a terminal makes of it: places in the palette, H×W, and that in shares of 100."""
    width, height = map(int, re.match('\x1bP0;1q"1;1;(\\d+);(\\d+)', text).groups())
    named = re.findall(r"#(\d+);2;([\d;]+)", text)
    colours = {int(number): tuple(map(int, rgb.split(";"))) for number, rgb in named}
    body = re.sub(r"#\d+;2;[\d;]+", "", text[text.index("#") :].removesuffix("\x1b\\"))
    pixels, top = np.full((height, width), -1), 0
    for band in body.split("-")[:-1]:
        for each in band.split("$"):
            number, runs = re.match(r"#(\d+)(.*)", each).groups()
            signs = re.sub(r"!(\d+)(.)", lambda run: run[2] * int(run[1]), runs)
            for column, sign in enumerate(signs):
                for row in range(6):
                    if ord(sign) - 63 >> row & 1:
                        pixels[top + row, column] = int(number)
        top += 6
    return pixels, colours


@given(st.integers(1, 15), st.integers(1, 15), st.integers(1, 9), st.integers(0, 99))
def test_sixels_are_the_picture(height, width, colours, seed):
    chance = np.random.default_rng(seed)
    pixels = chance.integers(0, colours, (height, width), np.uint8)
    shown, palette = sixel_of(encoded(pixels, [255, 0, 51] * colours))
    assert np.array_equal(shown, pixels) and palette[0] == (100, 0, 20)


def test_sixels_for_who_names_them(capsys):
    picture.show_pictures([noise(8)], terminal(80, 24), named="sixel")
    (sent,) = re.findall("\x1b7(.*)\x1b8", capsys.readouterr().out)
    pixels, palette = sixel_of(sent)
    assert pixels.shape == (22 * 16, 22 * 16) and pixels.min() >= 0 and len(palette) <= 64


def test_pictures_that_there_are_not(fails):
    said = fails("-b", "nobody", "preview", "--pictures", "tapestry")
    assert "choose sixel, kitty, iterm, blocks" in said
