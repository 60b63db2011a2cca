"""A message saved as a file: who, when, about what, and the text; kreuzberg misreads EUC-KR bodies."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from .draft import Draft, one_line
from .encoding import decode
from .html import add_html

_SHOWN = ("Subject", "From", "To", "Cc", "Date")


def read_mail(path: Path, draft: Draft) -> None:
    """Read the headers people see, then the plain text, or the HTML where there is none."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    shown = [(name, one_line(str(message.get(name, "")))) for name in _SHOWN]
    draft.block("\n".join(f"{name}: {value}" for name, value in shown if value))
    body = message.get_body(("plain", "html"))
    if isinstance(body, EmailMessage):
        text = decode(_payload(body), body.get_content_charset())
        if body.get_content_subtype() == "html":
            add_html(text, draft)
        else:
            draft.block(text)
    names = [one_line(part.get_filename() or "") for part in message.iter_attachments()]
    draft.block("\n".join(f"Attachment: {name}" for name in names if name))
    draft.title = shown[0][1] or None


def _payload(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""
