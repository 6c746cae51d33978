"""A reader of .tflite files and an interpreter of the int8 operators TinyTeach uses."""
