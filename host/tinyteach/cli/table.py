"""What the command line has, without the code: from here its help is answered at once.

What stands here is plain text, so that nothing has to be imported to show it. The help lines are
the first lines of the commands' own docstrings; tests/cli/test_table.py compares them.
"""

PROGRAM = "tinyteach"
USAGE_FAULT = 2  # the exit code of a command line that cannot be taken
SUMMARY = "Teach a small camera board to recognise things: record, train in a second, deploy."
BOARD = (
    "A paired board's name, a port, any pyserial URL, 'virtual', or 'lab:' with a name or tag in "
    "the lab; without it, the project's board, else the only one that is attached."
)
PROJECT = "The project folder; without it, the current one."
RECORD = "Record all that is said with boards to a tape, a new file or one in a folder."
INSECURE_VARIABLE = "TINYTEACH_INSECURE"  # as link/networks.py reads it, which takes time to import
INSECURE = "Use boards over a network without their keys; whoever is between may change all."
VERSION = "Print the version."
JSON = "Print one JSON object, for scripts."

# The module of cli/ that a command stands in, and what it does. A group's commands follow it.
COMMANDS = {
    "boards": ("boards", "List attached and paired boards; start and steer virtual ones."),
    "boards start": (
        "boards",
        "Start a virtual board, its flash kept in a file.",
    ),
    "boards show": ("boards", "Put a photograph before a virtual board's camera."),
    "boards pins": (
        "boards",
        "Show the levels of the pins that a virtual board sets.",
    ),
    "boards stop": ("boards", "Stop a virtual board; its flash is kept for the next start."),
    "flash": ("firmware", "Back up an ESP board's flash and write MicroPython to it."),
    "restore": (
        "firmware",
        "Write a backup of an ESP board's flash back.",
    ),
    "romfs": (
        "firmware",
        "Put an embedding into a folder for a board's ROMFS.",
    ),
    "pair": ("boards", "Install agent and embedding on a board, or update them."),
    "info": ("boards", "Show what a board is: chip, camera, models, memory, flash."),
    "doctor": ("doctor", "Look a board over: port, firmware, agent, link, camera, models."),
    "new": ("projects", "Make a project folder."),
    "class": ("projects", "Add, rename, remove and list classes."),
    "class add": ("projects", "Add classes."),
    "class rename": ("projects", "Rename a class; its photographs stay with it."),
    "class remove": (
        "projects",
        "Remove a class; with --delete-photos also one that has photographs.",
    ),
    "class list": (
        "projects",
        "List classes with the number of photographs and recordings in each.",
    ),
    "preview": ("photos", "Show in the terminal what the board sees."),
    "capture": ("photos", "Record photographs of a class with the board's camera."),
    "import": ("photos", "Add photographs from a folder of class folders."),
    "export": (
        "exporting",
        "Write photographs or the model for use elsewhere.",
    ),
    "export photos": ("exporting", "Write all photographs as a zip of class folders."),
    "export model": (
        "exporting",
        "Write embedding and head as one .tflite model.",
    ),
    "train": ("heads", "Train a head on the photographs, estimate its accuracy."),
    "report": ("heads", "Show how well the last training did, and what helps."),
    "advise": (
        "heads",
        "Say whether more photographs would help, and of which class.",
    ),
    "heads": ("heads", "List the heads that were trained, the newest first."),
    "deploy": ("heads", "Write the trained head to the board's flash and put it to work."),
    "rollback": ("heads", "Put the previous head on the board back to work."),
    "teach": (
        "on_board",
        "Teach the board a class by itself, without a training.",
    ),
    "pull": ("on_board", "Bring the board's classes and examples into the project."),
    "retrain": (
        "on_board",
        "Pull, add photographs, train and deploy in one go.",
    ),
    "upgrade": ("heads", "Put a new embedding on the board and retrain for it."),
    "watch": ("recognise", "Show live what the board recognises."),
    "classify": ("recognise", "Classify photographs on the board or on this computer."),
    "rule": ("alone", "What the board does when it sees a class, without a computer."),
    "rule add": ("alone", "Add a rule to the board."),
    "rule list": ("alone", "List the board's rules."),
    "rule remove": ("alone", "Remove a rule from the board."),
    "rule clear": ("alone", "Remove all rules from the board."),
    "alone": ("alone", "Show or set how the board works without a computer."),
    "wipe": (
        "alone",
        "Forget what the board has learnt; the agent stays.",
    ),
    "unpair": (
        "alone",
        "Take the agent and all of its files off the board.",
    ),
    "keys": ("keys", "Which boards this computer may change, and how another one may."),
    "keys list": ("keys", "List the boards whose keys this computer has."),
    "keys export": ("keys", "Write a board's key to a file, for another computer."),
    "keys import": ("keys", "Take a board's key from such a file."),
    "keys forget": ("keys", "Let go of a board's key; the board keeps it."),
    "test": (
        "recognise",
        "Test the head on photographs that it was never trained on.",
    ),
    "verify": ("recognise", "Test the board against the host."),
    "why": (
        "recognise",
        "Name the first tensor that a board computes otherwise.",
    ),
    "lab": ("lab", "Lend boards to other computers, and see what a lab has."),
    "lab setup": (
        "lab",
        "Install labgrid into an environment of its own; print where.",
    ),
    "lab export": ("lab", "Lend this computer's boards, and look after them, until Ctrl-C."),
    "lab status": ("lab", "List the lab's boards: how they are, and who has them."),
    "soak": (
        "soak",
        "Use a board for long, unplugged at random; compare each result.",
    ),
    "replay": ("replay", "Run the host against a tape of a session with a board, offline."),
    "demo": ("demo", "Run the whole job on a virtual board and measure it."),
    "studio": ("studio", "Teach in the browser, offline: the whole job on one page."),
}
GROUPS = ("", "boards", "class", "export", "rule", "keys", "lab")
# Of a group whose first word need be no command: the command that is meant then.
MEANT = {"export": "photos"}
RUNS_ALONE = ("boards", "export")  # groups that do something without a command, if only to ask

_HELP = ("--help", "Show this message and exit.")
# The groups' own options, as typer shows them.
OPTIONS = {
    "": (
        ("-b, --board NAME|PORT|virtual", BOARD),
        ("-p, --project DIR", PROJECT),
        ("--record FILE", RECORD),
        ("--insecure", INSECURE),
        ("--version", VERSION),
        ("--install-completion", "Install completion for the current shell."),
        (
            "--show-completion",
            "Show completion for the current shell, to copy it or customize the installation.",
        ),
        _HELP,
    ),
    "boards": (("--json", JSON), _HELP),
    "class": (_HELP,),
    "export": (("-p, --project DIR", PROJECT), _HELP),
    "rule": (_HELP,),
    "keys": (_HELP,),
    "lab": (_HELP,),
}


def asked_for_json(words: list[str]) -> bool:
    """Whether a command line is a script's, also one that cannot be taken."""
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def commands_of(group: str) -> dict[str, tuple[str, str]]:
    """The commands right below a group, "" being the program: their names, with module and help."""
    start = f"{group} ".lstrip()
    below = {line[len(start) :]: COMMANDS[line] for line in COMMANDS if line.startswith(start)}
    return {name: entry for name, entry in below.items() if " " not in name}
