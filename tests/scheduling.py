"""Which tests `make test` gives to one process: a file's; TensorFlow's; half of the page's."""

from xdist.scheduler import LoadScopeScheduling

# Importing it takes longer than most that is done with it.
OF_TENSORFLOW = (
    *("embedding/", "agent/tflite/test_networks.py"),
    *("head/test_joined.py", "head/test_novelty.py", "head/test_tflite_writer.py"),
)
# A browser takes seconds to start and half a gigabyte: there are two. The one's files, about half.
OF_ONE_BROWSER = tuple(
    f"studio/test_{name}page.py"
    for name in ("", "own_", "module_", "in_sight_", "names_", "languages_")
)
OF_A_BROWSER = "page.py"


class Together(LoadScopeScheduling):
    """Files, as ``--dist loadscope``; those of TensorFlow are one, those of the page are two."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0].removeprefix("tests/")
        if file.startswith(OF_TENSORFLOW):
            return "tensorflow"
        if file.startswith("studio/") and file.endswith(OF_A_BROWSER):
            return f"browser {OF_ONE_BROWSER.count(file)}"
        return super()._split_scope(nodeid)
