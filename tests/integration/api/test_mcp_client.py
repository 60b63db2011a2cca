"""The SDK's own client uses the documents as tools, over HTTP and through ``likeopt mcp``."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import pytest
from mcp import Client as McpClient
from mcp import MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from tests.fakes.scripted_model import Endless, Script, ScriptedModel, spoken
from tests.services.client import Client
from tests.services.likeopt import Server

T = TypeVar("T")
FERRY = "The ferry to Oakhaven leaves the northern pier at seven in the morning."
BREAD = "Bread is baked in the yellow house at five. " * 40
TOOLS = ["search", "ask", "list_documents", "read_document"]


@dataclass
class Library:
    url: str
    person: Client
    bread: str  # the collection
    loaf: str  # its document

    def key(self, *scopes: str, **fields: Any) -> str:
        key: str = self.person.data("POST", "/keys", json={"name": "mcp", "scopes": scopes, **fields})["key"]
        return key


@pytest.fixture(scope="module")
def library(gunicorn: Server) -> Iterator[Library]:
    person = Client(gunicorn.url)
    person.register("mcp@example.com")
    bread = person.data("POST", "/collections", json={"name": "Bread 빵"})["id"]
    for name, text, collection in (("ferry.txt", FERRY, ""), ("bread.txt", BREAD, bread)):
        person.data("POST", "/documents", fields=[("collection_id", collection), ("files", (name, text.encode()))])
    loaf = person.indexed()["bread.txt"]["id"]
    yield Library(gunicorn.url, person, bread, loaf)
    person.close()


async def connected(stack: AsyncExitStack, transport: str, url: str, key: str, mode: str = "auto") -> McpClient:
    if transport == "stdio":
        environment = {"LIKEOPT_API_KEY": key, "PATH": os.environ["PATH"]}
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "backend.app", "mcp", "--url", url], env=environment
        )
        return await stack.enter_async_context(McpClient(command))
    http = await stack.enter_async_context(
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=httpx2.Timeout(60))
    )
    return await stack.enter_async_context(
        McpClient(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode)  # type: ignore[arg-type]
    )


def using(transport: str, url: str, key: str, work: Callable[[McpClient], Awaitable[T]], mode: str = "auto") -> T:
    async def whole() -> T:
        async with AsyncExitStack() as stack:
            return await work(await connected(stack, transport, url, key, mode))

    return asyncio.run(whole())


def structure(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    found = result.structured_content
    assert isinstance(found, dict)
    return found


def said(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_the_tools_search_answer_list_and_read(library: Library, model: ScriptedModel, transport: str) -> None:
    model.scripts = [Script.answer("The ferry leaves at seven in the morning [1].")]

    async def work(client: McpClient) -> None:
        assert client.server_info.name == "like-opt"
        assert "cit" in (client.instructions or "")
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == TOOLS
        for tool in tools:
            assert tool.title
            assert tool.annotations is not None
            assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)

        found = structure(await client.call_tool("search", {"query": "ferry to Oakhaven", "k": 3}))
        assert found["passages"][0]["title"] == "ferry"
        assert found["passages"][0]["page"] is None
        assert FERRY in found["passages"][0]["text"]

        answer = await client.call_tool("ask", {"question": f"When does the ferry leave, {transport}?"})
        given = structure(answer)
        (citation,) = given["citations"]
        source = next(one for one in given["sources"] if one["n"] == citation["n"])
        assert source["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert said(answer).startswith("The ferry leaves at seven in the morning [1].\n\nSources:\n[1] ferry")

        listed = structure(await client.call_tool("list_documents", {"limit": 1}))
        assert [one["title"] for one in listed["documents"]] == ["bread"]
        after = structure(await client.call_tool("list_documents", {"limit": 1, "cursor": listed["next_cursor"]}))
        assert [one["title"] for one in after["documents"]] == ["ferry"]
        named = structure(await client.call_tool("list_documents", {"collection": "Bread 빵"}))
        assert [one["document_id"] for one in named["documents"]] == [library.loaf]

        part = structure(
            await client.call_tool("read_document", {"document_id": library.loaf, "start": 6, "characters": 8})
        )
        assert (part["text"], part["start"], part["end"]) == ("is baked", 6, 14)
        assert part["total_characters"] >= len(BREAD.strip())

        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("delete_everything", {})

    using(transport, library.url, library.key("read", "ask"), work)


def test_a_key_has_the_tools_of_its_scopes_and_the_documents_of_its_collections(library: Library) -> None:
    async def work(client: McpClient) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools] == [
            "search",
            "list_documents",
            "read_document",
        ]
        with pytest.raises(MCPError):
            await client.call_tool("ask", {"question": "When does the ferry leave?"})
        found = structure(await client.call_tool("search", {"query": "ferry bread"}))
        assert {passage["title"] for passage in found["passages"]} == {"bread"}
        beyond = await client.call_tool("search", {"query": "ferry", "collection": "Documents"})
        assert beyond.is_error
        assert "“Bread 빵”" in said(beyond)

    using("http", library.url, library.key("read", collection_ids=[library.bread]), work)


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("search", {}, "query"),
        ("search", {"query": "  "}, "empty"),
        ("search", {"query": "x", "k": 1000}, "k"),
        ("search", {"query": "x", "colour": "red"}, "colour"),
        ("ask", {"question": "x" * 9000}, "Shorten"),
        ("list_documents", {"cursor": "nonsense"}, "cursor"),
        ("read_document", {"document_id": "0" * 32}, "does not exist"),
    ],
)
def test_what_a_tool_cannot_do_it_says(library: Library, name: str, arguments: dict[str, Any], says: str) -> None:
    async def work(client: McpClient) -> CallToolResult:
        return await client.call_tool(name, arguments)

    result = using("http", library.url, library.key("read", "ask"), work)
    assert result.is_error
    assert says in said(result)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_of_any_age_finds_a_common_revision(library: Library, mode: str) -> None:
    async def work(client: McpClient) -> str:
        await client.list_tools()
        return client.protocol_version

    assert using("http", library.url, library.key("read"), work, mode) == "2025-11-25"


def test_a_client_that_goes_away_stops_the_model(library: Library, model: ScriptedModel) -> None:
    model.scripts = [Script([spoken("What had arrived"), Endless(spoken(" and more").data, 0.02)])]
    model.disconnected.clear()
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": "On and on?"}},
    }
    headers = {"Authorization": f"Bearer {library.key('ask')}", "Accept": "application/json, text/event-stream"}
    with (
        httpx2.Client(headers=headers, timeout=60) as http,
        http.stream("POST", f"{library.url}/mcp", json=body) as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert model.disconnected.wait(60)


# --- the address itself -----------------------------------------------------------------------


def post(library: Library, body: Any, key: str = "", **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.post(f"{library.url}/mcp", content=content, headers={**named, **headers}, timeout=60)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, -32700),
        (b"[" * 100_000, 400, -32700),
        ([], 400, -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "resources/list"}, 200, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}, 200, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 7}}, 200, -32602),
    ],
)
def test_a_message_that_is_none_gets_the_protocols_error(library: Library, body: Any, status: int, code: int) -> None:
    answer = post(library, body, library.key("read"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_messages_that_want_no_answer_get_none(library: Library) -> None:
    key = library.key("read")
    told = post(library, {"jsonrpc": "2.0", "method": "notifications/initialized"}, key)
    assert (told.status_code, told.content) == (202, b"")
    pong = post(library, {"jsonrpc": "2.0", "id": "p", "method": "ping"}, key)
    assert pong.json() == {"jsonrpc": "2.0", "id": "p", "result": {}}


def test_only_a_key_opens_the_address(library: Library) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    for headers in ({}, {"Cookie": library.person._cookie}, {"Authorization": "Bearer lo_wrong"}):
        refused = post(library, ping, **headers)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert httpx2.get(f"{library.url}/mcp").status_code == 405


# --- the command ------------------------------------------------------------------------------


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIKEOPT_")}
    command = [sys.executable, "-m", "backend.app", "mcp", *arguments]
    return subprocess.run(
        command, env={**clean, **environment}, input="", capture_output=True, text=True, timeout=120, check=False
    )


def test_the_command_says_what_is_missing(library: Library) -> None:
    without = run("--url", library.url)
    assert (without.returncode, without.stdout) == (2, "")
    assert "LIKEOPT_API_KEY" in without.stderr
    wrong = run("--url", library.url, LIKEOPT_API_KEY="lo_wrong")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "not valid" in wrong.stderr
    assert "lo_wrong" not in wrong.stderr
    away = run("--url", "http://127.0.0.1:9", LIKEOPT_API_KEY="lo_any")
    assert (away.returncode, away.stdout) == (1, "")
    assert "Is it running?" in away.stderr
