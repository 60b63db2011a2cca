"""Bounds of the histograms, as few as still tell what is asked of them."""

from __future__ import annotations

REQUEST_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# A stage of a question takes from a twentieth of a millisecond (fusion) to a minute (a slow model).
STAGE_SECONDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip
COMPUTE_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
JOB_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 1800)

# Milliseconds, but for `cls`. Among them are the bounds that browsers' makers call good and poor,
# so that a percentile on the wrong side of one is told from one on the right side.
VITALS: dict[str, tuple[float, ...]] = {
    "lcp": (100, 250, 500, 750, 1000, 1500, 2000, 2500, 3000, 4000, 6000, 8000),
    "inp": (16, 50, 100, 150, 200, 300, 500, 1000),
    "fid": (16, 50, 100, 200, 300, 500, 1000),
    "cls": (0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0),
    "ttfb": (50, 100, 200, 400, 800, 1800, 3000),
    "fcp": (100, 250, 500, 1000, 1800, 3000, 5000),
}
DEVICES = ("desktop", "phone")

# What a page tells of its own: how long a change to another page took, and the API's answers as it saw them.
# Other names are passed over, so that nobody can make labels.
PAGES = ("chat", "documents", "evaluate", "performance", "search", "settings", "sign_in")
CALLS = (
    "about", "auth", "chat", "collections", "conversations", "documents", "evaluation", "feedback", "indexing", "jobs",
    "performance", "search",
)  # fmt: skip
PAGE_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
