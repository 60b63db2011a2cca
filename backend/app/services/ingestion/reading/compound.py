"""OLE compound files, the container of old Office and Hangul documents: streams read by their path."""

from __future__ import annotations

import struct
from pathlib import Path

from .draft import Refusal

_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA  # greater numbers are marks
_NOBODY = 0xFFFFFFFF
_ENTRY_BYTES = 128
_HEADER_FAT_ENTRIES = 109
_STORAGE, _STREAM, _ROOT = 1, 2, 5


class CompoundFile:
    """A compound file in memory. Every chain is followed at most as far as there are sectors."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        if not self._data.startswith(_SIGNATURE) or len(self._data) < 512:
            raise Refusal("broken", "no compound file")
        shift, mini_shift = struct.unpack_from("<HH", self._data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise Refusal("broken", "sectors of a strange size")
        self._sector, self._mini_sector = 1 << shift, 1 << mini_shift
        directory, self._cutoff, mini_fat = (struct.unpack_from("<I", self._data, at)[0] for at in (48, 56, 60))
        self._fat = self._numbers(b"".join(self._at(number) for number in self._fat_sectors()))
        self._mini_fat = self._numbers(self._chain(mini_fat))
        self._entries = self._chain(directory)
        self.streams: dict[str, tuple[int, int]] = {}  # by path: first sector and size
        self._mini = b""
        self._walk()

    def read(self, name: str) -> bytes:
        """Return the bytes of a stream.

        Raises:
            Refusal: there is no such stream.
        """
        if name not in self.streams:
            raise Refusal("broken", f"no {name[:100]}")
        start, size = self.streams[name]
        if size >= self._cutoff:
            return self._chain(start)[:size]
        parts, step = [], self._mini_sector
        for _ in range(len(self._mini_fat)):
            if start >= len(self._mini_fat):
                break
            parts.append(self._mini[start * step : (start + 1) * step])
            start = self._mini_fat[start]
        return b"".join(parts)[:size]

    def _fat_sectors(self) -> list[int]:
        found = list(struct.unpack_from(f"<{_HEADER_FAT_ENTRIES}I", self._data, 76))
        following, most = struct.unpack_from("<II", self._data, 68)
        per_sector = self._sector // 4 - 1
        for _ in range(min(most, len(self._data) // self._sector)):
            if following > _LAST_SECTOR:
                break
            numbers = self._numbers(self._at(following))
            found += numbers[:per_sector]
            following = numbers[per_sector] if len(numbers) > per_sector else _NOBODY
        return [number for number in found if number <= _LAST_SECTOR]

    def _at(self, number: int) -> bytes:
        begin = (number + 1) * self._sector
        return self._data[begin : begin + self._sector]

    def _chain(self, start: int) -> bytes:
        parts = []
        for _ in range(len(self._fat)):
            if start >= len(self._fat):
                break
            parts.append(self._at(start))
            start = self._fat[start]
        return b"".join(parts)

    @staticmethod
    def _numbers(data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))

    def _walk(self) -> None:
        """Find every stream of the tree of names; a tree with a ring in it ends at its second round."""
        waiting, seen = [(0, "")], set[int]()
        while waiting:
            number, folder = waiting.pop()
            entry = self._entries[number * _ENTRY_BYTES : (number + 1) * _ENTRY_BYTES]
            if number in seen or len(entry) < _ENTRY_BYTES:
                continue
            seen.add(number)
            length, kind, _, left, right, child = struct.unpack_from("<HBBIII", entry, 64)
            name = entry[: min(max(length - 2, 0), 62)].decode("utf-16-le", "replace")
            start, size = struct.unpack_from("<II", entry, 116)
            if kind == _ROOT:
                self._mini = self._chain(start)[:size]
            elif kind == _STREAM:
                self.streams[folder + name] = (start, size)
            waiting += [(other, folder) for other in (left, right)]
            if kind in (_STORAGE, _ROOT):
                waiting.append((child, f"{folder}{name}/" if kind == _STORAGE else ""))
