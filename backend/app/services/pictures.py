"""The pictures within documents, drawn small once and then kept."""

from __future__ import annotations

from backend.app.cache.interfaces import DISK
from backend.app.cache.keys import Policy, Region
from backend.app.cache.tiered import TieredCache
from backend.app.domain.accounts import User
from backend.app.domain.documents import Picture
from backend.app.errors import PictureNotFound
from backend.app.services.documents import DocumentService
from backend.app.services.ingestion.pictures import HIGHEST, PictureReader

# Few, so that few are kept: a thumbnail, the same on a fine screen, and the whole window.
WIDTHS = (320, 640, 1280)
DRAWN_AS = 1  # raise it when the same file is drawn differently
_DAY = 24 * 3600.0
# Longer than the child may take, waiting for its turn included.
_PATIENCE = 90.0
_LISTS = Region("pictures", 1, list[Picture], Policy(ttl=30 * _DAY, lease=_PATIENCE, max_wait=_PATIENCE))
_FILES = Region(
    "picture",
    1,
    bytes,  # WebP
    # One that cannot be read is not tried again and again; large values are the disk's alone.
    Policy(ttl=30 * _DAY, negative_ttl=_DAY, layers=frozenset({DISK}), lease=_PATIENCE, max_wait=_PATIENCE),
)


class PictureService:
    """Whoever may see a document may see its pictures; they are kept by the file's own digest."""

    def __init__(self, documents: DocumentService, reader: PictureReader, cache: TieredCache) -> None:
        self._documents = documents
        self._reader = reader
        self._cache = cache

    def pictures(self, user: User, document_id: str) -> list[Picture]:
        """Return what there is to show, in the order of the file."""
        document, path = self._documents.file(user, document_id)

        def read() -> list[Picture]:
            return self._reader.pictures(path, document.media_type)

        return self._cache.get_or_compute(_LISTS, document.id, [document.sha256, DRAWN_AS], read).value

    def picture(self, user: User, document_id: str, number: int, width: int) -> bytes:
        """Return a picture as WebP, at most so wide.

        Raises:
            PictureNotFound: there is none of this number, or it cannot be read.
        """
        document, path = self._documents.file(user, document_id)
        if not 1 <= number <= HIGHEST:
            raise PictureNotFound

        def draw() -> bytes | None:
            return self._reader.picture(path, document.media_type, number, width)

        found = self._cache.get_or_compute(_FILES, document.id, [document.sha256, number, width, DRAWN_AS], draw)
        if found.value is None:
            raise PictureNotFound
        return found.value
