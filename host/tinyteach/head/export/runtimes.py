"""The runtimes that a model is exported for, by the words of the command line."""

LITERT, TFLM, OPENMV, GROVE, ARDUINO = RUNTIMES = ("litert", "tflm", "openmv", "grove", "arduino")
