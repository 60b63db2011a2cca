"""How often, how much and how slowly people may ask."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config.describing import setting


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    # fmt: off
    # --- rate limits: `10/15m` is ten at once, and then as many in each fifteen minutes; s, m, h ---
    rate_guesses: str = setting("10/15m", "Wrong passwords for one account, whoever tries: `10/15m` is ten at once, and after that ten in fifteen minutes; s, m and h are seconds, minutes and hours; `none`: no limit.", group="Rate limits")
    rate_guesses_address: str = setting("60/5m", "Wrong passwords from one address (of IPv6, from one /64).", group="Rate limits")
    rate_register: str = setting("600/10m", "Accounts that one address makes, or tries to, and sign-ins by an identity provider.", group="Rate limits")
    rate_sign_in: str = setting("600/10m", "Sign-ins from one address, right or wrong, new passwords, and looks at invitations and reset links.", group="Rate limits")
    rate_key: str = setting("60/h", "API keys that one user makes.", group="Rate limits")
    rate_invite: str = setting("300/h", "Invitations and reset links that one administrator makes.", group="Rate limits")
    rate_chat: str = setting("60000/m", "Questions of one user.", group="Rate limits")
    rate_search: str = setting("600000/m", "Searches of one user.", group="Rate limits")
    rate_upload: str = setting("6000/m", "Uploads and imports of one user, whatever number of files each has.", group="Rate limits")
    rate_read: str = setting("600000/m", "Requests of one user to each other route that reads; of one address where nobody is signed in.", group="Rate limits")
    rate_write: str = setting("30000/m", "Requests of one user to each other route that changes something; of one address where nobody is signed in.", group="Rate limits")
    rate_report: str = setting("300/m", "Reports of measurements from the pages of one address.", group="Rate limits")
    rate_reports: str = setting("3000/m", "The same from all addresses together.", group="Rate limits")
    rate_address: str = setting("1200000/m", "All requests to the API from one address, of whatever kind.", group="Rate limits")

    # --- room; 0 is no limit ---
    quota_bytes: int = setting(0, "Most bytes of files in the collections that one person owns; 0: no limit.", group="Room", least=0)
    quota_documents: int = setting(0, "Most documents in them; 0: no limit.", group="Room", least=0)
    quota_server_bytes: int = setting(0, "Most bytes of files on the whole server; 0: no limit.", group="Room", least=0)
    quota_server_documents: int = setting(0, "Most documents on it; 0: no limit.", group="Room", least=0)
    most_waiting: int = setting(200_000, "Most documents that wait to be read or learnt; more are to be sent later; 0: no limit.", group="Room", least=0)
    most_answers: int = setting(10_000, "Most answers that one worker streams at once; 0: no limit.", group="Room", least=0)
    most_answers_of_user: int = setting(10_000, "Most of them to one person; 0: no limit.", group="Room", least=0)

    # --- slow clients ---
    body_seconds: int = setting(30, "Seconds for which the server waits for a request's body, besides those of the next setting.", group="Slow clients", least=1)
    body_bytes_per_second: int = setting(1024, "Each so many bytes of a body that have come give it a second more.", group="Slow clients", least=1)
    send_seconds: int = setting(60, "Seconds after which the connection of a reader who takes nothing of an answer is closed.", group="Slow clients", least=1)
    # fmt: on
