"""TinyTeach's agent: started after boot, stopped by Ctrl-C, started again by a reset."""

import sys

import micropython

from agent import (
    seldom,
)


def main():
    """Serve until Ctrl-C. A crash is written down and ends in a new start, a loop in safe mode."""
    may_restart = safe_mode = False
    try:
        from agent.load_order import FIRST, MODULES

        for module in FIRST:
            __import__(module)
        safe_mode = seldom.call("boot", "begin")
        for module in MODULES:
            __import__(module)
        may_restart = not safe_mode
        sys.modules["agent.loop"].Agent(safe_mode).run()
    except KeyboardInterrupt:
        # A second Ctrl-C, which tools send, would interrupt this.
        micropython.kbd_intr(-1)
        if not safe_mode:
            seldom.call("boot", "settled")
        print("TinyTeach's agent stopped; a reset starts it again.")
        micropython.kbd_intr(3)
    except Exception as error:
        seldom.call("boot", "crashed", error, may_restart)


main()
