from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World


@pytest.fixture(scope="module")
def sturdy(made_world: Callable[..., World]) -> World:
    """A world that limits nobody: what is tried here is tried often."""
    return made_world()


@pytest.fixture(scope="module")
def made_world_administrator(sturdy: World) -> Caller:
    """Its first person, to whom every address answers."""
    return sturdy.person("administrator")
