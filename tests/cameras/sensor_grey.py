# mypy: ignore-errors
# ruff: noqa: I001, F403
"""Module ``sensor`` where the image sensor knows no colours."""

from csi import CSI as _CSI
from sensor import *

_CSI.grey_only = True
