"""Files of a multipart request, streamed to disk as they arrive.

Werkzeug would keep each file in a temporary one and hand it over at the end; ours are hashed and
written once, where they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from backend.app.errors import IncompleteUpload, RequestTooLarge, UnsupportedMediaType
from backend.app.storage.interfaces import IncomingFile

_TOO_LARGE = "The files are larger together than one request may be. Send fewer at a time."


class UploadRequest(Request):
    """A request whose files go where its handler says; without that, as usual."""

    open_file: Callable[[], IncomingFile] | None = None

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        # Silent, it would take the parts of a broken upload that had arrived for all of it.
        parser.silent = self.open_file is None
        return parser

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.open_file is None:
            return super()._get_file_stream(total_content_length, content_type, filename, content_length)
        return cast(IO[bytes], _Part(self.open_file()))


class _Part:
    """What the parser needs of a file: it writes, and goes back to the beginning at the end."""

    def __init__(self, incoming: IncomingFile) -> None:
        self.incoming = incoming

    def write(self, block: bytes) -> int:
        return self.incoming.write(block)

    def seek(self, position: int, whence: int = 0) -> int:
        return position

    def close(self) -> None:
        return None


@contextmanager
def received_files(
    request: Request, name: str, open_file: Callable[[], IncomingFile], max_bytes: int
) -> Iterator[list[tuple[str, IncomingFile]]]:
    """Yield the (file name, file) of each part called ``name``; what is not finished is removed after.

    Raises:
        IncompleteUpload: the body broke off, or is not well-formed.
        UnsupportedMediaType: it is no multipart body.
        RequestTooLarge: it has more than ``max_bytes``.
    """
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the files as multipart/form-data, each in a part named `files`.")
    opened: list[IncomingFile] = []

    def tracked() -> IncomingFile:
        incoming = open_file()
        opened.append(incoming)
        return incoming

    request = cast(UploadRequest, request)
    request.open_file = tracked
    request.max_content_length = max_bytes
    try:
        try:
            parts = request.files.getlist(name)
        except (ClientDisconnected, ValueError) as error:
            raise IncompleteUpload from error
        except RequestEntityTooLarge as error:
            raise RequestTooLarge(_TOO_LARGE) from error
        # A form without a chosen file sends a part without a name.
        yield [(part.filename, cast(Any, part.stream).incoming) for part in parts if part.filename]
    finally:
        for incoming in opened:
            incoming.discard()
