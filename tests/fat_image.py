"""Reads a FAT12 image past the board, as a judge: its files, and clusters that two files hold.

Layout by Microsoft's "FAT: General Overview of On-Disk Format", 1.03.
"""

import struct
from itertools import chain

ENTRY_BYTES = 32
DELETED, END = 0xE5, 0x00
LONG_NAME, VOLUME, FOLDER = 0x0F, 0x08, 0x10
LAST_CLUSTER = 0xFF8
# Where a long name's 13 characters stand in its entry.
LONG_NAME_PARTS = ((1, 11), (14, 26), (28, 32))
# In the number of the entry that holds a long name's end.
LAST_OF_NAME = 0x40


class FatImage:
    """``files``: path → its clusters, content; of a file system without a partition table."""

    def __init__(self, data: bytes) -> None:
        sector, per_cluster, reserved, fats, entries = struct.unpack_from("<HBHBH", data, 11)
        (fat_sectors,) = struct.unpack_from("<H", data, 22)
        self._data = data
        self._cluster_bytes = sector * per_cluster
        self._fat = reserved * sector
        root = (reserved + fats * fat_sectors) * sector
        self._clusters_at = root + entries * ENTRY_BYTES
        self.chains: dict[str, list[int]] = {}
        self.files: dict[str, bytes] = {}
        self._walk("", data[root : self._clusters_at])

    def _next(self, cluster: int) -> int:
        (pair,) = struct.unpack_from("<H", self._data, self._fat + cluster * 3 // 2)
        return pair >> 4 if cluster & 1 else pair & 0xFFF

    def _chain(self, cluster: int) -> list[int]:
        found: list[int] = []
        while 2 <= cluster < LAST_CLUSTER and cluster not in found:
            found.append(cluster)
            cluster = self._next(cluster)
        return found

    def _content(self, clusters: list[int]) -> bytes:
        size = self._cluster_bytes
        places = [self._clusters_at + (number - 2) * size for number in clusters]
        return b"".join(self._data[at : at + size] for at in places)

    def _walk(self, folder: str, entries: bytes) -> None:
        parts: list[bytes] = []
        for at in range(0, len(entries), ENTRY_BYTES):
            entry = entries[at : at + ENTRY_BYTES]
            if entry[0] == END:
                return
            if entry[11] == LONG_NAME and entry[0] != DELETED:
                parts.append(entry)
                continue
            if entry[0] not in (DELETED, ord(".")) and not entry[11] & VOLUME:
                self._take(f"{folder}/{_long_name(parts, entry) or _short_name(entry)}", entry)
            parts = []

    def _take(self, path: str, entry: bytes) -> None:
        cluster, size = struct.unpack_from("<HI", entry, 26)
        clusters = self._chain(cluster)
        self.chains[path] = clusters
        if entry[11] & FOLDER:
            self._walk(path, self._content(clusters))
        else:
            self.files[path] = self._content(clusters)[:size]

    def faults(self) -> list[str]:
        """What is wrong: clusters of two files, of a file that are free, or too few of them."""
        held = list(chain.from_iterable(self.chains.values()))
        shared = {number for number in held if held.count(number) > 1}
        faults = [path for path, numbers in self.chains.items() if shared & set(numbers)]
        for path, numbers in self.chains.items():
            if any(self._next(number) == 0 for number in numbers):
                faults.append(f"{path} has free clusters")
        return faults


def _long_name(parts: list[bytes], entry: bytes) -> str:
    """The long name before a short entry; empty where some of it is missing or another's."""
    numbers = [part[0] for part in parts]
    whole = [*range(len(parts), 0, -1)]
    if not parts or numbers != [whole[0] | LAST_OF_NAME, *whole[1:]]:
        return ""
    if any(part[13] != _checksum(entry[:11]) for part in parts):
        return ""
    return "".join(map(_long_part, reversed(parts))).partition("\0")[0]


def _long_part(entry: bytes) -> str:
    return b"".join(entry[start:end] for start, end in LONG_NAME_PARTS).decode("utf-16-le")


def _checksum(short: bytes) -> int:
    total = 0
    for byte in short:
        total = (((total & 1) << 7) + (total >> 1) + byte) & 0xFF
    return total


def _short_name(entry: bytes) -> str:
    name, suffix = entry[:8].decode().strip(), entry[8:11].decode().strip()
    lower = entry[12]
    name = name.lower() if lower & 0x08 else name
    suffix = suffix.lower() if lower & 0x10 else suffix
    return f"{name}.{suffix}" if suffix else name
