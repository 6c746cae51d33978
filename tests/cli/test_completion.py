"""What shells offer at the tab key: commands, options and values, in each shell's own form."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import typer

from patience import PATIENCE_S
from tinyteach.cli import completion
from tinyteach.cli.parser import app
from tinyteach.data.head_history import kept_heads
from tinyteach.data.project import Project
from tinyteach.device.registry import PairedBoard, remember

COMMAND = "from tinyteach.cli.main import run; run()"
IMPORTED = """
import json, sys
from tinyteach.cli import main
try:
    main.run()
finally:
    sys.stderr.write("\\n" + json.dumps(list(sys.modules)))
"""
CLASS_PLACES = [words for words, of in completion.VALUES.items() if of is completion.classes]


def asked(words, shell):
    """The environment that a shell's own script sets, the last of the words being typed."""
    typed = words.split(" ")
    bash = {"COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)}
    others = {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_WORD_TO_COMPLETE": typed[-1]}
    fish = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    return {"_TINYTEACH_COMPLETE": f"complete_{shell}", **bash, **others, **fish}


@pytest.fixture
def offered(tinyteach, monkeypatch):
    """offered(words, shell="bash"): what is printed for the last of the words."""

    def complete(words, shell="bash"):
        for name, value in asked(f"tinyteach {words}", shell).items():
            monkeypatch.setenv(name, value)
        result = tinyteach()
        assert result.err == "" and result.code == 0
        return list(filter(None, result.out.splitlines()))

    return complete


def loaded_for(words):
    """What is printed in a process of its own, and which modules it took."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": "", **asked(words, "bash")},
    )
    return done.stdout.split(), set(json.loads(done.stderr.splitlines()[-1]))


# Commands and options


def test_commands_are_completed_without_their_modules():
    offers, loaded = loaded_for("tinyteach re")
    assert sorted(offers) == ["replay", "report", "restore", "retrain"]
    assert not {name for name in loaded if name.startswith("tinyteach.service")}


def test_options_and_commands_of_a_group_are_completed(offered):
    assert offered("train --se") == ["--seed"]
    assert sorted(offered("class re")) == ["remove", "rename"]
    assert "--install-completion" in offered("--inst")


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("capture --sm", "--small"),
        ("class remove --de", "--delete-photos"),
        ("teach --l", "--list"),
    ],
)
def test_options_where_a_value_could_be(offered, words, option):
    assert offered(words) == [option]


# Values


@pytest.fixture
def things(trained_project, monkeypatch):
    """The current folder is a project with a class of two words."""
    (trained_project / "photos" / "red cup").mkdir()
    monkeypatch.chdir(trained_project)
    return Project.open(trained_project)


@pytest.mark.parametrize("words", CLASS_PLACES)
def test_classes(offered, things, words):
    assert offered(f"{words} c") == ["cat", "coffee"]
    assert offered(f"{words} x") == []


def test_classes_of_the_project_that_is_named(offered, things, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for words in ("-p project capture c", "capture -p project c", "capture -p project -n 3 c"):
        assert offered(words) == ["cat", "coffee"]
    assert offered("capture c") == []  # no project here, and nothing is said of it


def test_heads(offered, things):
    (head,) = kept_heads(things)
    for words in ("deploy", "export model", "deploy --threshold 0.5"):
        assert offered(f"{words} --head ") == [head.fingerprint]


def test_objects(offered):
    assert offered("boards show --object c") == ["cat", "coffee"]


def test_boards(offered):
    remember(PairedBoard("0123456789ab", "kitchen", "/dev/ttyACM9", "", "ESP32S3"))
    for words in ("-b", "--board", "info -b", "rule list --board"):
        assert offered(f"{words} k") == ["kitchen"]
    assert offered("boards stop --name k") == []


@pytest.mark.parametrize(
    ("shell", "form"),
    [
        ("bash", ["red\\ cup"]),
        ("zsh", ["_arguments '*: :((\"red cup\"))'"]),
        ("fish", ["red cup"]),
        ("powershell", ["red` cup:::"]),
        ("pwsh", ["red` cup:::"]),
    ],
)
def test_a_name_of_two_words_in_each_shell(offered, things, shell, form):
    assert [line.rstrip() for line in offered("class remove r", shell)] == form


def test_a_damaged_project_says_nothing(offered, things):
    things.settings_path.write_text("{")
    assert offered("capture c") == []


@pytest.mark.parametrize("words", ["capture c", "boards show --object c"])
def test_values_are_offered_without_what_takes_time(things, words):
    offers, loaded = loaded_for(f"tinyteach {words}")
    assert offers == ["cat", "coffee"]
    assert not loaded & {"sklearn", "ai_edge_litert", "tinyteach.cli.asked"}


def commands_of(command, words=()):
    yield " ".join(words), command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands_of(below, (*words, name))


def places_in(words, command):
    """Where a command's own parameters offer values: its options, and its first argument."""
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    for each in command.params:
        offers = getattr(each, "_custom_shell_complete", None)
        if offers and "--board" not in each.opts and each not in arguments[1:]:
            yield words if each in arguments else f"{words} {each.opts[0]}"


def test_the_places_known_without_modules_are_the_commands_own():
    every = commands_of(typer.main.get_command(app))
    assert {place for each in every for place in places_in(*each)} == set(completion.VALUES)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_in_a_real_bash(things):
    """The script that --show-completion prints, as bash calls it."""
    env = {**os.environ, "_TINYTEACH_COMPLETE": "source_bash"}
    source = [sys.executable, "-c", COMMAND]
    script = subprocess.run(source, env=env, capture_output=True, text=True, check=True).stdout
    lines = [
        script,
        "COMP_WORDS=(tinyteach capture c); COMP_CWORD=2",
        '_tinyteach_completion "$PROGRAM" c capture',
        'printf "%s\\n" "${COMPREPLY[@]}"',
    ]
    program = things.root / "program"
    program.write_text(f"#!{sys.executable}\n{COMMAND}\n")
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(lines)],
        env={**os.environ, "PROGRAM": str(program)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout.split() == ["cat", "coffee"], done.stderr
