"""The demo's objects by name, as drawings.json has them; `drawing` draws them."""

import json
from pathlib import Path

DRAWINGS = json.loads(Path(__file__).with_name("drawings.json").read_text())
DEMO_OBJECTS = tuple(DRAWINGS)
