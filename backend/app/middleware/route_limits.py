"""Which limit holds for each route of the API.

A new route belongs into this table; tests/integration/api/test_rate_limits.py holds it against the app's own.
"""

from __future__ import annotations

ADDRESS = "address"
READ, WRITE = "read", "write"
CHAT, SEARCH, UPLOAD = "chat", "search", "upload"
REGISTER, SIGN_IN, KEY, INVITE = "register", "sign_in", "key", "invite"
REPORT, REPORTS = "report", "reports"

# What is counted for whoever is signed in, for each route by itself: a list that is asked for again and again
# uses nothing up of what others need. The other limits are for one kind of work, by whichever route it is asked for.
OF_EACH_ROUTE = frozenset({READ, WRITE})
# Nobody is signed in there, or need not be.
BY_ADDRESS = frozenset({REGISTER, SIGN_IN, REPORT})
# What watches the server is to see it at its busiest.
FREE = frozenset({"health.live", "health.ready", "metrics.scrape"})

# fmt: off
LIMITS: dict[str, str] = {
    # argon2 works for each, or somebody may guess at a link.
    **dict.fromkeys(("auth.login", "auth.change_password", "auth.reset", "auth.show_reset", "invitations.show"), SIGN_IN),
    # The second has the server ask the identity provider.
    **dict.fromkeys(("auth.register", "single_sign_on.finish"), REGISTER),
    "keys.make": KEY,
    **dict.fromkeys(("invitations.make", "users.reset_link"), INVITE),
    **dict.fromkeys(("chat.ask", "openai.complete", "mcp.answer"), CHAT),
    "search.find": SEARCH,
    **dict.fromkeys(("documents.upload", "documents.retry", "evaluation.take_in"), UPLOAD),
    "metrics.report": REPORT,
    **dict.fromkeys((
        "about.show", "audit.export", "audit.index", "auth.me", "collections.index", "collections.members",
        "conversations.export", "conversations.index", "conversations.messages", "conversations.show",
        "documents.content", "documents.image", "documents.images", "documents.index", "documents.passages",
        "documents.show", "evaluation.index", "evaluation.offers", "evaluation.overview", "evaluation.results",
        "evaluation.runs", "evaluation.show_run", "folders.index", "invitations.index", "jobs.events", "jobs.show",
        "jobs.status", "keys.index", "openai.index", "openai.show", "openapi.show", "performance.show", "room.show",
        "sessions.index", "single_sign_on.begin", "users.index", "users.show",
    ), READ),
    **dict.fromkeys((
        "auth.logout", "auth.rename", "collections.create", "collections.delete", "collections.put_member",
        "collections.remove_member", "collections.rename", "conversations.delete", "conversations.update",
        "documents.delete", "evaluation.accept", "evaluation.add", "evaluation.cancel", "evaluation.change",
        "evaluation.delete", "evaluation.delete_run", "evaluation.dismiss", "evaluation.start", "feedback.opened",
        "feedback.rate", "folders.stop", "folders.watch", "invitations.withdraw", "jobs.cancel", "keys.revoke",
        "sessions.end", "sessions.end_others", "users.change", "users.delete",
    ), WRITE),
}
# fmt: on
