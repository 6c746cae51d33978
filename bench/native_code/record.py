"""Runs on MicroPython: notes what native functions are called with, to be done again elsewhere.

``begin(recorder, names)`` puts notes around functions; names are {module: (function, ...)}. Each
line that is noted is a JSON list:

    ["memory", address, hex]          what lies there when it is first seen
    ["object", number, {name: value}] attributes that native code may ask for
    ["call", module, function, [value, ...], [[address, hex], ...], result]

A call has the contents of small arrays before it, to which Python writes. A value is an integer,
["at", address], ["object", number] or ["items", [integer, ...]].
"""

import json
import sys
from array import array

import uctypes

SMALL_BYTES = 64


class Recorder:
    """Writes to an open text file."""

    def __init__(self, out):
        self.out = out
        self.start()

    def start(self):
        """Nothing has been seen. What has been is kept until then: no other gets its place."""
        self.calls, self._seen, self._kept, self._objects = 0, set(), [], {}

    def note(self, *words):
        self.out.write(json.dumps(words) + "\n")

    def memory(self, buffer):
        """Note what a buffer holds, where it is new; its address."""
        view = memoryview(buffer)
        address, size = uctypes.addressof(buffer), len(view) * item_bytes(buffer)
        if (address, size) not in self._seen:
            self._seen.add((address, size))
            self._kept.append(buffer)
            self.note("memory", address, bytes(uctypes.bytes_at(address, size)).hex())
        return address

    def value(self, thing):
        """As the notes hold it; None for what native code does not use."""
        if isinstance(thing, bool) or thing is None or isinstance(thing, str):
            return None
        if isinstance(thing, int):
            return thing
        if isinstance(thing, (bytes, bytearray, memoryview, array)):
            return ["at", self.memory(thing)]
        if isinstance(thing, (tuple, list)):
            return ["items", list(thing)] if all_integers(thing) else None
        return ["object", self.object(thing)] if hasattr(thing, "__dict__") else None

    def object(self, thing):
        number = id(thing)
        if number not in self._objects:
            self._objects[number] = thing
            found = {}
            for name, attribute in thing.__dict__.items():
                value = self.value(attribute)
                if value is not None:
                    found[name] = value
            self.note("object", number, found)
        return number

    def call(self, module, name, arguments):
        self.calls += 1
        small = [
            [uctypes.addressof(a), bytes(a).hex()]
            for a in arguments
            if isinstance(a, array) and len(a) * item_bytes(a) <= SMALL_BYTES
        ]
        values = [self.value(argument) for argument in arguments]
        return ["call", module, name, values, small]


def all_integers(things):
    return all([isinstance(each, int) for each in things])


def item_bytes(buffer):
    if not isinstance(buffer, array):
        return 1
    code = repr(buffer)[7:8]  # array('i', ...)
    return {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 4, "L": 4, "q": 8, "Q": 8}[code]


def noting(recorder, module, name, function):
    def call(*arguments):
        noted = recorder.call(module, name, arguments)  # before: what it reads
        result = function(*arguments)
        recorder.note(*noted, result)
        return result

    return call


def begin(recorder, names):
    """Note the calls of these functions from now on."""
    for module, functions in names.items():
        try:
            __import__(module)
        except SyntaxError:  # another core's assembler
            stand_in(module, functions)
        for name in functions:
            function = getattr(sys.modules[module], name)
            setattr(sys.modules[module], name, noting(recorder, module, name, function))


class StandIn:
    """In the place of a module."""


def stand_in(module, functions):
    """A module whose functions do nothing: that they are called is what is noted."""
    made = StandIn()
    for name in functions:
        setattr(made, name, lambda *arguments: None)
    package, _, own = module.rpartition(".")
    sys.modules[module] = made
    setattr(sys.modules[package], own, made)


def kernels(name, room="tflite"):
    """The kernels "viper", "mac16" or "thumb" for models; with "vision" those for pictures."""
    return __import__(f"agent.{room}.kernels_{name}", None, None, ("name",))


def place(view):
    """[address, bytes] of a buffer of bytes."""
    return [uctypes.addressof(view), len(view)]
