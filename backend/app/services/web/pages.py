"""A page of the web taken in like a file that somebody sends."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from backend.app.domain.accounts import User
from backend.app.errors import Forbidden, UnsupportedDocument, WebPageRefused
from backend.app.services.collections import CollectionService
from backend.app.services.documents import DocumentService, Uploaded
from backend.app.services.file_names import safe_name
from backend.app.services.web.fetching import Fetcher, Head

_HTML = ("text/html", "application/xhtml+xml")
_KOREAN = ("euc-kr", "ks_c_5601-1987", "ksc5601")  # what calls itself so is CP949 as a rule
_NAME_CHARS = 120


class WebPages:
    """Fetches pages for people; ``extension_of`` tells by what ending a media type is known."""

    def __init__(
        self,
        documents: DocumentService,
        collections: CollectionService,
        fetcher: Fetcher | None,
        extensions: tuple[str, ...],
        extension_of: Callable[[str], str | None],
    ) -> None:
        self._documents = documents
        self._collections = collections
        self._fetcher = fetcher
        self._extensions = extensions
        self._extension_of = extension_of

    @property
    def on(self) -> bool:
        return self._fetcher is not None

    def add(self, user: User, collection_id: str, url: str) -> Uploaded:
        """Fetch a page and take it in.

        Raises:
            WebPageRefused, WebPageUnreachable, FileTooLarge, CollectionNotFound, Forbidden, and what ``DocumentService.receive``
            raises: nothing is left behind.
        """
        if self._fetcher is None:
            raise WebPageRefused("Web pages are not fetched here. Save the page as a file and add that.")
        if not all(found.access.may_write for found in self._collections.selected(user, [collection_id])):
            raise Forbidden  # before anything is asked of another server
        incoming = self._documents.incoming()
        try:
            head = self._fetcher.fetch(url.strip(), lambda head: _writer(head, self._ending(head), incoming.write))
            return self._documents.receive(user, collection_id, page_name(head.url, self._ending(head)), incoming)
        finally:
            incoming.discard()

    def _ending(self, head: Head) -> str:
        """Return the ending of the file that a page becomes: by its type, by its name where that says more."""
        if head.media_type in _HTML:
            return ".html"
        suffix = PurePosixPath(unquote(urlsplit(head.url).path)).suffix.lower()
        known = self._extension_of(head.media_type)
        if suffix in self._extensions and (known is None or head.media_type == "text/plain"):
            return suffix
        if known is None:
            kind = head.media_type[:60] or "something without a type"
            raise UnsupportedDocument(f"The address leads to {kind}, which cannot be read.")
        return known


def page_name(url: str, ending: str) -> str:
    """Return a file's name that says where a page came from."""
    parts = urlsplit(url)
    path = unquote(parts.path).strip("/")
    name = "-".join([parts.hostname or "", *(step for step in path.split("/") if step)])
    if name.lower().endswith(ending):
        name = name[: -len(ending)]
    return safe_name(name[:_NAME_CHARS].strip(" .-") + ending)


def _writer(head: Head, ending: str, write: Callable[[bytes], int]) -> Callable[[bytes], object]:
    """Return what takes the page's bytes: text in the encoding that its server names becomes UTF-8.

    The file is read without its server later on, and a page need not name its encoding itself.
    """
    if not (head.media_type.startswith("text/") or ending == ".html") or not head.charset:
        return write
    name = "cp949" if head.charset.lower() in _KOREAN else head.charset
    try:
        if codecs.lookup(name).name in ("utf-8", "ascii", "iso8859-1"):  # the last is what servers say of anything
            return write
        decoder = codecs.getincrementaldecoder(name)("replace")
    except LookupError:
        return write
    return lambda block: write(decoder.decode(block).encode("utf-8", "replace"))
