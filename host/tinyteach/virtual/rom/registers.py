"""The registers, and what else the board's process and its supervisor agree on.

Both read this file: the one as MicroPython, where each name takes room in the heap beside the
agent's, the other as Python.
"""

REGISTERS_BYTES = 4096
# Offsets in the registers.
CUT_COUNTDOWN, BLOCK_OPERATIONS = 0, 4
CUT_TORN, INTERRUPT_REQUESTED, INTERRUPT_CHAR, RAW_REPL, RESET_CAUSE = range(8, 13)
# Whether the camera is on, over soft resets too.
CAMERA_ON = 14
# How the firmware makes and mounts its file system (flash.py).
FILE_SYSTEM = 15
HEAP_BYTES, FLASH_BYTES, MEMORY_BYTES = 16, 20, 24
# The watchdog's time, 0 while it is off, and a byte that changes when it is fed.
WATCHDOG_MS, WATCHDOG_FED = 28, 32
# Counts block reads, modulo 256.
FLASH_READS = 33
# Size of the ROMFS that lies behind the frame buffers, 0 for none.
ROMFS_BYTES = 36
# Each pin's level, and beside it whether a program has made it an output.
PINS, PIN_COUNT, PIN_LEVEL, PIN_DRIVEN = 256, 64, 1, 2

# The camera's bus: requests and answers, 16 bytes each: number, what, five arguments.
BUS_REQUEST, BUS_ANSWER, BUS_MESSAGE_BYTES = "<IBBHHBBI", "<IiII", 16
BUS_GRAB, BUS_STARTED = 1, 2

# Exit statuses by which the process tells the supervisor what to do next.
EXIT_POWER_LOST, EXIT_RESET, EXIT_SOFT_RESET = 86, 87, 88
