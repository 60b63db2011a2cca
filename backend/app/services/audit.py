"""What administrators do, and who signs in, written down for whoever has to find out later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from backend.app.domain.accounts import User
from backend.app.domain.audit import Action, AuditEvent, AuditFilter, Target
from backend.app.errors import AppError
from backend.app.masking import without_secrets
from backend.app.monitoring.interfaces import Metrics
from backend.app.security.typed_text import one_line
from backend.app.storage.account_interfaces import AuditEvents
from backend.app.storage.interfaces import Page

log = structlog.get_logger(__name__)

_NOTHING = Target("", "")
_PRUNE_EVERY = 500  # events, in each process
_MOST_CHARS = 300
_MOST_DETAILS = 20


class AuditLog:
    """``days`` and ``most`` bound what is kept."""

    def __init__(
        self,
        events: AuditEvents,
        metrics: Metrics,
        new_id: Callable[[], str],
        *,
        days: int,
        most: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._events = events
        self._metrics = metrics
        self._new_id = new_id
        self._days = days
        self._most = most
        self._clock = clock
        self._recorded = 0
        self._lock = threading.Lock()

    def record(
        self,
        action: Action,
        *,
        actor: User | str | None,
        target: Target = _NOTHING,
        address: str = "",
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Write down what has just been done; call it after the change.

        ``actor`` is an account, ``COMMAND_LINE``, or None where nobody is signed in. ``details`` say
        what is particular; secrets among them are masked, and texts that people wrote do not belong
        there. It never fails: what was done stays done, and an event that could not be written is
        counted and told in the log.
        """
        try:
            self._add(action, actor, target, address, details or {})
        except AppError as error:
            log.error("audit_event_lost", action=action.value, error_code=error.error_code)
            self._metrics.count_error("audit")
        except Exception:
            # An edge of its own: what is recorded has happened, and must not be told as failed.
            log.exception("audit_event_lost", action=action.value)
            self._metrics.count_error("audit")

    def page(self, which: AuditFilter, page: Page) -> tuple[list[AuditEvent], str | None]:
        return self._events.page(which, page)

    def all(self, which: AuditFilter) -> Iterator[list[AuditEvent]]:
        """Yield every event, newest first, in batches."""
        return self._events.all(which)

    def _add(
        self, action: Action, actor: User | str | None, target: Target, address: str, details: Mapping[str, object]
    ) -> None:
        known = actor if isinstance(actor, User) else None
        self._events.add(
            AuditEvent(
                id=self._new_id(),
                at=self._clock(),
                action=action.value,
                actor_id=known.id if known else None,
                actor=known.email if known else str(actor or ""),
                target=Target(target.kind, target.id[:64], one_line(target.name)[:_MOST_CHARS]),
                address=address[:64],
                details=_bounded(without_secrets(details)),
            )
        )
        if self._is_time_to_prune():
            before = self._clock() - timedelta(days=self._days)
            self._events.prune(before, self._most, Action.SIGN_IN_FAILED.value)

    def _is_time_to_prune(self) -> bool:
        with self._lock:
            self._recorded += 1
            return self._recorded % _PRUNE_EVERY == 1


def _bounded(details: Mapping[str, object]) -> dict[str, object]:
    few = list(details.items())[:_MOST_DETAILS]
    return {name: value[:_MOST_CHARS] if isinstance(value, str) else value for name, value in few}
