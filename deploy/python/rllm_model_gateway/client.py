"""Clients of the gateway's API, with the methods and defaults that rLLM's trainer expects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import httpx

from . import operations as ops
from .async_client import AsyncGatewayClient
from .models import Json, SessionInfo, TraceRecord, WorkerInfo
from .operations import Operation
from .paths import session_path
from .transport import DEFAULT_TIMEOUT_SECONDS, checked, request, settings

__all__ = ["AsyncGatewayClient", "GatewayClient"]

T = TypeVar("T")


class GatewayClient:
    """Talks to a gateway from ordinary code; :class:`AsyncGatewayClient` does from coroutines.

    ``timeout`` is in seconds. ``admin_token`` is for a gateway that was given one; by default it is
    taken from ``SLUICE_ADMIN_TOKEN``. Every method raises httpx.HTTPStatusError when the gateway
    answers with an error, and another httpx.HTTPError when it does not answer.
    """

    def __init__(
        self,
        base_url: str,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        admin_token: str | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._http = httpx.Client(**settings(timeout, admin_token))

    def create_session(
        self,
        session_id: str | None = None,
        metadata: Json | None = None,
        sampling_params: Json | None = None,
    ) -> str:
        """Creates a session, or gives an existing one new metadata; returns its id.

        ``sampling_params`` overwrite the parameters of every call made in the session.
        """
        return self._run(ops.create_session(session_id, metadata, sampling_params))

    def get_session_url(self, session_id: str) -> str:
        """The base URL for an agent whose calls belong to the session."""
        return f"{self.base_url}{session_path(session_id)}/v1"

    def get_session_info(self, session_id: str) -> SessionInfo:
        """A session that was created or has traces."""
        return self._run(ops.session_info(session_id))

    def list_sessions(
        self, since: float | None = None, limit: int | None = None
    ) -> list[SessionInfo]:
        """Sessions that have traces, newest first; ``since`` is in seconds since the epoch."""
        return self._run(ops.list_sessions(since, limit))

    def delete_session(self, session_id: str) -> int:
        """Deletes a session and its traces; returns how many traces went."""
        return self._run(ops.delete_session(session_id))

    def delete_sessions(self, session_ids: Sequence[str]) -> int:
        """Deletes sessions in one request; returns how many traces went."""
        return self._run(ops.delete_sessions(session_ids))

    def get_session_traces(
        self, session_id: str, since: float | None = None, limit: int | None = None
    ) -> list[TraceRecord]:
        """The traces of a session in turn order; none for a session nobody knows."""
        return self._run(ops.session_traces(session_id, since, limit))

    def query_traces(
        self, session_ids: Sequence[str], since: float | None = None, limit: int | None = None
    ) -> list[TraceRecord]:
        """The traces of one session after the other; ``limit`` holds for each."""
        return self._run(ops.query_traces(session_ids, since, limit))

    def get_trace(self, trace_id: str) -> TraceRecord:
        """One trace."""
        return self._run(ops.trace(trace_id))

    def add_worker(
        self,
        url: str,
        worker_id: str | None = None,
        api_path: str | None = "/v1",
        model_name: str | None = None,
        weight: float = 1,
    ) -> str:
        """Registers a server that answers calls; returns its id."""
        return self._run(ops.add_worker(url, worker_id, api_path, model_name, weight))

    def remove_worker(self, worker_id: str) -> str:
        """Sends no new calls to a worker; those under way finish. Returns its id."""
        return self._run(ops.remove_worker(worker_id))

    def list_workers(self) -> list[WorkerInfo]:
        """The servers that calls are sent to."""
        return self._run(ops.list_workers())

    def set_weight_version(self, weight_version: int | str) -> int | str | None:
        """Says which weights the workers serve from now on."""
        return self._run(ops.set_weight_version(weight_version))

    def get_weight_version(self) -> int | str | None:
        """The version set last, or None."""
        return self._run(ops.get_weight_version())

    def flush(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> bool:
        """Waits until every trace so far is committed, for at most ``timeout`` seconds."""
        return self._run(ops.flush(timeout))

    def reload(self, config_yaml: str | None = None, config_path: str | None = None) -> Json:
        """Has the gateway read its configuration again, or take the one given."""
        return self._run(ops.reload(config_yaml, config_path))

    def health(self) -> Json:
        """``{"status": "ok", ...}``."""
        return self._run(ops.health())

    def workers_health(self) -> Json:
        """``{"workers": [...], "healthy": n, "total": n}``."""
        return self._run(ops.workers_health())

    def close(self) -> None:
        """Closes what is open."""
        self._http.close()

    def __enter__(self) -> GatewayClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, operation: Operation[T]) -> T:
        reply = self._http.request(**request(self.base_url, self.timeout, operation))
        return operation.read(checked(reply))
