"""The report of `make faults`, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter

from tests.faults.footprint import Held
from tests.faults.outcome import Outcome, Struck


def test_the_report_tells_of_each_kind_how_long_recovery_took_and_what_failed() -> None:
    outcome = Outcome(
        seed=1,
        struck=[Struck("kill web", 2.0, 3), Struck("kill web", 4.0, 1), Struck("full disk", 1.0, 0)],
        errors=Counter({"stream: cut": 4}),
        before={"web": Held(80.0, {"sockets": 4, "other files": 16})},
        after={"web": Held(90.0, {"sockets": 5, "other files": 16})},
    )
    said = json.loads(json.dumps(outcome.as_json()))
    assert said["kinds"]["kill web"] == {"count": 2, "p50_s": 3.0, "max_s": 4.0, "errors": 4}
    assert (said["errors"], said["after"]["web"]["descriptors"]["sockets"]) == ({"stream: cut": 4}, 5)
    text = outcome.as_text()
    assert "| kill web | 2 | 3.0 s | 4.0 s | 4 |" in text
    assert text.endswith("Nothing is wrong.")
    outcome.wrong.append("one is lost")
    assert outcome.as_text().endswith("wrong: one is lost")
