"""Between an assistant's pipe and the server's /mcp: both ends by the SDK, the tools by the server alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import click
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent

from backend.app.version import __version__

_CONNECT_SECONDS = 30.0
_ANSWER_SECONDS = 300.0  # between two signs of life of a model that thinks


class Unreachable(Exception):
    """The server does not answer, or not with this key; the text says what to do."""


def run(url: str, key: str) -> None:
    """Serve the tools until standard input ends.

    Raises:
        Unreachable: already at the start.
    """
    asyncio.run(_run(url, key))


async def _run(url: str, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "User-Agent": f"likeopt-mcp/{__version__}"}
    timeout = httpx2.Timeout(_CONNECT_SECONDS, read=_ANSWER_SECONDS)
    async with httpx2.AsyncClient(headers=headers, timeout=timeout) as http:
        await _check(http, url)
        bridge = Bridge(http, url)
        server: Server[Any] = Server(
            "like-opt",
            version=__version__,
            title="Like-Opt",
            instructions=await bridge.instructions(),
            on_list_tools=bridge.list_tools,
            on_call_tool=bridge.call_tool,
        )
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())


async def _check(http: httpx2.AsyncClient, url: str) -> None:
    try:
        answer = await http.get(f"{url}/api/v1/auth/me")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unreachable(_away(url)) from error
    if answer.status_code == 401:
        raise Unreachable("The API key is not valid: it is wrong, was revoked, or has expired.")
    if answer.status_code != 200:
        raise Unreachable(f"{url} answers {answer.status_code} to this key. Is it the address of Like-Opt?")


def _away(url: str) -> str:
    return f"Like-Opt at {url} does not answer. Is it running? Start it, or name its address with --url."


class Bridge:
    """Asks the server anew for each request, so that it may be restarted meanwhile."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def instructions(self) -> str | None:
        async with self._session() as session:
            return session.instructions

    async def list_tools(self, context: Any, params: Any) -> ListToolsResult:
        async with self._session() as session:
            return await session.list_tools()

    async def call_tool(self, context: Any, params: CallToolRequestParams) -> CallToolResult:
        try:
            async with self._session() as session:
                try:
                    return await session.call_tool(params.name, params.arguments)
                except MCPError as error:  # the server's own word; from here it would come out in a group
                    refused = error
        except Exception as error:
            # Whatever broke the connection, the assistant is told, and may try again.
            click.echo(f"{_away(self._url)} ({type(error).__name__})", err=True)
            return CallToolResult(content=[TextContent(text=_away(self._url))], is_error=True)
        raise refused

    @contextlib.asynccontextmanager
    async def _session(self) -> AsyncIterator[Client]:
        transport = streamable_http_client(f"{self._url}/mcp", http_client=self._http, terminate_on_close=False)
        async with Client(transport, mode="legacy", cache=None) as session:
            yield session
