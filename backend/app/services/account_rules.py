"""What an address, a name and a password have to be."""

from __future__ import annotations

import re

from backend.app.errors import InvalidRequest
from backend.app.security.typed_text import one_line

MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 1024  # argon2 would read megabytes without complaint
MAX_NAME_CHARS = 200
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


def checked_email(email: str) -> str:
    """Return an address as it is kept.

    Raises:
        InvalidRequest
    """
    email = one_line(email)
    if not _EMAIL.fullmatch(email):
        raise InvalidRequest("This is not an email address. Write it as name@example.com.")
    return email


def checked_name(name: str) -> str:
    """Return a name as it is kept, which may be none.

    Raises:
        InvalidRequest
    """
    name = one_line(name)
    if len(name) > MAX_NAME_CHARS:
        raise InvalidRequest(f"The name has more than {MAX_NAME_CHARS} characters. Shorten it.")
    return name


def check_password(password: str) -> None:
    """Raises ``InvalidRequest``."""
    if len(password) < MIN_PASSWORD_CHARS:
        raise InvalidRequest(f"The password needs at least {MIN_PASSWORD_CHARS} characters.")
    if len(password) > MAX_PASSWORD_CHARS:
        raise InvalidRequest(f"The password has more than {MAX_PASSWORD_CHARS} characters. Choose a shorter one.")
