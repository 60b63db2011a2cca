"""Reads settings from the environment and a ``.env`` file."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, get_type_hints

from backend.app.config.describing import PREFIX, Secret
from backend.app.errors import ConfigError

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number"}


def read(
    table: type[Any], environ: Mapping[str, str] | None, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return what ``given`` or the environment sets, cast, and what is wrong with the rest.

    Raises:
        ConfigError: the ``.env`` file cannot be read.
    """
    hints, sources = get_type_hints(table), _environments(environ)
    problems = [f"{name}: there is no such setting" for name in given if name not in hints]
    found: dict[str, Any] = {}
    for entry in fields(table):
        name, raw = (entry.name, given[entry.name]) if entry.name in given else _lookup(entry, sources)
        try:
            found |= _cast(raw, entry, hints[entry.name])
        except ValueError as error:
            problems.append(f"{name}={raw!r}: {error}")
    return found, problems


def _environments(environ: Mapping[str, str] | None) -> Sequence[Mapping[str, str | None]]:
    if environ is not None:
        return [environ]
    from dotenv import dotenv_values

    try:
        return [os.environ, dotenv_values(".env")]
    except (OSError, ValueError) as error:
        raise ConfigError(
            "The file .env in this folder cannot be read. It is UTF-8 text, NAME=value a line."
        ) from error


def _lookup(entry: Field[Any], sources: Sequence[Mapping[str, str | None]]) -> tuple[str, Any]:
    for values in sources:
        for variable in (PREFIX + entry.name.upper(), entry.metadata["also"]):
            if (raw := values.get(variable)) is not None:
                return variable, raw
    return "", None


def _cast(raw: Any, entry: Field[Any], kind: type) -> dict[str, Any]:
    """Return the setting by its name, or nothing: only texts and secrets have an empty value."""
    if not isinstance(raw, str):  # a value as it should be, or none at all
        return {} if raw is None else {entry.name: raw}
    text, choices = raw.strip(), entry.metadata["choices"]
    if not text and (choices or kind not in (str, Secret)):
        return {}
    try:
        value = _BOOLEANS[text.lower()] if kind is bool else kind(text.lower() if choices else text)
        if kind is float and not math.isfinite(value):
            raise ValueError
    except (KeyError, ValueError):
        raise ValueError(f"expected {_EXPECTED[kind]}") from None
    return {entry.name: value}
