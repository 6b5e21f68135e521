"""Every request of the gateway's API, described once for both clients; nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from .models import Json, SessionInfo, TraceRecord, WorkerInfo
from .paths import session_path

T = TypeVar("T")


@dataclass(frozen=True)
class Operation(Generic[T]):
    """A request and what is made of its JSON reply."""

    method: str
    path: str
    read: Callable[[Any], T]
    json: Json | None = None
    params: Json | None = None
    #: Seconds the gateway may take on its own account, beside the client's timeout.
    extra_timeout: float = 0.0


def _given(**values: Any) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def _traces(reply: Sequence[Json]) -> list[TraceRecord]:
    return [TraceRecord.model_validate(one) for one in reply]


def create_session(
    session_id: str | None, metadata: Json | None, sampling_params: Json | None
) -> Operation[str]:
    body = _given(session_id=session_id, metadata=metadata, sampling_params=sampling_params)
    return Operation("POST", "/sessions", lambda reply: str(reply["session_id"]), json=body)


def session_info(session_id: str) -> Operation[SessionInfo]:
    return Operation("GET", session_path(session_id), SessionInfo.model_validate)


def list_sessions(since: float | None, limit: int | None) -> Operation[list[SessionInfo]]:
    return Operation(
        "GET",
        "/sessions",
        lambda reply: [SessionInfo.model_validate(one) for one in reply],
        params=_given(since=since, limit=limit),
    )


def delete_session(session_id: str) -> Operation[int]:
    return Operation("DELETE", session_path(session_id), _deleted)


def delete_sessions(session_ids: Sequence[str]) -> Operation[int]:
    body = {"session_ids": list(session_ids)}
    return Operation("POST", "/sessions/batch_delete", _deleted, json=body)


def _deleted(reply: Json) -> int:
    return int(reply["deleted"])


def session_traces(
    session_id: str, since: float | None, limit: int | None
) -> Operation[list[TraceRecord]]:
    path = f"{session_path(session_id)}/traces"
    return Operation("GET", path, _traces, params=_given(since=since, limit=limit))


def query_traces(
    session_ids: Sequence[str], since: float | None, limit: int | None
) -> Operation[list[TraceRecord]]:
    body = _given(session_ids=list(session_ids), since=since, limit=limit)
    return Operation("POST", "/traces/query", _traces, json=body)


def trace(trace_id: str) -> Operation[TraceRecord]:
    return Operation("GET", f"/traces/{quote(trace_id, safe='')}", TraceRecord.model_validate)


def add_worker(
    url: str, worker_id: str | None, api_path: str | None, model_name: str | None, weight: float
) -> Operation[str]:
    body = _given(
        url=url, worker_id=worker_id, api_path=api_path, model_name=model_name, weight=weight
    )
    return Operation("POST", "/admin/workers", lambda reply: str(reply["worker_id"]), json=body)


def remove_worker(worker_id: str) -> Operation[str]:
    path = f"/admin/workers/{quote(worker_id, safe='')}"
    return Operation("DELETE", path, lambda reply: str(reply["removed"]))


def list_workers() -> Operation[list[WorkerInfo]]:
    return Operation(
        "GET",
        "/admin/workers",
        lambda reply: [WorkerInfo.model_validate(one) for one in reply],
    )


def set_weight_version(version: int | str) -> Operation[int | str | None]:
    body = {"weight_version": version}
    return Operation("POST", "/admin/weight_version", _version, json=body)


def get_weight_version() -> Operation[int | str | None]:
    return Operation("GET", "/admin/weight_version", _version)


def _version(reply: Json) -> int | str | None:
    version: int | str | None = reply["weight_version"]
    return version


def flush(timeout: float) -> Operation[bool]:
    return Operation(
        "POST",
        "/admin/flush",
        lambda reply: reply["status"] == "flushed",
        json={"timeout": timeout},
        extra_timeout=timeout,
    )


def reload(config_yaml: str | None, config_path: str | None) -> Operation[Json]:
    body = _given(config_yaml=config_yaml, config_path=config_path)
    return Operation("POST", "/admin/reload", dict, json=body)


def health() -> Operation[Json]:
    return Operation("GET", "/health", dict)


def workers_health() -> Operation[Json]:
    return Operation("GET", "/health/workers", dict)
