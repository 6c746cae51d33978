"""Ports that are reached over a network, and whether that is allowed without a board's key."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

# As pyserial reads them: in any case, and also behind another scheme (spy://socket://…).
SCHEME = re.compile(r"(?:socket|rfc2217)://", re.IGNORECASE)
VARIABLE = "TINYTEACH_INSECURE"
OFF = ("", "0", "no", "off", "false")


def is_network(port: str) -> bool:
    """Whether bytes to the port leave this computer, so that others may read and change them."""
    return any(not _is_here(port[found.start() :]) for found in SCHEME.finditer(port))


def _is_here(port: str) -> bool:
    """Whether it is a loopback address; a tunnel that ends there guards its own way."""
    try:
        host = urlsplit(port).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_insecure() -> bool:
    """Whether the user has said that a network's ports may be used without a key."""
    return os.environ.get(VARIABLE, "").strip().lower() not in OFF


@contextmanager
def insecurely() -> Iterator[None]:
    """As with --insecure, for what is done meanwhile."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
