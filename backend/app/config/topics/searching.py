"""How passages are found, and what is remembered."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config.describing import MIB, Secret, setting


@dataclass(frozen=True, kw_only=True)
class SearchingSettings:
    # fmt: off
    # --- retrieval ---
    lexical_engine: str = setting("tantivy", "Engine of the BM25 branch.", group="Retrieval", choices=("tantivy", "rank_bm25"))
    embedding: str = setting("use", "Embedder of the vector branch; after a change search goes on by the old one until everything is embedded anew.", group="Retrieval", choices=("use", "e5", "openai", "minilm"))
    embedding_base_url: str = setting("", "For `openai`: OpenAI-compatible address that makes embeddings, such as http://127.0.0.1:11434/v1.", group="Retrieval")
    embedding_api_key: Secret = setting(Secret(""), "Its key.", group="Retrieval")
    embedding_model: str = setting("", "Its model.", group="Retrieval")
    vector_weight: float = setting(-1.0, "Usual weight of the vector branch, 0 to 1, which each question's results change; -1: the embedder's own.", group="Retrieval", least=-1)
    candidates: int = setting(100, "Passages that each branch offers to fusion.", group="Retrieval", least=1)
    branch_timeout_ms: int = setting(2000, "Milliseconds after which a branch is given up and the answer marked degraded.", group="Retrieval", least=1)
    rerank_url: str = setting("", "Reranker that looks again at the best of a search, such as http://127.0.0.1:8080/v1/rerank; empty: none.", group="Retrieval")
    rerank_api_key: Secret = setting(Secret(""), "Its key.", group="Retrieval")
    rerank_model: str = setting("", "Its model, where it has several.", group="Retrieval")
    rerank_candidates: int = setting(20, "Passages that it looks at.", group="Retrieval", least=2)
    rerank_weight: float = setting(0.5, "Its part in their order, above 0 to 1; the rest is that of the search before.", group="Retrieval")
    rerank_timeout_ms: int = setting(2000, "Milliseconds after which it is not waited for, and the answer marked degraded.", group="Retrieval", least=1)
    native_threads: int = setting(0, "Threads for CPU work in each worker; 0: one a processor, two at least.", group="Retrieval")

    # --- cache ---
    cache_memory_bytes: int = setting(4 * MIB, "Memory of each web worker for searches and answers that are asked again.", group="Cache", least=64 * 1024)
    cache_disk_bytes: int = setting(256 * MIB, "Disk space for what is to survive restarts; 0: none.", group="Cache")
    cache_search_seconds: int = setting(3600, "Seconds for which found passages are remembered; a change of their collection ends it at once.", group="Cache", least=1)
    cache_answer_seconds: int = setting(24 * 3600, "Seconds for which an answer is given again to the same question; 0: every question is put to the model.", group="Cache")
    # fmt: on
