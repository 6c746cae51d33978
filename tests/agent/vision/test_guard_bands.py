"""No row function reads or writes a byte that is not its own, whatever the sides and margins."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize(
    ("arch", "kernels"), [("amd64", "viper"), ("i386", "viper"), ("armhf", "thumb")]
)
def test_random_pictures_stay_inside(arch, kernels, micropython_on, thumb_folder):
    script, path = HERE / "run_guarded_area.py", [HERE.parent / "tflite", thumb_folder]
    assert micropython_on(arch).run(script, "0", "150", kernels, path=path) == "[]\n"
