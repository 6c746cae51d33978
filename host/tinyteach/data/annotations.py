"""What collections for finding objects, and tables of labels, lie beside their photographs.

Such files say what is in each photograph, often several things and where. Import takes the folder
for the class, so a collection that has only these is none that it can read.
"""

import re
from collections.abc import Iterable, Sequence

from tinyteach.data.entries import Entry
from tinyteach.errors import PhotoError

_READ_BYTES = 1 << 20  # of a file that is looked into
_SAMPLE = 200  # files that are looked into
# COCO, YOLO and darknet, Roboflow, Pascal VOC, Tiny ImageNet, Edge Impulse.
_NAMES = re.compile(
    r"_annotations\..*|_classes\.csv|(instances|captions|person_keypoints)_.*\.json|data\.ya?ml|"
    r"classes\.txt|.*\.names|obj\.data|annotations?\.(csv|json|jsonl|xml|txt|tsv)|.*_annotations\.txt|"
    r"result\.json|labels?\.(csv|tsv|json|jsonl)|bounding_boxes\.labels|(.*_)?metadata\.(csv|jsonl)|"
    r"(.*_)?(imagelabels|labels|annos|setid)\.mat",
    re.IGNORECASE,
)
_TELLING = re.compile(r"(?=.*\d).{4,}", re.DOTALL)  # of a photograph's name without its ending
_TABLES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml"})
# What a file beside one photograph holds where it annotates it.
_BESIDE = {
    ".xml": re.compile(rb"<(annotation|object|bndbox|box)\b"),
    ".json": re.compile(rb'"(annotations|shapes|objects|bbox|boundingBoxes|label|labels|tags)"'),
    ".txt": re.compile(rb"\s*\d+(\s+-?\d*\.\d+){4,}"),
}


def annotation_file(companions: Sequence[Entry], photos: Sequence[Entry]) -> str | None:
    """A file that says what the photographs show, by its name; None where there is none."""
    known = next((entry.name for entry in companions if _is_named_so(entry)), None)
    if known:
        return known
    beside = _beside(companions, photos)
    annotating = next((entry.name for entry in beside[:_SAMPLE] if _annotates(entry)), None)
    if annotating:
        return annotating
    names, of_one = _NamesOf(photos), {entry.parts for entry in beside}
    tables = (e for e in companions if e.suffix in _TABLES and e.parts not in of_one)
    return next((entry.name for entry in tables if _speaks_of(entry, names)), None)


def annotation_of_others(
    companions: Sequence[Entry], photos: Sequence[Entry], classes: Iterable[str]
) -> str | None:
    """A file that says what a photograph shows, where most have one and none speaks of a class.

    Then the folders are sittings or cameras, and what is in the photographs stands elsewhere.
    """
    beside = _beside(companions, photos)
    some = beside[:_SAMPLE]
    annotating = [entry for entry in some if _annotates(entry)]
    if 2 * len(beside) < len(photos) or not some or 2 * len(annotating) < len(some):
        return None
    lists = [entry for entry in companions if _is_named_so(entry)][:_SAMPLE]
    text = b"\n".join(_start(entry) for entry in annotating + lists).decode(errors="replace")
    spoken = text.casefold()
    return None if any(name.casefold() in spoken for name in classes) else annotating[0].name


def _beside(companions: Sequence[Entry], photos: Sequence[Entry]) -> list[Entry]:
    """Files that are called like a photograph, wherever they lie: 1.jpg, 1.txt, 1.jpg.json."""
    names = {photo.parts[-1] for photo in photos}
    stems = {name.rpartition(".")[0] for name in names} | names
    found = [e for e in companions if e.parts[-1].rpartition(".")[0] in stems]
    return sorted(found, key=lambda entry: entry.parts)


def refuse_annotated(source: object, example: str) -> PhotoError:
    """The error for a collection whose only labels stand in files such as ``example``."""
    return PhotoError(
        f"{source} has no folder for each class; what its photographs show stands in files such "
        f"as {example}, which import does not read. Sort the photographs into folders named like "
        "their classes (tools such as Roboflow export them so as 'folder structure'), then import "
        "those."
    )


def _is_named_so(entry: Entry) -> bool:
    return bool(_NAMES.fullmatch(entry.parts[-1]))


def _annotates(entry: Entry) -> bool:
    pattern = _BESIDE.get(entry.suffix)
    return pattern is not None and bool(pattern.search(_start(entry)))


class _NamesOf:
    """Names of photographs as tables write them: whole, or without what stands behind the dot."""

    def __init__(self, photos: Iterable[Entry]) -> None:
        self.whole = {photo.parts[-1] for photo in photos}
        self.stems = {name.rpartition(".")[0] for name in self.whole} - {""}
        # Short numbers stand in any table.
        self.telling = {stem for stem in self.stems if _TELLING.fullmatch(stem)}

    def are_in(self, words: set[str]) -> bool:
        """Whether a table of these words names photographs."""
        several = len(self.telling & words) >= 2
        return (
            several
            or not self.whole.isdisjoint(words)
            or (len(self.stems) > 2 and self.stems <= words)
        )


def _speaks_of(entry: Entry, names: _NamesOf) -> bool:
    """Whether a table names photographs: by whole words, as names with dots are none."""
    words = re.split(rb"[\s,;\t\"'<>/\\]+", _start(entry))
    return names.are_in({word.decode(errors="replace") for word in words})


def _start(entry: Entry) -> bytes:
    try:
        return entry.read()[:_READ_BYTES]
    except PhotoError:
        return b""
