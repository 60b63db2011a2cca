"""Everybody's accounts, as administrators look after them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from backend.app.domain.accounts import Person, Role, User
from backend.app.errors import InvalidRequest, OwnAccount
from backend.app.security.one_time import new_token, token_hash
from backend.app.services.account_rules import checked_name
from backend.app.storage.account_interfaces import People, PersonChange
from backend.app.storage.interfaces import Files, JobQueue, Page


class PeopleService:
    """``by`` is the administrator who asks, None on the command line, where nobody can lock himself out."""

    def __init__(
        self,
        people: People,
        files: Files,
        queue: JobQueue,
        *,
        reset_hours: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._people = people
        self._files = files
        self._queue = queue
        self._reset_lasts = timedelta(hours=reset_hours)
        self._clock = clock

    def page(self, text: str | None, page: Page) -> tuple[list[Person], str | None]:
        return self._people.page(text, page)

    def get(self, user_id: str) -> Person:
        return self._people.get(user_id)

    def update(
        self,
        by: User | None,
        user_id: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        suspended: bool | None = None,
    ) -> tuple[Person, Person]:
        """Change an account; return it before and after. Whoever is suspended is out at once, everywhere.

        Raises:
            UserNotFound, InvalidRequest, LastAdministrator
            OwnAccount: nobody suspends himself, nor takes his own role.
        """
        if by is not None and by.id == user_id and (suspended or role is Role.MEMBER):
            raise OwnAccount
        if name is not None:
            name = checked_name(name)
            if not name:
                raise InvalidRequest("A name has at least one character.")
        return self._people.update(user_id, PersonChange(name, role, suspended))

    def reset_link(self, user_id: str) -> tuple[str, datetime]:
        """Return a token by which the person may choose a new password, once, and until when.

        Raises:
            UserNotFound
        """
        token, until = new_token(), self._clock() + self._reset_lasts
        self._people.put_reset(user_id, token_hash(token), until)
        return token, until

    def delete(self, by: User | None, user_id: str, heir_id: str | None = None) -> None:
        """Delete an account with its conversations, and with the collections that nobody takes over.

        Raises:
            UserNotFound, LastAdministrator, OwnAccount
            InvalidRequest: the heir is the account itself.
        """
        if by is not None and by.id == user_id:
            raise OwnAccount
        if heir_id == user_id:
            raise InvalidRequest("Nobody takes over his own collections. Name another account.")
        for document_id in self._people.delete(user_id, heir_id):
            self._files.remove(document_id)
        self._queue.wake()
