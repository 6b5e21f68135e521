"""A trainer's step against a gateway. Arguments: its URL, how many sessions, the workers' URLs."""

import asyncio
import json
import sys

import httpx
from openai import AsyncOpenAI
from rllm_model_gateway.client import AsyncGatewayClient
from rllm_model_gateway.models import TraceRecord

gateway, count, *workers = sys.argv[1:]
TURNS = 3
VERSION = 3


async def healthy(client: AsyncGatewayClient) -> None:
    while True:
        try:
            await client.health()
            return
        except httpx.TransportError:
            await asyncio.sleep(0.1)


async def rollout(client: AsyncGatewayClient, session: str) -> list[str]:
    """An agent's turns, each of which sends all that was said before."""
    said = []
    async with AsyncOpenAI(
        base_url=client.get_session_url(session), api_key="EMPTY", max_retries=0
    ) as agent:
        messages = [{"role": "user", "content": f"Let us begin, {session}."}]
        for _ in range(TURNS):
            reply = await agent.chat.completions.create(model="any", messages=messages)
            said.append(reply.choices[0].message.content)
            messages.append({"role": "assistant", "content": said[-1]})
            messages.append({"role": "user", "content": "And then?"})
    return said


def step(trace: TraceRecord) -> dict:
    """What a trainer takes out of a trace."""
    return {
        "content": trace.response_message["content"],
        "ids": len(trace.completion_token_ids),
        "prompt_ids": len(trace.prompt_token_ids),
        "logprobs": len(trace.logprobs or []),
        "finish_reason": trace.finish_reason,
        "weight_version": trace.weight_version,
        "response_model": trace.response_model,
        "extends_last_turn": trace.checks["extends_last_turn"],
    }


async def main() -> None:
    async with AsyncGatewayClient(gateway, timeout=600) as client:
        await asyncio.wait_for(healthy(client), 30)
        for worker in workers:
            await client.add_worker(url=worker)
        await client.set_weight_version(VERSION)
        sessions = [f"task-{number // 4}:{number % 4}" for number in range(int(count))]
        said = await asyncio.gather(*(rollout(client, session) for session in sessions))
        await client.flush()
        traces = await asyncio.gather(*(client.get_session_traces(one) for one in sessions))
        print(
            json.dumps(
                [
                    {"session": session, "said": said, "steps": [step(trace) for trace in some]}
                    for session, said, some in zip(sessions, said, traces, strict=True)
                ]
            )
        )


asyncio.run(main())
