"""A gateway inside a program, whose only worker is a coroutine of that program."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import openai
from rllm_model_gateway import GatewayClient, GatewayConfig, GatewayProcess, create_app

SIMULTANEOUS = 8
asked: list[dict] = []
arrived = asyncio.Event()


async def answer(request: dict) -> dict:
    """Echoes; answers calls that are to be simultaneous when all of them have come."""
    asked.append(request)
    said = request["messages"][-1]["content"]
    if said == "fail":
        raise ValueError("no such prompt")
    if said == "together":
        if sum(one["messages"][-1]["content"] == said for one in asked) == SIMULTANEOUS:
            arrived.set()
        await arrived.wait()
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "policy",
        "prompt_token_ids": [1, 2, 3],
        "weight_version": 12,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": f"You said: {said}"},
                "token_ids": [4, 5],
                "logprobs": {
                    "content": [
                        {"token": text, "logprob": value, "bytes": None, "top_logprobs": []}
                        for text, value in (("You said: ", -0.5), (said, -0.25))
                    ]
                },
                "routing_matrices": ["AAAA", "BBBB"],
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def agent(session: str) -> openai.OpenAI:
    base_url = client.get_session_url(session)
    return openai.OpenAI(base_url=base_url, api_key="EMPTY", max_retries=0)


def ask(session: str, text: str) -> str:
    messages = [{"role": "user", "content": text}]
    reply = agent(session).chat.completions.create(model="policy", messages=messages)
    return reply.choices[0].message.content


def stream(session: str, text: str) -> dict:
    messages = [{"role": "user", "content": text}]
    options = {"include_usage": True}
    chunks = list(
        agent(session).chat.completions.create(
            model="policy", messages=messages, stream=True, stream_options=options
        )
    )
    return {
        "text": "".join(one.choices[0].delta.content or "" for one in chunks if one.choices),
        "usage": chunks[-1].usage.total_tokens,
    }


def failure() -> list:
    try:
        return [ask("failing", "fail")]
    except openai.InternalServerError as error:
        return [error.status_code, error.code, error.body["message"]]


def at_once() -> list[str]:
    with ThreadPoolExecutor(SIMULTANEOUS) as pool:
        return sorted(pool.map(lambda name: ask(name, "together"), map(str, range(SIMULTANEOUS))))


try:
    create_app(GatewayConfig(), answer)
    refused = ""
except NotImplementedError as error:
    refused = str(error)

config = GatewayConfig(host="127.0.0.1", port=0, store_worker="memory", log_level="WARNING")
process = GatewayProcess(config, answer)
with process as gateway:
    client = GatewayClient(gateway.url)
    printed = {
        "create_app": refused,
        "workers": [[one.worker_id, one.healthy] for one in client.list_workers()],
        "whole": ask("whole", "hello"),
        "stream": stream("stream", "hello"),
        "at once": at_once(),
        "failure": failure(),
        "traces": [one.model_dump() for one in client.query_traces(["whole", "stream"])],
        "asked for stream": [one for one in asked if "stream" in one],
    }
    again = GatewayProcess(GatewayConfig(host="127.0.0.1", port=int(gateway.url.split(":")[2])))
    try:
        again.start()
        printed["port taken"] = ""
    except RuntimeError as error:
        printed["port taken"] = str(error)
    printed["exit code"] = process.stop()
print(json.dumps(printed))
