"""Reading a request's JSON body."""

from __future__ import annotations

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from backend.app.errors import InvalidJson, InvalidRequest


class Body(BaseModel):
    """A request's body; unknown fields are ignored, so that older servers accept newer pages."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

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
        if any(problem["loc"] == () for problem in error.errors(include_url=False, include_context=False)):
            raise InvalidJson from error  # it is about the whole, not one of its fields
        raise refused(error) from error


def refused(error: ValidationError) -> InvalidRequest:
    """Say of each field what is wrong with it."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    fields = {".".join(map(str, problem["loc"])): problem["msg"] for problem in problems}
    said = "; ".join(f"`{name}`: {reason}" for name, reason in fields.items())
    return InvalidRequest(f"Check these fields: {said}.", details={"fields": fields})
