"""The head of this project, made as its product makes it."""

from pathlib import Path

import parts

import tinyteach as tt


def trained(folder: Path) -> tt.Head:
    """A head that knows the parts; its project is made in ``folder``."""
    project = tt.Project(folder)
    shown = parts.labelled(parts.TRAINING, seed=1)
    labels = [label for label, _ in shown]
    for label, (_, view) in zip(labels, shown, strict=True):
        project.add(label, view)
    return project.train()
