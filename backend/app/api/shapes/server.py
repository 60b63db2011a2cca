"""What the server tells of itself."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

VitalName = Literal["lcp", "inp", "cls", "fcp", "ttfb", "fid"]
Device = Literal["desktop", "phone"]


class ModelShape(TypedDict):
    provider: str
    name: str
    available: bool
    hint: str | None
    hint_code: str | None


class EmbeddingShape(TypedDict):
    name: str
    dimensions: int | None


class ProviderShape(TypedDict):
    name: str


class AboutShape(TypedDict):
    name: str
    version: str
    setup_required: bool
    registration_open: bool
    max_upload_bytes: int
    formats: list[str]
    web_pages: bool
    languages: list[str]
    offered_questions: str
    password_sign_in: bool
    single_sign_on: ProviderShape | None
    model: NotRequired[ModelShape]
    embedding: NotRequired[EmbeddingShape]


class LiveShape(TypedDict):
    alive: bool


class PartShape(TypedDict):
    state: str
    detail: str


class ReadyShape(TypedDict):
    ready: bool
    parts: dict[str, PartShape]


class ResponseTimes(TypedDict):
    average_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class LayerShape(TypedDict):
    hits: float
    hit_rate: float


class CacheShape(TypedDict):
    hits: float
    misses: float
    stale: float
    errors: float
    hit_rate: float | None
    layers: dict[str, LayerShape]


class StageShape(TypedDict):
    count: float
    p50_ms: float | None
    p95_ms: float | None


class InBrowsersShape(TypedDict):
    count: float
    p75_ms: float | None
    p95_ms: float | None


class FiguresShape(TypedDict):
    requests: float
    errors: float
    throughput: float
    error_rate: float | None
    response: ResponseTimes
    cache: CacheShape
    stages: dict[str, StageShape]


class PointShape(FiguresShape):
    at: float
    memory: float | None
    cpu: float | None
    active: float | None
    machine_cpu: float | None
    queue_length: float | None
    queue_oldest: float | None
    web_vitals: dict[VitalName, dict[Device, float | None]]
    web_vitals_count: dict[VitalName, dict[Device, float]]


class VitalShape(TypedDict):
    count: float
    p75: float | None


class DevicesShape(VitalShape):
    desktop: VitalShape
    phone: VitalShape


# Functional, for the name `from`.
_Span = TypedDict(
    "_Span",
    {
        "range": str,
        "from": float,
        "to": float,
        "point_seconds": float,
        "memory": float,
        "cpu": float,
        "active": float,
        "system": dict[str, float],
    },
)


class PerformanceShape(FiguresShape, _Span):
    web_vitals: dict[VitalName, DevicesShape]
    pages: dict[str, InBrowsersShape]
    calls: dict[str, InBrowsersShape]
    series: list[PointShape]
