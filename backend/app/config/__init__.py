"""Every setting: name, type, default and help.

A setting ``port`` is read from ``LIKEOPT_PORT``, and well-known ones (``REDIS_URL``,
``DATABASE_URL``, ``SECRET_KEY``) without the prefix too. The environment wins over a ``.env``
file in the working directory. The table is in ``topics/``, a topic a file; the settings page in
docs/ and ``likeopt doctor`` are printed from it.
"""

from __future__ import annotations

from backend.app.config.describing import MIB, PREFIX, Secret
from backend.app.config.key_file import secret_key
from backend.app.config.settings import Settings, unknown_variables

__all__ = ["MIB", "PREFIX", "Secret", "Settings", "secret_key", "unknown_variables"]
