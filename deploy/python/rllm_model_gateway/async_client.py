"""The gateway's API for coroutines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import httpx

from . import operations as ops
from .models import Json, SessionInfo, TraceRecord, WorkerInfo
from .operations import Operation
from .paths import session_path
from .transport import DEFAULT_TIMEOUT_SECONDS, checked, request, settings

T = TypeVar("T")


class AsyncGatewayClient:
    """``GatewayClient`` for coroutines: the same methods, arguments and errors."""

    def __init__(
        self,
        base_url: str,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        admin_token: str | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._http = httpx.AsyncClient(**settings(timeout, admin_token))

    async def create_session(
        self,
        session_id: str | None = None,
        metadata: Json | None = None,
        sampling_params: Json | None = None,
    ) -> str:
        return await self._run(ops.create_session(session_id, metadata, sampling_params))

    def get_session_url(self, session_id: str) -> str:
        return f"{self.base_url}{session_path(session_id)}/v1"

    async def get_session_info(self, session_id: str) -> SessionInfo:
        return await self._run(ops.session_info(session_id))

    async def list_sessions(
        self, since: float | None = None, limit: int | None = None
    ) -> list[SessionInfo]:
        return await self._run(ops.list_sessions(since, limit))

    async def delete_session(self, session_id: str) -> int:
        return await self._run(ops.delete_session(session_id))

    async def delete_sessions(self, session_ids: Sequence[str]) -> int:
        return await self._run(ops.delete_sessions(session_ids))

    async def get_session_traces(
        self, session_id: str, since: float | None = None, limit: int | None = None
    ) -> list[TraceRecord]:
        return await self._run(ops.session_traces(session_id, since, limit))

    async def query_traces(
        self, session_ids: Sequence[str], since: float | None = None, limit: int | None = None
    ) -> list[TraceRecord]:
        return await self._run(ops.query_traces(session_ids, since, limit))

    async def get_trace(self, trace_id: str) -> TraceRecord:
        return await self._run(ops.trace(trace_id))

    async def add_worker(
        self,
        url: str,
        worker_id: str | None = None,
        api_path: str | None = "/v1",
        model_name: str | None = None,
        weight: float = 1,
    ) -> str:
        return await self._run(ops.add_worker(url, worker_id, api_path, model_name, weight))

    async def remove_worker(self, worker_id: str) -> str:
        return await self._run(ops.remove_worker(worker_id))

    async def list_workers(self) -> list[WorkerInfo]:
        return await self._run(ops.list_workers())

    async def set_weight_version(self, weight_version: int | str) -> int | str | None:
        return await self._run(ops.set_weight_version(weight_version))

    async def get_weight_version(self) -> int | str | None:
        return await self._run(ops.get_weight_version())

    async def flush(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> bool:
        return await self._run(ops.flush(timeout))

    async def reload(self, config_yaml: str | None = None, config_path: str | None = None) -> Json:
        return await self._run(ops.reload(config_yaml, config_path))

    async def health(self) -> Json:
        return await self._run(ops.health())

    async def workers_health(self) -> Json:
        return await self._run(ops.workers_health())

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> AsyncGatewayClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, operation: Operation[T]) -> T:
        reply = await self._http.request(**request(self.base_url, self.timeout, operation))
        return operation.read(checked(reply))
