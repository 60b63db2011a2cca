"""The limits, from the settings."""

from __future__ import annotations

from dataclasses import fields

from backend.app.config import Settings
from backend.app.domain.rates import Rate
from backend.app.services.guesses import Guesses
from backend.app.services.open_streams import OpenStreams
from backend.app.wiring.building_blocks import Parts

_PREFIX = "rate_"


def rates(settings: Settings) -> dict[str, Rate | None]:
    """Return each limit by its name: that of its setting, without ``rate_``."""
    names = [entry.name for entry in fields(settings) if entry.name.startswith(_PREFIX)]
    return {name.removeprefix(_PREFIX): Rate.parse(getattr(settings, name)) for name in names}


def guesses(parts: Parts) -> Guesses:
    known = rates(parts.settings)
    return Guesses(parts.caches.allowances, parts.metrics, account=known["guesses"], address=known["guesses_address"])


def open_streams(parts: Parts) -> OpenStreams:
    settings = parts.settings
    return OpenStreams(parts.metrics, together=settings.most_answers, of_user=settings.most_answers_of_user)
