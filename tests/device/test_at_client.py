"""What a module is asked and what comes of its answers, in the dialects; what is no module."""

import base64
import json

import pytest

from faulty_port import FaultyPort
from tinyteach.device.at import boot_loader, conversation, greeting, module_info, xmodem
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import Note
from tinyteach.device.at.refusals import (
    ModuleRestartedError,
    ModuleSilentError,
    NotAModuleError,
)
from tinyteach.errors import BoardNotFoundError, BoardRefusedError, LinkError, UsageError

from .scripted_module import JPEG, MENU, ScriptedModule, picture, reply


@pytest.fixture
def impatient(monkeypatch):
    """What does not answer is not waited for."""
    monkeypatch.setattr(greeting, "GREETING_S", 0.1)
    monkeypatch.setattr(greeting, "LISTEN_S", 0.05)
    monkeypatch.setattr(conversation, "SILENCE_S", 0.5)
    monkeypatch.setattr(boot_loader, "LEAVE_SILENCE_S", 0.2)
    monkeypatch.setattr(xmodem, "SILENCE_S", 0.5)


def sample(jpeg=JPEG, dialect="el", **fields):
    sizes = {"resolution": [240, 240], "rotate": 0}
    if dialect == "ma":
        sizes = {"rotation": 0, "width": 240, "height": 240}
    return reply("SAMPLE", {"count": 1, "image": picture(jpeg), **sizes, **fields}, 1)


def result(classes, **fields):
    data = {"count": 1, "perf": [6, 33, 0], "classes": classes, "resolution": [240, 240]}
    return reply("INVOKE", {**data, "image": picture(), "rotate": 0, **fields}, 1)


def says(name, *parts):
    """Answers a command so, once, and all others as usual."""
    left = [list(parts)]
    return lambda asked, args: left.pop() if asked == name and left else None


@pytest.mark.parametrize("dialect", ["el", "ma"])
def test_a_module_says_what_it_is(dialect):
    with ScriptedModule(dialect=dialect) as module, ModuleClient(module.name) as client:
        info = client.info()
    assert info.module_id == client.module_id == "8b3d4b5e"
    assert (info.name, info.firmware, info.sensor) == (
        "Grove Vision AI V2",
        "2025.01.02",
        "240x240 Auto",
    )
    assert (info.has_model, info.labels, info.dialect) == (False, [], dialect)
    assert info.trouble == ("", "") and json.dumps(info.as_dict())


@pytest.mark.parametrize("sensors", [[], [{"id": 1, "state": 0}], {"sensors": 3}, 7])
def test_one_without_a_camera_says_so(sensors):
    with ScriptedModule(says("SENSORS?", sensors)) as module, ModuleClient(module.name) as client:
        assert "flat cable" in client.info().trouble[1]


def test_one_that_streams_already_is_stopped():
    """The stream fills the line before the port is opened, and goes on until BREAK comes."""
    with ScriptedModule() as module:
        module.send(b'2QEC"}}\n' + sample() * 20)
        with ModuleClient(module.name) as client:
            assert client.info().firmware == "2025.01.02"
        assert module.commands[0].endswith("@BREAK")


@pytest.mark.parametrize("dialect", ["el", "ma"])
def test_photographs_come_as_they_are(dialect):
    events = [sample(JPEG[:-1] + bytes([i]) + b"\xff\xd9", dialect) for i in range(3)]
    with ScriptedModule(says("SAMPLE", {}, *events)) as module, ModuleClient(module.name) as client:
        samples = client.samples()
        taken = [next(samples) for _ in events]
        samples.close()
        assert module.commands[-1].endswith("@BREAK")
    assert [jpeg[-3] for jpeg in taken] == [0, 1, 2]


@pytest.mark.parametrize(
    "damage", [{"image": picture(JPEG[:-2])}, {"image": "?"}, {"image": 3}, {"image": ""}]
)
def test_a_photograph_cut_short_is_left_out(damage):
    events = [sample(**damage), sample()]
    with ScriptedModule(says("SAMPLE", {}, *events)) as module, ModuleClient(module.name) as client:
        assert client.photo() == JPEG


def test_no_whole_photograph_is_a_sentence():
    with (
        ScriptedModule(says("SAMPLE", {}, *[sample(image="")] * 5)) as module,
        ModuleClient(module.name) as client,
        pytest.raises(LinkError, match="no whole photograph; check its camera"),
    ):
        client.photo()


def first_result(*parts, threshold=None):
    with ScriptedModule(says("INVOKE", *parts)) as module, ModuleClient(module.name) as client:
        if threshold:
            client.threshold(threshold)
        results = client.invoke()
        first = next(results)
        results.close()
        return first, module.commands


def test_a_result_has_scores_times_and_a_photograph():
    first, commands = first_result({}, result([[93, 1], [6, 0]]))
    assert first.scores == {1: 0.93, 0: 0.06} and first.best == 1
    assert (first.perf_ms, first.jpeg) == ((6, 33, 0), JPEG)
    names = " ".join(command.rpartition("@")[2] for command in commands)
    assert "TSCORE=1 INVOKE=-1,0,0 TSCORE=1" in names  # EL knows one only from then on


