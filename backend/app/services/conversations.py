"""Reading, naming, rating and exporting conversations."""

from __future__ import annotations

from backend.app.domain.accounts import User
from backend.app.domain.chat import Conversation, Message, Speaker
from backend.app.errors import InvalidRequest
from backend.app.security.typed_text import cleaned, one_line
from backend.app.storage.interfaces import Conversations, Page

MAX_TITLE_CHARS = 300
MAX_COMMENT_CHARS = 4000
_ALL = Page(limit=2**31 - 2)  # the repository asks for one more, which has to be a number for it


class ConversationService:
    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def get(self, user: User, conversation_id: str) -> Conversation:
        return self._conversations.get(user.id, conversation_id)

    def page(self, user: User, text: str | None, page: Page) -> tuple[list[Conversation], str | None]:
        return self._conversations.page(user.id, text, page)

    def messages(
        self, user: User, conversation_id: str, page: Page, *, newest_first: bool = False
    ) -> tuple[list[Message], str | None]:
        return self._conversations.messages(user.id, conversation_id, page, newest_first=newest_first)

    def update(self, user: User, conversation_id: str, *, title: str | None, pinned: bool | None) -> Conversation:
        if title is not None:
            title = one_line(title)
            if not 1 <= len(title) <= MAX_TITLE_CHARS:
                raise InvalidRequest(f"A title has 1 to {MAX_TITLE_CHARS} characters.")
        return self._conversations.update(user.id, conversation_id, title=title, pinned=pinned)

    def delete(self, user: User, conversation_id: str) -> None:
        self._conversations.delete(user.id, conversation_id)

    def rate(self, user: User, message_id: str, value: int, comment: str | None) -> Message:
        """Note a thumb: 1 up, -1 down, 0 takes it back with its word."""
        if value not in (1, -1, 0):
            raise InvalidRequest("`value` is 1, -1 or 0.")
        said = cleaned(comment or "").strip()
        if len(said) > MAX_COMMENT_CHARS:
            raise InvalidRequest(f"A comment has at most {MAX_COMMENT_CHARS} characters.")
        return self._conversations.rate(user.id, message_id, value or None, (said or None) if value else None)

    def all_messages(self, user: User, conversation_id: str) -> list[Message]:
        return self.messages(user, conversation_id, _ALL)[0]

    def as_markdown(self, user: User, conversation_id: str) -> str:
        """Return a conversation with its cited sources as Markdown."""
        parts = [f"# {self.get(user, conversation_id).title}"]
        for message in self.all_messages(user, conversation_id):
            if message.speaker is Speaker.USER:
                parts.append("\n".join(f"> {line}" for line in message.text.splitlines()))
            else:
                parts += [message.text, *_sources(message)]
        return "\n\n".join(parts) + "\n"


def _sources(message: Message) -> list[str]:
    cited = {citation.n for citation in message.citations}
    lines = []
    for source in message.sources:
        if source.n in cited:
            place = ", ".join(filter(None, [f"p. {source.page}" if source.page else "", source.heading or ""]))
            lines.append(f"[{source.n}] {source.title}" + (f" ({place})" if place else ""))
    return ["  \n".join(lines)] if lines else []
