"""Uses the openai package from ordinary code. Arguments: the gateway's URL, a name for sessions."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from cases import HI, MODEL, WEATHER, logprobs_of, session_url, slug_url, unasked
from openai import OpenAI

gateway, name = sys.argv[1:]
client = OpenAI(base_url=session_url(gateway, name), api_key="EMPTY", max_retries=0)


def at(session: str) -> OpenAI:
    return client.with_options(base_url=session_url(gateway, f"{name}-{session}"))


def chat() -> dict:
    reply = at("chat").chat.completions.create(model=MODEL, messages=HI)
    choice = reply.choices[0]
    return {
        "content": choice.message.content,
        "logprobs": choice.logprobs,
        "unasked": unasked(reply),
        "usage": reply.usage.model_dump(exclude_none=True),
    }


def stream() -> dict:
    ask = {"model": MODEL, "messages": HI, "stream": True}
    chunks = list(at("stream").chat.completions.create(**ask))
    counted = list(
        at("stream").chat.completions.create(**ask, stream_options={"include_usage": True})
    )
    return {
        "content": "".join(one.choices[0].delta.content or "" for one in chunks),
        "unasked": sorted({field for one in chunks for field in unasked(one)}),
        "usages": [sum(one.usage is not None for one in some) for some in (chunks, counted)],
        "usage": counted[-1].usage.model_dump(exclude_none=True),
    }


def choices() -> list:
    ask = {"model": MODEL, "messages": HI, "n": 3, "temperature": 1}
    reply = at("n").chat.completions.create(**ask)
    return [choice.message.content for choice in reply.choices]


def logprobs() -> dict:
    ask = {"model": MODEL, "messages": HI, "logprobs": True, "top_logprobs": 2}
    whole = at("logprobs").chat.completions.create(**ask)
    chunks = list(at("logprobs").chat.completions.create(**ask, stream=True))
    return {
        "whole": logprobs_of(whole.choices[0]),
        "stream": [one for chunk in chunks for one in logprobs_of(chunk.choices[0]) or []],
    }


def tools() -> list:
    messages = [{"role": "user", "content": "Use get_weather for Tokyo."}]
    for _ in range(2):
        ask = {"model": MODEL, "messages": messages, "tools": [WEATHER]}
        message = at("tools").chat.completions.create(**ask).choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
            for call in message.tool_calls or []
        ]
    return messages


def sessions() -> dict:
    def said(url: str) -> str:
        own = client.with_options(base_url=url)
        return own.chat.completions.create(model=MODEL, messages=HI).choices[0].message.content

    ids = [f"{name}/hello-world:{rollout}" for rollout in range(8)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda one: said(session_url(gateway, one)), ids))
    return dict(zip(ids, replies, strict=True))


def slug() -> str:
    metadata = {"session_name": f"{name}/slug:0", "agent": "planner", "städte": ["Köln", {"n": 1}]}
    own = client.with_options(base_url=slug_url(gateway, metadata))
    return own.chat.completions.create(model=MODEL, messages=HI).choices[0].message.content


cases = (chat, stream, choices, logprobs, tools, sessions, slug)
print(json.dumps({case.__name__: case() for case in cases}))