def test_a_threshold_is_set_again_with_each_stream():
    _, commands = first_result({}, result([[93, 1]]), threshold=40)
    assert sum("TSCORE=40" in command for command in commands) == 3


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_a_threshold_that_cannot_be(percent):
    with (
        ScriptedModule() as module,
        ModuleClient(module.name) as client,
        pytest.raises(UsageError, match="take one of 1 to 99"),
    ):
        client.threshold(percent)


@pytest.mark.parametrize(
    ("classes", "scores"),
    [
        ([[0.93, 1], [0.06, 0]], {1: 0.93, 0: 0.06}),
        ([[1, 0]], {0: 1.0}),
        ([[100, 0]], {0: 1.0}),
        ([[2, 3]], {3: 0.02}),
        ([], {}),
    ],
)
def test_the_scale_of_scores_is_found(classes, scores):
    assert first_result({}, result(classes))[0].scores == scores


@pytest.mark.parametrize(
    "damage",
    [
        {"classes": None},
        {"classes": [[1]]},
        {"classes": [["x", 1]]},
        {"classes": [[5, -1]]},
        {"classes": [[101, 0]]},
        {"classes": [[5, 0], [6, 0]]},
        {"classes": [[float("nan"), 0]]},
        {"classes": [[True, 0]]},
        {"classes": [[5, 0]] * 65},
    ],
)
def test_results_that_cannot_be_are_left_out(damage):
    assert first_result({}, result(**damage), result([[50, 0]]))[0].scores == {0: 0.5}


def test_times_that_cannot_be_are_none():
    assert first_result({}, result([[50, 0]], perf="fast"))[0].perf_ms == (0, 0, 0)


def test_results_without_photographs_are_asked_for_as_the_dialect_has_it():
    for dialect, command in (("el", "INVOKE=-1,0,1"), ("ma", "INVOKE=-1,1")):
        script = says("INVOKE", {}, result([[50, 0]], image=""))
        with (
            ScriptedModule(script, dialect) as module,
            ModuleClient(module.name) as client,
        ):
            results = client.invoke(with_photos=False)
            assert next(results).jpeg == b""
            results.close()
            assert any(sent.endswith(command) for sent in module.commands)


@pytest.mark.parametrize("code", [5, 10])
def test_without_a_model_there_is_nothing_to_ask(code):
    script = says("INVOKE", reply("INVOKE", {}, code=code))
    with (
        ScriptedModule(script) as module,
        ModuleClient(module.name) as client,
        pytest.raises(BoardRefusedError, match="deploy one with 'tinyteach deploy'") as refused,
    ):
        next(client.invoke())
    assert refused.value.code == code


def test_an_unknown_code_is_a_sentence():
    with (
        ScriptedModule(says("VER?", reply("VER?", {}, code=77))) as module,
        ModuleClient(module.name) as client,
        pytest.raises(BoardRefusedError, match="refuses VER with code 77; press"),
    ):
        client.info()


def test_a_command_that_is_not_known_is_refused_by_a_log():
    def script(name, args):
        log = f"Unknown command: {module.commands[-1]}"
        return [reply("AT", log, 2, 5)] if name == "VER?" else None

    with (
        ScriptedModule(script) as module,
        ModuleClient(module.name) as client,
        pytest.raises(BoardRefusedError, match="code 5"),
    ):
        client.info()


def test_a_late_answer_is_not_taken_for_another(impatient):
    late = reply("OTHER@VER?", {"software": "0"})
    script = says("VER?", late, {"software": "2025.01.02"})
    with ScriptedModule(script) as module, ModuleClient(module.name) as client:
        assert client.info().firmware == "2025.01.02"


def test_a_restart_in_the_middle_is_a_sentence():
    begun = reply("INIT@STAT?", {"boot_count": 2, "is_ready": 1})
    with (
        ScriptedModule(says("VER?", begun)) as module,
        ModuleClient(module.name) as client,
        pytest.raises(ModuleRestartedError, match="restarted in the middle of this; run"),
    ):
        client.info()


def test_one_that_stops_answering_is_a_sentence(impatient):
    with (
        ScriptedModule(says("VER?")) as module,
        ModuleClient(module.name) as client,
        pytest.raises(LinkError, match="stopped answering; check the cable"),
    ):
        client.info()


def test_events_without_an_answer_have_an_end():
    with (
        ScriptedModule(says("VER?", sample() * 400)) as module,
        ModuleClient(module.name) as client,
        pytest.raises(LinkError, match="stopped answering"),
    ):
        client.info()


def test_texts_of_a_module_steer_nothing():
    script = says("NAME?", "\x1b]0;x\x07Grove\u202e" + "x" * 500)
    with ScriptedModule(script) as module, ModuleClient(module.name) as client:
        name = client.info().name
    assert name.startswith("]0;xGrove") and len(name) <= 128


