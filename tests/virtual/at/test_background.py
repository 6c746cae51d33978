"""Virtual modules in the background: found, steered and ended by other processes."""

import numpy as np
import pytest

from module_terminal import Terminal
from tinyteach.errors import UsageError
from tinyteach.service.boards import virtual_boards
from tinyteach.service.boards.finding import list_boards
from tinyteach.service.words import virtual as virtual_words
from tinyteach.virtual import running
from tinyteach.virtual.at.image import DIALECTS
from tinyteach.virtual.at.loaders import LOADERS


def test_start_find_steer_stop(home):
    info = running.start_module()
    assert running.find("grove") == info and (info.kind, info.arch) == ("grove", "el")
    assert running.start_module() == info
    with Terminal(info.port) as terminal:
        control = running.Control(info)
        terminal.restart(control.reset)
        assert terminal.ask("AT+ID?")["data"] == info.unique_id
        control.show(np.full((8, 8, 3), 255, np.uint8))
        control.reset()
        terminal.until(b"1st BL")
        assert control.pins() == {}
    control.stop()
    assert running.running() == []
    assert running.start_module().unique_id == info.unique_id  # its flash is kept


def test_a_name_is_one_thing_s(home):
    running.start_module("ma", "one")
    for start in (
        lambda: running.start_daemon(name="one"),
        lambda: running.start_module("el", "one"),
    ):
        with pytest.raises(UsageError, match="one runs already, as ma"):
            start()


def test_the_list_of_boards_says_what_it_is(home):
    started = virtual_boards.start_virtual_module("grove", "hx", "2.12")
    assert started.kind == "virtual Grove Vision AI V2 (hx)"
    assert started in list_boards()


def test_what_there_is_none_of_is_refused_with_what_there_is(home):
    with pytest.raises(UsageError, match="choose one of el, ma, hx"):
        virtual_boards.start_virtual_module("grove", "xx", "2.12")
    with pytest.raises(UsageError, match="choose one of 0002000b"):
        virtual_boards.start_virtual_module("grove", "el", "3")


def test_names_of_dialects_and_loaders_are_those_of_the_module():
    """Written down twice, because Windows has not what the modules need in which they are."""
    assert virtual_words.MODULE_DIALECTS == DIALECTS
    assert tuple(LOADERS) == virtual_words.MODULE_LOADERS


def test_a_version_that_is_named_replaces_the_one_before(home):
    running.Control(running.start_module()).stop()
    info = running.start_module(firmware="v2023.12.14")
    with Terminal(info.port) as terminal:
        terminal.restart(running.Control(info).reset)
        assert terminal.ask("AT+VER?")["data"]["software"] == "v2023.12.14"
