"""What the name of a folder says: that it is a part of a collection and not a class."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SPLITS = _set(
    "dev train training trainset trainval trn val valid validation validate valset eval "
    "evaluation test testing testset tst holdout heldout pred unlabeled unlabelled"
)
# Words that say what lies in a folder, whatever it shows; and what may stand beside them.
_NOUNS = _set(
    "archive bmp collection data dataset datasets dcim download downloads folder folders image "
    "images img imgs jpeg jpg photo photographs photos pic pics picture pictures png set sets tif "
    "tiff upload uploads webp"
)
_BESIDE = _set("all copy cropped final full large new original originals raw resized rgb small")
_FILLERS = _NOUNS | _BESIDE
# With a number behind them: one of several downloads, recordings or sittings.
_PARTS = _set(
    "batch burst chunk clip day fold part recording run seq sequence session shard split subset "
    "take takeout video"
)
_IMAGES = _set("color colour image images img imgs jpeg original photos pictures raw rgb")
_ANNOTATIONS = _set(
    "ann anns annotation annotations bbox boxes depth groundtruth gt heatmap heatmaps label labels "
    "mask masks seg segmentation segmentations trimap trimaps truth"
)
# Those that name nothing else: what somebody teaches may well be called mask or label.
_MASKS = _set(
    "annotation annotations ground groundtruth gt heatmaps masks segmentation segmentations "
    "trimaps truth"
)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_BEGINNING = re.compile(r"[^\W\d_]{3}")  # of a word, not a letter with a number
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DATE = re.compile(
    r"(19|20)\d\d([-_.](0\d|1[0-2])|[-_. ]?(0\d|1[0-2])[-_. ]?([0-2]\d|3[01])(\D.*)?)"
)
# What cameras and phones call the folders in DCIM: 100CANON, 101MSDCF, 100NCD90, 202112__.
_CAMERA = re.compile(
    r"[1-9]\d\d(CANON|APPLE|MSDCF|ANDRO|CASIO|GOPRO|MEDIA|NIKON|OLYMP|PHOTO|LEICA|SIGMA|"
    r"RICOH|PENTX|DJI__|_FUJI|_PANA|NC[DZ]\w\w|ND\d{3}|EOS\w\w|CANO[_\d])|20\d{4}_[_a-z]"
)
_COPY = re.compile(
    r"(?P<drive>drive-download-[^-]+)-.+|(?P<first>.+?)( ?\(\d+\)|[ -]copy( \d+)?)|"
    r"(?P<numbered>.*[^\W\d_]{3})[ _-]?\d+"
)


def folded(name: str) -> str:
    """What two spellings of a folder's name share."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


def holds_classes(name: str) -> bool:
    """Whether the name alone says that the folder is no class: Training, images, part 2."""
    words = _words(name)
    of_letters = {word for word in words if word.isalpha()}
    nouns = _NOUNS | _SPLITS | (_PARTS if len(words) > len(of_letters) else frozenset())
    is_plain = bool(of_letters & nouns) and of_letters <= nouns | _BESIDE
    return is_plain or bool(_DATE.fullmatch(name.strip()) or _CAMERA.fullmatch(name.strip()))


def is_split(name: str) -> bool:
    """Whether the name says train, validation or test, and nothing beyond."""
    return holds_classes(name) and bool(_SPLITS & set(_words(name)))


def splits_among(names: Iterable[str]) -> set[str]:
    """Names of splits, also where all carry the same words beside it: seg_train and seg_test."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in names:
        if _SPLITS & set(_words(name)):
            groups[_rest(name)].append(name)
    return {
        name
        for rest, members in groups.items()
        for name in members
        if not rest or len({_split_word(member) for member in members}) > 1
    }


def downloads_among(names: Sequence[str]) -> set[str]:
    """Names of one download in several pieces: flowers and flowers (1), fruit-1 and fruit-2."""
    bases: dict[str, list[str]] = defaultdict(list)
    for name in names:
        bases[_base(name)].append(name)
    return {
        name
        for base, members in bases.items()
        if len(members) > 1 and any(base != folded(member) for member in members)
        for name in members
    }


def are_annotations(name: str) -> bool:
    """Whether the name says masks or the like, and nothing beyond: segmentations, ground_truth."""
    return bool(_letters(name)) and _letters(name) <= _MASKS


def initials_among(inside: Mapping[str, Iterable[str]]) -> set[str]:
    """Folders that hold the classes of a letter: a/abbey, b/beach. None unless all are such."""

    def is_initial(name: str, classes: Iterable[str]) -> bool:
        is_letter = len(name) == 1 and name.isalpha()
        return is_letter and all(
            folded(inner).startswith(folded(name)) and _BEGINNING.match(inner) for inner in classes
        )

    ordered = len(inside) > 1 and all(is_initial(*each) for each in inside.items())
    return set(inside) if ordered else set()


def annotations_among(names: Sequence[str]) -> set[str]:
    """Folders of masks and the like: those that stand beside one called images."""
    if not any(_letters(name) and _letters(name) <= _IMAGES for name in names):
        return set()
    return {name for name in names if _letters(name) & _ANNOTATIONS}


def parts_of_one(names: Sequence[str]) -> bool:
    """Whether all are numbered parts of the same: HAM_images_part_1 and HAM_images_part_2."""
    parts = [name for name in names if _PARTS & set(_words(name))]
    return len(parts) == len(names) > 1 and downloads_among(names) >= set(names)


def _base(name: str) -> str:
    copy = _COPY.fullmatch(name.strip())
    if copy:
        return folded(copy["drive"] or copy["first"] or copy["numbered"])
    words = _words(name)
    is_part = any(
        word in _PARTS and after.isdigit() for word, after in zip(words, words[1:], strict=False)
    )
    if not is_part:
        return folded(name)
    return " ".join(word for word in words if word.isalpha() and word not in _PARTS)


def _rest(name: str) -> tuple[str, ...]:
    return tuple(w for w in _words(name) if w.isalpha() and w not in _SPLITS | _FILLERS)


def _split_word(name: str) -> str:
    return next(word for word in _words(name) if word in _SPLITS)


def _letters(name: str) -> set[str]:
    return {word for word in _words(name) if word.isalpha()}


def _words(name: str) -> list[str]:
    """Words and numbers in small letters; TrainingData has two words, train2017 one of each."""
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFC", name))
    return [word.lower() for word in _WORD.findall(spaced)]
