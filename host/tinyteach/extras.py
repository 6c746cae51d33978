"""How an extra of this package is added, fit for how the package itself was installed."""

import json
import shlex

NAME = "tinyteach"


def how_to_add(extra: str) -> str:
    """The command that installs an extra: from the package index, else from where this came."""
    # Not at the top: it takes time to import, and is needed only where something is missing.
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        origin = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        origin = None
    return command_for(extra, origin)


def command_for(extra: str, origin: str | None) -> str:
    """The same by pip's direct_url.json (PEP 610), which an installation from an index has not."""
    try:
        told = json.loads(origin or "{}")
        url = str(told.get("url", ""))
        if "dir_info" in told:
            editable = "-e " if told["dir_info"].get("editable") else ""
            return f"pip install {editable}{shlex.quote(f'{_path(url)}[{extra}]')}"
        if "vcs_info" in told:
            url = f"{told['vcs_info']['vcs']}+{url}@{told['vcs_info']['commit_id']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        url = ""  # written by something else than an installer
    return f"pip install '{NAME}[{extra}]{f' @ {url}' if url else ''}'"


def _path(url: str) -> str:
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path)
