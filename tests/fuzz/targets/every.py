"""All targets, by name."""

from fuzz.targets import (
    archives,
    flash,
    keys,
    labs,
    models,
    module,
    pictures,
    projects,
    settings,
    tapes,
    wire,
)
from fuzz.targets.target import Target

MODULES = (wire, keys, models, archives, pictures, projects, settings, module, labs, tapes, flash)
TARGETS: dict[str, Target] = {each.name: each for own in MODULES for each in own.TARGETS}
