"""Who gets what from every route: the table that test_route_matrix.py holds against the app.

A new route belongs here, with a line for each way of asking it that differs. Paths are below /api/v1
unless they begin with ``//``; names in braces are things of a ``RoleLibrary``. The shared collection's
owner also owns the conversation. The administrator is a member of nothing: what others keep is as
closed to him as to a stranger, he sees the server's own figures and its accounts, and no more. Whoever is
suspended is nobody, by every way in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Outcome = tuple[int, str]

ROLES = ("nobody", "stranger", "reader", "editor", "owner", "administrator")

OK, MADE, TAKEN, EMPTY = (200, ""), (201, ""), (202, ""), (204, "")
NOT_SIGNED_IN = (401, "NOT_SIGNED_IN")
FORBIDDEN = (403, "FORBIDDEN")
BAD = (400, "INVALID_REQUEST")
CONFLICT = (409, "CONFLICT")
NO_PAGE = (404, "NOT_FOUND")
NO_DOCUMENT = (404, "DOCUMENT_NOT_FOUND")
NO_IMAGE = (404, "IMAGE_NOT_FOUND")
NO_COLLECTION = (404, "COLLECTION_NOT_FOUND")
NO_CONVERSATION = (404, "CONVERSATION_NOT_FOUND")
NO_MESSAGE = (404, "MESSAGE_NOT_FOUND")
NO_MODEL = (404, "MODEL_NOT_FOUND")
NO_KEY = (404, "KEY_NOT_FOUND")
NO_JOB = (404, "JOB_NOT_FOUND")
NO_QUESTION = (404, "QUESTION_NOT_FOUND")
NO_RUN = (404, "RUN_NOT_FOUND")


@dataclass(frozen=True, slots=True)
class Row:
    """What each role gets from one way of asking; ``upload`` sends a file beside the body's fields."""

    method: str
    path: str
    outcomes: Mapping[str, Outcome]
    body: Mapping[str, object] | None = None
    upload: str = ""
    ends_session: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f" {'+'.join(self.body)}" if self.body else "")


Body = Mapping[str, object] | None


def anybody(method: str, path: str, outcome: Outcome, body: Body = None, *, ends_session: bool = False) -> Row:
    """A route that is open to all."""
    return Row(method, path, dict.fromkeys(ROLES, outcome), body, ends_session=ends_session)


def oneself(method: str, path: str, outcome: Outcome = OK, body: Body = None) -> Row:
    """A route that names nothing of anybody else's, and shows everybody what is his own."""
    return Row(method, path, {**dict.fromkeys(ROLES, outcome), "nobody": NOT_SIGNED_IN}, body)


def private(method: str, path: str, hidden: Outcome, outcome: Outcome = OK, body: Body = None) -> Row:
    """A route about something that is its owner's alone, whatever is shared."""
    return Row(method, path, {**dict.fromkeys(ROLES, hidden), "nobody": NOT_SIGNED_IN, "owner": outcome}, body)


def readers(method: str, path: str, hidden: Outcome, outcome: Outcome = OK, body: Body = None) -> Row:
    """A route that all members of the collection may use."""
    return members(method, path, hidden, (outcome, outcome, outcome), body)


def editors(
    method: str, path: str, hidden: Outcome, outcome: Outcome = OK, body: Body = None, *, upload: str = ""
) -> Row:
    """A route that changes what is in the collection."""
    return members(method, path, hidden, (FORBIDDEN, outcome, outcome), body, upload=upload)


def owners(method: str, path: str, outcome: Outcome = OK, body: Body = None) -> Row:
    """A route that changes the collection itself."""
    return members(method, path, NO_COLLECTION, (FORBIDDEN, FORBIDDEN, outcome), body)


def members(
    method: str,
    path: str,
    hidden: Outcome,
    outcomes: tuple[Outcome, Outcome, Outcome],
    body: Body = None,
    *,
    upload: str = "",
) -> Row:
    """A route whose outcome for the reader, the editor and the owner differs."""
    by_access = dict(zip(("reader", "editor", "owner"), outcomes, strict=True))
    others = {"nobody": NOT_SIGNED_IN, "stranger": hidden, "administrator": hidden}
    return Row(method, path, {**others, **by_access}, body, upload=upload)


def administrators(method: str, path: str, outcome: Outcome = OK, body: Body = None, *, upload: str = "") -> Row:
    """A route that is closed to everybody else, whatever they own."""
    only = {**dict.fromkeys(ROLES, FORBIDDEN), "nobody": NOT_SIGNED_IN, "administrator": outcome}
    return Row(method, path, only, body, upload=upload)


PAGE = (
    anybody("GET", "//", OK),
    anybody("GET", "//documents/some/place", OK),
    anybody("GET", "//sw.js", OK),
    anybody("GET", "//static/nothing.js", NO_PAGE),
)

