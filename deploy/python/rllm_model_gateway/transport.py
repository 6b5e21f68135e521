"""What both clients share of talking HTTP."""

from __future__ import annotations

import os
from typing import Any

import httpx

from .operations import Operation

DEFAULT_TIMEOUT_SECONDS = 30.0

# A connection kept between two calls may be closed by the other side as the second one is sent.
_NO_KEEP_ALIVE = httpx.Limits(max_keepalive_connections=0)


def settings(timeout: float, admin_token: str | None) -> dict[str, Any]:
    """How a client of httpx is made."""
    token = admin_token or os.environ.get("SLUICE_ADMIN_TOKEN")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return {"timeout": timeout, "limits": _NO_KEEP_ALIVE, "headers": headers}


def request(base_url: str, timeout: float, operation: Operation[Any]) -> dict[str, Any]:
    """The arguments of httpx for an operation."""
    return {
        "method": operation.method,
        "url": f"{base_url}{operation.path}",
        "params": operation.params or None,
        "json": operation.json,
        "timeout": timeout + operation.extra_timeout,
    }


def checked(reply: httpx.Response) -> Any:
    """The JSON of a reply. Raises httpx.HTTPStatusError with what the gateway says of its error."""
    if not reply.is_success:
        asked = f"{reply.request.method} {reply.request.url}"
        message = f"{asked} was answered with {reply.status_code}: {_said(reply)}"
        raise httpx.HTTPStatusError(message, request=reply.request, response=reply)
    return reply.json()


def _said(reply: httpx.Response) -> str:
    """What the gateway says of its error; the beginning of the body when that is something else."""
    try:
        return str(reply.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return reply.text[:200] or reply.reason_phrase
