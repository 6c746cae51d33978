"""Runs on MicroPython: a kernels module by its name."""


def kernels(name):
    if name == "viper":
        from agent.tflite import kernels_viper

        return kernels_viper
    from agent.tflite import kernels_reference

    return kernels_reference
