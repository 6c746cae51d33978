"""What a board does by itself, over the API: rules, working alone, learning, bringing it home."""

import itertools

import pytest

from alone import wait_for
from tinyteach.data.drawing import demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.learnt import list_learnt
from tinyteach.workbench.on_its_own import LINE_BYTES_MAX, AloneLines
from tinyteach.workbench.workbench import Workbench

PIN = 21
SIDE = 96  # of what the hand shows: drawing it larger costs more than all that the board does


def add(studio, condition, action, **more):
    words = {"condition": condition, "action": action, **more}
    return studio.ask("POST", "/api/board/rules", words)


SEEDS = itertools.count()  # each hand moves in another way


def show(board, name):
    """Hold an object before the camera, in a hand that moves."""
    camera = HandheldCamera(demo_object(name), seed=next(SEEDS), width=SIDE, height=SIDE)
    board.show_source(camera.next_view)


def teach(studio, board, name, **more):
    show(board, name)
    return studio.ask("POST", "/api/board/teach", {"class": name, **more})


def texts(studio):
    return [rule["text"] for rule in studio.bench.feed.get("rules")["rules"]]


def examples(studio):
    return {row["name"]: row["examples"] for row in studio.bench.feed.get("taught")["classes"]}


def undo_rules(studio, number):
    return studio.ask("POST", "/api/board/rules/undo", {"undo": number})


def alone(studio, is_on):
    assert studio.ask("PUT", "/api/board/alone", {"on": is_on}).status == 200
    if not is_on:
        studio.wait("board", lambda board: board["status"] == "connected")


def test_rules_work_when_the_board_is_let_go_of(with_board, board):
    with_board.wait("taught", bool)
    assert texts(with_board) == [] and examples(with_board) == {}
    assert teach(with_board, board, "cat").status == 200
    assert add(with_board, '"cat" >= 30% for 2 frames', f"pin {PIN} high", hold_s=0.5).status == 200
    assert add(with_board, "unknown", "say nobody", **{"else": "nothing"}).status == 200
    assert texts(with_board) == [
        f"cat >= 30% for 2 frames: pin {PIN} high, held 0.5 s, then pin {PIN} low",
        "unknown: say nobody",
    ]
    refused = add(with_board, "dog", f"pin {PIN} high")
    assert refused.status == 400
    assert "has no class 'dog'; it has cat." in refused.value["error"]["sentence"]
    assert with_board.bench.feed.get("alone") is None

    alone(with_board, True)
    told = with_board.wait("alone", lambda value: value and 1 in value["met"])
    assert told["label"] == "cat" and 0.3 < told["probability"] <= 1
    assert board.pin(PIN) == 1 and texts(with_board)  # the list stays while it is alone
    assert add(with_board, "cat", "say hello").status == 504
    show(board, "rocket")
    told = with_board.wait("alone", lambda value: value and value["met"] == [2])
    wait_for(lambda: board.pin(PIN) == 0, "the pin does not go back")
    with_board.wait("alone", lambda value: "nobody" in value["said"])
    alone(with_board, False)
    assert with_board.bench.feed.get("alone") is None

    assert teach(with_board, board, "coffee", afresh=True).status == 200
    rules = with_board.bench.feed.get("rules")
    assert [rule["rests"] for rule in rules["rules"]] == [True, False]
    assert "Rule 1" in rules["problems"][0] and "no class cat" in rules["problems"][0]
    before = texts(with_board)
    removed = with_board.ask("DELETE", "/api/board/rules/1").value["undo"]
    assert texts(with_board) == ["unknown: say nobody"]
    assert undo_rules(with_board, removed).status == 200 and texts(with_board) == before
    assert undo_rules(with_board, removed).status == 400  # it was undone already
    assert with_board.ask("DELETE", "/api/board/rules/3").status == 400
    removed = with_board.ask("DELETE", "/api/board/rules/1").value["undo"]
    cleared = with_board.ask("DELETE", "/api/board/rules").value["undo"]
    assert with_board.bench.feed.get("rules") == {"rules": [], "problems": [], "sentence": ""}
    refused = undo_rules(with_board, removed)
    assert refused.status == 400 and "others by now" in refused.value["error"]["sentence"]
    assert undo_rules(with_board, cleared).status == 200
    assert undo_rules(with_board, removed).status == 200 and texts(with_board) == before


@pytest.mark.parametrize("way", ["connect", "disconnect", "close"])
def test_a_board_on_its_own_is_let_go_of_for_whatever_is_wanted_next(board, project, way):
    """Nothing waits for its next line."""
    bench = Workbench(project.root)
    try:
        bench.connect(board.port)
        states = {"connected"}
        wait_for(lambda: bench.feed.get("board")["status"] in states, "no board")
        bench.alone.begin()
        wait_for(lambda: bench.feed.get("alone"), "it is not alone")
        if way == "connect":
            bench.connect(board.port)
            wait_for(lambda: bench.feed.get("board")["status"] in states, "it does not come back")
        elif way == "disconnect":
            bench.disconnect()
            wait_for(lambda: bench.feed.get("board")["status"] == "none", "it is still held")
            assert bench.feed.get("rules") is None
    finally:
        bench.close()
    assert bench.feed.get("alone") is None


