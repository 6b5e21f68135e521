"""A gateway that this process starts and stops."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx

from .command import find_sluice
from .local_worker import LocalHandler, LocalWorker
from .models import GatewayConfig

_POLL_SECONDS = 0.1
_STOP_SECONDS = 5.0
LOCAL_WORKER_ID = "local-handler"


class GatewayProcess:
    """Sluice as a child process.

    ``local_handler`` is offered to it as a worker, from a thread of this process. ``env`` is added
    to the environment. What the gateway logs goes to this process's standard error. It is stopped
    when the interpreter ends, if nobody did before.
    """

    def __init__(
        self,
        config: GatewayConfig | None = None,
        local_handler: LocalHandler | None = None,
        *,
        env: dict[str, str] | None = None,
    ) -> None:
        self.config = config or GatewayConfig()
        self._handler = local_handler
        self._env = env or {}
        self._undo = contextlib.ExitStack()
        self._process: subprocess.Popen[str] | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Where this process reaches the gateway. Raises RuntimeError before :meth:`start`."""
        if self._url is None:
            raise RuntimeError("the gateway has not been started")
        return self._url

    def start(self, timeout: float = 30.0) -> GatewayProcess:
        """Starts it and waits until ``GET /health`` is answered.

        Raises RuntimeError when it ends before that, TimeoutError after ``timeout`` seconds.
        """
        if self._process is not None:
            raise RuntimeError("the gateway is running already")
        deadline = time.monotonic() + timeout
        try:
            self._process = self._spawn()
            self._undo.callback(_end, self._process)
            atexit.register(self.stop)
            self._url = _reachable(self._first_line(self._process, deadline))
            self._wait_healthy(self._process, deadline)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> int | None:
        """Lets calls under way finish for 5 seconds, then kills it; returns the exit code."""
        atexit.unregister(self.stop)
        process, self._process, self._url = self._process, None, None
        self._undo.close()
        return process.returncode if process else None

    def __enter__(self) -> GatewayProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _spawn(self) -> subprocess.Popen[str]:
        command = find_sluice()
        file = self._undo.enter_context(_private_file(json.dumps(self._settings())))
        return subprocess.Popen(
            [*command, "serve", "--quiet", "--config", file],
            env={**os.environ, **self._env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _settings(self) -> dict[str, Any]:
        """The configuration as rLLM writes it in YAML, of which JSON is a part."""
        settings = self.config.model_dump(exclude_none=True)
        settings["workers"] = [
            worker.model_dump(exclude_none=True) for worker in self.config.workers
        ]
        if self._handler is not None:
            worker = self._undo.enter_context(LocalWorker(self._handler))
            settings["workers"].append({"url": worker.url, "worker_id": LOCAL_WORKER_ID})
        return settings

    def _first_line(self, process: subprocess.Popen[str], deadline: float) -> str:
        """The address it prints once it listens; read by a thread, since a pipe has no deadline."""
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        assert process.stdout is not None
        stdout = process.stdout
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError("the gateway did not start in time") from None
        if not line:
            raise RuntimeError(f"the gateway ended with exit code {process.wait()}")
        return line.strip()

    def _wait_healthy(self, process: subprocess.Popen[str], deadline: float) -> None:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the gateway ended with exit code {process.returncode}")
            with contextlib.suppress(httpx.HTTPError):
                reply = httpx.get(f"{self.url}/health", timeout=_POLL_SECONDS * 20, trust_env=False)
                if reply.is_success:
                    return
            time.sleep(_POLL_SECONDS)
        raise TimeoutError(f"{self.url}/health was not answered in time")


def create_app(config: GatewayConfig, local_handler: LocalHandler | None = None) -> NoReturn:
    """There is no application object: Sluice is a program of its own. Always raises.

    Raises NotImplementedError that says what takes its place.
    """
    given = "config, local_handler" if local_handler else "config"
    raise NotImplementedError(
        "Sluice runs in a process of its own and gives no ASGI application. In place of create_app "
        f"and uvicorn write: `with GatewayProcess({given}) as gateway:` and use gateway.url; "
        "it is in rllm_model_gateway.server."
    )


def _reachable(address: str) -> str:
    """The printed address, with every-interface addresses turned into one that can be called."""
    parts = urlsplit(address)
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(parts.hostname or "")
    return f"{parts.scheme}://{host}:{parts.port}" if host else address


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


@contextlib.contextmanager
def _private_file(text: str) -> Iterator[str]:
    """A file that only this user can read, for as long as it is needed."""
    descriptor, name = tempfile.mkstemp(prefix="sluice-", suffix=".yaml")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        yield name
    finally:
        Path(name).unlink(missing_ok=True)
