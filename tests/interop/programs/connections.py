"""How the clients connect. Arguments: a server that answers, one that never does."""

import asyncio
import json
import os
import sys
from collections.abc import Callable

import httpx
from rllm_model_gateway.client import AsyncGatewayClient, GatewayClient

server, silent = sys.argv[1:]


def raised(call: Callable[[], object]) -> str:
    try:
        call()
    except httpx.HTTPError as error:
        return type(error).__name__
    return ""


async def from_coroutines() -> str:
    async with AsyncGatewayClient(f"{server}/", admin_token="given") as client:
        await client.health()
        await client.health()
    try:
        async with AsyncGatewayClient(silent, timeout=0.2) as client:
            await client.health()
    except httpx.HTTPError as error:
        return type(error).__name__
    return ""


with GatewayClient(server) as client:
    client.health()
    client.health()
    client.flush(timeout=5)
os.environ["SLUICE_ADMIN_TOKEN"] = "from the environment"
with GatewayClient(server) as client:
    client.health()
print(
    json.dumps(
        {
            "timeout": GatewayClient(server).timeout,
            "late": [
                raised(GatewayClient(silent, timeout=0.2).health),
                asyncio.run(from_coroutines()),
            ],
            "refused": raised(GatewayClient(server).list_workers),
        }
    )
)
