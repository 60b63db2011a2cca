"""Where Like-Opt keeps its things and listens, and how its web server works."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.app.config.describing import MIB, Secret, setting


@dataclass(frozen=True, kw_only=True)
class ServingSettings:
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
    workers: int = setting(0, "Gunicorn workers; 0: one a processor, two at least, but no more than memory allows.", group="Web server")
    worker_memory_mb: int = setting(384, "Memory counted for one worker when their number is chosen.", group="Web server", least=1)
    worker_connections: int = setting(10_000, "Connections that one worker holds at once.", group="Web server", least=1)
    max_requests: int = setting(100_000, "A worker is replaced after so many requests; 0: never.", group="Web server")
    max_requests_jitter: int = setting(10_000, "Up to so many more, so that workers are not replaced together.", group="Web server")
    timeout: int = setting(120, "Seconds without a sign of life after which a worker is killed.", group="Web server")
    graceful_timeout: int = setting(30, "Seconds that a stopping worker may use to finish its answers.", group="Web server")
    keepalive: int = setting(5, "Seconds that an idle connection is kept, and that the head of a request may take.", group="Web server", least=1)
    backlog: int = setting(2048, "Connections that may wait to be accepted.", group="Web server", least=1)
    preload_app: bool = setting(True, "Load the app before forking, so that workers share its memory.", group="Web server")
    worker_tmp_dir: str = setting("", "Folder of the workers' heartbeat files; empty: /dev/shm where there is one.", group="Web server")
    limit_request_line: int = setting(4096, "Bytes of a request line.", group="Web server")
    limit_request_fields: int = setting(100, "Headers of a request.", group="Web server")
    limit_request_field_size: int = setting(8192, "Bytes of a header.", group="Web server")
    access_log: str = setting("", "File of the access log; `-`: standard output; empty: none.", group="Web server")
    access_log_format: str = setting('%(h)s "%(r)s" %(s)s %(b)s %(D)sus "%(a)s"', "Gunicorn's format of an access log line.", group="Web server")
    trusted_proxies: int = setting(0, "Proxies in front whose X-Forwarded-* headers are believed.", group="Web server")
    proxy_addresses: str = setting("", "Addresses or networks that those proxies ask from, with commas between them; empty: whoever reaches the port is believed.", group="Web server")
    cors_origins: str = setting("", "Origins, such as https://tools.example.org, with blanks between them, whose pages may ask the API with an API key; never with cookies.", group="Web server")
    cookie_secure: bool = setting(False, "Send the session cookie over HTTPS only, under a name that no other host can set; over HTTPS that is known to be so, it is sent that way anyhow.", group="Web server")
    session_hours: int = setting(24 * 14, "Hours after which an unused session ends.", group="Web server", least=1)
    max_request_bytes: int = setting(1 * MIB, "Largest body of a request that is not an upload.", group="Web server", least=1)
    metrics_token: Secret = setting(Secret(""), "Bearer token for GET /api/v1/metrics from other machines.", group="Web server")
    # fmt: on
