"""Every setting, in one table: name, type, default and help.

A setting ``port`` is read from ``LIKEOPT_PORT``, and well-known ones (``REDIS_URL``,
``DATABASE_URL``, ``SECRET_KEY``) without the prefix too. The environment wins over a ``.env``
file in the working directory. The settings page in docs/ and ``likeopt doctor`` are printed
from this table.
"""

from __future__ import annotations

import difflib
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from backend.app.errors import ConfigError

PREFIX = "LIKEOPT_"
MIB = 1024 * 1024


class Secret(str):
    """A text that is never printed by accident; ``reveal()`` gives it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('**********')" if self else "Secret('')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def reveal(self) -> str:
        return str.__str__(self)


def setting(default: Any, help: str, *, group: str, also: str = "", choices: tuple[str, ...] = ()) -> Any:
    metadata = {"help": help, "group": group, "also": also, "choices": choices}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    # --- where ---
    data_dir: Path = setting(Path("data"), "Folder that holds everything Like-Opt keeps.", group="Where")
    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 for all.", group="Where")
    port: int = setting(5000, "Port to listen on; 0 takes a free one.", group="Where")
    database_url: Secret = setting(Secret(""), "PostgreSQL address (postgresql://...); empty: SQLite in the data folder.", group="Where", also="DATABASE_URL")
    redis_url: Secret = setting(Secret(""), "Redis or Valkey address; empty: `likeopt serve` starts its own; `none`: run without.", group="Where", also="REDIS_URL")
    chroma_url: str = setting("", "Address of a Chroma server; empty: `likeopt serve` starts its own.", group="Where", also="CHROMA_URL")
    secret_key: Secret = setting(Secret(""), "Signs what must not be forged; empty: one is made and kept in the data folder.", group="Where", also="SECRET_KEY")

    # --- web server ---
    workers: int = setting(0, "Gunicorn workers; 0: 2 x CPU + 1, but no more than memory allows.", group="Web server")
    worker_memory_mb: int = setting(384, "Memory counted for one worker when their number is chosen.", group="Web server")
    worker_connections: int = setting(1000, "Connections that one worker holds at once.", group="Web server")
    max_requests: int = setting(100_000, "A worker is replaced after so many requests; 0: never.", group="Web server")
    max_requests_jitter: int = setting(10_000, "Up to so many more, so that workers are not replaced together.", group="Web server")
    timeout: int = setting(120, "Seconds without a sign of life after which a worker is killed.", group="Web server")
    graceful_timeout: int = setting(30, "Seconds that a stopping worker may use to finish its answers.", group="Web server")
    keepalive: int = setting(5, "Seconds that an idle connection is kept.", group="Web server")
    backlog: int = setting(2048, "Connections that may wait to be accepted.", group="Web server")
    preload_app: bool = setting(True, "Load the app before forking, so that workers share its memory.", group="Web server")
    worker_tmp_dir: str = setting("", "Folder of the workers' heartbeat files; empty: /dev/shm where there is one.", group="Web server")
    limit_request_line: int = setting(4096, "Bytes of a request line.", group="Web server")
    limit_request_fields: int = setting(100, "Headers of a request.", group="Web server")
    limit_request_field_size: int = setting(8192, "Bytes of a header.", group="Web server")
    access_log: str = setting("", "File of the access log; `-`: standard output; empty: none.", group="Web server")
    access_log_format: str = setting('%(h)s "%(r)s" %(s)s %(b)s %(D)sus "%(a)s"', "Gunicorn's format of an access log line.", group="Web server")
    trusted_proxies: int = setting(0, "Proxies in front whose X-Forwarded-* headers are believed.", group="Web server")
    cookie_secure: bool = setting(False, "Send the session cookie over HTTPS only.", group="Web server")
    session_hours: int = setting(24 * 14, "Hours after which an unused session ends.", group="Web server")
    max_request_bytes: int = setting(1 * MIB, "Largest body of a request that is not an upload.", group="Web server")
    metrics_token: Secret = setting(Secret(""), "Bearer token for GET /api/v1/metrics from other machines.", group="Web server")

    # --- accounts ---
    open_registration: bool = setting(False, "Let anybody make an account, not only the first person.", group="Accounts")

    # --- documents ---
    max_upload_bytes: int = setting(200 * MIB, "Largest file.", group="Documents")
    extract_memory_bytes: int = setting(1024 * MIB, "Memory that reading one file may use.", group="Documents")
    extract_seconds: int = setting(120, "Seconds that reading one file may take.", group="Documents")
    passage_chars: int = setting(1000, "Length that passages aim at, in characters.", group="Documents")
    passage_overlap_chars: int = setting(0, "Characters that neighbouring passages share.", group="Documents")
    indexers: int = setting(1, "Indexing processes that `likeopt serve` starts.", group="Documents")

    # --- retrieval ---
    lexical_engine: str = setting("tantivy", "Engine of the BM25 branch.", group="Retrieval", choices=("tantivy", "rank_bm25"))
    embedding: str = setting("use", "Embedder of the vector branch.", group="Retrieval", choices=("use",))
    vector_weight: float = setting(-1.0, "Weight of the vector branch, 0 to 1; -1: the embedder's own.", group="Retrieval")
    candidates: int = setting(100, "Passages that each branch offers to fusion.", group="Retrieval")
    branch_timeout_ms: int = setting(2000, "Milliseconds after which a branch is given up and the answer marked degraded.", group="Retrieval")
    native_threads: int = setting(0, "Threads for CPU work in each worker; 0: one a processor, two at least.", group="Retrieval")

    # --- language model ---
    llm_provider: str = setting("auto", "Who answers; auto: what is set below, else an Ollama that answers, else extractive.", group="Language model", choices=("auto", "openai_compatible", "extractive"))
    llm_base_url: str = setting("", "OpenAI-compatible address, such as http://127.0.0.1:8080/v1.", group="Language model", also="LLM_BASE_URL")
    llm_api_key: Secret = setting(Secret(""), "Its key.", group="Language model", also="LLM_API_KEY")
    llm_model: str = setting("", "Its model; empty: the first that it lists.", group="Language model", also="LLM_MODEL")
    llm_gguf: str = setting("", "A GGUF file: `likeopt serve` runs it by llama.cpp in a process of its own.", group="Language model")
    llm_context_tokens: int = setting(4096, "Context of the GGUF model, and the bound of what a prompt may hold.", group="Language model")
    llm_max_tokens: int = setting(1024, "Longest answer, in tokens.", group="Language model")
    llm_temperature: float = setting(0.2, "Sampling temperature.", group="Language model")
    llm_connect_seconds: float = setting(5.0, "Seconds to connect to the model.", group="Language model")
    llm_first_token_seconds: float = setting(60.0, "Seconds to the first token.", group="Language model")
    llm_idle_seconds: float = setting(30.0, "Seconds between two tokens.", group="Language model")
    llm_retries: int = setting(2, "New attempts before the first token.", group="Language model")
    ollama_url: str = setting("http://127.0.0.1:11434", "Where an Ollama is looked for when nothing is set; empty: nowhere.", group="Language model")

    # --- chat ---
    chat_sources: int = setting(6, "Passages that an answer is made from.", group="Chat")
    chat_history_turns: int = setting(6, "Earlier messages that the model is shown.", group="Chat")
    max_message_chars: int = setting(8000, "Longest question.", group="Chat")

    # --- logs ---
    log_level: str = setting("info", "Least severity that is logged.", group="Logs", choices=("debug", "info", "warning", "error"))
    log_format: str = setting("auto", "auto: readable on a terminal, JSON elsewhere.", group="Logs", choices=("auto", "json", "console"))

    # --- derived places -------------------------------------------------------------------

    @property
    def sqlalchemy_url(self) -> str:
        url = self.database_url.reveal()
        if not url:
            return f"sqlite:///{self.data_dir / 'likeopt.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

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
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    def with_(self, **changes: Any) -> Settings:
        return replace(self, **changes)

    # --- loading ----------------------------------------------------------------------------

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read the environment (and ``.env``), then apply ``overrides``.

        Raises:
            ConfigError: naming every setting that cannot be used, not only the first.
        """
        values = _environment(environ)
        hints = get_type_hints(cls)
        found: dict[str, Any] = {}
        problems: list[str] = []
        for entry in fields(cls):
            variable, raw = _lookup(entry, values)
            if raw is None or entry.name in overrides:
                continue
            try:
                found[entry.name] = _cast(raw, hints[entry.name])
            except ValueError as error:
                problems.append(f"{variable}={raw!r}: {error}")
        settings = cls(**{**found, **{k: v for k, v in overrides.items() if v is not None}})
        problems += list(_violations(settings))
        if problems:
            raise ConfigError("These settings cannot be used:\n  " + "\n  ".join(problems))
        return settings.with_(data_dir=Path(settings.data_dir).expanduser().absolute())


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables with our prefix that no setting reads, each with the nearest name.

    They are reported, not refused: container platforms add variables of their own.
    """
    known = {PREFIX + entry.name.upper() for entry in fields(Settings)}
    unknown = [name for name in environ if name.startswith(PREFIX) and name not in known]
    return {name: next(iter(difflib.get_close_matches(name, known, 1)), "") for name in unknown}


def secret_key(settings: Settings) -> str:
    """Return the secret key, making and keeping one (mode 600) where none is set."""
    if settings.secret_key:
        return settings.secret_key.reveal()
    path = settings.data_dir / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(48)
        file.write(key + "\n")
    return key


def _environment(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    if environ is not None:
        return environ
    from dotenv import dotenv_values

    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**from_file, **os.environ}


def _lookup(entry: Field[Any], values: Mapping[str, str]) -> tuple[str, str | None]:
    for variable in (PREFIX + entry.name.upper(), entry.metadata["also"]):
        if variable and variable in values:
            return variable, values[variable]
    return "", None


def _cast(raw: str, kind: type) -> Any:
    text = raw.strip()
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off", ""):
            return False
        raise ValueError("expected true or false")
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"expected {'a whole number' if kind is int else 'a number'}") from None
    return kind(text)


def _violations(settings: Settings) -> Iterator[str]:
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        choices = entry.metadata["choices"]
        variable = PREFIX + entry.name.upper()
        if choices and value not in choices:
            yield f"{variable}={value!r}: expected one of {', '.join(choices)}"
        elif isinstance(value, int | float) and not isinstance(value, bool) and value < 0 and entry.default is not MISSING and entry.default >= 0:
            yield f"{variable}={value!r}: must not be negative"
    if not 0 <= settings.port <= 65535:
        yield f"{PREFIX}PORT={settings.port}: expected 0 to 65535"
    if not (settings.vector_weight == -1 or 0 <= settings.vector_weight <= 1):
        yield f"{PREFIX}VECTOR_WEIGHT={settings.vector_weight}: expected 0 to 1, or -1"
    if not 200 <= settings.passage_chars <= 20_000:
        yield f"{PREFIX}PASSAGE_CHARS={settings.passage_chars}: expected 200 to 20000"
    if settings.passage_overlap_chars * 2 > settings.passage_chars:
        yield f"{PREFIX}PASSAGE_OVERLAP_CHARS={settings.passage_overlap_chars}: at most half of a passage"
