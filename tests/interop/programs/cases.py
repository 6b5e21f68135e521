"""What the programs with the openai package have in common."""

import base64
import json
from typing import Any

MODEL = "sluice-sim"
HI = [{"role": "user", "content": "What does a sluice box do?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


def session_url(gateway: str, session: str) -> str:
    """The base URL of a session, as an f-string in an agent makes it."""
    return f"{gateway}/sessions/{session}/v1"


def slug_url(gateway: str, metadata: dict[str, Any]) -> str:
    """The base URL that carries metadata."""
    text = json.dumps(metadata, separators=(",", ":"), sort_keys=True)
    slug = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{gateway}/meta/rllm1:{slug}/v1"


def logprobs_of(choice: Any) -> list[float] | None:
    """The sampled tokens' logprobs that a choice shows to the caller."""
    return choice.logprobs and [entry.logprob for entry in choice.logprobs.content]


def unasked(reply: Any) -> list[str]:
    """Fields with a value that the openai package does not know, anywhere in a reply."""
    choices = reply.choices
    parts = [reply, *choices, *(getattr(choice, "delta", choice) for choice in choices)]
    extra = [field for part in parts for field in (part.model_extra or {}).items()]
    return sorted({name for name, value in extra if value is not None})
