"""A whole chat completion as the events of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_OF_THE_PROMPT = ("prompt_token_ids", "prompt_logprobs")


def as_events(completion: Json, *, include_usage: bool) -> Iterator[bytes]:
    """Server-sent events that say what ``completion`` says: one for each choice, usage, the end."""
    choices = completion.get("choices") or []
    head = {name: value for name, value in completion.items() if name not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"
    for position, choice in enumerate(choices):
        if position > 0:
            head = {name: value for name, value in head.items() if name not in _OF_THE_PROMPT}
        yield _event({**head, "choices": [_delta_of(choice)]})
    if include_usage:
        yield _event({**head, "choices": [], "usage": completion.get("usage")})
    yield b"data: [DONE]\n\n"


def _delta_of(choice: Json) -> Json:
    rest = {name: value for name, value in choice.items() if name != "message"}
    message = dict(choice.get("message") or {})
    calls = message.get("tool_calls")
    if calls:
        message["tool_calls"] = [{"index": index, **call} for index, call in enumerate(calls)]
    return {**rest, "delta": message}


def _event(value: Json) -> bytes:
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"
