"""``likeopt eval``: quality and speed of search on a test set."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.app.cli.context import Builders, attached_toolbox, load_settings, pass_builders
from backend.app.cli.output import Bar, aligned, end, orderly_end, print_json, progress_bar

if TYPE_CHECKING:
    from backend.app.config import Settings
    from backend.app.services.evaluation.beir import LabelledSet
    from backend.app.services.evaluation.evaluator import Report

_WRONG_FOLDER = 2


@click.command("eval")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "bm25", "vector"]),
    default="hybrid",
    show_default=True,
    help="Branches to ask; only what they need is indexed.",
)
@click.option("--embedding", help="Embedder of the vector branch.  [default: the setting's]")
@click.option("--limit", type=click.IntRange(min=1), help="Ask only the first questions; everything is indexed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_builders
def evaluate(
    builders: Builders, folder: Path, mode: str, embedding: str | None, limit: int | None, as_json: bool
) -> None:
    """Measure search on DIR: corpus.jsonl, queries.jsonl and qrels.tsv, as BEIR lays them out.

    Everything is indexed into a temporary data folder, then every question that has a relevant
    document is asked. nDCG takes a judgement itself as gain, as trec_eval does.
    """
    from backend.app.services.evaluation.beir import MalformedTestSet, read_folder

    settings = load_settings(embedding=embedding)
    try:
        labelled = read_folder(folder, limit)
    except MalformedTestSet as error:
        end(f"Error: {error.message}", _WRONG_FOLDER)
    with orderly_end(), progress_bar(quiet_output=True) as bar:
        report = _measured(builders, settings, labelled, mode, bar)
    if report.degraded:
        click.echo(f"Warning: a branch did not answer {report.degraded} of the questions in time.", err=True)
    if as_json:
        print_json(_as_json(report))
    else:
        click.echo(_as_text(report))


def _measured(builders: Builders, settings: Settings, labelled: LabelledSet, mode: str, bar: Bar) -> Report:
    from backend.app.config import Secret
    from backend.app.domain.search import SearchMode

    stages: set[str] = set()

    def progress(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            stages.add(stage)
            bar.say(f"{'Indexing' if stage == 'documents' else 'Asking'} {total:,} {stage}")
        bar.show(done, total, stage)

    with tempfile.TemporaryDirectory(prefix="likeopt-eval-") as folder:
        # Whatever databases and services are set are other people's data: everything here is new.
        own = settings.with_(data_dir=Path(folder), database_url=Secret(""), redis_url=Secret("none"), chroma_url="")
        with attached_toolbox(builders, own, "eval", chroma=mode != "bm25") as toolbox:
            return toolbox.evaluation().run(labelled, SearchMode(mode), progress)


def _as_json(report: Report) -> dict[str, float]:
    return {
        "ndcg@10": round(report.ndcg, 4),
        "recall@5": round(report.recall, 4),
        "mrr@10": round(report.mrr, 4),
        "p50_ms": round(report.p50_ms, 3),
        "p95_ms": round(report.p95_ms, 3),
        "queries": report.queries,
        "passages": report.passages,
        "index_seconds": round(report.index_seconds, 3),
    }


def _as_text(report: Report) -> str:
    return aligned(
        [
            ("nDCG@10", f"{report.ndcg:.4f}"),
            ("Recall@5", f"{report.recall:.4f}"),
            ("MRR@10", f"{report.mrr:.4f}"),
            ("query p50", f"{report.p50_ms:.1f} ms"),
            ("query p95", f"{report.p95_ms:.1f} ms"),
            ("queries", f"{report.queries:,}"),
            ("passages", f"{report.passages:,}"),
            ("indexing", f"{report.index_seconds:.1f} s ({report.passages / report.index_seconds:,.0f} passages/s)"),
        ]
    )
