"""Who may come in, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config.describing import setting


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    # fmt: off
    # --- accounts ---
    open_registration: bool = setting(False, "Let anybody make an account, not only the first person.", group="Accounts")
    invitation_hours: int = setting(24 * 7, "Hours for which an invitation's link may be used.", group="Accounts", least=1)
    reset_hours: int = setting(24, "Hours for which the link to a new password may be used.", group="Accounts", least=1)
    audit_days: int = setting(365, "Days for which is kept who signed in and what administrators did.", group="Accounts", least=1)
    audit_events: int = setting(100_000, "Events of that kind that are kept at most; failed sign-ins are half of them at most.", group="Accounts", least=100)
    offered_questions: str = setting("own", "Whose questions with a thumb or an opened citation administrators are offered as test questions: their own; or also others', where all sources are theirs to see.", group="Accounts", choices=("own", "shared"))
    # fmt: on
