"""Reading what a request says: its JSON body and its query."""

from __future__ import annotations

import re
from typing import TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from backend.app.errors import InvalidJson, InvalidRequest
from backend.app.storage.interfaces import Page

MAX_LIMIT = 200
_WHOLE = re.compile(r"-?[0-9]{1,18}")


class Body(BaseModel):
    """A request's body; unknown fields are ignored, so that older servers accept newer pages."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        # SQLite would keep it and PostgreSQL refuse it: the same answer from both.
        if isinstance(value, str) and "\0" in value:
            raise PydanticCustomError("nul", "must not hold the NUL character")
        return value


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
        if any(problem["loc"] == () for problem in problems):  # about the whole, not one of its fields
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
    return default if raw is None or raw == "" else _whole(name, raw)


def flag(name: str) -> bool:
    """Return whether ``?name=true`` was asked for; left out, it was not."""
    raw = request.args.get(name) or "false"
    if raw not in ("true", "false"):
        raise InvalidRequest(f"`{name}` is true or false.")
    return raw == "true"


def optional_number(name: str) -> int | None:
    raw = request.args.get(name)
    return None if raw is None or raw == "" else _whole(name, raw)


def _whole(name: str, raw: str) -> int:
    # int() reads far more than digits («1_0», full-width forms), and gigabytes of them.
    if not _WHOLE.fullmatch(raw):
        raise InvalidRequest(f"`{name}` is a whole number.")
    return int(raw)
