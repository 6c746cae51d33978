"""TinyTeach's wire protocol, sans-IO: bytes in, events out, time passed in.

Runs unmodified on CPython and MicroPython, so it imports only ``struct``,
``binascii`` and itself. Import the modules, not this package: a board loads
only the ones it needs (``responder``), a host the others (``requester``,
``transfer``). ``protocol/SPEC.md`` states every byte, ``protocol/DESIGN.md`` why.
"""
