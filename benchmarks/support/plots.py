"""How cost grows, as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from benchmarks.support.figures import Series

_COLOURS = ("#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#475569", "#0891b2", "#65a30d")
_SIZE_INCHES, _DOTS_PER_INCH = (7.2, 3.6), 110
# Left out of the files: with the date in them, pictures would differ whose figures do not.
_METADATA = {"Software": None, "Creation Time": None}


def draw(series: Series, path: Path) -> None:
    """Write one picture. Its axis begins at zero, or spans whole powers of ten, so that what is flat looks flat."""
    mpl.use("Agg")
    canvas = Canvas(figsize=_SIZE_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
    axes = canvas.add_subplot()
    for number, (label, values) in enumerate(series.lines.items()):
        axes.plot(series.x, values, marker="o", markersize=3.5, label=label, color=_COLOURS[number % len(_COLOURS)])
    axes.set_title(series.title, loc="left", fontsize=11)
    axes.set_xlabel(series.x_label)
    axes.set_ylabel(series.y_label)
    if series.log:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(*_whole_powers([value for values in series.lines.values() for value in values]))
    else:
        axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if len(series.lines) > 1:
        canvas.legend(frameon=False, fontsize=8, loc="outside right upper")
    canvas.savefig(path, metadata=_METADATA)


def _whole_powers(values: Sequence[float]) -> tuple[float, float]:
    positive = [value for value in values if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    return 10.0**low, 10.0 ** max(high, low + 1)
