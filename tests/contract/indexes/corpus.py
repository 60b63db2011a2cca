"""A small library in two languages, and questions that it answers."""

from __future__ import annotations

from backend.app.domain.documents import Passage
from backend.app.services.retrieval.analyzer import Analyzer

_ANALYZER = Analyzer()

# One line is one passage; every document has its own paragraph.
_TEXTS = """
Knead the dough for ten minutes until it is smooth and elastic.
Let the dough rise in a warm place until it has doubled; a cool kitchen takes longer.
Bake the bread on a hot stone. Steam keeps the crust thin, and the bread sings when it is done.
Rye bread wants sourdough: without acid the crumb of rye stays wet.
Salt slows the yeast down, but bread without salt tastes of nothing.

반죽을 십 분 동안 치대면 글루텐이 생겨 반죽이 매끄러워집니다.
따뜻한 곳에서 반죽이 두 배로 부풀 때까지 발효합니다.
오븐에 수증기를 넣으면 빵 껍질이 얇고 바삭해집니다.
호밀빵은 천연 발효종으로 만들어야 속이 질지 않습니다.
소금은 효모의 발효를 늦추지만 소금 없는 빵은 맛이 없습니다.

The mortgage contract ends when the loan is repaid in full.
A tenant may leave the flat with three months' notice.
The landlord pays for repairs of the roof and the heating; the tenant pays for broken windows.
The deposit is three months' rent and is paid back within six months after the tenant leaves.
Heating costs are shared by the size of the flats.

임대차 계약은 이 년 동안 유효하며 한 번 갱신할 수 있습니다.
보증금은 계약이 끝난 뒤 한 달 안에 돌려주어야 합니다.
집주인은 지붕과 난방의 수리 비용을 냅니다. 세입자는 깨진 창문의 수리 비용을 냅니다.
세입자는 석 달 전에 알리고 집을 나갈 수 있습니다.
난방 비용은 집의 크기에 따라 나눕니다.

Install Python 3.11 and run pip install like-opt, then open http://127.0.0.1:5000 in the browser.
The server 서버 needs 512 MB of memory; the indexer 색인기 needs as much again.
PostgreSQL holds the truth, Redis only speeds things up: losing Redis loses nothing.
서버를 다시 시작하면 Redis 캐시는 비지만 PostgreSQL 데이터베이스는 그대로입니다.
Backups: copy the data folder while the server is stopped, or dump PostgreSQL with pg_dump.

The bread oven broke, so the tenant asked the landlord for a new oven; the landlord said the oven was the tenant's.
빵 오븐이 고장 나서 세입자가 집주인에게 새 오븐을 부탁했습니다. 집주인은 오븐이 세입자의 것이라고 했습니다.
Bread, bread, bread: nothing but bread.
"""

QUESTIONS = (
    "bread",
    "How long do I knead the dough?",
    "rye sourdough crumb",
    "Who pays for repairs of the heating?",
    "three months",
    "the",
    "the the bread bread bread oven",
    "반죽",
    "반죽을 얼마나 치대나요?",
    "보증금은 언제 돌려받나요",
    "난방 수리 비용",
    "호밀빵",
    "빵",
    "Redis 캐시",
    "PostgreSQL 데이터베이스 backup",
    "server 서버 memory",
    "세입자 landlord 오븐 oven",
    "BREAD Ovens kneading",
    "127.0.0.1:5000",
    "nothing of the kind",
)


def terms(text: str) -> list[str]:
    return _ANALYZER.terms(text)


def passages() -> list[Passage]:
    found: list[Passage] = []
    for number, document in enumerate(_TEXTS.strip().split("\n\n")):
        for ordinal, text in enumerate(document.splitlines()):
            found.append(
                Passage(
                    id=len(found) + 1,
                    document_id=f"{number:032x}",
                    collection_id="c",
                    ordinal=ordinal,
                    text=text,
                    start=0,
                    end=len(text),
                    page=None,
                    heading=None,
                )
            )
    return found
