"""Tapes of a board with a key: played back by who has no key, and none can be read from them."""

import pytest

from keyed import give_key
from paired import deploy, scores_of, views_of
from tinyteach.device.wire.client import BoardClient
from tinyteach.link.tape.recorder import taping
from tinyteach.link.tape.tape_file import read_tape
from tinyteach.progress import unseen
from tinyteach.service.tapes.driving import replay_tape
from tinyteach.service.tapes.replaying import replaying


@pytest.mark.parametrize("private", [False, True])
def test_a_tape_needs_no_key(switch_on, trained_heads, tmp_path, monkeypatch, private):
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    view, tape = views_of("cat", 1, side=96)[0], tmp_path / "a.tape"

    def act(client):
        deploy(client, trained_heads[0])
        client.grab()
        return scores_of(client, view), client.info().head, client.board_id

    with switch_on("i386") as board:
        _, key = give_key(board, private)
        with taping(tape), BoardClient(board.port) as client:
            assert client.is_proven
            then = act(client)
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "elsewhere"))
    with replaying(tape) as played:
        with played.open() as client:
            assert act(client) == then
        assert played.replay.departure is None and played.replay.left == 0
    asked = replay_tape(tape, False, unseen)
    assert asked.held, (asked.differ, asked.departure)
    said = b"".join(entry.data for entry in read_tape(tape).entries)
    for secret in (key, key.hex().encode(), key[:16], key[16:]):
        assert secret not in said
