"""A project's photographs with what was computed of them, so that the next training is quick."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from tinyteach.data.bursts import joined
from tinyteach.data.copies import SMALL_VALUES, alike, small_pixels, small_views
from tinyteach.data.images import decode_square, load_square, opened_photo
from tinyteach.data.kept_features import KeptFeatures, load_kept, save_kept
from tinyteach.data.photos import Photo, is_frame, list_all
from tinyteach.data.project import Project
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.threads import on_all_cores, one_blas_thread
from tinyteach.embedding.view_names import SQUARE, STRETCHED
from tinyteach.errors import PhotoError
from tinyteach.head.fit.meanwhile import importing_meanwhile
from tinyteach.head.fit.photo_features import PhotoEmbedder, views_per_photo
from tinyteach.head.fit.scenes import same_scene
from tinyteach.progress import Progress

# A file as it was: path, bytes, time of its last change.
Key = tuple[str, int, int, int]
NOTHING: Mapping[bytes, KeptFeatures] = MappingProxyType({})


@dataclass
class _Known:
    """A photograph's features int8 [F] and views int8 [n, F], or why it cannot be read.

    ``small`` is what it is compared with others by, see data/copies.py; ``content`` what it is
    kept by.
    """

    content: bytes = b""
    features: np.ndarray | None = None
    views: np.ndarray | None = None
    small: np.ndarray | None = None
    problem: str = ""

    def is_as(self, kept: KeptFeatures) -> bool:
        """Whether it is what was kept, to the last bit."""
        pairs = zip((self.features, self.views, self.small), kept.arrays, strict=True)
        return all(one is not None and np.array_equal(one, other) for one, other in pairs)


class KnownPhotos:
    """A `PhotoSource` that embeds each photograph once, whichever training asks.

    A file that changed is embedded anew, and all where `preprocessing` changes. At most 34 KB
    stay in memory for each, not its pixels; `keep` has the project remember them.
    """

    def __init__(
        self, embedding: Embedding, seed: int = 0, preprocessing: str | None = None
    ) -> None:
        """``preprocessing`` is by default that of the cameras that took the photographs."""
        self.embedding = embedding
        self._wanted = preprocessing
        self._embedder = PhotoEmbedder(embedding, seed, preprocessing or SQUARE)
        self._seed = seed
        self._known: dict[Key, _Known] = {}
        self._photos: list[Photo] = []
        self._keys: list[Key] = []
        self._bursts: list[str] = []
        self._compared: list[Key] | None = None
        # What the project remembers, once that is known.
        self._kept: frozenset[object] | None = None
        self._is_whole = False  # whether a look came to its end
        self._in_several_classes: list[list[str]] = []
        self._copies: list[list[str]] = []
        self.problems: list[str] = []

    def look(self, project: Project, progress: Progress = lambda text, done, total: None) -> None:
        """Take the photographs that the project has now; those that cannot be read, leave out."""
        self._is_whole = False
        listing = list_all(project)
        self._prepare(listing.photos)
        self._photos, self._keys = [], []
        self.problems = list(listing.problems)
        views = views_per_photo(len(listing.photos))
        keys = [_key(photo.path) for photo in listing.photos]
        with importing_meanwhile():
            fresh = [p for key, p in zip(keys, listing.photos, strict=True) if self._is_new(key)]
            kept = self._remembered(project, fresh)
            embedded = on_all_cores(lambda photo: self._embedded(photo, views, kept), fresh)
            for done, (key, photo) in enumerate(zip(keys, listing.photos, strict=True), 1):
                if self._is_new(key):
                    self._known[key] = next(embedded)
                self._take(key, photo)
                progress("read", done, len(listing.photos))
        self._is_whole = True
        present = set(self._keys)
        self._known = {key: known for key, known in self._known.items() if key in present}

    def learn(self, photo: Photo, photos: int) -> None:
        """Embed one that was just taken, with as many views as ``photos`` of them would get."""
        known = self._embedded(photo, views_per_photo(photos))
        if not known.problem:
            self._known[_key(photo.path)] = known

    def take(self, photos: Sequence[Photo]) -> bool:
        """Add photographs that `learn` was given since the last look, where nothing else changed.

        False, with nothing added, where only another look can tell what there is. They come last,
        not in their classes' places: a head of them is as good, and not the same to the last bit.
        """
        keys = [_key(photo.path) for photo in photos]
        is_known = all(map(self._known.__contains__, keys))
        is_as_they = self._wanted or not any(map(is_frame, photos))
        if not (self._is_whole and is_known and (is_as_they or self.preprocessing == STRETCHED)):
            return False
        for key, photo in zip(keys, photos, strict=True):
            if key not in self._keys:
                self._take(key, photo)
        return True

    def keep(self, project: Project) -> None:
        """Have the project remember what was computed of these, and of no other photographs."""
        views = views_per_photo(len(self))
        found = {}
        for place, key in enumerate(self._keys):
            known = self._known[key]
            assert known.small is not None
            found[known.content] = KeptFeatures(
                self.features(place), self.views(place, views), known.small
            )
        if self._kept != (kept := self._named(found)):
            save_kept(project, self._made_by, found)
            self._kept = kept

    @property
    def preprocessing(self) -> str:
        """What the photographs' tensors are made by: a module's, where one took any of them."""
        return self._embedder.preprocessing

    def _prepare(self, photos: Sequence[Photo]) -> None:
        wanted = self._wanted or (STRETCHED if any(map(is_frame, photos)) else SQUARE)
        if wanted != self.preprocessing:
            self._embedder = PhotoEmbedder(self.embedding, self._seed, wanted)
            self._known, self._compared = {}, None

    @property
    def labels(self) -> list[str]:
        return [photo.class_name for photo in self._photos]

    @property
    def bursts(self) -> list[str]:
        """The recording of each; what shows the same, or nearly the same of a class, is one."""
        self._compare()
        return self._bursts

    @property
    def in_several_classes(self) -> list[list[str]]:
        """Ids of photographs that are copies of one another and in different classes."""
        self._compare()
        return self._in_several_classes

    @property
    def copies(self) -> list[list[str]]:
        """The same, of one class."""
        self._compare()
        return self._copies

    @property
    def ids(self) -> list[str]:
        """``class/file`` of each."""
        return [photo.id for photo in self._photos]

    @property
    def sources(self) -> list[str]:
        """What took each, see `data.photos.SOURCES`."""
        return [photo.source for photo in self._photos]

    @property
    def boards(self) -> list[str]:
        """The identities of those that took them, as far as that is known."""
        return sorted({p.record.board for p in self._photos if p.record and p.record.board})

    @property
    def squares(self) -> Sequence[np.ndarray]:
        """Their pixels, uint8 [N, N, 3]; each is read when it is asked for."""
        return _Squares(self._photos)

    # A PhotoSource

    def __len__(self) -> int:
        return len(self._photos)

    def features(self, index: int) -> np.ndarray:
        known = self._known[self._keys[index]]
        assert known.features is not None
        return known.features

    def views(self, index: int, count: int) -> np.ndarray:
        known = self._known[self._keys[index]]
        if known.views is None or len(known.views) < count:
            photo = self._photos[index]
            known.views = self._embedder.views(load_square(photo.path), count, is_frame(photo))
        return known.views[:count]

    def _compare(self) -> None:
        """Find copies, if these photographs were not compared before.

        When they are asked for: a head that is wanted at once is made without.
        """
        if self._keys != self._compared:
            with one_blas_thread():
                self._find_copies()
            self._compared = list(self._keys)

    def _find_copies(self) -> None:
        small = [pixels for k in self._keys if (pixels := self._known[k].small) is not None]
        views = small_views(np.array(small, np.uint8).reshape(len(small), SMALL_VALUES))
        bursts = [photo.burst for photo in self._photos]
        bursts = joined(bursts, alike(views, mirrored=True).tolist())
        features = [self.features(place) for place in range(len(self))]
        scenes = same_scene(_rows(features, self.embedding), self.labels, self.embedding)
        self._bursts = joined(bursts, scenes.tolist())
        same: dict[int, list[Photo]] = {}
        for photo, first in zip(self._photos, alike(views).tolist(), strict=True):
            same.setdefault(first, []).append(photo)
        several = [photos for photos in same.values() if len({p.class_name for p in photos}) > 1]
        self._in_several_classes = [[photo.id for photo in photos] for photos in several]
        copies = [photos for photos in same.values() if len(photos) > 1 and photos not in several]
        self._copies = [[photo.id for photo in photos] for photos in copies]

    @property
    def _made_by(self) -> bytes:
        """Of what features and views are what they are, besides the photograph."""
        how = f"{self.preprocessing} {self._seed}"
        return self.embedding.fingerprint + how.encode()

    def _named(self, kept: Mapping[bytes, KeptFeatures]) -> frozenset[object]:
        return frozenset([self._made_by, *((name, len(each.views)) for name, each in kept.items())])

    def _remembered(self, project: Project, fresh: Sequence[Photo]) -> dict[bytes, KeptFeatures]:
        """What the project remembers, where that is what would be computed here.

        Views are drawn by libraries that round otherwise on other computers and in other versions;
        the first photograph that is remembered is computed anew, and must be the same.
        """
        kept = self._checked(load_kept(project, self._made_by), fresh) if fresh else {}
        if fresh:
            self._kept = self._named(kept)
        return kept

    def _checked(
        self, kept: dict[bytes, KeptFeatures], fresh: Sequence[Photo]
    ) -> dict[bytes, KeptFeatures]:
        for photo in fresh if kept else ():
            with suppress(PhotoError), opened_photo(photo.path) as file:
                if known := kept.get(_content(photo, file)):
                    anew = self._embedded(photo, len(known.views))
                    return kept if anew.is_as(known) else {}
        return {}

    def _is_new(self, key: Key) -> bool:
        known = self._known.get(key)
        return known is None or (known.features is None and not known.problem)

    def _take(self, key: Key, photo: Photo) -> None:
        if problem := self._known[key].problem:
            self.problems.append(problem)
            return
        self._photos.append(photo)
        self._keys.append(key)

    def _embedded(
        self, photo: Photo, views: int, kept: Mapping[bytes, KeptFeatures] = NOTHING
    ) -> _Known:
        """All at once, while the pixels are there; other threads do the same with others."""
        try:
            with opened_photo(photo.path) as file:
                content = _content(photo, file)
                found = kept.get(content)
                if found and len(found.views) >= views:
                    return _Known(content, found.features, found.views, found.small)
                file.seek(0)
                square = decode_square(file, str(photo.path))
        except PhotoError as error:
            return _Known(problem=str(error))
        features, small = self._embedder.features(square), small_pixels(square)
        drawn = self._embedder.views(square, views, is_frame(photo))
        return _Known(content, features, drawn, small)


class _Squares(Sequence[np.ndarray]):
    def __init__(self, photos: list[Photo]) -> None:
        self._photos = photos

    def __len__(self) -> int:
        return len(self._photos)

    def __getitem__(self, index: Any) -> Any:
        return load_square(self._photos[index].path)


def _rows(features: Sequence[np.ndarray], embedding: Embedding) -> np.ndarray:
    return np.array(features, np.int8).reshape(-1, embedding.features)


def _content(photo: Photo, file: BufferedReader) -> bytes:
    """A photograph by its bytes, and by what is made of them."""
    found = hashlib.file_digest(file, "sha256")
    found.update(b"frame" if is_frame(photo) else b"")
    return found.digest()


def _key(path: Path) -> Key:
    try:
        about = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    # Nobody sets back when it was changed, as they may when its content was.
    return str(path), about.st_size, about.st_mtime_ns, about.st_ctime_ns
