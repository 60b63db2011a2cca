"""Reading what a request says: its JSON body and its query."""

from __future__ import annotations

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from backend.app.errors import InvalidJson, InvalidRequest
from backend.app.storage.interfaces import Page

MAX_LIMIT = 200


class Body(BaseModel):
    """A request's body; unknown fields are ignored, so that older servers accept newer pages."""

    model_config = ConfigDict(extra="ignore", frozen=True)


B = TypeVar("B", bound=Body)


def parse(model: type[B]) -> B:
    """Return the JSON body as ``model``.

    Raises:
        InvalidJson: it is no JSON, or no object.
        InvalidRequest: a field is missing or wrong; all of them are named.
    """
    try:
        return model.model_validate_json(request.get_data(cache=False) or b"")
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        if any(problem["type"] in ("json_invalid", "model_type", "model_attributes_type") for problem in problems):
            raise InvalidJson from error
        fields = {".".join(map(str, problem["loc"])): problem["msg"] for problem in problems}
        said = "; ".join(f"`{name}`: {reason}" for name, reason in fields.items())
        raise InvalidRequest(f"Check these fields: {said}.", details={"fields": fields}) from error


def page(default: int = 50) -> Page:
    """Return which part of a list ``?limit=&cursor=`` asks for."""
    limit = number("limit", default)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"`limit` is a number from 1 to {MAX_LIMIT}.")
    return Page(limit, request.args.get("cursor") or None)


def number(name: str, default: int) -> int:
    raw = request.args.get(name)
    if raw is None or raw == "":
        return default
    try:
        # int() reads far more than digits («1_0», full-width forms), and gigabytes of them.
        if len(raw) > 18 or not raw.lstrip("-").isascii():
            raise ValueError
        return int(raw)
    except ValueError:
        raise InvalidRequest(f"`{name}` is a whole number.") from None
