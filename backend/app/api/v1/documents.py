"""Documents: files in, passages and files out."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request, send_file
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, services
from backend.app.api.envelope import answer, failure, listing
from backend.app.api.query import OfCollection, Query, WholeNumber, asked, page
from backend.app.api.uploads import received_files
from backend.app.domain.accounts import User
from backend.app.domain.documents import DocumentStatus
from backend.app.errors import InvalidRequest
from backend.app.services.documents import Refused, Uploaded
from backend.app.services.pictures import WIDTHS
from backend.app.services.web.addresses import MAX_URL_CHARS
from backend.app.storage.interfaces import DocumentFilter, DocumentSort

_FILES_A_REQUEST = 4  # as many of the largest size may come in one request, or more smaller ones
# Shown by the browser itself; anything else is offered for saving, so that no document's own
# markup or script ever runs under this address.
_SHOWN = frozenset({"application/pdf", "text/plain"})
_STATES = "^(({0})(,({0}))*)?$".format("|".join(DocumentStatus))
_NUMBER = re.compile("[0-9]{1,5}")
_HARMLESS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class WebPageBody(Body):
    url: str = Field(min_length=1, max_length=MAX_URL_CHARS)
    collection_id: str | None = None


def _states(value: str | None) -> str | None:
    if value and not re.fullmatch(_STATES, value):
        raise PydanticCustomError("states", f"is one or more of {', '.join(DocumentStatus)}, with commas between them")
    return value


class Wanted(OfCollection):
    status: Annotated[
        str | None,
        AfterValidator(_states),
        Field(description="Those in one of these states.", json_schema_extra={"pattern": _STATES}),
    ] = None
    q: Annotated[str | None, Field(description="Words of the title or the file's name.")] = None
    sort: DocumentSort = DocumentSort.NEWEST


class Form(Query):
    format: Annotated[Literal["original", "text"], Field(description="As it came, or the text read from it.")] = (
        "original"
    )


class Around(Query):
    around: Annotated[WholeNumber | None, Field(description="This passage with its neighbours.")] = None


class Size(Query):
    width: Annotated[WholeNumber, Field(json_schema_extra={"enum": list(WIDTHS)})] = max(WIDTHS)


def blueprint() -> Blueprint:
    documents = Blueprint("documents", __name__, url_prefix="/documents")
    documents.post("")(upload)
    documents.get("")(index)
    documents.get("/<document_id>")(show)
    documents.delete("/<document_id>")(delete)
    documents.get("/<document_id>/content")(content)
    documents.get("/<document_id>/passages")(passages)
    documents.get("/<document_id>/images")(images)
    documents.get("/<document_id>/images/<number>")(image)
    documents.post("/<document_id>/retry")(retry)
    return documents


def upload() -> Response:
    user, every = current_user(), services()
    if request.mimetype == "application/json":
        return _web_page(user)
    # The rest of a multipart body is small beside its files, but not nothing.
    limit = _FILES_A_REQUEST * every.settings.max_upload_bytes + every.settings.max_request_bytes
    with received_files(request, "files", every.documents.incoming, limit) as files:
        if not files:
            raise InvalidRequest("There is no file in the request. Send each in a part named `files`.")
        collection_id = request.form.get("collection_id") or every.collections.default(user).id
        results = every.documents.receive_all(user, collection_id, files)
    refused = [result for result in results if isinstance(result, Refused)]
    if len(refused) == len(results):
        return failure(refused[0].error, details={"files": [_problem(result) for result in refused]})
    return answer([_shown(result) for result in results], 202)


def _web_page(user: User) -> Response:
    body, every = parse(WebPageBody), services()
    collection_id = body.collection_id or every.collections.default(user).id
    uploaded = every.web_pages.add(user, collection_id, body.url)
    return answer([_shown(uploaded)], 202)


def index() -> Response:
    wanted = asked(Wanted)
    which = DocumentFilter(
        collection_id=wanted.collection_id,
        statuses=tuple(map(DocumentStatus, dict.fromkeys((wanted.status or "").split(",")))) if wanted.status else (),
        text=wanted.q,
        sort=wanted.sort,
    )
    found, cursor = services().documents.page(current_user(), which, page())
    return listing([serialise.document(document) for document in found], cursor)


def show(document_id: str) -> Response:
    return answer(serialise.document(services().documents.get(current_user(), document_id)))


def delete(document_id: str) -> Response:
    services().documents.delete(current_user(), document_id)
    return answer()


def content(document_id: str) -> Response:
    user, documents, form = current_user(), services().documents, asked(Form).format
    document, path = documents.text(user, document_id) if form == "text" else documents.file(user, document_id)
    media_type = "text/plain" if form == "text" else document.media_type
    response = send_file(
        path,
        media_type,
        as_attachment=form == "original" and document.media_type not in _SHOWN,
        download_name=document.filename if form == "original" else f"{document.filename}.txt",
        conditional=True,
        etag=f"{document.sha256}-{form}",
        last_modified=document.created_at,
    )
    response.headers["Cache-Control"] = "private, no-cache"
    if media_type != "application/pdf":  # Chromium's own viewer does not work within a sandbox
        response.headers["Content-Security-Policy"] = _HARMLESS
    return response


def passages(document_id: str) -> Response:
    found, cursor = services().documents.passages(current_user(), document_id, page(), around=asked(Around).around)
    return listing([serialise.passage(passage) for passage in found], cursor)


def images(document_id: str) -> Response:
    return listing([serialise.picture(found) for found in services().pictures.pictures(current_user(), document_id)])


def image(document_id: str, number: str) -> Response:
    user, width = current_user(), asked(Size).width
    if width not in WIDTHS:
        raise InvalidRequest(f"`width` is one of {', '.join(map(str, WIDTHS))}.")
    data = services().pictures.picture(user, document_id, int(number) if _NUMBER.fullmatch(number) else 0, width)
    response = Response(data, mimetype="image/webp")
    response.headers["Cache-Control"] = "private, no-cache"  # whoever signs out leaves nothing that is shown unasked
    response.headers["Content-Security-Policy"] = _HARMLESS
    response.set_etag(hashlib.blake2b(data, digest_size=12).hexdigest())
    response.make_conditional(request)
    return response


def retry(document_id: str) -> Response:
    return answer(serialise.job(services().documents.retry(current_user(), document_id)), 202)


def _shown(result: Uploaded | Refused) -> dict[str, Any]:
    if isinstance(result, Refused):
        return {"document": None, "job": None, "duplicate": False, "error": _problem(result)}
    return {
        "document": serialise.document(result.document),
        "job": serialise.job(result.job) if result.job else None,
        "duplicate": result.duplicate,
        "error": None,
    }


def _problem(refused: Refused) -> dict[str, str]:
    return {
        "error_code": refused.error.error_code,
        "message": refused.error.message,
        "filename": refused.filename,
    }
