"""Uses every method of a client. Arguments: sync or async, the gateway, a worker, its model."""

import asyncio
import inspect
import json
import sys
from typing import Any

import httpx
from openai import AsyncOpenAI
from rllm_model_gateway.client import AsyncGatewayClient, GatewayClient

kind, gateway, worker, model = sys.argv[1:]
client: Any = (GatewayClient if kind == "sync" else AsyncGatewayClient)(gateway)


async def done(answer: Any) -> Any:
    """What a method gives, of either client."""
    return await answer if inspect.isawaitable(answer) else answer


async def refused(ask: Any) -> list:
    """Status and message of the error that a method must end in."""
    try:
        await done(ask())
    except httpx.HTTPStatusError as error:
        return [error.response.status_code, str(error).partition(": ")[2]]
    return []


async def say(session: str, *messages: str) -> None:
    agent = AsyncOpenAI(base_url=client.get_session_url(session), api_key="EMPTY", max_retries=0)
    for message in messages:
        ask = [{"role": "user", "content": message}]
        await agent.chat.completions.create(model=model, messages=ask)


async def workers() -> dict:
    before = await done(client.list_workers())
    first = await done(client.add_worker(f"{worker}/v1"))
    again = await done(client.add_worker(worker))
    listed = await done(client.list_workers())
    removed = await done(client.remove_worker(first))
    named = await done(client.add_worker(worker, worker_id="w-1", model_name=model, weight=2))
    return {
        "before": before,
        "first": first,
        "again": again,
        "listed": [one.model_dump() for one in listed],
        "removed": removed,
        "named": named,
        "health": await done(client.workers_health()),
        "unknown": await refused(lambda: client.remove_worker("nobody")),
        "no url": await refused(lambda: client.add_worker("")),
    }


async def weights() -> dict:
    return {
        "before": await done(client.get_weight_version()),
        "set": await done(client.set_weight_version(7)),
        "after": await done(client.get_weight_version()),
        "bad": await refused(lambda: client.set_weight_version(True)),
    }


async def sessions() -> dict:
    params = {"max_tokens": 4, "temperature": 0.5}
    rollout = await done(client.create_session("harbor/hello-world:0", {"task": "hello"}, params))
    unnamed = await done(client.create_session())
    await say(rollout, "one", "two", "three")
    await say(unnamed, "only one")
    await say("implicit/v1", "not created before")
    info = await done(client.get_session_info(rollout))
    return {
        "rollout": rollout,
        "unnamed": unnamed,
        "url": client.get_session_url(rollout),
        "info": info.model_dump(exclude={"created_at"}),
        "created_at": info.created_at,
        "listed": [one.session_id for one in await done(client.list_sessions())],
        "newest": [one.session_id for one in await done(client.list_sessions(limit=1))],
        "future": await done(client.list_sessions(since=info.created_at + 3600)),
        "unknown": await refused(lambda: client.get_session_info("nobody")),
    }


async def traces() -> dict:
    rollout, other = "harbor/hello-world:0", "implicit/v1"
    all_of_it = await done(client.get_session_traces(rollout))
    first = all_of_it[0]
    second = all_of_it[1].timestamp
    return {
        "traces": [one.model_dump() for one in all_of_it],
        "limited": [one.seq for one in await done(client.get_session_traces(rollout, limit=2))],
        "since": [one.seq for one in await done(client.get_session_traces(rollout, since=second))],
        "nobody's": await done(client.get_session_traces("nobody")),
        "one": (await done(client.get_trace(first.trace_id))) == first,
        "unknown": await refused(lambda: client.get_trace("nothing")),
        "queried": [
            [one.session_id, one.seq]
            for one in await done(client.query_traces([rollout, "nobody", other], limit=2))
        ],
    }


async def gateway_itself() -> dict:
    return {
        "health": (await done(client.health()))["status"],
        "flushed": await done(client.flush(timeout=5)),
        "reloaded": (await done(client.reload()))["status"],
        "bad flush": await refused(lambda: client.flush(timeout=-1)),
    }


async def deleting(unnamed: str) -> dict:
    return {
        "one": await done(client.delete_session("harbor/hello-world:0")),
        "nobody": await done(client.delete_session("nobody")),
        "many": await done(client.delete_sessions([unnamed, "implicit/v1", "nobody"])),
        "left": await done(client.list_sessions()),
        "gone": await refused(lambda: client.get_session_info("harbor/hello-world:0")),
    }


async def main() -> None:
    printed = {
        "workers": await workers(),
        "weights": await weights(),
        "sessions": await sessions(),
        "traces": await traces(),
        "gateway": await gateway_itself(),
    }
    printed["deleting"] = await deleting(printed["sessions"]["unnamed"])
    await done(client.close())
    print(json.dumps(printed))


asyncio.run(main())
