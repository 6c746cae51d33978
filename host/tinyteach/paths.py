"""Where TinyTeach keeps things outside of projects.

TINYTEACH_HOME moves configuration, state and runtime files into one folder, so
that a test or a second user of the same account stays apart. The cache only
holds what can be had again (MicroPython), so it has a variable of its own,
TINYTEACH_CACHE. TINYTEACH_STATE moves the state alone.
"""

import os
import sys
import warnings
from pathlib import Path

import platformdirs

_NAME = "tinyteach"


def config_dir() -> Path:
    """Paired boards and settings."""
    return _below_home("config") or platformdirs.user_config_path(_NAME)


def state_dir() -> Path:
    """The virtual boards' flash images and logs, backups of real ones."""
    override = os.environ.get("TINYTEACH_STATE")
    if override:
        return Path(override)
    return _below_home("state") or platformdirs.user_state_path(_NAME)


def backups_dir() -> Path:
    """What was on boards before TinyTeach wrote firmware to them."""
    return state_dir() / "backups"


def runtime_dir() -> Path:
    """What runs now."""
    below_home = _below_home("run")
    if below_home:
        return below_home
    # A Linux account without a login session has no runtime folder of its own.
    if sys.platform == "linux" and "XDG_RUNTIME_DIR" not in os.environ:
        return state_dir() / "run"
    with warnings.catch_warnings():
        # One whose rights are too wide is not used but the fallback: right, and no user's matter.
        warnings.simplefilter("ignore")
        return platformdirs.user_runtime_path(_NAME)


def cache_dir() -> Path:
    """What can be fetched again."""
    override = os.environ.get("TINYTEACH_CACHE")
    return Path(override).absolute() if override else platformdirs.user_cache_path(_NAME)


def _below_home(folder: str) -> Path | None:
    home = os.environ.get("TINYTEACH_HOME")
    return Path(home) / folder if home else None
