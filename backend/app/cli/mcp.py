"""``likeopt mcp``: the documents as tools of an assistant on this machine."""

from __future__ import annotations

from typing import TextIO

import click


@click.command()
@click.option(
    "--url",
    envvar="LIKEOPT_URL",
    default="http://127.0.0.1:5000",
    show_default=True,
    help="Address of the running server; LIKEOPT_URL in the environment says the same.",
)
@click.option(
    "--key-file",
    type=click.File("r"),
    help="File with the API key, in place of LIKEOPT_API_KEY in the environment.",
)
def mcp(url: str, key_file: TextIO | None) -> None:
    """Speak the Model Context Protocol on standard input and output, for an assistant that starts programs.

    The running server is asked with an API key (`likeopt key add`), and does what the key may do. Assistants that
    speak the protocol over HTTP need no program: they use the address /mcp of the server itself.
    """
    import os

    key = key_file.read().strip() if key_file else os.environ.get("LIKEOPT_API_KEY", "").strip()
    if not key:
        raise click.UsageError("There is no API key. Set LIKEOPT_API_KEY, or name a file with --key-file.")
    from backend.app.cli.mcp_bridge import Unreachable, run

    try:
        run(url.rstrip("/"), key)
    except Unreachable as error:
        raise click.ClickException(str(error)) from error
