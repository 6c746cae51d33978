"""Runs on MicroPython: a kernels module by its name."""


def kernels(name):
    if name == "thumb":
        import thumb_by_ffi  # noqa: F401 - goes where the kernels look for thumb_dot

        from agent.tflite import kernels_thumb

        return kernels_thumb
    if name == "viper":
        from agent.tflite import kernels_viper

        return kernels_viper
    from agent.tflite import kernels_reference

    return kernels_reference
