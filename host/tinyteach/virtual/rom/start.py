# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""Power-on: what a board's firmware does before the user's code runs.

Takes over the interpreter: output, keyboard, camera and machine stand-ins, the
flash and ROMFS as the only file systems; then boot.py, main.py (not in the raw REPL, as
boards do) of the current folder and the prompt. The heap that is left is exactly the one asked for.
"""

import gc
import sys

from rom import chip, console, flash, keyboard, machine, repl

MAIN = {"__name__": "__main__"}
_reserve = []


def install_modules():
    console.install()
    keyboard.install()
    sys.modules["machine"] = machine
    # What stands for modules in C is from no file.
    del machine.__file__
    kept, found = set(sys.modules), {}
    for line in sys.argv[4:]:
        name, file, path = line.split("=", 2)
        sys.path[:0] = [path]
        found[name] = __import__(file)
    for name in list(sys.modules):
        if name not in kept or name.split(".")[0] == "rom":
            del sys.modules[name]
    for name, module in found.items():
        sys.modules[name] = module
        if hasattr(module, "__file__"):  # one may have two names
            del module.__file__


def use_flash_only():
    """The board sees its flash and nothing of the computer it runs on."""
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv[:] = []
    try:
        flash.mount()
    except OSError:
        console.write(b"The flash holds no readable file system.\r\n")


def take_heap_reserve():
    """Leave the heap's asked size free: a board's firmware is not in its heap."""
    gc.collect()
    surplus = gc.mem_free() - chip.read_u32(chip.HEAP_BYTES)
    if surplus < 0:
        console.write(b"The firmware takes more heap than is kept for it.\r\n")
        chip.exit_now(1)
    _reserve.append(bytearray(surplus))
    gc.collect()


def run_file(path):
    """Run a file from flash; False where it is not there. An exception is shown."""
    try:
        with open(path) as file:
            source = file.read()
    except OSError:
        return False
    except MemoryError:  # boot.py has left the heap locked
        sys.stdout.buffer.write(repl.NO_MEMORY)
        return False
    error = repl.run(source, MAIN)
    if error:
        console.show_exception(error)
    gc.collect()
    return True


def start():
    chip.interrupts_off()
    chip.die_with_supervisor()
    install_modules()
    use_flash_only()
    take_heap_reserve()
    chip.tell(0, chip.BUS_STARTED)
    run_file("boot.py")
    if chip.registers[chip.RAW_REPL]:
        repl.die_where_locked()
    else:
        run_file("main.py")
    repl.serve(MAIN)


start()
