"""Gunicorn's entry. Imported once, before the workers are forked, so that they share it."""

from __future__ import annotations

import atexit

from sqlalchemy.orm import configure_mappers

from backend.app import create_app
from backend.app.concurrency import in_background
from backend.app.config import Settings
from backend.app.logs import configure_logging

_settings = Settings.load()
configure_logging(_settings)
app = create_app(_settings)
# The embedder's weights too: loaded here, they are one copy for all workers.
app.extensions["likeopt_parts"].embedder.warm()
configure_mappers()  # what SQLAlchemy works out at the first query, too


def after_fork() -> None:
    """Begin what each worker does beside its requests; gunicorn calls it in every worker."""
    from backend.app import wiring  # at the top it would be imported before the app, and more than that

    sampler = wiring.sampler(app.extensions["likeopt_parts"])
    sampler.run(in_background)
    atexit.register(sampler.finish)
