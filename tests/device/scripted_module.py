"""A module by script, on a pseudo-terminal: what it says is written out here, byte by byte.

The emulator (`tinyteach.virtual.at`) is the module that whole jobs are tried on; this one says what
that never would, and is small enough to be read.
"""

import base64
import contextlib
import json
import threading
from binascii import crc_hqx

from faulty_port import FaultyPort, Unplugged

BANNER = b"\r\n1st BL Modem Build DATE=Nov 30 2023, 0x0002000b\r\nwaiting input key\r\n"
RULE = b"-" * 60 + b"\r\n"
MENU = RULE + b"[0] Reboot system\r\n[1] Xmodem download and burn FW image\r\n" + RULE
READY = b"\r\nSend data using the xmodem protocol from your terminal\r\n"
QUESTION = b"\r\nDo you want to end file transmission and reboot system? (y)\r\n"
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
NAK, ACK, CAN, EOT, SOH = b"\x15", b"\x06", b"\x18", 4, 1
MODEL = 0x400000
WINDOW_S = 0.2


def reply(name, data, kind=0, code=0, compact=False):
    """One reply, with blanks as EL writes it or without as MA does."""
    value = {"type": kind, "name": name, "code": code, "data": data}
    separators = (",", ":") if compact else (", ", ": ")
    return b"\r" + json.dumps(value, separators=separators).encode() + b"\n"


def picture(jpeg=JPEG):
    return base64.b64encode(jpeg).decode()


class ScriptedModule:
    """``says`` is asked first what a command is answered with, None leaves it to this class.

    ``acks_the_end``: False for the loader that shows its menu after a transfer instead.
    ``answer_block(number, whole)`` may give other bytes for a block than ACK, none loses the ACK.
    """

    def __init__(self, says=lambda name, args: None, dialect="el"):
        self.says, self.dialect = says, dialect
        self.state, self.line, self.packet = "app", b"", b""
        self.flash, self.address, self.blocks, self.starts = {}, None, b"", 0
        self.info, self.commands, self.acks_the_end = "", [], True
        self.enters_loader, self.asked_to_enter = True, False
        self.answer_block = lambda number, whole: ACK
        self.timer = threading.Timer(0, lambda: None)
        self.port = FaultyPort(self.receive)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.port.pull()

    @property
    def name(self):
        return self.port.name

    def send(self, data):
        self.port.send(data)

    def receive(self, data):
        for value in data:
            getattr(self, f"in_{self.state}")(bytes([value]))

    # The firmware

    def in_app(self, byte):
        if byte != b"\r":
            self.line += byte
            return
        line, self.line = self.line, b""
        if line:
            self.command(line.decode())

    def command(self, line):
        head, _, args = line.removeprefix("AT+").partition("=")
        tag, _, name = head.rpartition("@")
        self.commands.append(line)
        if name == "RST":
            return self.restart()
        said = self.says(name, args)
        for each in self.answers(name, args) if said is None else said:
            self.send(each if isinstance(each, bytes) else reply(head, each))
        return None

    def answers(self, name, args):
        """As EL or MA has it: data of an answer, or whole bytes."""
        models = [{"id": 1, "type": 0, "address": MODEL, "size": 0}] if self.has_model else []
        sensor = {"id": 1, "type": 1, "state": 2, "opt_id": 0, "opt_detail": "240x240 Auto"}
        presets = [{"id": 0, "description": "240x240 Auto"}]
        ma_sensor = {"id": 1, "presets": presets, "current_preset_index": 0}
        is_el = self.dialect == "el"
        if name == "INFO":
            self.info = args.strip('"')
        return {
            "ID?": ["8b3d4b5e"],
            "NAME?": ["Grove Vision AI V2"],
            "VER?": [{"at_api": "v0", "software": "2025.01.02", "hardware": "1"}],
            "MODELS?": [models if is_el else {"models": models}],
            "SENSORS?": [[sensor] if is_el else {"sensors": [ma_sensor]}],
            "INFO?": [{"crc16_maxim": 1, "info": self.info}],
        }.get(name, [{}])

    @property
    def has_model(self):
        return self.flash.get(MODEL, b"")[4:8] == b"TFL3"

    # The boot loader

    def restart(self):
        self.address = None
        self.starts += 1
        self.state = "window" if self.enters_loader else "app"
        self.send(BANNER)
        self.timer = threading.Timer(WINDOW_S, self.boot, (self.starts,))
        self.timer.start()

    def boot(self, start):
        if self.starts == start and self.state in ("window", "app"):
            self.state, self.line = "app", b""
            with contextlib.suppress(Unplugged, OSError):
                self.send(reply("INIT@STAT?", {"boot_count": 1, "is_ready": 1}))

    def in_window(self, byte):
        self.show_menu()

    def show_menu(self):
        self.state = "menu"
        self.send(MENU)

    def in_menu(self, byte):
        if byte == b"1":
            self.call()
        elif byte == b"0":
            self.restart()
        else:
            self.show_menu()

    def call(self):
        self.state, self.packet, self.blocks, self.number = "xmodem", b"", b"", 1
        self.send(READY + b"C")

    def in_xmodem(self, byte):
        self.packet += byte
        if self.packet[0] == EOT:
            return self.end()
        if self.packet[0] == CAN[0]:
            return self.show_menu()
        if self.packet[0] != SOH:
            self.packet = b""
        elif len(self.packet) == 133:
            self.take_block()
        return None

    def take_block(self):
        number, data, check = self.packet[1], self.packet[3:131], self.packet[131:]
        self.packet = b""
        whole = check == crc_hqx(data, 0).to_bytes(2, "big")
        answer = self.answer_block(number, whole)
        if whole and number == self.number and answer[-1:] in (ACK, b""):
            self.blocks += data
            self.number = (number + 1) & 0xFF
        self.send(answer)
        if answer == CAN:
            self.show_menu()

    def end(self):
        if self.blocks[:2] == b"\xc0\x5a":
            self.address = int.from_bytes(self.blocks[2:6], "little")
        else:
            self.flash["firmware" if self.address is None else self.address] = self.blocks
        if self.acks_the_end:
            self.state = "question"
            self.send(ACK + QUESTION)
        else:
            self.show_menu()

    def in_question(self, byte):
        if byte == b"y":
            self.restart()
        elif byte == b"n":
            self.call()