def test_a_board_learns_forgets_and_is_brought_home(with_board, board, project):
    taught = teach(with_board, board, "cat").value
    assert (taught["class_name"], taught["frames"], taught["examples"]) == ("cat", 10, 10)
    assert with_board.bench.feed.get("teaching")["status"] == "done"
    own = with_board.bench.feed.get("board")["facts"]["head"]
    assert own == taught["fingerprint"] == with_board.bench.feed.get("preview")["lesson"]
    assert teach(with_board, board, "rocket").status == 200
    for more in (10, 10, 2):  # as many as fit
        assert teach(with_board, board, "cat").value["frames"] == more
    full = teach(with_board, board, "cat")
    assert full.status == 422 and "as many as it can" in full.value["error"]["sentence"]
    assert with_board.bench.feed.get("teaching")["status"] == "failed"
    assert examples(with_board) == {"cat": 32, "rocket": 10}
    with with_board.open_page() as page:
        show(board, "rocket")
        for total in range(1, 30):
            page.say(credits=total)
            view = page.view()
            if view["board"]["label"] == "rocket":
                break
        assert view["board"]["label"] == "rocket"

    pulled = with_board.ask("POST", "/api/board/pull").value
    assert pulled["examples"] == {"cat": 32, "rocket": 10}
    rows = {row["name"]: row for row in with_board.bench.feed.get("project")["classes"]}
    assert (rows["cat"]["learnt"], rows["rocket"]["learnt"], rows["coffee"]["learnt"]) == (
        32,
        10,
        0,
    )
    assert len(list_learnt(project)[0]) == 2
    trained = with_board.wait("training", lambda value: value and value["status"] == "done")
    assert trained["result"]["classes"] == ["cat", "coffee", "rocket"]
    assert trained["result"]["learnt"] == 42
    assert with_board.ask("POST", "/api/board/deploy", {}).status == 200
    assert with_board.bench.feed.get("preview")["lesson"] == ""
    assert examples(with_board) == {"cat": 4, "coffee": 4, "rocket": 4}

    forgotten = with_board.ask("POST", "/api/board/forget", {"class": "coffee"})
    assert forgotten.value["labels"] == ["cat", "rocket"] and forgotten.value["can_undo"]
    undone = {"head": forgotten.value["fingerprint"]}
    assert with_board.ask("POST", "/api/board/rollback", undone).status == 200
    assert examples(with_board) == {"cat": 4, "coffee": 4, "rocket": 4}
    refused = with_board.ask("POST", "/api/board/rollback", undone)
    assert refused.status == 400 and "another head" in refused.value["error"]["sentence"]
    missing = with_board.ask("POST", "/api/board/forget", {"class": "dog"})
    assert (
        missing.status == 400
        and "it knows cat, coffee, rocket" in missing.value["error"]["sentence"]
    )


def test_no_teaching_while_a_recording_runs(with_board, board):
    with_board.bench.record_button.start("cat")
    assert "under way" in teach(with_board, board, "cat").value["error"]["sentence"]
    with_board.bench.record_button.stop()


def test_lines_of_a_board_in_any_pieces():
    text = (
        b'{"tinyteach":"0.1.0","board":"1","classes":["cat"]}\r\n{"rule":2,"met":true}\r\n'
        b'{"label":"cat","probability":0.98,"best_label":"cat"}\r\nopen the door\r\n'
        b'{"rule":1,"met":true}\r\n{"rule":2,"met":false}\r\n[1]\r\n{"rule":[],"met":1}\r\n'
    )
    for size in (1, 7, len(text)):
        lines = AloneLines()
        for start in range(0, len(text), size):
            lines.take(text[start : start + size])
        said = ["open the door", "[1]", '{"rule":[],"met":1}']
        told = {
            "label": "cat",
            "best_label": "cat",
            "probability": 0.98,
            "met": [1],
            "problem": "",
            "said": said,
        }
        assert lines.state == told


def test_lines_that_are_garbage():
    lines = AloneLines()
    lines.take(b'{"problem":"the camera gives no frame"}\n')
    assert lines.state["problem"] == "the camera gives no frame"
    lines.take(b'{"label":"cat","probability":NaN}\n\xff\xfe\n' + bytes(3 * LINE_BYTES_MAX))
    assert (lines.state["probability"], lines.state["problem"]) == (None, "")
    assert not lines.take(b"more") and len(lines._rest) <= LINE_BYTES_MAX
