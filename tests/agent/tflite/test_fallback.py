"""A port whose compiler has no viper runs the plain kernels instead."""

import shutil

RUN = """
from agent.tflite import kernels as tflite_kernels
from agent.vision import kernels as vision_kernels
print(tflite_kernels.best().name, vision_kernels.best().name)
"""


def without_viper(root, target) -> None:
    """Copy the agent, its decorators unknown, which is the SyntaxError such a port raises."""
    shutil.copytree(root / "firmware_agent" / "agent", target / "agent")
    for path in target.rglob("*viper*.py"):
        path.write_text(path.read_text().replace("@micropython.viper", "@micropython.lacking"))


def test_plain_kernels_where_viper_is_lacking(micropython, root, tmp_path):
    assert micropython.run(RUN) == "viper viper\n"
    without_viper(root, tmp_path)
    assert micropython.run(RUN, path=[tmp_path]) == "reference reference\n"
