"""Code that a board runs in its raw REPL to say what it is and to try its camera.

Each piece prints one JSON value, is short, and ends by itself. The pieces on the camera
go in order: `CAMERA_START` opens it, the others use it. Beside each stands the answer's shape.
"""

from tinyteach.device.repl.repl_answers import (
    digits,
    flag,
    lines,
    maybe,
    number,
    record,
    several,
    text,
)

# Before any restart: why the board started, what time it believes it is, its last crash.
BOOT = """
import json, sys, time
i = sys.implementation
said = {'name': i.name, 'version': list(i.version[:3]), 'mpy': getattr(i, '_mpy', 0),
    'machine': getattr(i, '_machine', sys.platform), 'cause': '', 'clock': None,
    'crash': ''}
try:
    import machine
    cause = machine.reset_cause()
    for name in ('PWRON', 'HARD', 'WDT', 'DEEPSLEEP', 'SOFT'):
        if getattr(machine, name + '_RESET', None) == cause:
            said['cause'] = name
except (ImportError, AttributeError):
    pass
try:
    said['clock'] = list(time.gmtime()[:6])
except (AttributeError, OSError):
    pass
try:
    with open('tinyteach/crash.txt') as file:
        said['crash'] = file.read(6000)
except OSError:
    pass
print(json.dumps(said))
"""

BOOT_FACTS = record(
    name=text,
    version=several(number, least=2),
    mpy=number,
    machine=text,
    cause=text,
    clock=maybe(several(number, least=6, most=6)),
    crash=lines,
)

# Those that the firmware has, by what the agent knows them by; the first is the one it takes.
CAMERA_MODULES = """
import json
found = []
for name, modules, sign in (
    ('camera', 'camera', 'Camera'), ('older camera', 'camera', 'init'),
    ('csi', 'csi', 'CSI'), ('sensor', 'sensor', 'snapshot'),
):
    try:
        if hasattr(__import__(modules), sign):
            found.append(name)
    except ImportError:
        pass
    except Exception:
        found.append(name)
print(json.dumps(found))
"""

MODULE_NAMES = several(text)

# By the agent's own driver (firmware_agent/agent/camera/), with the board's settings. ``None``:
# there is no agent whose driver could be taken.
CAMERA_START = """
import json
said = {'error': '', 'sensor': '', 'width': 0, 'height': 0, 'pixel_format': 0, 'settings': ''}
try:
    from agent.camera import open_camera
except Exception:
    said = None
if said:
    try:
        cam = open_camera()
        said['sensor'] = cam.sensor
        said['width'] = cam.width
        said['height'] = cam.height
        said['pixel_format'] = cam.pixel_format
        try:
            with open('tinyteach/rung.json') as file:
                said['settings'] = file.read()
        except OSError:
            pass
    except Exception as error:
        said['error'] = repr(error)
print(json.dumps(said))
"""

CAMERA_FACTS = maybe(
    record(error=text, sensor=text, width=number, height=number, pixel_format=number, settings=text)
)

# The middle row of the colour bar as hex digits, or null: lemariva's module shows none, and a
# grey picture has no colours. The sensor takes some frames to change.
COLOUR_BAR = """
import binascii, json
row = None
def show_bar(on):
    raw = getattr(cam, 'device', None)
    if raw is None:
        cam.show_bar(on)
    elif hasattr(raw, 'set_colorbar'):
        raw.set_colorbar(on)
    else:
        raw.colorbar = on
try:
    show_bar(True)
    for _ in range(5):
        frame = cam.grab()[0]
    stride = cam.width * 2
    if len(frame) == stride * cam.height:
        start = cam.height // 2 * stride
        row = str(binascii.hexlify(bytes(frame[start:start + stride])), 'ascii')
    frame = None
    show_bar(False)
except Exception:
    pass
print(json.dumps(row))
"""

ROW = maybe(digits)

# What `firmware_agent/agent/camera/__init__.py` reads; a rename is not needed, as a file that is
# cut short is told and doctor writes it again.
STORE_COLOURS = """
import json
with open('tinyteach/colours.json', 'w') as file:
    json.dump({'pixel_format': %d}, file)
print('true')
"""
STORED = WORKS = flag

# Frames and the milliseconds that they took; two seconds at most, but for one late frame.
FRAME_RATE = """
import json, time
count = 0
start = time.ticks_ms()
try:
    while count < 20 and time.ticks_diff(time.ticks_ms(), start) < 2000:
        cam.grab()
        count += 1
except Exception:
    pass
print(json.dumps([count, time.ticks_diff(time.ticks_ms(), start)]))
"""

COUNT_AND_MS = several(number, least=2, most=2)

FORMATS = ("RGB565", "GRAYSCALE", "YUV422", "RGB888", "JPEG")
# Whether the camera gives a frame in the format: by cnadler86's module, OpenMV's or lemariva's.
TRY_FORMAT = """
import json
works = False
name = %r
try:
    if hasattr(cam, 'device'):
        from camera import PixelFormat
        cam.device.reconfigure(pixel_format=getattr(PixelFormat, name))
        frame = cam.device.capture()
    elif hasattr(cam, 'set_format'):
        cam.set_format(getattr(cam.module, name))
        frame = cam.grab()[0]
    else:
        cam.start(getattr(cam.module, name))
        frame = cam.grab()[0]
    works = frame is not None and len(frame) > 0
    frame = None
except Exception:
    pass
print(json.dumps(works))
"""
