"""docs/security.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_class_of_faults_names_tests_that_are_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = [line for line in page.split("## Classes of faults")[1].splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(tests/[^`]+\.py)`", row.split("|")[-2])
        assert named, row
        for path in named:
            assert "def test_" in (ROOT / path).read_text("utf-8"), path
