"""A coroutine of this process as a worker that a gateway in another process can call."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .chunks import as_events
from .models import Json

#: Takes the body of a chat completion request and returns a whole chat completion.
LocalHandler = Callable[[Json], Awaitable[Json]]

# What is no number counts as newer than every release: the worker is asked for token ids.
_VERSION = {"version": "local-handler"}


class LocalWorker:
    """Serves ``POST /v1/chat/completions`` and ``GET /health`` on a free port of the loopback.

    The handler runs in an event loop of its own thread; many calls may be under way in it at once.
    What it raises becomes a 500. A caller that wants a stream gets the whole completion as one.
    """

    def __init__(self, handler: LocalHandler) -> None:
        self._loop = asyncio.new_event_loop()
        self._server = _Server(handler, self._loop)
        self._threads = [
            threading.Thread(target=run, name=f"local worker: {name}", daemon=True)
            for name, run in (
                ("loop", self._loop.run_forever),
                ("http", self._server.serve_forever),
            )
        ]
        for thread in self._threads:
            thread.start()

    @property
    def url(self) -> str:
        """Its address without ``/v1``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Takes no more calls; those under way are cut."""
        self._server.shutdown()
        self._server.server_close()
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join()
        self._loop.close()

    def __enter__(self) -> LocalWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # A training step sends all its calls at once.
    request_queue_size = 1024

    def __init__(self, handler: LocalHandler, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self._handler = handler
        self._loop = loop

    def complete(self, body: Json) -> Json:
        async def call() -> Json:
            return await self._handler(body)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()


class _Request(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health":
            self._answer(200, {"status": "ok"})
        elif path == "/version":
            self._answer(200, _VERSION)
        else:
            self._refuse(404, "not_found", f"a local handler has nothing at {path}")

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.partition("?")[0] != "/v1/chat/completions":
            self._refuse(404, "not_found", "a local handler answers /v1/chat/completions only")
            return
        try:
            body = json.loads(text)
        except ValueError:
            self._refuse(400, "bad_json", "the body is not JSON")
            return
        is_stream = bool(body.pop("stream", False))
        options = body.pop("stream_options", None) or {}
        try:
            completion = self.server.complete(body)
        except BaseException as error:
            self._refuse(500, "local_handler_failed", f"{type(error).__name__}: {error}")
            return
        if is_stream:
            events = as_events(completion, include_usage=bool(options.get("include_usage")))
            self._send(200, "text/event-stream", b"".join(events))
        else:
            self._answer(200, completion)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the gateway logs calls."""

    def _refuse(self, status: int, code: str, message: str) -> None:
        kind = "internal_error" if status >= 500 else "invalid_request_error"
        self._answer(status, {"error": {"message": message, "type": kind, "code": code}})

    def _answer(self, status: int, value: Json) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, content_type: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


async def _cancel_all() -> None:
    calls = asyncio.all_tasks() - {asyncio.current_task()}
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
