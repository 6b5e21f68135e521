"""Uses the openai package from coroutines. Arguments: the gateway's URL, a name for sessions."""

import asyncio
import json
import sys

from cases import HI, MODEL, WEATHER, logprobs_of, session_url, slug_url, unasked
from openai import AsyncOpenAI

gateway, name = sys.argv[1:]
client = AsyncOpenAI(base_url=session_url(gateway, name), api_key="EMPTY", max_retries=0)


def at(session: str) -> AsyncOpenAI:
    return client.with_options(base_url=session_url(gateway, f"{name}-{session}"))


async def chat() -> dict:
    reply = await at("chat").chat.completions.create(model=MODEL, messages=HI)
    choice = reply.choices[0]
    return {
        "content": choice.message.content,
        "logprobs": choice.logprobs,
        "unasked": unasked(reply),
        "usage": reply.usage.model_dump(exclude_none=True),
    }


async def stream() -> dict:
    ask = {"model": MODEL, "messages": HI, "stream": True}
    create = at("stream").chat.completions.create
    chunks = [one async for one in await create(**ask)]
    options = {"include_usage": True}
    counted = [one async for one in await create(**ask, stream_options=options)]
    return {
        "content": "".join(one.choices[0].delta.content or "" for one in chunks),
        "unasked": sorted({field for one in chunks for field in unasked(one)}),
        "usages": [sum(one.usage is not None for one in some) for some in (chunks, counted)],
        "usage": counted[-1].usage.model_dump(exclude_none=True),
    }


async def choices() -> list:
    ask = {"model": MODEL, "messages": HI, "n": 3, "temperature": 1}
    reply = await at("n").chat.completions.create(**ask)
    return [choice.message.content for choice in reply.choices]


async def logprobs() -> dict:
    ask = {"model": MODEL, "messages": HI, "logprobs": True, "top_logprobs": 2}
    create = at("logprobs").chat.completions.create
    whole = await create(**ask)
    chunks = [one async for one in await create(**ask, stream=True)]
    return {
        "whole": logprobs_of(whole.choices[0]),
        "stream": [one for chunk in chunks for one in logprobs_of(chunk.choices[0]) or []],
    }


async def tools() -> list:
    """The same conversation as in ordinary code, but streamed and put together by the package."""
    messages = [{"role": "user", "content": "Use get_weather for Tokyo."}]
    for _ in range(2):
        ask = {"model": MODEL, "messages": messages, "tools": [WEATHER]}
        async with at("tools").chat.completions.stream(**ask) as events:
            message = (await events.get_final_completion()).choices[0].message
        said = message.model_dump(exclude_none=True)
        for call in said.get("tool_calls", []):
            call["function"].pop("parsed_arguments", None)
        messages.append(said)
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
            for call in message.tool_calls or []
        ]
    return messages


async def sessions() -> dict:
    async def said(url: str) -> str:
        own = client.with_options(base_url=url)
        reply = await own.chat.completions.create(model=MODEL, messages=HI)
        return reply.choices[0].message.content

    ids = [f"{name}/hello-world:{rollout}" for rollout in range(8)]
    replies = await asyncio.gather(*(said(session_url(gateway, one)) for one in ids))
    return dict(zip(ids, replies, strict=True))


async def slug() -> str:
    metadata = {"session_name": f"{name}/slug:0", "agent": "planner", "städte": ["Köln", {"n": 1}]}
    own = client.with_options(base_url=slug_url(gateway, metadata))
    reply = await own.chat.completions.create(model=MODEL, messages=HI)
    return reply.choices[0].message.content


async def main() -> None:
    cases = (chat, stream, choices, logprobs, tools, sessions, slug)
    print(json.dumps({case.__name__: await case() for case in cases}))


asyncio.run(main())
