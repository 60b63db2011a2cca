"""Finding a text in a column."""

from __future__ import annotations

import unicodedata

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute


def contains(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Return whether the column holds ``text`` anywhere, in upper or lower case; % and _ mean themselves."""
    needle = unicodedata.normalize("NFC", text).lower()
    return func.lower(column).contains(needle, autoescape=True)
