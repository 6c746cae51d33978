"""TinyTeach's agent: started after boot, stopped by Ctrl-C, started again by a reset."""

import sys

import micropython

# What the agent takes of the firmware, without the user's json.py or folder agent in its place.
path = sys.path[:]
sys.path[:] = [".frozen"]
for name in ("array", "binascii", "hashlib", "json", "machine", "os", "select", "struct", "time"):
    if hasattr(sys.modules.get(name), "__file__"):
        del sys.modules[name]
    try:
        sys.modules[name] = __import__(name)
    except ImportError:
        pass
sys.path += [name for name in path if name.endswith("/lib")]

from agent import memory, seldom  # noqa: E402, F401 - memory first: what the heap held before


def main() -> None:
    """Serve until Ctrl-C. A crash is written down and ends in a new start, a loop in safe mode."""
    may_restart = safe_mode = False
    try:
        load_order = seldom.use("load_order")
        seldom.load(load_order.FIRST)
        safe_mode = seldom.call("boot", "begin")
        seldom.load(load_order.MODULES)
        may_restart = not safe_mode
        sys.modules["agent.loop"].Agent(safe_mode).run()
    except KeyboardInterrupt:
        micropython.kbd_intr(-1)  # a second one, which tools send, would interrupt this
        if not safe_mode:
            seldom.call("boot", "settled")
        print("TinyTeach's agent stopped; a reset starts it again.")
        micropython.kbd_intr(3)
    except Exception as error:
        seldom.call("boot", "crashed", error, may_restart)


main()
sys.path[:] = path
