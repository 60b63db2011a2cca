"""Every setting, in one table: name, type, default and help.

A setting ``port`` is read from ``LIKEOPT_PORT``, and well-known ones (``REDIS_URL``,
``DATABASE_URL``, ``SECRET_KEY``) without the prefix too. The environment wins over a ``.env``
file in the working directory. The settings page in docs/ and ``likeopt doctor`` are printed
from this table.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from backend.app.errors import ConfigError

PREFIX = "LIKEOPT_"
MIB = 1024 * 1024
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number"}


class Secret:
    """A text that is never printed by accident. Encoders would print that of a ``str`` or a dataclass."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret('**********')" if self else "Secret('')"


def setting(
    default: Any, help: str, *, group: str, also: str = "", choices: Sequence[str] = (), least: float = 0
) -> Any:
    """Describe a setting; ``least`` bounds a number from below."""
    return field(
        default=default, metadata={"help": help, "group": group, "also": also, "choices": choices, "least": least}
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    # fmt: off
    # --- where ---
    data_dir: Path = setting(Path("data"), "Folder that holds everything Like-Opt keeps.", group="Where")
    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 for all.", group="Where")
    port: int = setting(5000, "Port to listen on; 0 takes a free one.", group="Where")
    database_url: Secret = setting(Secret(""), "PostgreSQL address (postgresql://...); empty: SQLite in the data folder.", group="Where", also="DATABASE_URL")
    redis_url: Secret = setting(Secret(""), "Redis or Valkey address; empty: `likeopt serve` starts its own; `none`: run without.", group="Where", also="REDIS_URL")
    chroma_url: str = setting("", "Address of a Chroma server; empty: `likeopt serve` starts its own.", group="Where", also="CHROMA_URL")
    secret_key: Secret = setting(Secret(""), "Signs what must not be forged; empty: one is made and kept in the data folder.", group="Where", also="SECRET_KEY")

    # --- web server ---
    workers: int = setting(0, "Gunicorn workers; 0: CPU + 1, but no more than memory allows.", group="Web server")
    worker_memory_mb: int = setting(384, "Memory counted for one worker when their number is chosen.", group="Web server", least=1)
    worker_connections: int = setting(10_000, "Connections that one worker holds at once.", group="Web server", least=1)
    max_requests: int = setting(100_000, "A worker is replaced after so many requests; 0: never.", group="Web server")
    max_requests_jitter: int = setting(10_000, "Up to so many more, so that workers are not replaced together.", group="Web server")
    timeout: int = setting(120, "Seconds without a sign of life after which a worker is killed.", group="Web server")
    graceful_timeout: int = setting(30, "Seconds that a stopping worker may use to finish its answers.", group="Web server")
    keepalive: int = setting(5, "Seconds that an idle connection is kept.", group="Web server")
    backlog: int = setting(2048, "Connections that may wait to be accepted.", group="Web server", least=1)
    preload_app: bool = setting(True, "Load the app before forking, so that workers share its memory.", group="Web server")
    worker_tmp_dir: str = setting("", "Folder of the workers' heartbeat files; empty: /dev/shm where there is one.", group="Web server")
    limit_request_line: int = setting(4096, "Bytes of a request line.", group="Web server")
    limit_request_fields: int = setting(100, "Headers of a request.", group="Web server")
    limit_request_field_size: int = setting(8192, "Bytes of a header.", group="Web server")
    access_log: str = setting("", "File of the access log; `-`: standard output; empty: none.", group="Web server")
    access_log_format: str = setting('%(h)s "%(r)s" %(s)s %(b)s %(D)sus "%(a)s"', "Gunicorn's format of an access log line.", group="Web server")
    trusted_proxies: int = setting(0, "Proxies in front whose X-Forwarded-* headers are believed.", group="Web server")
    cookie_secure: bool = setting(False, "Send the session cookie over HTTPS only.", group="Web server")
    session_hours: int = setting(24 * 14, "Hours after which an unused session ends.", group="Web server", least=1)
    max_request_bytes: int = setting(1 * MIB, "Largest body of a request that is not an upload.", group="Web server", least=1)
    metrics_token: Secret = setting(Secret(""), "Bearer token for GET /api/v1/metrics from other machines.", group="Web server")

    # --- watched folders ---
    watch_roots: str = setting("", "Folders of this machine, with a colon between them, within which administrators may have folders watched.", group="Watched folders")
    watch_seconds: float = setting(5.0, "Seconds between two looks at watched folders; 0: nobody looks.", group="Watched folders")

    # --- accounts ---
    open_registration: bool = setting(False, "Let anybody make an account, not only the first person.", group="Accounts")
    offered_questions: str = setting("own", "Whose questions with a thumb or an opened citation administrators are offered as test questions: their own; or also others', where all sources are theirs to see.", group="Accounts", choices=("own", "shared"))

    # --- documents ---
    max_upload_bytes: int = setting(200 * MIB, "Largest file.", group="Documents", least=1)
    extract_memory_bytes: int = setting(1024 * MIB, "Memory that reading one file may use.", group="Documents", least=1)
    extract_seconds: int = setting(120, "Seconds that reading one file may take.", group="Documents", least=1)
    archive_files: int = setting(500, "Files that are taken out of one ZIP archive.", group="Documents", least=1)
    archive_bytes: int = setting(1024 * MIB, "Bytes that the files of one archive may unpack to.", group="Documents", least=1)
    ocr_languages: str = setting("kor+eng", "Languages of scanned pages, as Tesseract names them; those whose data are installed are used; empty: no page is recognised.", group="Documents")
    ocr_pages: int = setting(100, "Scanned pages of one document that are recognised.", group="Documents", least=1)
    ocr_seconds: int = setting(300, "Seconds that recognising the pages of one document may take besides.", group="Documents", least=1)
    web_pages: bool = setting(True, "Fetch web pages that people name; only public addresses, unless the next setting names others.", group="Documents")
    web_private_networks: str = setting("", "Networks of your own that pages may be fetched from too, such as 10.1.0.0/16, with commas between them.", group="Documents")
    web_ports: str = setting("80,443", "Ports that pages may be fetched from.", group="Documents")
    web_page_bytes: int = setting(20 * MIB, "Largest web page.", group="Documents", least=1)
    web_page_seconds: int = setting(20, "Seconds that fetching one page may take.", group="Documents", least=1)
    passage_chars: int = setting(1000, "Length that passages aim at, in characters.", group="Documents")
    passage_overlap_chars: int = setting(0, "Characters that neighbouring passages share.", group="Documents")
    indexers: int = setting(1, "Indexing processes that `likeopt serve` starts.", group="Documents")

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
    rerank_timeout_ms: int = setting(2000, "Milliseconds after which it is not waited for, and the answer marked degraded.", group="Retrieval", least=1)
    native_threads: int = setting(0, "Threads for CPU work in each worker; 0: one a processor, two at least.", group="Retrieval")

    # --- cache ---
    cache_memory_bytes: int = setting(4 * MIB, "Memory of each web worker for searches and answers that are asked again.", group="Cache", least=64 * 1024)
    cache_disk_bytes: int = setting(256 * MIB, "Disk space for what is to survive restarts; 0: none.", group="Cache")
    cache_search_seconds: int = setting(3600, "Seconds for which found passages are remembered; a change of their collection ends it at once.", group="Cache", least=1)
    cache_answer_seconds: int = setting(24 * 3600, "Seconds for which an answer is given again to the same question; 0: every question is put to the model.", group="Cache")

    # --- language model ---
    llm_provider: str = setting("auto", "Who answers; auto: what is set below, else an Ollama that answers, else extractive.", group="Language model", choices=("auto", "openai_compatible", "extractive"))
    llm_base_url: str = setting("", "OpenAI-compatible address, such as http://127.0.0.1:8080/v1.", group="Language model", also="LLM_BASE_URL")
    llm_api_key: Secret = setting(Secret(""), "Its key.", group="Language model", also="LLM_API_KEY")
    llm_model: str = setting("", "Its model; empty: the first that it lists.", group="Language model", also="LLM_MODEL")
    llm_gguf: str = setting("", "A GGUF file: `likeopt serve` runs it by llama.cpp in a process of its own.", group="Language model")
    llm_context_tokens: int = setting(4096, "Context of the GGUF model, and the bound of what a prompt may hold.", group="Language model", least=1)
    llm_max_tokens: int = setting(1024, "Longest answer, in tokens.", group="Language model", least=1)
    llm_temperature: float = setting(0.2, "Sampling temperature.", group="Language model")
    llm_connect_seconds: float = setting(5.0, "Seconds to connect to the model.", group="Language model", least=0.1)
    llm_first_token_seconds: float = setting(60.0, "Seconds to the first token.", group="Language model", least=0.1)
    llm_idle_seconds: float = setting(30.0, "Seconds between two tokens.", group="Language model", least=0.1)
    llm_retries: int = setting(2, "New attempts before the first token.", group="Language model")
    ollama_url: str = setting("http://127.0.0.1:11434", "Where an Ollama is looked for when nothing is set; empty: nowhere.", group="Language model")

    # --- chat ---
    chat_sources: int = setting(6, "Passages that an answer is made from.", group="Chat", least=1)
    least_relevance: float = setting(0.3, "Relevance of what was found, 0 to 1, below which an answer says that nothing fits; 0: never.", group="Chat", least=0)
    chat_history_turns: int = setting(6, "Earlier messages that the model is shown.", group="Chat")
    max_message_chars: int = setting(8000, "Longest question.", group="Chat", least=1)

    # --- logs ---
    log_level: str = setting("info", "Least severity that is logged.", group="Logs", choices=("debug", "info", "warning", "error"))
    log_format: str = setting("auto", "auto: readable on a terminal, JSON elsewhere.", group="Logs", choices=("auto", "json", "console"))
    log_debug_share: float = setting(1.0, "Share of the debug lines that is kept, 0 to 1: all of a request, or none.", group="Logs")
    otel_endpoint: str = setting("", "OTLP/HTTP address that traces are sent to, such as http://127.0.0.1:4318; empty: none are made.", group="Logs", also="OTEL_EXPORTER_OTLP_ENDPOINT")
    # fmt: on

    # --- derived places -------------------------------------------------------------------

    @property
    def sqlalchemy_url(self) -> str:
        url = self.database_url.reveal()
        sqlite = f"sqlite:///{self.data_dir / 'likeopt.db'}"
        return re.sub("^postgres(ql)?://", "postgresql+psycopg://", url) if url else sqlite

    @property
    def has_redis(self) -> bool:
        return self.redis_url.reveal() not in ("", "none")

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"

    @property
    def lexical_dir(self) -> Path:
        return self.data_dir / "indexes" / "tantivy"

    @property
    def vector_dir(self) -> Path:
        return self.data_dir / "indexes" / "chroma"

    @property
    def cache_dir(self) -> Path:
        return self.data_dir / "cache"

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    def with_(self, **changes: Any) -> Settings:
        return replace(self, **changes)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read the environment (and ``.env``), then apply the ``overrides`` that are not None.

        Raises:
            ConfigError: naming every setting that cannot be used, not only the first.
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        hints, sources = get_type_hints(cls), _environments(environ)
        problems = [f"{name}: there is no such setting" for name in given if name not in hints]
        found: dict[str, Any] = {}
        for entry in fields(cls):
            name, raw = (entry.name, given[entry.name]) if entry.name in given else _lookup(entry, sources)
            try:
                found |= _cast(raw, entry, hints[entry.name])
            except ValueError as error:
                problems.append(f"{name}={raw!r}: {error}")
        settings = cls(**found)
        problems += _violations(settings)
        if problems:
            raise ConfigError("These settings cannot be used:\n  " + "\n  ".join(problems))
        return settings.with_(data_dir=_absolute(settings.data_dir))


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables with our prefix that no setting reads, each with the nearest name or "".

    They are reported, not refused: container platforms add variables of their own.
    """
    known = sorted(PREFIX + entry.name.upper() for entry in fields(Settings))
    unknown = (name for name in environ if name.startswith(PREFIX) and name not in known)
    return {name: "".join(difflib.get_close_matches(name, known, 1)) for name in unknown}


def secret_key(settings: Settings) -> str:
    """Return the secret key, making and keeping one (mode 600) where none is set.

    Raises:
        ConfigError: the data folder cannot keep it, or keeps an empty one.
    """
    if settings.secret_key:
        return settings.secret_key.reveal()
    path = settings.data_dir / "secret_key"
    try:
        if not path.exists():
            _make_secret_key(path)
        key = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be written or read. Allow that, or set {PREFIX}SECRET_KEY.") from error
    if not key:
        raise ConfigError(f"{path} is empty. Remove it, and a new one is made.")
    return key


def _make_secret_key(path: Path) -> None:
    """Make the file whole or not at all, and never in place of one that another process makes now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", prefix=".secret_key-", dir=path.parent) as file:  # mode 600 from the start
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(file.name)  # unlike a rename, refused where the name is taken


def _environments(environ: Mapping[str, str] | None) -> Sequence[Mapping[str, str | None]]:
    if environ is not None:
        return [environ]
    from dotenv import dotenv_values

    try:
        return [os.environ, dotenv_values(".env")]
    except (OSError, ValueError) as error:
        raise ConfigError(
            "The file .env in this folder cannot be read. It is UTF-8 text, NAME=value a line."
        ) from error


def _lookup(entry: Field[Any], sources: Sequence[Mapping[str, str | None]]) -> tuple[str, Any]:
    for values in sources:
        for variable in (PREFIX + entry.name.upper(), entry.metadata["also"]):
            if (raw := values.get(variable)) is not None:
                return variable, raw
    return "", None


def _cast(raw: Any, entry: Field[Any], kind: type) -> dict[str, Any]:
    """Return the setting by its name, or nothing: only texts and secrets have an empty value."""
    if not isinstance(raw, str):  # a value as it should be, or none at all
        return {} if raw is None else {entry.name: raw}
    text, choices = raw.strip(), entry.metadata["choices"]
    if not text and (choices or kind not in (str, Secret)):
        return {}
    try:
        value = _BOOLEANS[text.lower()] if kind is bool else kind(text.lower() if choices else text)
        if kind is float and not math.isfinite(value):
            raise ValueError
    except (KeyError, ValueError):
        raise ValueError(f"expected {_EXPECTED[kind]}") from None
    return {entry.name: value}


def _absolute(folder: Path) -> Path:
    try:
        return folder.expanduser().absolute()
    except RuntimeError as error:
        raise ConfigError(f"{PREFIX}DATA_DIR={folder}: nobody has this home folder") from error


def _violations(settings: Settings) -> Iterator[str]:
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        choices, least = entry.metadata["choices"], entry.metadata["least"]
        variable = PREFIX + entry.name.upper()
        if choices and value not in choices:
            yield f"{variable}={value!r}: expected one of {', '.join(choices)}"
        elif isinstance(value, int | float) and not isinstance(value, bool) and value < least:
            yield f"{variable}={value!r}: must be {f'at least {least:g}' if least else 'zero or more'}"
    if settings.port > 65535:
        yield f"{PREFIX}PORT={settings.port}: expected 0 to 65535"
    if settings.vector_weight > 1 or -1 < settings.vector_weight < 0:
        yield f"{PREFIX}VECTOR_WEIGHT={settings.vector_weight}: expected 0 to 1, or -1"
    if settings.log_debug_share > 1:
        yield f"{PREFIX}LOG_DEBUG_SHARE={settings.log_debug_share}: expected 0 to 1"
    if not 200 <= settings.passage_chars <= 20_000:
        yield f"{PREFIX}PASSAGE_CHARS={settings.passage_chars}: expected 200 to 20000"
    if settings.passage_overlap_chars * 2 > settings.passage_chars:
        yield f"{PREFIX}PASSAGE_OVERLAP_CHARS={settings.passage_overlap_chars}: at most half of a passage"
