"""What the gateway's API speaks of, with the fields of rLLM's gateway."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .record import Record

Json = dict[str, Any]


@dataclass(kw_only=True)
class TraceRecord(Record):
    """One model call, exact to the token.

    What Sluice records beside these fields (``seq``, ``status``, ``choices``, ``checks``, ...) is
    kept aside and can be read like a field: ``trace.status``.
    """

    session_id: str
    trace_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    model: str = ""
    messages: list[Json] = field(default_factory=list)
    prompt_token_ids: list[int] = field(default_factory=list)
    response_message: Json = field(default_factory=dict)
    completion_token_ids: list[int] = field(default_factory=list)
    #: One for each id; null where the engine gave none.
    logprobs: list[float | None] | None = None
    routing_matrices: list[str] | None = None
    finish_reason: str | None = None
    weight_version: int | str | None = None
    latency_ms: float = 0.0
    token_counts: dict[str, int] = field(default_factory=dict)
    #: Seconds since the epoch.
    timestamp: float = field(default_factory=time.time)
    metadata: Json = field(default_factory=dict)
    raw_request: Json | None = None
    raw_response: Json | None = None


@dataclass(kw_only=True)
class SessionInfo(Record):
    """A session and how many traces it has."""

    session_id: str
    trace_count: int = 0
    #: Seconds since the epoch.
    created_at: float | None = None
    metadata: Json = field(default_factory=dict)


@dataclass(kw_only=True)
class WorkerInfo(Record):
    """A server that answers calls, as the gateway sees it."""

    worker_id: str
    url: str
    api_path: str = "/v1"
    model_name: str | None = None
    weight: float = 1
    healthy: bool = True
    active_requests: int = 0


@dataclass(kw_only=True)
class WorkerConfig(Record):
    """A server that a configuration names."""

    url: str
    worker_id: str | None = None
    api_path: str | None = None
    model_name: str | None = None
    weight: float = 1

    @classmethod
    def of(cls, value: str | Mapping[str, Any] | WorkerConfig | WorkerInfo) -> WorkerConfig:
        """A worker from its address, its fields, or what the gateway told of it."""
        if isinstance(value, str):
            return cls(url=value)
        if isinstance(value, WorkerInfo):
            return cls(**value.model_dump(include=(one for one in cls.__dataclass_fields__)))
        return cls.model_validate(value)


@dataclass(kw_only=True)
class GatewayConfig(Record):
    """How a gateway is started. Unlike Sluice's own default, it listens on every interface."""

    host: str = "0.0.0.0"
    port: int = 9090
    workers: list[WorkerConfig] = field(default_factory=list)
    db_path: str | None = None
    #: ``memory`` or ``sqlite``.
    store_worker: str = "sqlite"
    add_logprobs: bool = True
    add_return_token_ids: bool = True
    strip_vllm_fields: bool = True
    routing_policy: str | None = None
    #: Seconds.
    health_check_interval: float = 10.0
    log_level: str = "INFO"
    #: Sluice always commits a trace before its caller has the last byte; either value means that.
    sync_traces: bool = False
    model: str | None = None
    cumulative_token_mode: bool = False
    renderer_family: str = "auto"

    def __post_init__(self) -> None:
        self.workers = [WorkerConfig.of(worker) for worker in self.workers]
