"""Chooses the kernels: viper where the port compiles or loads it, else plain Python."""


def best():
    """The fastest kernels module that runs here."""
    # A decorator that a port lacks is a SyntaxError of the whole source file; native
    # code of another architecture in a .mpy is a ValueError.
    try:
        from agent.tflite import kernels_viper

        return kernels_viper
    except (ImportError, SyntaxError, ValueError):
        from agent.tflite import kernels_reference

        return kernels_reference
