"""Reading what stands behind a question mark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_origin

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from backend.app.api.body import refused
from backend.app.storage.interfaces import Page

MAX_LIMIT = 200
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def _whole(value: object) -> object:
    # int() reads far more than digits («1_0», full-width forms), and gigabytes of them.
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise PydanticCustomError("whole", "is a whole number")
    return value


def _flag(value: object) -> object:
    if isinstance(value, str) and value not in ("true", "false"):
        raise PydanticCustomError("flag", "is true or false")
    return value


WholeNumber = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class Query(BaseModel):
    """A request's parameters; an empty one is as good as none, and unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Paging(Query):
    """Which part of a list is asked for."""

    limit: Annotated[WholeNumber, Field(ge=1, le=MAX_LIMIT, description="How many items at most.")] = 50
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class OfCollection(Query):
    collection_id: Annotated[str | None, Field(description="Of this collection alone.")] = None


Q = TypeVar("Q", bound=Query)


def asked(model: type[Q]) -> Q:
    """Return the parameters as ``model``.

    Raises:
        InvalidRequest: one is missing or wrong; all of them are named.
    """
    return read(model, request.args.to_dict(flat=False))


def read(model: type[Q], given: Mapping[str, list[str]]) -> Q:
    values: dict[str, Any] = {}
    for name, is_list in _fields(model):
        found = [value for value in given.get(name, ()) if value]
        if found:
            values[name] = found if is_list else found[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise refused(error) from error


def page(model: type[Paging] = Paging) -> Page:
    """Return which part of a list ``?limit=&cursor=`` asks for."""
    paging = asked(model)
    return Page(paging.limit, paging.cursor)


@cache
def _fields(model: type[Query]) -> list[tuple[str, bool]]:
    return [(name, get_origin(entry.annotation) is tuple) for name, entry in model.model_fields.items()]
