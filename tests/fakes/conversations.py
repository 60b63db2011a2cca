"""Conversations in memory, each with its owner. ``fails`` is raised when an exchange is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from backend.app.domain.chat import Conversation, Message, MessageStatus, Speaker, Turn
from backend.app.errors import ConversationNotFound, MessageNotFound
from backend.app.storage.interfaces import Page
from tests.fakes.things import conversation, ids


class MemoryConversations:
    def __init__(self) -> None:
        self.rows: dict[str, Conversation] = {}
        self.owners: dict[str, str] = {}
        self.said: dict[str, list[Message]] = {}
        self.fails: Exception | None = None
        self.before_storing: Callable[[], object] = lambda: None
        self.stored: list[tuple[Message | None, Message, str | None]] = []
        self._new_id = ids("talk")

    def put(self, user_id: str, found: Conversation, *messages: Message) -> Conversation:
        self.rows[found.id], self.owners[found.id] = found, user_id
        self.said[found.id] = list(messages)
        return found

    def texts(self, conversation_id: str) -> list[str]:
        return [message.text for message in self.said[conversation_id]]

    def get(self, user_id: str, conversation_id: str) -> Conversation:
        if self.owners.get(conversation_id) != user_id:
            raise ConversationNotFound
        return self.rows[conversation_id]

    def create(self, user_id: str, title: str, collection_ids: Sequence[str]) -> Conversation:
        return self.put(user_id, conversation(self._new_id(), title=title, collection_ids=tuple(collection_ids)))

    def page(self, user_id: str, text: str | None, page: Page) -> tuple[list[Conversation], str | None]:
        own = [self.rows[id_] for id_, owner in self.owners.items() if owner == user_id]
        return [found for found in own if not text or text in found.title][: page.limit], None

    def update(self, user_id: str, conversation_id: str, *, title: str | None, pinned: bool | None) -> Conversation:
        found = self.get(user_id, conversation_id)
        found = replace(found, title=found.title if title is None else title)
        self.rows[conversation_id] = replace(found, pinned=found.pinned if pinned is None else pinned)
        return self.rows[conversation_id]

    def delete(self, user_id: str, conversation_id: str) -> None:
        self.get(user_id, conversation_id)
        for table in (self.rows, self.owners, self.said):
            del table[conversation_id]

    def messages(
        self, user_id: str, conversation_id: str, page: Page, *, newest_first: bool = False
    ) -> tuple[list[Message], str | None]:
        self.get(user_id, conversation_id)
        first = int(page.cursor or 0)
        messages = self.said[conversation_id]
        found = (messages[::-1] if newest_first else messages)[first : first + page.limit]
        more = first + page.limit < len(self.said[conversation_id])
        return found, str(first + page.limit) if more else None

    def message(self, user_id: str, message_id: str) -> Message:
        for conversation_id, messages in self.said.items():
            for found in messages:
                if found.id == message_id and self.owners[conversation_id] == user_id:
                    return found
        raise MessageNotFound

    def history(self, conversation_id: str, turns: int, before: str | None = None) -> tuple[Turn, ...]:
        messages = self.said[conversation_id]
        if before is not None:
            messages = messages[: [message.id for message in messages].index(before)]
        good = [message for message in messages if message.status is not MessageStatus.FAILED]
        return tuple(Turn(message.speaker, message.text) for message in good[-turns:])

    def last_place(self, conversation_id: str) -> str:
        return max((message.id for message in self.said[conversation_id]), default="")

    def question_of(self, user_id: str, answer_id: str) -> Message:
        answer = self.message(user_id, answer_id)
        if answer.speaker is not Speaker.ASSISTANT:
            raise MessageNotFound
        messages = self.said[answer.conversation_id]
        return messages[messages.index(answer) - 1]

    def place_of(self, conversation_id: str, message_id: str) -> str:
        if all(message.id != message_id for message in self.said[conversation_id]):
            raise MessageNotFound
        return message_id

    def store_exchange(
        self,
        question: Message | None,
        answer: Message,
        replaces: str | None = None,
        retitled: tuple[str, str] | None = None,
        until: str | None = None,
    ) -> None:
        self.before_storing()
        if self.fails is not None:
            raise self.fails
        if answer.conversation_id not in self.rows:
            raise ConversationNotFound
        self.stored.append((question, answer, replaces))
        messages = self.said[answer.conversation_id]
        for new, old_id in ((question, question.id if question else None), (answer, replaces)):
            if new is None:
                continue
            places = [place for place, message in enumerate(messages) if message.id == old_id]
            if places:
                messages[places[0]] = new
                last = [place for place, message in enumerate(messages) if until and message.id == until]
                if new is answer and last:
                    del messages[places[0] + 1 : last[0] + 1]
            else:
                messages.append(new)
        found = self.rows[answer.conversation_id]
        if retitled is not None and found.title == retitled[0]:
            self.rows[found.id] = replace(found, title=retitled[1])

    def rate(self, user_id: str, message_id: str, value: int | None, comment: str | None) -> Message:
        return replace(self.message(user_id, message_id), feedback=value, comment=comment)