SERVER = (
    anybody("GET", "/about", OK),
    anybody("GET", "/openapi.json", OK),
    anybody("GET", "/health/live", OK),
    anybody("GET", "/health/ready", OK),
    anybody("GET", "/metrics", OK),  # to this machine, as the tests are; others: test_metrics.py
    anybody("POST", "/metrics", EMPTY, {"metrics": []}),
    administrators("GET", "/performance"),
)

ACCOUNTS = (
    anybody("POST", "/auth/register", MADE, {"email": "{new_email}", "password": "{password}"}, ends_session=True),
    anybody(
        "POST",
        "/auth/login",
        (401, "WRONG_CREDENTIALS"),
        {"email": "{owner_email}", "password": "wrong horse"},
        ends_session=True,
    ),
    anybody("POST", "/auth/logout", OK, ends_session=True),
    # Without a provider; with one: test_single_sign_on.py
    anybody("GET", "/auth/oidc", NO_PAGE),
    anybody("GET", "/auth/oidc/callback", NO_PAGE),
    oneself("GET", "/auth/me"),
    oneself("PATCH", "/auth/me", OK, {"name": "Somebody"}),
    oneself("POST", "/auth/password", (403, "WRONG_PASSWORD"), {"current": "wrong horse", "new": "another horse"}),
    oneself("GET", "/auth/sessions"),
    private("DELETE", "/auth/sessions/{spare_session}", (404, "SESSION_NOT_FOUND")),
    oneself("POST", "/auth/sessions/end-others"),
    anybody("GET", "/auth/reset/{reset_token}", OK),  # whoever has the link may
    anybody("GET", "/auth/reset/nothing", (404, "RESET_LINK_NOT_FOUND")),
    anybody("POST", "/auth/reset", (404, "RESET_LINK_NOT_FOUND"), {"token": "nothing", "password": "{password}"}),
    anybody("GET", "/invitations/{invitation_token}", OK),
    anybody("GET", "/invitations/nothing", (404, "INVITATION_NOT_FOUND")),
    administrators("GET", "/invitations"),
    administrators("POST", "/invitations", MADE, {"role": "administrator"}),
    administrators("DELETE", "/invitations/{spare_invitation}"),
    administrators("GET", "/users"),
    administrators("GET", "/users/{owner}"),
    administrators("PATCH", "/users/{owner}", OK, {"name": "{new_name}"}),
    administrators("PATCH", "/users/{administrator}", (409, "OWN_ACCOUNT"), {"suspended": True}),
    administrators("POST", "/users/{owner}/password-reset", MADE),
    administrators("DELETE", "/users/{spare_user}"),
    administrators("GET", "/audit"),
    administrators("GET", "/audit/export"),
)

DOCUMENTS = (
    oneself("GET", "/documents"),
    oneself("GET", "/indexing/status"),
    oneself("GET", "/usage"),
    editors("POST", "/documents", NO_COLLECTION, TAKEN, {"collection_id": "{collection}"}, upload="note.txt"),
    editors(
        "POST",
        "/documents",
        NO_COLLECTION,
        (422, "WEB_PAGE_REFUSED"),
        {"collection_id": "{collection}", "url": "http://127.0.0.1/"},
    ),
    readers("GET", "/documents/{document}", NO_DOCUMENT),
    readers("GET", "/documents/{document}/content", NO_DOCUMENT),
    readers("GET", "/documents/{document}/content?format=text", NO_DOCUMENT),
    readers("GET", "/documents/{document}/passages", NO_DOCUMENT),
    readers("GET", "/documents/{document}/images", NO_DOCUMENT),
    readers("GET", "/documents/{document}/images/1", NO_DOCUMENT, NO_IMAGE),
    editors("POST", "/documents/{document}/retry", NO_DOCUMENT, CONFLICT),
    editors("DELETE", "/documents/{spare_document}", NO_DOCUMENT),
    readers("GET", "/jobs/{job}", NO_JOB),
    readers("GET", "/jobs/{job}/events", NO_JOB),
    editors("POST", "/jobs/{job}/cancel", NO_JOB),
)

