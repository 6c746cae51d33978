"""Code that a board runs in its raw REPL to say what it is and to try its camera.

Each piece prints one JSON value, is short, and ends by itself. The pieces on the camera
go in order: `CAMERA_START` opens it, the others use it.
"""

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
    with open('/tinyteach/crash.txt') as file:
        said['crash'] = file.read(6000)
except OSError:
    pass
print(json.dumps(said))
"""

# Those that the firmware has; the older module ``camera`` has functions instead of a class.
CAMERA_MODULES = """
import json
found = []
for name in ('camera', 'csi', 'sensor'):
    try:
        module = __import__(name)
        found.append(name if name != 'camera' or hasattr(module, 'Camera') else 'older camera')
    except ImportError:
        pass
    except Exception:
        found.append(name)
print(json.dumps(found))
"""

# As the agent's driver opens it (firmware_agent/agent/camera/esp32.py), with the board's own
# settings where it has some. Releases up to 0.5 have methods get_…, later ones attributes too.
CAMERA_START = """
import json
said = {'error': '', 'sensor': '', 'width': 0, 'height': 0}
settings = {}
try:
    with open('/tinyteach/camera.json') as file:
        settings = dict(json.load(file))
except (OSError, ValueError, TypeError):
    pass
def fact(name):
    getter = getattr(cam, 'get_' + name, None)
    return getter() if getter else getattr(cam, name, None)
try:
    from camera import Camera, FrameSize, PixelFormat
    cam = Camera(pixel_format=PixelFormat.RGB565, frame_size=FrameSize.R240X240, **settings)
    said['sensor'] = fact('sensor_name') or 'unknown'
    said['width'] = width = fact('pixel_width')
    said['height'] = height = fact('pixel_height')
except Exception as error:
    said['error'] = repr(error)
print(json.dumps(said))
"""

# The middle row of the colour bar as hex digits, or null. The sensor takes some frames to change.
COLOUR_BAR = """
import binascii, json
row = None
def show_bar(on):
    if hasattr(cam, 'set_colorbar'):
        cam.set_colorbar(on)
    else:
        cam.colorbar = on
try:
    show_bar(True)
    for _ in range(5):
        frame = cam.capture()
    if frame is not None:
        start = height // 2 * width * 2
        row = str(binascii.hexlify(bytes(frame[start:start + width * 2])), 'ascii')
    frame = None
    show_bar(False)
except Exception:
    pass
print(json.dumps(row))
"""

# Frames and the milliseconds that they took; two seconds at most, but for one late frame.
FRAME_RATE = """
import json, time
count = 0
start = time.ticks_ms()
try:
    while count < 20 and time.ticks_diff(time.ticks_ms(), start) < 2000:
        if cam.capture() is None:
            break
        count += 1
except Exception:
    pass
print(json.dumps([count, time.ticks_diff(time.ticks_ms(), start)]))
"""

FORMATS = ("RGB565", "GRAYSCALE", "YUV422", "RGB888", "JPEG")
# Whether the camera gives a frame in the format.
TRY_FORMAT = """
import json
works = False
try:
    cam.reconfigure(pixel_format=PixelFormat.%s)
    frame = cam.capture()
    works = frame is not None and len(frame) > 0
    frame = None
except Exception:
    pass
print(json.dumps(works))
"""
