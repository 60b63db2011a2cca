"""Version 1 of the HTTP API: one blueprint a file. docs/api.md says what each address answers."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint

from backend.app.api.v1 import (
    about,
    audit,
    auth,
    chat,
    collections,
    conversations,
    documents,
    evaluation,
    feedback,
    folders,
    health,
    invitations,
    jobs,
    keys,
    metrics,
    openapi,
    performance,
    room,
    search,
    sessions,
    single_sign_on,
    users,
)

PREFIX = "/api/v1"


def blueprints() -> Iterator[Blueprint]:
    for module in (
        about,
        audit,
        auth,
        chat,
        collections,
        conversations,
        documents,
        evaluation,
        feedback,
        folders,
        health,
        invitations,
        jobs,
        keys,
        metrics,
        openapi,
        performance,
        room,
        search,
        single_sign_on,
        sessions,
        users,
    ):
        yield module.blueprint()
