"""What settings must be beyond their kind, alone and together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from backend.app.config.describing import PREFIX
from backend.app.domain.rates import Rate

if TYPE_CHECKING:
    from backend.app.config.settings import Settings


def violations(settings: Settings) -> Iterator[str]:
    """Say of every setting that cannot be used why not."""
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        choices, least = entry.metadata["choices"], entry.metadata["least"]
        variable = PREFIX + entry.name.upper()
        if choices and value not in choices:
            yield f"{variable}={value!r}: expected one of {', '.join(choices)}"
        elif isinstance(value, int | float) and not isinstance(value, bool) and value < least:
            yield f"{variable}={value!r}: must be {f'at least {least:g}' if least else 'zero or more'}"
    if settings.port > 65535:
        yield f"{PREFIX}PORT={settings.port}: expected 0 to 65535"
    if settings.vector_weight > 1 or -1 < settings.vector_weight < 0:
        yield f"{PREFIX}VECTOR_WEIGHT={settings.vector_weight}: expected 0 to 1, or -1"
    if settings.log_debug_share > 1:
        yield f"{PREFIX}LOG_DEBUG_SHARE={settings.log_debug_share}: expected 0 to 1"
    if not 200 <= settings.passage_chars <= 20_000:
        yield f"{PREFIX}PASSAGE_CHARS={settings.passage_chars}: expected 200 to 20000"
    if settings.passage_overlap_chars * 2 > settings.passage_chars:
        yield f"{PREFIX}PASSAGE_OVERLAP_CHARS={settings.passage_overlap_chars}: at most half of a passage"
    for entry in fields(settings):
        if entry.name.startswith("rate_"):
            try:
                Rate.parse(getattr(settings, entry.name))
            except ValueError as error:
                yield f"{PREFIX}{entry.name.upper()}={getattr(settings, entry.name)!r}: {error}"
