"""TinyTeach's agent: started after boot, stopped by Ctrl-C, started again by a reset."""

from agent.load_order import MODULES

for module in MODULES:
    __import__(module)


def main():
    """Serve until Ctrl-C."""
    from agent.loop import Agent

    try:
        Agent().run()
    except KeyboardInterrupt:
        print("TinyTeach's agent stopped; a reset starts it again.")


main()
