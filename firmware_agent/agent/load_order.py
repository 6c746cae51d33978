"""The agent's modules, each after those that it imports.

Loaded in this order no import runs inside another: nested ones cost several KB of C
stack a level, which small ports do not have. ``memory`` comes first, so that it sees
what the heap held before the agent. What is needed seldom (seldom.py) is not here.
"""

# Before the start is counted (boot.py).
FIRST = ("agent.memory", "agent.seldom", "agent.files", "agent.slots", "agent.board")

# What reads models, while one is read (models.py): names below ``agent``. ``tflite.embedding`` is
# loaded where a model has an operator that no head has.
READERS = (
    "tflite.geometry",
    "tflite.flatbuffer",
    "tflite.model",
    "tflite.scales",
    "tflite.softmax_math",
    "tflite.ops",
    "tflite.planner",
)

MODULES = (
    "agent.refused",
    "tinyteach_protocol.errors",
    "tinyteach_protocol.frame",
    "tinyteach_protocol.messages",
    "tinyteach_protocol.session",
    "tinyteach_protocol.responder",
    "agent.tflite.errors",
    "agent.tflite.kernels",
    "agent.tflite.interpreter",
    "agent.vision.kernels",
    "agent.vision.area",
    "agent.camera.error",
    "agent.camera",
    "agent.frame",
    "agent.view",
    "agent.head",
    "agent.recogniser",
    "agent.upload",
    "agent.models",
    "agent.image",
    "agent.stream",
    "agent.link",
    "agent.verbs",
    "agent.loop",
)
