"""No row function reads or writes a byte that is not its own, whatever the sides and margins."""

from pathlib import Path

HERE = Path(__file__).resolve().parent


def test_random_pictures_stay_inside(micropython):
    script, path = HERE / "run_guarded_area.py", [HERE.parent / "tflite"]
    assert micropython.run(script, "0", "150", "viper", path=path) == "[]\n"
