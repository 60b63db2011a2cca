"""Make the data of the schemas that have none yet: ``python -m tests.upgrades.make``.

Real services write it at the newest schema; what they leave empty gets a row. Then it goes down
migration by migration, and is kept as it is at each. What is there already stays: it is what was
released.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from backend.app.config import Secret, Settings
from backend.app.domain.chat import DoneEvent
from backend.app.services.chat import Question
from backend.app.storage.migration import configuration
from tests.integration.library import migrated
from tests.services.stores import chroma_server
from tests.upgrades.rows import FOLDER, REVISIONS, dumped, fill

QUESTION = "When does the ferry leave the pier?"
EMAIL, PASSWORD = "keeper@example.org", "a long password"
TEXTS = {
    "harbour.txt": "The harbour of Oakhaven\n\nThe ferry leaves the northern pier at seven in the morning.\n",
    "등대.txt": "등대\n\n등대의 점검은 매주 월요일 아침에 합니다.\n",
}


def make(chroma: str) -> list[Path]:
    """``chroma`` is the address of a server that vectors may be written to."""
    missing = [revision for revision in REVISIONS if not (FOLDER / f"{revision}.json").exists()]
    if not missing:
        return []
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", redis_url=Secret("none"), chroma_url=chroma, ollama_url="")
        _live(settings)
        engine = create_engine(settings.sqlalchemy_url)
        with engine.begin() as connection:
            fill(connection)
        for revision in reversed(REVISIONS):
            with engine.begin() as connection:
                command.downgrade(configuration(connection), revision)
            with engine.begin() as connection:
                content = json.dumps(dumped(connection), ensure_ascii=False, indent=1, sort_keys=True)
            if revision in missing:
                (FOLDER / f"{revision}.json").write_text(content + "\n", "utf-8")
        engine.dispose()
    return [FOLDER / f"{revision}.json" for revision in missing]


def _live(settings: Settings) -> None:
    """Do what people do."""
    with migrated(settings) as library:
        library.services.accounts.create_by_operator(EMAIL, PASSWORD, "등대지기", administrator=True)
        library.user = library.services.accounts.operator()
        library.collection = library.services.collections.default(library.user)
        for name, text in TEXTS.items():
            library.add(name, text)
        events = list(library.services.chat.ask(library.user, Question(QUESTION)))
        assert isinstance(events[-1], DoneEvent), events


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, chroma_server(Path(folder)) as address:
        for path in make(address):
            print(path)
