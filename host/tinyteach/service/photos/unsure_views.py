"""Views that a board was not sure of, brought home to be sorted into classes by hand."""

from pathlib import Path

from tinyteach.data.images import encode_png
from tinyteach.data.names import portable_name
from tinyteach.data.project import Project
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.kept import KeptFrame, read_kept
from tinyteach.embedding.preprocess import expand
from tinyteach.files import made_folder, write_atomically
from tinyteach.head.format.head_file import Head
from tinyteach.plain_text import plain
from tinyteach_protocol import messages

FOLDER = "unsorted"


def bring_unsure(project: Project, client: BoardClient, head: Head) -> int:
    """Write the views that a board kept into unsorted/ as pictures; how many are new here.

    What they show nobody knows: they train nothing until they are moved into a class. One that
    is somewhere in the project already stays there.
    """
    frames = read_kept(client)
    here = {path.name for path in project.root.rglob("*.png")}
    fresh = [frame for frame in frames if _name(frame, head) not in here]
    folder = project.root / FOLDER
    for frame in fresh:
        with made_folder(folder):
            _write(folder / _name(frame, head), frame)
    return len(fresh)


def _name(frame: KeptFrame, head: Head) -> str:
    """Such as cup-41-1a2b3c4d-00012.png: what the head thought, in percent, which head, which view.

    Without what it thought where another head is at work now.
    """
    is_its = head.fingerprint.startswith(frame.head) and frame.top < len(head.labels)
    label = portable_name(plain(head.labels[frame.top])) if is_its else None
    guess = f"{label or 'unsure'}-{frame.steps * 100 // 256}"
    return f"{guess}-{frame.head.hex()}-{frame.number:05}.png"


def _write(path: Path, frame: KeptFrame) -> None:
    pixels = expand(frame.tensor, frame.side, frame.side, messages.RGB_INT8)
    write_atomically(path, encode_png(pixels))


def sorting_hint(count: int) -> list[str]:
    """What to do with them, for a person; nothing where there are none."""
    if not count:
        return []
    views = "1 view" if count == 1 else f"{count} views"
    return [
        f"{views} that the board was not sure of lie in {FOLDER}/; move each into photos/<class>/ "
        "and train again."
    ]
