"""Takes out of log lines what belongs to people: secrets, and what they wrote.

Nothing here makes it right to log such things. It is the net below: a library's exception that
quotes an address with its password, a field that somebody adds in a hurry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

MASK = "***"
_DEEPEST = 6

_SECRETS = re.compile(
    r"passw(or)?d|passphrase|secret|token|api_?key|authorization|cookie|credential|private_?key|session_?id", re.I
)
_TEXTS = frozenset({"message", "query", "question", "answer", "text", "content", "prompt", "quote", "body", "comment"})
_EMAILS = re.compile(r"e_?mail", re.I)

# Within texts, such as those of exceptions. Each keeps what says which secret it was.
_WITHIN = (
    # redis://user:password@host, postgresql+psycopg://...
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s:/?#@]*):[^\s/?#@]+@", re.I), rf"\1:{MASK}@"),
    (re.compile(r"\b(lo_[A-Za-z0-9]{6})[A-Za-z0-9]{20,}"), rf"\1{MASK}"),  # our own API keys, wherever they stand
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.I), rf"\1 {MASK}"),
    (
        re.compile(r"(passw(?:or)?d|secret|token|api_?key)(\"?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s&,;)}]+)", re.I),
        rf"\1\2{MASK}",
    ),
    # SQLAlchemy tells the values of the statement that failed.
    (re.compile(r"\[parameters: .*\]", re.S), f"[parameters: {MASK}]"),
)  # fmt: skip


def mask(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Be a processor of structlog, after all that add texts and before the one that renders."""
    for key, value in event.items():
        event[key] = _within(value) if key in ("event", "exception") else _masked(key, value, _DEEPEST)
    return event


def without_secrets(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be kept: unlike in a log, addresses and texts stay as they are."""
    return {name: _kept(name, value, _DEEPEST) for name, value in details.items()}


def _kept(key: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRETS.search(key):
        return MASK
    if isinstance(value, str):
        return _within(value)
    if depth == 0:
        return f"[{type(value).__name__}]"
    if isinstance(value, Mapping):
        return {str(name): _kept(str(name), entry, depth - 1) for name, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept(key, entry, depth - 1) for entry in value]
    return _within(str(value))


def _masked(key: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value  # how many tokens there were is no secret
    if _SECRETS.search(key):
        return MASK
    if key.lower() in _TEXTS:
        return f"[{len(value)} characters]" if isinstance(value, str | bytes) else f"[{type(value).__name__}]"
    if isinstance(value, str) and _EMAILS.search(key):
        return _short_email(value)
    if isinstance(value, str):
        return _within(value)
    if depth == 0:
        return f"[{type(value).__name__}]"
    if isinstance(value, Mapping):
        return {str(name): _masked(str(name), entry, depth - 1) for name, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, entry, depth - 1) for entry in value]
    return _within(value if isinstance(value, str) else str(value))


def _within(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    for pattern, replacement in _WITHIN:
        text = pattern.sub(replacement, text)
    return text


def _short_email(email: str) -> str:
    """Leave what tells one person's address from another's in a log, and not what it is."""
    name, at, host = email.partition("@")
    return f"{name[:1]}{MASK}{at}{host}" if at else MASK
