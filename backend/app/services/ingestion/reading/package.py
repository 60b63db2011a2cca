"""Zip packages (OOXML, EPUB, HWPX): parts read with a limit on what they may unpack to."""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from .draft import Refusal

# Text compresses about ten to one. What unpacks to far more is made to exhaust its reader.
MAX_RATIO = 200
MAX_UNPACKED_BYTES = 400 * 1024 * 1024
_SMALL = 4 * 1024 * 1024
MAX_PARTS = 20_000
_PROLOGUE_BYTES = 4096
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Package:
    """A zip file whose parts are read by name; nothing is ever unpacked to disk."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Refusal("broken", f"zip: {error}") from error
        self._check()

    def _check(self) -> None:
        entries = self._zip.infolist()
        if len(entries) > MAX_PARTS:
            raise Refusal("too_complex", f"{len(entries)} parts in the package")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refusal("password", "encrypted zip entries")
        # Pictures and films hardly compress, so it is the sum of the text parts that counts.
        unpacked = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if unpacked > MAX_UNPACKED_BYTES and unpacked > 3 * packed:
            raise Refusal("too_complex", f"unpacks to {unpacked} bytes")
        for entry in entries:
            if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
                raise Refusal("too_complex", f"a part unpacks to {entry.file_size} bytes")

    @property
    def names(self) -> list[str]:
        return self._zip.namelist()

    def has(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def read(self, name: str) -> bytes:
        """Return the bytes of the part ``name``.

        Raises:
            Refusal: when it is missing, damaged, or larger than its entry says.
        """
        data = self._beginning(name, None)
        if len(data) > self._zip.getinfo(name).file_size:
            raise Refusal("broken", f"part {name[:100]!r} is longer than it says")
        return data

    def refuse_document_type(self, name: str) -> None:
        """Refuse a part with a document type: office programs write none, and entities hide in it."""
        if _DOCTYPE.search(self._beginning(name, _PROLOGUE_BYTES)):
            raise Refusal("broken", f"part {name[:100]!r} declares a document type")

    def _beginning(self, name: str, size: int | None) -> bytes:
        """Return so many bytes of a part; without a number all, and one more where there is more than it says."""
        try:
            entry = self._zip.getinfo(name)
            with self._zip.open(entry) as part:
                return part.read(entry.file_size + 1 if size is None else size)
        except (KeyError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Refusal("broken", f"part {name[:100]!r}: {error}") from error
        except Exception as error:  # zlib.error and lzma.LZMAError share no base but this
            raise Refusal("broken", f"part {name[:100]!r}: {error}") from error

    def xml(self, name: str) -> ElementTree.Element:
        """Return the root element of a part.

        Raises:
            Refusal: when it is missing, no XML, or declares a document type.
        """
        data = self.read(name)
        if _DOCTYPE.search(data[:_PROLOGUE_BYTES]):
            raise Refusal("broken", f"part {name[:100]!r} declares a document type")
        try:
            return ElementTree.fromstring(data)  # noqa: S314  entities are refused above
        except ElementTree.ParseError as error:
            raise Refusal("broken", f"part {name[:100]!r}: {error}") from error

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the relations of an OOXML part: id to (type's last word, target's name)."""
        folder, base = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", base + ".rels")
        if not self.has(rels):
            return {}
        found = {}
        for relation in self.xml(rels):
            target = relation.get("Target", "")
            if relation.get("TargetMode") != "External":
                kind = relation.get("Type", "").rpartition("/")[2]
                found[relation.get("Id", "")] = (kind, resolve(folder, target))
        return found


def resolve(folder: str, target: str) -> str:
    """Return the part that ``target`` names, seen from ``folder``; links out of the package name no part."""
    target = unquote(target.partition("#")[0])
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def local_name(element: ElementTree.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def find_all(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Yield the descendants called ``name`` in any namespace, in order."""
    return (child for child in element.iter() if local_name(child) == name)
