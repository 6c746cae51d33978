"""Chooses the row functions: viper where the port compiles or loads it, else plain Python."""

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from types import ModuleType


def best() -> "ModuleType":
    """The fastest kernels module that runs here (see agent.tflite.kernels)."""
    try:
        from agent.vision import kernels_viper

        return kernels_viper  # type: ignore[no-any-return]
    except (ImportError, SyntaxError, ValueError):
        from agent.vision import kernels_reference

        return kernels_reference
