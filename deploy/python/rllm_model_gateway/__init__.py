"""Sluice under the name of rLLM's model gateway: its client, its models and its command."""

from .client import AsyncGatewayClient, GatewayClient
from .local_worker import LocalHandler, LocalWorker
from .models import GatewayConfig, SessionInfo, TraceRecord, WorkerConfig, WorkerInfo
from .server import GatewayProcess, create_app

__all__ = [
    "AsyncGatewayClient",
    "GatewayClient",
    "GatewayConfig",
    "GatewayProcess",
    "LocalHandler",
    "LocalWorker",
    "SessionInfo",
    "TraceRecord",
    "WorkerConfig",
    "WorkerInfo",
    "create_app",
]
