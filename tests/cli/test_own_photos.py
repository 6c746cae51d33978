"""`tinyteach test`: a head tried on photographs that were kept back, by exit code and JSON."""

import json
import shutil

import pytest
from PIL import Image

from paired import views_of
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.errors import (
    BoardRefusedError,
    ModelError,
    PhotoError,
    ProjectError,
    UsageError,
    VerificationError,
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Three photographs of each class, and as many of what is neither."""
    folder = tmp_path_factory.mktemp("kept") / "kept"
    for name, called in {"cat": "cat", "coffee": "Coffee", "rocket": "unknown"}.items():
        (folder / called).mkdir(parents=True)
        for number, view in enumerate(views_of(name, 3, seed=23, side=64)):
            Image.fromarray(view).save(folder / called / f"{number}.png")
    return folder


@pytest.fixture
def run(tinyteach, board, trained_project):
    """run(*arguments) is `test` in a project with a head, the board named."""

    def of(*arguments):
        return tinyteach("-b", board.port, "-p", trained_project, *arguments)

    return of


def test_board_and_computer_say_the_same(run, kept):
    assert run("deploy").code == 0
    there, here = (run("test", kept, "--json", *more) for more in ((), ("--host",)))
    assert (there.code, here.code) == (0, 0) and there.out.count("\n") == 1
    on_board, on_host = json.loads(there.out), json.loads(here.out)
    assert (on_board["where"], on_host["where"]) == ("board", "host")
    assert (on_board["computed_twice"], on_board["mismatches"]) == (9, [])
    for name in ("fingerprint", "accuracy", "interval", "false_rejects", "false_accepts"):
        assert on_board[name] == on_host[name], name
    assert on_board["confusion"] == on_host["confusion"] and on_board["worst"] == on_host["worst"]
    assert on_board["source"] == str(kept)
    assert on_board["labels"] == ["cat", "coffee", "unknown"] and on_board["photos"] == 9


def test_it_counts_what_classify_says(run, kept):
    files = sorted(kept.glob("*/*.png"))
    told = json.loads(run("test", kept, "--host", "--json").out)
    lines = run("classify", "--host", "--json", *files).out.splitlines()
    found = map(json.loads, lines)
    said = [(file.parent.name.lower(), one) for file, one in zip(files, found, strict=True)]
    own = [(true, found["label"]) for true, found in said if true != "unknown"]
    assert told["right"] == sum(true == label for true, label in own)
    assert told["false_rejects"]["count"] == sum(label == "unknown" for _, label in own)
    others = [found["label"] != "unknown" for true, found in said if true == "unknown"]
    assert told["false_accepts"]["count"] == sum(others) and told["other_photos"] == 3
    by_name = {row["name"]: row for row in told["tested"]}
    for file, (_, found) in zip(files, said, strict=True):
        row = by_name[f"kept/{file.parent.name}/{file.name}"]
        assert row["probabilities"] == found["probabilities"]
        assert (row["predicted"], row["best_label"]) == (found["label"], found["best_label"])


def test_people_read_a_matrix_and_the_worst(run, kept):
    told = run("test", kept, "--host")
    assert told.code == 0 and told.err == ""
    for words in ("the project's, on", "said unknown", "other things", "Right: ", "false accepts"):
        assert words in told.out
    assert "kept/cat/0.png" in told.out and "Class 'Coffee' there is 'coffee' here." in told.out


def test_what_is_asked_for_ends_the_command(run, kept, photo_folder):
    code = exit_code_of(VerificationError)
    all_right = ("test", photo_folder, "--copies", "--host", "--at-least")
    assert run(*all_right, "0.5").code == 0
    for where in ((), ("--host",)):
        assert run("deploy", "--threshold", "0.7").code == 0
        found = run("test", kept, "--json", *where)
        right = json.loads(found.out)["accuracy"]
        assert run("test", kept, *where, "--at-least", right).code == 0
        higher = run("test", kept / "unknown", "--level", "0", *where, "--json", "--at-least", "0")
        assert higher.code == code and json.loads(higher.out)["accuracy"] is None
        assert json.loads(higher.out)["exit_code"] == code
        assert json.loads(higher.err)["error"].startswith("Whether")


def test_less_than_asked_for(run, kept, trained_project):
    """Photographs in the other class's folder are wrong for certain."""
    wrong = trained_project.parent / "wrong"
    shutil.copytree(kept / "cat", wrong / "coffee")
    shutil.copytree(kept / "Coffee", wrong / "cat")
    result = run("test", wrong, "--host", "--at-least", "0.9")
    assert result.code == exit_code_of(VerificationError) and "Right: " in result.out
    assert result.err.endswith("says what would help.\n") and result.err.count("\n") == 1


@pytest.mark.parametrize("value", ["1.5", "-1", "nan", "90"])
def test_a_share_that_is_none(fails, tinyteach, kept, value):
    assert "from 0 to 1" in fails("test", kept, "--host", f"--at-least={value}")
    assert tinyteach("test", kept, f"--at-least={value}").code == exit_code_of(UsageError)


def files_in(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_copies_are_told_and_nothing_but_copies_is_no_test(
    run, fails, photo_folder, tmp_path, kept
):
    before = files_in(tmp_path / "project")
    result = run("test", photo_folder)
    assert result.code == exit_code_of(PhotoError) and "say --copies" in result.err
    both = shutil.copytree(kept, tmp_path / "both")
    shutil.copy(photo_folder / "cat" / "0.png", both / "cat" / "trained on.png")
    told = json.loads(run("test", both, "--host", "--json").out)
    assert [copy["name"] for copy in told["copies"]] == ["both/cat/trained on.png"]
    assert told["photos"] == 9 and told["compared"]
    assert "Left out 1 photograph that" in run("test", both, "--host").out
    assert files_in(tmp_path / "project") == before


@pytest.mark.parametrize("where", [(), ("--host",)], ids=["board", "host"])
def test_sources_that_are_none(run, kept, tmp_path, where):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("none")
    shutil.copytree(kept / "cat", tmp_path / "others" / "dog")
    shutil.copytree(kept / "cat", tmp_path / "bare")
    run("deploy")
    before = files_in(tmp_path / "project")
    for name, kind in {
        "missing": UsageError,
        "empty": PhotoError,
        "notes.txt": PhotoError,
        "others": PhotoError,
        "bare": PhotoError,
    }.items():
        result = run("test", tmp_path / name, *where)
        assert result.code in (exit_code_of(kind), exit_code_of(UsageError)), (name, result)
        assert result.err.count("\n") == 1 and result.err.endswith(".\n"), result.err
        assert name in result.err and result.out == ""
    assert files_in(tmp_path / "project") == before


def test_no_head_and_no_project(fails, tinyteach, project, kept, switch_on, tmp_path):
    assert "no trained head yet" in fails("-p", project, "test", kept, "--host")
    assert "is not a TinyTeach project" in fails("test", kept, "--host")
    assert "is not a TinyTeach project" in fails("-p", tmp_path / "none", "test", kept)
    assert tinyteach("test", kept, "--host").code == exit_code_of(ProjectError)
    with switch_on("i386") as blank:
        for where in ((), ("-p", project)):
            arguments = ("-b", blank.port, *where, "test", kept)
            assert "train and deploy first" in fails(*arguments)
            assert tinyteach(*arguments).code == exit_code_of(BoardRefusedError)
    assert not (project / "heads").exists()


def test_damaged_head(run, trained_project, kept):
    """The board's is tested all the same; the project's own is not."""
    run("deploy")
    (trained_project / "heads" / "head.tflite").write_bytes(b"TFL3")
    assert run("test", kept, "--host").code == exit_code_of(ModelError)
    told = json.loads(run("test", kept, "--json").out)
    assert (told["computed_twice"], told["project_fingerprint"]) == (0, None)


def test_a_board_without_a_project_is_tested(tinyteach, run, board, kept):
    assert run("deploy").code == 0
    told = json.loads(tinyteach("-b", board.port, "test", kept, "--json").out)
    assert told["own_photos"] == 6 and not told["compared"]
    assert "may have been trained on" in told["notes"][-1]
