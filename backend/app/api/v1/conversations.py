"""Conversations and their messages."""

from __future__ import annotations

import io
from typing import Literal

import msgspec
from flask import Blueprint, Response, send_file

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, record, services
from backend.app.api.envelope import answer, listing
from backend.app.api.query import Query, asked, page
from backend.app.api.shapes.talk import ExportShape
from backend.app.domain.audit import Action, Target
from backend.app.services.file_names import safe_name


class Changes(Body):
    title: str | None = None
    pinned: bool | None = None


class Wanted(Query):
    q: str | None = None


class Ordered(Query):
    order: Literal["oldest", "newest"] = "oldest"


class Exported(Query):
    format: Literal["md", "json"] = "md"


def blueprint() -> Blueprint:
    conversations = Blueprint("conversations", __name__, url_prefix="/conversations")
    conversations.get("")(index)
    conversations.get("/<conversation_id>")(show)
    conversations.patch("/<conversation_id>")(update)
    conversations.delete("/<conversation_id>")(delete)
    conversations.get("/<conversation_id>/messages")(messages)
    conversations.get("/<conversation_id>/export")(export)
    return conversations


def index() -> Response:
    found, cursor = services().conversations.page(current_user(), asked(Wanted).q, page())
    return listing([serialise.conversation(item) for item in found], cursor)


def show(conversation_id: str) -> Response:
    return answer(serialise.conversation(services().conversations.get(current_user(), conversation_id)))


def update(conversation_id: str) -> Response:
    user, body = current_user(), parse(Changes)
    changed = services().conversations.update(user, conversation_id, title=body.title, pinned=body.pinned)
    return answer(serialise.conversation(changed))


def delete(conversation_id: str) -> Response:
    services().conversations.delete(current_user(), conversation_id)
    return answer()


def messages(conversation_id: str) -> Response:
    user, newest = current_user(), asked(Ordered).order == "newest"
    found, cursor = services().conversations.messages(user, conversation_id, page(), newest_first=newest)
    return listing([serialise.message(message) for message in found], cursor)


def export(conversation_id: str) -> Response:
    user, service = current_user(), services().conversations
    form = asked(Exported).format
    conversation = service.get(user, conversation_id)
    if form == "md":
        content, media_type = service.as_markdown(user, conversation_id).encode(), "text/markdown"
    else:
        shape: ExportShape = {
            **serialise.conversation(conversation),
            "messages": [serialise.message(item) for item in service.all_messages(user, conversation_id)],
        }
        content, media_type = msgspec.json.format(msgspec.json.encode(shape), indent=2), "application/json"
    record(Action.CONVERSATION_EXPORTED, Target("conversation", conversation.id), format=form)
    name = safe_name(f"{conversation.title.replace('/', ' ')}.{form}")
    return send_file(io.BytesIO(content), media_type, as_attachment=True, download_name=name)
