"""What shells offer at the tab key: commands, options and values, in each shell's own form."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

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
    for option in ("--name", "--board", "-b"):
        assert offered(f"boards stop {option} k") == []  # as it is no virtual one
    assert offered("boards stop k") == []


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
        if offers and each.opts != ["--board", "-b"] and each not in arguments[1:]:
            yield from [words] if each in arguments else [f"{words} {opt}" for opt in each.opts]


def test_the_places_known_without_modules_are_the_commands_own():
    every = commands_of(typer.main.get_command(app))
    assert {place for each in every for place in places_in(*each)} == set(completion.VALUES)


def needs(shell):
    return pytest.mark.skipif(
        shutil.which(shell) is None, reason=f"needs {shell}, which is not here"
    )


@pytest.fixture
def script(things):
    """script(shell) is what --show-completion prints there; ``tinyteach`` is first on its PATH."""
    program = things.root / "bin" / "tinyteach"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{COMMAND}\n")
    program.chmod(0o755)

    def printed(shell):
        env = {**os.environ, "_TINYTEACH_COMPLETE": f"source_{shell}"}
        source = [sys.executable, "-c", COMMAND]
        done = subprocess.run(source, env=env, capture_output=True, text=True, check=True)
        (things.root / "script").write_text(done.stdout)
        return {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}

    return printed


def of_shell(words, env):
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    return done.stdout.splitlines(), done.stderr


@needs("bash")
def test_in_a_real_bash(script):
    """The script, as bash calls it."""
    lines = [
        ". ./script",
        "COMP_WORDS=(tinyteach capture c); COMP_CWORD=2",
        "_tinyteach_completion tinyteach c capture",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    ]
    offers, said = of_shell(["bash", "--norc", "-c", "\n".join(lines)], script("bash"))
    assert offers == ["cat", "coffee"], said


@needs("fish")
def test_in_a_real_fish(script):
    """As its tab key does."""
    words = ("capture c", "class remove r", "train --se", "class li")
    asked = [f"complete -C 'tinyteach {each}'" for each in words]
    command = "\n".join(["source ./script", *asked])
    offers, said = of_shell(["fish", "--no-config", "-c", command], script("fish"))
    names = [line.partition("\t")[0] for line in offers]
    assert names == ["cat", "coffee", "red cup", "--seed", "list"], said


# Ctrl-T shows the line as it is now, and gives it up; tab puts in one offer after another.
ZSH = """
PS1=
autoload -Uz compinit; compinit -u -D; source ./script
told() { print; print -r -- "<$BUFFER>"; BUFFER= }
zle -N told; bindkey '^T' told; bindkey '^I' menu-complete
"""


@needs("zsh")
def test_in_a_real_zsh(script):
    """In a terminal, by its tab key; the last class is one that zsh would be told wrongly."""
    (Path("photos") / "zoo's").mkdir()
    typed = {
        "class remove r\t": "class remove red\\ cup",
        "train --se\t": "train --seed",
        "capture c\t": "capture cat",
        "capture c\t\t": "capture coffee",
        "capture zo\t": "capture zo",
    }
    keys = "".join(f"tinyteach {each}\x14" for each in typed)
    shown = shown_by(["zsh", "-f", "-i"], ZSH + keys, script("zsh"), len(typed))
    assert shown == [f"tinyteach {line}" for line in typed.values()]


def shown_by(words, keys, env, count):
    """What stands between < and > of what a program in a terminal shows, so many times."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(words[0], words, {**env, "TERM": "dumb", "HOME": str(Path.cwd())})
    shown = b""
    try:
        os.write(terminal, keys.encode())
        found = re.compile(rb"\n<(tinyteach [^<>]*)>\r")
        while (
            len(found.findall(shown)) < count and select.select([terminal], [], [], PATIENCE_S)[0]
        ):
            shown += os.read(terminal, 4096)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    return [line.decode().rstrip() for line in found.findall(shown)]
