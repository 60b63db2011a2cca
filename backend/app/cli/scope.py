"""Whom a command acts for, and in which collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.app.errors import CollectionNotFound

if TYPE_CHECKING:
    from backend.app.domain.accounts import User
    from backend.app.services.bundle import Services


def collection_ids(services: Services, user: User, name: str | None) -> list[str] | None:
    """Return the ids of the collections called ``name`` that the user may see; None for all.

    Raises:
        CollectionNotFound: naming those that there are.
    """
    if name is None:
        return None
    visible = services.collections.visible(user)
    found = [collection.id for collection in visible if collection.name == name]
    if not found:
        names = ", ".join(f"“{collection.name}”" for collection in visible) or "none"
        raise CollectionNotFound(f"There is no collection “{name}”. There are: {names}.")
    return found
