"""Bodies that Hypothesis makes of each operation's own model, sound and spoiled: never a 5xx, and nothing left behind.

A new operation is here by itself. One without a strategy, or that takes a body and does not say so, fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from mcp_types import JSONRPCRequest

from backend.app.api.mcp.tools import TOOLS
from backend.app.api.openapi.operation import ADMINISTRATOR, OPEN
from backend.app.api.openapi.operations import OPERATIONS
from backend.app.api.scopes import NEEDS
from backend.app.config import Settings
from backend.app.domain.accounts import Role
from backend.app.domain.keys import Scope
from backend.app.errors import AppError
from tests.integration.api.body_strategies import Known, Sent, of_form, of_json, sound
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import PASSWORD, World
from tests.integration.api.programs import program

# They change something and have no body; whoever sends one is not heard.
WITHOUT_BODY = frozenset(
    {
        *("auth.logout", "sessions.end_others", "users.reset_link", "documents.retry", "jobs.cancel"),
        "evaluation.cancel",
    }
)
WITH_BODY = [name for name, operation in OPERATIONS.items() if operation.body or operation.form] + ["mcp.answer"]
MEMBER, PROGRAM, NOBODY = "member", "program", "nobody"
EXAMPLES = 2  # each with fourteen kinds of body

# It warns that what failed is long to print, and would hide what failed.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a body that breaks a route is told as it is: making it small would take minutes
    suppress_health_check=list(HealthCheck),
)


def asking() -> list[tuple[str, str]]:
    """Return who sends bodies to which operation."""
    pairs = []
    for name in WITH_BODY:
        if OPERATIONS[name].access == OPEN:
            who = [NOBODY]
        elif name == "mcp.answer":
            who = [PROGRAM]
        elif OPERATIONS[name].access == ADMINISTRATOR:
            who = [ADMINISTRATOR, MEMBER]
        else:
            who = [MEMBER, *([PROGRAM] if name in NEEDS else [])]
        pairs += [(name, each) for each in who]
    return pairs


@dataclass
class Fuzzed:
    """The world that is asked, who asks, and what there is in it."""

    world: World
    people: Mapping[str, Caller]
    arguments: Mapping[str, object]
    known: Known
    traces: dict[str, Any]

    def send(self, endpoint: str, who: str, sent: Sent) -> Answer:
        method, path = self._address(endpoint)
        asked = self.people[who] if who != NOBODY else self.world.nobody()
        send = asked.whole if path.startswith(("/v1/", "/mcp")) else asked.call
        return send(method, path, data=sent.data, content_type=sent.content_type)

    def left(self) -> bool:
        """Tell whether there is more, or less, than when it was asked before."""
        before, self.traces = self.traces, self.world.traces()
        return self.traces != before

    def _address(self, endpoint: str) -> tuple[str, str]:
        (rule,) = [rule for rule in self.world.app.url_map.iter_rules() if rule.endpoint == endpoint]
        (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        built = rule.build({name: self.arguments[name] for name in rule.arguments}, append_unknown=False)
        assert built is not None
        return method, built[1]


@pytest.fixture(scope="module")
def fuzzed(made_world: Callable[..., World]) -> Fuzzed:
    # No limit and nobody's web server is to answer in the place of what reads the body.
    world = made_world(
        web_pages=False, **{field.name: "none" for field in fields(Settings) if field.name.startswith("rate_")}
    )
    administrator, member = world.person(ADMINISTRATOR), world.person(MEMBER)  # the first is one
    collection = member.collection_id
    membership = {"email": administrator.user["email"], "access": "owner"}
    assert member.put(f"/collections/{collection}/members", membership).status == 200
    document = world.document(member)
    passage = member.get(f"/documents/{document}/passages").data[0]["id"]
    conversation, message = member.asked("When does the ferry leave?")
    question = {"collection_id": collection, "text": "When?", "passage_ids": [passage]}
    people = {
        ADMINISTRATOR: administrator,
        MEMBER: member,
        PROGRAM: program(world.app, member, *(scope.value for scope in Scope if scope is not Scope.ADMIN)),
    }
    for caller in people.values():
        caller.held_to_document = True
    somebody = world.person("somebody")
    known = {
        "collection_id": [collection],
        "collection_ids": [collection],
        "conversation_id": [conversation],
        "regenerate": [message],
        "message_id": [message],
        "passage_id": [passage],
        "passage_ids": [passage],
        "document_id": [document],
        "message": ["When does the ferry leave?"],
        "content": ["When does the ferry leave?"],
        "query": ["ferry"],
        "question": ["When does the ferry leave?"],
        "email": [administrator.user["email"], "new@example.com"],
        "password": [PASSWORD],
        "new": [PASSWORD],
        "token": [world.services.people.reset_link(somebody.user["id"])[0]],
        "invitation": [world.services.invitations.make(None, email=None, role=Role.MEMBER)[1]],
        "model": ["like-opt"],
        "path": [str(world.settings.data_dir.parent)],
        "name": ["lcp", "api:/chat"],
    }
    arguments = {
        "collection_id": collection,
        "conversation_id": conversation,
        "message_id": message,
        "question_id": administrator.post("/evaluation/questions", question).data["id"],
        "user_id": somebody.user["id"],
    }
    return Fuzzed(world, people, arguments, known, world.traces())


def messages(known: Known) -> SearchStrategy[Any]:
    """Return messages of the Model Context Protocol: calls of its tools, and any others."""
    calls = [
        sound(tool.takes, known).map(lambda arguments, name=tool.name: {"name": name, "arguments": arguments})
        for tool in TOOLS
    ]
    call = st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0"), "id": st.integers(), "method": st.just("tools/call"), "params": st.one_of(*calls)}
    )
    methods = st.sampled_from(["initialize", "ping", "tools/list", "tools/call", "notifications/initialized"])
    others = st.builds(lambda message, method: {**message, "method": method}, sound(JSONRPCRequest, known), methods)
    return st.one_of(call, others)


def bodies(endpoint: str, known: Known) -> SearchStrategy[dict[str, Sent]]:
    operation = OPERATIONS[endpoint]
    if endpoint == "mcp.answer":
        return of_json(messages(known))
    kinds = []
    if operation.body:
        kinds.append(of_json(sound(operation.body, known)))
    if operation.form:
        kinds.append(of_form(operation.form, known).map(lambda made: {f"a form: {k}": v for k, v in made.items()}))
    return st.tuples(*kinds).map(lambda made: {kind: sent for each in made for kind, sent in each.items()})


def told(endpoint: str, answer: Answer) -> str:
    """Return the code that a refusal says; JSON-RPC has numbers of its own."""
    said = json.loads(answer.body)
    code = said["error_code"] if "error_code" in said else said["error"]["code"]
    assert isinstance(code, int) if endpoint == "mcp.answer" and "jsonrpc" in said else isinstance(code, str)
    return str(code)


def test_what_changes_something_says_whether_it_takes_a_body(world: World) -> None:
    rules = {rule.endpoint for rule in world.app.url_map.iter_rules() if rule.methods & {"POST", "PUT", "PATCH"}}
    assert rules == {*WITH_BODY, *WITHOUT_BODY}


@pytest.mark.parametrize(("endpoint", "who"), asking())
def test_no_body_breaks_an_operation_or_leaves_anything_where_it_was_refused(
    fuzzed: Fuzzed, endpoint: str, who: str
) -> None:
    model = OPERATIONS[endpoint].body

    @bounded
    @given(made=bodies(endpoint, fuzzed.known))
    def one_of_each(made: dict[str, Sent]) -> None:
        if "sound" in made and model is not None:
            model.model_validate_json(made["sound"].data)  # or it proves nothing of the others
        for kind, sent in made.items():
            answer = fuzzed.send(endpoint, who, sent)
            assert answer.status < 500, (kind, sent, answer.body[:500])
            assert AppError.message.encode() not in answer.body, (kind, sent, "a defect within a stream or a tool")
            if sent.is_none:
                assert answer.status >= 400, (kind, sent, answer.body[:500])
            if answer.status >= 400:
                assert told(endpoint, answer), (kind, sent)
                assert len(answer.body) < 3000, "what was sent is not said back"
            assert not fuzzed.left() or answer.status < 400, (kind, sent, answer.status)

    one_of_each()