COLLECTIONS = (
    oneself("GET", "/collections"),
    oneself("POST", "/collections", MADE, {"name": "{new_name}"}),
    owners("PATCH", "/collections/{collection}", OK, {"name": "{new_name}"}),
    owners("DELETE", "/collections/{spare_collection}"),
    readers("GET", "/collections/{collection}/members", NO_COLLECTION),
    # Oneself made owner: nobody raises his own access.
    owners("PUT", "/collections/{collection}/members", OK, {"email": "{own_email}", "access": "owner"}),
    owners("DELETE", "/collections/{collection}/members/{spare_member}"),
    members(
        "DELETE",
        "/collections/{collection}/members/{owner}",
        NO_COLLECTION,
        (FORBIDDEN, FORBIDDEN, CONFLICT),  # the only owner stays
    ),
    administrators("GET", "/collections/{collection}/folders", NO_COLLECTION),
    administrators("POST", "/collections/{collection}/folders", NO_COLLECTION, {"path": "{folder_path}"}),
    administrators("DELETE", "/collections/{collection}/folders/{folder}", NO_COLLECTION),
)

CONVERSATIONS = (
    oneself("GET", "/search?q=ferry"),
    readers("GET", "/search?q=ferry&collection_id={collection}", NO_COLLECTION),
    readers("GET", "/search?q=ferry&collection_id={collection}&marks=true", NO_COLLECTION),
    oneself("POST", "/chat", OK, {"message": "When does the ferry leave?"}),
    readers("POST", "/chat", NO_COLLECTION, OK, {"message": "ferry?", "collection_ids": ["{collection}"]}),
    private("POST", "/chat", NO_CONVERSATION, OK, {"message": "And back?", "conversation_id": "{conversation}"}),
    private("POST", "/chat", NO_MESSAGE, OK, {"regenerate": "{spare_answer}"}),
    oneself("GET", "/conversations"),
    private("GET", "/conversations/{conversation}", NO_CONVERSATION),
    private("PATCH", "/conversations/{conversation}", NO_CONVERSATION, OK, {"title": "Mine"}),
    private("DELETE", "/conversations/{spare_conversation}", NO_CONVERSATION),
    private("GET", "/conversations/{conversation}/messages", NO_CONVERSATION),
    private("GET", "/conversations/{conversation}/export", NO_CONVERSATION),
    private("GET", "/conversations/{conversation}/export?format=json", NO_CONVERSATION),
    private("POST", "/feedback", NO_MESSAGE, OK, {"message_id": "{answer}", "value": 1}),
    private("POST", "/feedback/citations", NO_MESSAGE, OK, {"message_id": "{answer}", "passage_id": "{passage}"}),
)

EVALUATION = (
    administrators("GET", "/evaluation?collection_id={collection}", NO_COLLECTION),
    administrators("GET", "/evaluation/questions?collection_id={collection}", NO_COLLECTION),
    administrators(
        "POST",
        "/evaluation/questions",
        NO_COLLECTION,
        {"collection_id": "{collection}", "text": "When?", "passage_ids": ["{passage}"]},
    ),
    administrators("PATCH", "/evaluation/questions/{question}", NO_QUESTION, {"text": "Where?"}),
    administrators("DELETE", "/evaluation/questions/{question}", NO_QUESTION),
    administrators("GET", "/evaluation/offers?collection_id={collection}", NO_COLLECTION),
    administrators("POST", "/evaluation/offers/{answer}", NO_COLLECTION, {"collection_id": "{collection}"}),
    administrators("DELETE", "/evaluation/offers/{answer}", NO_MESSAGE),
    administrators("POST", "/evaluation/imports", (422, "MALFORMED_TEST_SET"), {"name": "Set"}, upload="set.zip"),
    administrators("GET", "/evaluation/runs?collection_id={collection}", NO_COLLECTION),
    administrators("POST", "/evaluation/runs", NO_COLLECTION, {"collection_id": "{collection}", "mode": "bm25"}),
    administrators("GET", "/evaluation/runs/{run}", NO_RUN),
    administrators("POST", "/evaluation/runs/{run}/cancel", NO_RUN),
    administrators("GET", "/evaluation/runs/{run}/results", NO_RUN),
    administrators("DELETE", "/evaluation/runs/{run}", NO_RUN),
)

ASKED = [{"role": "user", "content": "When does the ferry leave?"}]

PROGRAMS = (
    oneself("GET", "/keys"),
    oneself("POST", "/keys", MADE, {"name": "a program", "scopes": ["read"]}),
    oneself("DELETE", "/keys/00000000000000000000000000000000", NO_KEY),
    anybody("POST", "//mcp", NOT_SIGNED_IN, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),  # keys alone
    oneself("GET", "//v1/models"),
    readers("GET", "//v1/models/like-opt/{collection}", NO_MODEL),
    oneself("POST", "//v1/chat/completions", OK, {"model": "like-opt", "messages": ASKED}),
    readers("POST", "//v1/chat/completions", NO_MODEL, OK, {"model": "like-opt/{collection}", "messages": ASKED}),
)

TABLE = (*PAGE, *SERVER, *ACCOUNTS, *DOCUMENTS, *COLLECTIONS, *CONVERSATIONS, *EVALUATION, *PROGRAMS)
