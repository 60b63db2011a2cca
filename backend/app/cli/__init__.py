"""The command line, one command a file."""

from __future__ import annotations

import click

from backend.app.cli.ask import ask
from backend.app.cli.backup import backup
from backend.app.cli.doctor import doctor
from backend.app.cli.evaluate import evaluate
from backend.app.cli.indexer import indexer
from backend.app.cli.ingest import ingest
from backend.app.cli.key import key
from backend.app.cli.mcp import mcp
from backend.app.cli.migrate import migrate
from backend.app.cli.reindex import reindex
from backend.app.cli.restore import restore
from backend.app.cli.search import search
from backend.app.cli.serve import serve
from backend.app.cli.unfold import unfold
from backend.app.cli.user import user
from backend.app.cli.watch import watch
from backend.app.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="likeopt")
def cli() -> None:
    """Chat with your own documents: every claim of an answer points at its passage."""


for _command in (
    serve,
    ingest,
    search,
    ask,
    user,
    key,
    mcp,
    reindex,
    watch,
    doctor,
    backup,
    restore,
    evaluate,
    migrate,
    unfold,
    indexer,
):
    cli.add_command(_command)
