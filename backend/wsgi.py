"""Gunicorn's entry. Imported once, before the workers are forked, so that they share it."""

from __future__ import annotations

from backend.app import create_app
from backend.app.config import Settings
from backend.app.logs import configure_logging

_settings = Settings.load()
configure_logging(_settings)
app = create_app(_settings)
# The embedder's weights too: loaded here, they are one copy for all workers.
app.extensions["likeopt_parts"].embedder.warm()
