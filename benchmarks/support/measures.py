"""Percentiles of times."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least value that at least ``share`` of the sorted ``values`` do not exceed."""
    return values[max(0, math.ceil(share * len(values)) - 1)]
