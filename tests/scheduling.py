"""Which tests `make test` gives to one process: each file's, and all that import TensorFlow."""

from xdist.scheduler import LoadScopeScheduling

# Importing it takes longer than most that is done with it.
OF_TENSORFLOW = (
    *("embedding/", "agent/tflite/test_networks.py"),
    *("head/test_joined.py", "head/test_novelty.py", "head/test_tflite_writer.py"),
)


class Together(LoadScopeScheduling):
    """Files, as ``--dist loadscope``; those of TensorFlow are one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0].removeprefix("tests/")
        return "tensorflow" if file.startswith(OF_TENSORFLOW) else super()._split_scope(nodeid)
