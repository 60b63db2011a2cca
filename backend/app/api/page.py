"""The built page: hashed files for ever, the rest always asked for."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, request, send_file
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import PathConverter

from backend.app.errors import NotFound, Unavailable

# Named by their content, or in a folder named by a version: such an address never changes its answer.
_FOREVER = re.compile(r"(\.[0-9a-f]{16}\.|^[a-z]+-\d+\.\d+\.\d+/)")
_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".bcmap": "application/octet-stream",
    ".webmanifest": "application/manifest+json",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_DOCUMENT = "index.html"
# Below /static/ it could see to /static/ alone.
_SERVICE_WORKER = "sw.js"


class _OwnPath(PathConverter):
    """A path that is no program's, where a wrong method is a 405, nor a file's: none of them is the page."""

    regex = r"(?!(?:api|mcp|static|v1)(?:/|$))[^/].*?"


@dataclass(frozen=True)
class _Asset:
    path: Path
    media_type: str
    encodings: dict[str, Path]
    forever: bool


class Page:
    """Knows every file of the built page: a name that was not built is a 404.

    The folder is read again when a build has changed it: its hashed names come and go together.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_at = _changed_at(folder)
        self._known = _assets(folder)

    def blueprint(self) -> Blueprint:
        page = Blueprint("page", __name__)
        page.record(_add_converter)
        page.get("/static/<path:name>")(self.asset)
        page.get(f"/{_SERVICE_WORKER}")(self.service_worker)
        page.get("/")(self.document)
        page.get("/<own:name>")(self.document)
        return page

    def asset(self, name: str) -> Response:
        if name in (_DOCUMENT, _SERVICE_WORKER):
            raise NotFound
        return self._sent(name)

    def service_worker(self) -> Response:
        return self._sent(_SERVICE_WORKER)

    def document(self, name: str = "") -> Response:
        """Answer the page itself at every address of its own; it has the router."""
        if "." in name.rpartition("/")[2]:  # a file, and none that was built
            raise NotFound
        if _DOCUMENT not in self._current():
            raise Unavailable("The page has not been built. Run `make page`, then reload.")
        return self._sent(_DOCUMENT)

    def _current(self) -> dict[str, _Asset]:
        changed_at = _changed_at(self._folder)
        if changed_at != self._read_at:
            self._known, self._read_at = _assets(self._folder), changed_at
        return self._known

    def _sent(self, name: str) -> Response:
        asset = self._current().get(name)
        if asset is None:
            raise NotFound
        try:
            return _sent(asset)
        except FileNotFoundError:  # a build has just taken it away
            raise NotFound from None


def _add_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["own"] = _OwnPath


def _changed_at(folder: Path) -> int:
    """Return when a file was last added to the folder or taken away, in nanoseconds; 0 without one."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _assets(folder: Path) -> dict[str, _Asset]:
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: _Asset(
            path=path,
            media_type=_TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream",
            encodings={code: names[name + suffix] for code, suffix in _ENCODINGS if name + suffix in names},
            forever=bool(_FOREVER.search(name)),
        )
        for name, path in names.items()
        if path.suffix not in (".br", ".gz", ".map")
    }


def _sent(asset: _Asset) -> Response:
    accepted = request.accept_encodings
    code = next((code for code in asset.encodings if accepted[code] > 0), None)
    path = asset.encodings[code] if code else asset.path
    response = send_file(path, asset.media_type, conditional=True, etag=True)
    del response.headers["Content-Disposition"]  # for files that people save
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if asset.forever else "no-cache"
    if asset.encodings:
        response.vary.add("Accept-Encoding")
    if code:
        response.content_encoding = code
    return response
