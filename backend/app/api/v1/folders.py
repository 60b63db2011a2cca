"""Folders of the server's disk that a collection follows; for administrators."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, record, services
from backend.app.api.envelope import answer, listing
from backend.app.domain.audit import Action, Target

_SHOWN_REFUSALS = 20


class Folder(Body):
    path: str


def blueprint() -> Blueprint:
    folders = Blueprint("folders", __name__, url_prefix="/collections/<collection_id>/folders")
    folders.get("")(index)
    folders.post("")(watch)
    folders.delete("/<folder_id>")(stop)
    return folders


def index(collection_id: str) -> Response:
    service = services().folders
    found = service.of_collection(current_user(), collection_id)
    refused = service.refused(found)
    return listing([serialise.folder(folder, refused[folder.id][:_SHOWN_REFUSALS]) for folder in found])


def watch(collection_id: str) -> Response:
    user, body = current_user(), parse(Folder)
    folder = services().folders.watch(user, collection_id, body.path)
    record(Action.FOLDER_WATCHED, Target("collection", collection_id), path=folder.path)
    return answer(serialise.folder(folder, []), 201)


def stop(collection_id: str, folder_id: str) -> Response:
    services().folders.stop(current_user(), collection_id, folder_id)
    record(Action.FOLDER_LEFT, Target("collection", collection_id), folder=folder_id)
    return answer()
