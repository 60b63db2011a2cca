"""The models that programs choose from: all collections together, and each by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response

from backend.app.domain.documents import Collection
from backend.app.errors import ModelNotFound

ALL = "like-opt"


def searched_by(model: str, visible: Sequence[Collection]) -> list[str] | None:
    """Return the collections that a model searches, None for all.

    Raises:
        ModelNotFound
    """
    if model == ALL:
        return None
    beginning, slash, named = model.partition("/")
    by_id = [found.id for found in visible if found.id == named]
    ids = by_id or [found.id for found in visible if found.name == named]
    if beginning != ALL or not slash or not ids:
        raise ModelNotFound(
            f"There is no model of this name. `{ALL}` searches all collections, `{ALL}/NAME` the one of that name.",
            details={"param": "model"},
        )
    return ids


def listing(visible: Sequence[Collection]) -> Response:
    return _json({"object": "list", "data": _models(visible)})


def one(name: str, visible: Sequence[Collection]) -> Response:
    searched_by(name, visible)
    by_name = {model["id"]: model for model in _models(visible)}
    return _json(by_name.get(name) or _model(name, visible))


def _models(visible: Sequence[Collection]) -> list[dict[str, Any]]:
    names = Counter(found.name for found in visible)
    # Two collections may have one name, each of another owner: then their ids tell them apart.
    each = [(found.name if names[found.name] == 1 else found.id, found) for found in visible]
    return [_model(ALL, visible), *(_model(f"{ALL}/{name}", [found]) for name, found in each)]


def _model(name: str, searched: Sequence[Collection]) -> dict[str, Any]:
    created = min((int(found.created_at.timestamp()) for found in searched), default=0)
    return {"id": name, "object": "model", "created": created, "owned_by": "like-opt"}


def _json(body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), mimetype="application/json")
