"""Files that no board can run are refused at once, by every command that takes an embedding."""

import json
import os

import pytest

from foreign_ends import FOREIGN_ENDS
from foreign_models import LACKING, NAMED, NO_EMBEDDING, NOT_RUN, ending_in, large, little_ending_in
from paired import deploy
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.repl.pairing import Wanted, await_agent, pair, pair_for_now
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding import agent_code
from tinyteach.errors import BoardRefusedError
from tinyteach.service.projects.embeddings import fitting, for_pairing


def quiet(*_):
    pass


@pytest.fixture
def file(tmp_path):
    """file(content) is the path of a .tflite file that holds it."""

    def write(content):
        path = tmp_path / "own.tflite"
        path.write_bytes(content)
        return path

    return write


# The check


@pytest.mark.parametrize("what", NO_EMBEDDING)
def test_new_takes_no_file_of_something_else(fails, file, tmp_path, what):
    said = fails("new", "things", "--embedding", file(NO_EMBEDDING[what]()))
    assert "embedding" in said or "no .tflite model that boards can read" in said
    assert not (tmp_path / "things").exists()


@pytest.mark.parametrize("what", NOT_RUN)
def test_new_takes_nothing_that_boards_cannot_run(fails, file, tmp_path, what):
    make, words = NOT_RUN[what]
    assert words in fails("new", "things", "--embedding", file(make()))
    assert not (tmp_path / "things").exists()


@pytest.mark.parametrize("what", NAMED)
def test_the_reason_is_the_true_one(fails, file, what):
    make, words = NAMED[what]
    said = fails("new", "things", "--embedding", file(make()))
    assert words in said and "damaged" not in said and "copy it again" not in said


def test_new_takes_an_embedding_of_the_user_s_by_a_relative_path(tinyteach, file, tmp_path):
    file(large(32, 8))
    made = tinyteach("new", "things", "--embedding", "own.tflite", "--json")
    assert made.code == 0, made.err
    settings = json.loads((tmp_path / "things" / "tinyteach.json").read_text())
    assert settings["embedding"] == str(tmp_path / "own.tflite")


@pytest.mark.parametrize("name", FOREIGN_ENDS)
def test_other_ends_from_a_new_project_to_an_export(tinyteach, file, project, tmp_path, name):
    """Teachable Machine's exports have such."""
    path = file(FOREIGN_ENDS[name]())
    made = tinyteach("new", "things", "--embedding", path)
    assert made.code == 0, made.err
    settings = json.loads((project / "tinyteach.json").read_text())
    (project / "tinyteach.json").write_text(json.dumps(settings | {"embedding": str(path)}))
    for command in (("train",), ("export", "model", "-o", tmp_path / "whole")):
        done = tinyteach("-p", project, *command)
        assert done.code == 0, done.err


def test_new_takes_no_folder_and_nothing_missing(fails, tmp_path):
    (tmp_path / "folder").mkdir()
    assert "is a folder" in fails("new", "things", "--embedding", "folder")
    assert "There is no embedding" in fails("new", "things", "--embedding", "none.tflite")
    assert "There is no embedding" in fails("new", "things", "--embedding", "n" * 5000)
    assert "is a folder" in fails("new", "things", "--embedding", "")


def test_new_takes_no_file_that_may_not_be_read(fails, file, tmp_path):
    path = file(large(32, 8))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    assert "Cannot read the model" in fails("new", "things", "--embedding", path)


def test_an_image_that_is_too_wide_for_boards(fails, file):
    assert "more than 224 pixels" in fails("new", "things", "--embedding", file(large(225, 2)))


def test_new_says_which_paired_boards_have_no_room_for_it(tinyteach, file):
    """The arena of an image of 128 pixels and 48 maps of it."""
    for name, machine in (("desk", "XIAO with ESP32S3"), ("other", "a board of no known kind")):
        remember(PairedBoard(name, name, "", "", machine))
    made = tinyteach("new", "things", "--embedding", file(large(128, 48)))
    assert made.code == 0 and "more than it may on desk (524288); choose" in made.out
    small = tinyteach("new", "small", "--embedding", file(large(32, 8)), "--json")
    assert json.loads(small.out)["notes"] == []


def test_operators_are_those_of_the_agent():
    names = set(agent_code.operators().values())
    assert {"CONV_2D", "ADD", "SOFTMAX"} <= names and not names & set(LACKING)


# Each command


@pytest.fixture(scope="module")
def own_board(switch_on, trained_heads):
    with switch_on("i386") as started:
        with BoardClient(started.port) as client:
            deploy(client, trained_heads[0])
        yield started


def models_on(board):
    with BoardClient(board.port) as client:
        info = client.info()
        return info.embedding, info.head, info.state


@pytest.mark.parametrize("command", ["train", "upgrade", "pair", "romfs"])
def test_commands_share_the_check(fails, file, own_board, project, tmp_path, command):
    before, path = models_on(own_board), file(ending_in("HARD_SWISH"))
    settings = json.loads((project / "tinyteach.json").read_text())
    (project / "tinyteach.json").write_text(json.dumps(settings | {"embedding": str(path)}))
    arguments = {
        "train": ("-p", project, "train"),
        "upgrade": ("-b", own_board.port, "-p", project, "upgrade"),
        "pair": ("-b", own_board.port, "pair", "--embedding", path),
        "romfs": ("romfs", tmp_path / "rom", "--embedding", path),
    }
    assert "HARD_SWISH" in fails(*arguments[command])
    assert models_on(own_board) == before
    assert not (tmp_path / "rom").exists()


@pytest.mark.parametrize("command", ["upgrade", "pair"])
def test_a_board_that_is_too_small_is_told_before_anything_is_sent(
    fails, file, own_board, project, command
):
    before, path = models_on(own_board), file(large(96, 64))
    said = fails("-b", own_board.port, "-p", project, command, "--embedding", path)
    assert "bytes of free memory and needs" in said
    assert "or the embedding tiny, open or base, which fits" in said
    assert models_on(own_board) == before
    assert json.loads((project / "tinyteach.json").read_text())["embedding"] == "base"


# The board's own check, where the computer's was none


def test_the_board_tries_an_embedding_before_the_old_one_goes(own_board):
    """With a file that nobody has checked, as a computer with another version would send it."""
    before = models_on(own_board)
    with pytest.raises(BoardRefusedError, match=r"HARD_SWISH, not.*keeps its old embedding"):
        pair(own_board.port, Wanted(little_ending_in("HARD_SWISH")), None, quiet)
    assert models_on(own_board) == before
    own_board.cut_power_now()
    own_board.power_on()
    assert models_on(own_board) == before


def test_a_fresh_board_that_does_not_load_its_embedding_is_no_success(switch_on):
    with switch_on("i386") as board:
        await_agent(board.port, "").close()
        with raw_repl(board.port) as repl:
            repl.run("import os\nos.remove('/tinyteach/embedding.tflite')\nos.remove('/main.py')")
        board.reset()
        wanted = Wanted(little_ending_in("HARD_SWISH"), fitting=fitting)
        said = r"HARD_SWISH, not.*another embedding, such as tiny \('--embedding tiny'\)"
        # The second time it finds the file there, and may not say that all is up to date.
        for _ in range(2):
            with pytest.raises(BoardRefusedError, match=said):
                pair_for_now(board.port, wanted, quiet)
        assert pair_for_now(board.port, for_pairing("tiny"), quiet).state == ""