def test_labels_are_kept_and_read():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        client.write_info(["Apfel", "Nuß"], "ab" * 32)
        info = client.info()
        assert (info.labels, info.model_hash) == (["Apfel", "Nuß"], "ab" * 32)
        fields = json.loads(base64.b64decode(module.info))
    assert fields["classes"] == ["Apfel", "Nuß"] and fields["algorithm"] == "IMCLS"


def test_labels_that_a_module_does_not_keep_are_a_sentence():
    with (
        ScriptedModule(says("INFO", {"retries": 5})) as module,
        ModuleClient(module.name) as client,
        pytest.raises(Exception, match="did not keep the names"),
    ):
        client.write_info(["a", "b"], "ab" * 32)


def test_names_that_take_too_much_room_are_refused_before_anything_is_sent():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        sent = len(module.commands)
        with pytest.raises(UsageError, match="shorten them"):
            client.write_info(["x" * 100] * 40, "ab" * 32)
        assert len(module.commands) == sent


@pytest.mark.parametrize(
    "note", ["", "%%%", "bm8=", "W10=", base64.b64encode(b'{"classes": 3}').decode(), 5, None]
)
def test_a_note_that_is_none_is_empty(note):
    assert module_info.read(note) == Note()


def test_names_that_are_none_keep_their_place():
    note = base64.b64encode(json.dumps({"classes": ["a", None, "\x1bc"]}).encode()).decode()
    assert module_info.read(note).labels == ("a", "", "c")


def test_firmware_of_2023_says_so_and_is_not_used():
    for told in ("2023.12.14", "v2023.12.14"):

        def script(name, args, told=told):
            return [{"software": told}] if name == "VER?" else None

        with ScriptedModule(script) as module, ModuleClient(module.name) as client:
            assert "tinyteach flash" in client.info().trouble[1]
            with pytest.raises(BoardRefusedError, match="of 2023.*'tinyteach flash'"):
                next(client.invoke())
            with pytest.raises(BoardRefusedError, match="of 2023"):
                client.photo()


def test_himaxs_demonstration_is_named_and_takes_no_commands():
    """It sends answers that nobody asked for, and results without an end."""
    tick = result([[50, 0]], algo_tick=[[3]])
    talk = reply("ID?", 1) + reply("NAME?", "kris Grove") + reply("VER?", {"software": "1"}) + tick

    def script(name, args):
        return [talk] if args or name[-1] == "?" else []

    with ScriptedModule(script) as module, ModuleClient(module.name) as client:
        assert client.info().dialect == "hx"
        with pytest.raises(BoardRefusedError, match="takes no commands; write Seeed's"):
            client.photo()


# What is no module


def test_a_silent_port(impatient):
    with (
        ScriptedModule(lambda name, args: []) as module,
        pytest.raises(ModuleSilentError, match="Nothing on .* answers; press"),
    ):
        ModuleClient(module.name)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(b">>> \r\nNameError\r\n>>> ", "MicroPython.*pair"), (b"ERROR\r\n" * 30, "not as a Grove")],
)
def test_another_kind_of_board(answer, sentence, impatient):
    port = FaultyPort(lambda data: port.send(answer))
    try:
        with pytest.raises(NotAModuleError, match=sentence):
            ModuleClient(port.name)
    finally:
        port.pull()


def test_a_board_with_the_agent(paired_board, impatient):
    with pytest.raises(NotAModuleError, match="with TinyTeach's agent"):
        ModuleClient(paired_board.port)


def test_a_port_that_another_program_holds():
    with (
        ScriptedModule() as module,
        ModuleClient(module.name),
        pytest.raises(BoardNotFoundError, match="is in use; close the program"),
    ):
        ModuleClient(module.name)


def test_a_port_that_is_not_there():
    with pytest.raises(BoardNotFoundError, match="There is no port"):
        ModuleClient("/dev/ttyACM77")


def test_one_that_waits_in_its_boot_loader_is_led_out_of_it(impatient):
    with ScriptedModule() as module:
        module.state = "menu"
        with ModuleClient(module.name) as client:
            assert client.info().firmware == "2025.01.02"
    with ScriptedModule() as module:
        module.call()
        with ModuleClient(module.name) as client:
            assert client.module_id
    for silent in ("xmodem", "question"):
        with ScriptedModule() as module:
            module.state = silent
            with ModuleClient(module.name) as client:
                assert client.module_id
    with ScriptedModule() as module:
        module.state = "question"
        module.send(MENU[:3] + b"\r\nDo you want to end file transmission and reboot system? (y)")
        with ModuleClient(module.name) as client:
            assert client.module_id


def test_a_cable_that_is_pulled_is_a_sentence():
    with ScriptedModule() as module, ModuleClient(module.name) as client:
        module.port.pull()
        with pytest.raises(LinkError, match="broke; check the cable"):
            client.info()
