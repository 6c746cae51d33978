"""The one error of this package."""


class ModelError(ValueError):
    """A .tflite file that is damaged, or asks for what this interpreter does not do."""


NO_MEMORY = "there is not enough memory to run the model"
