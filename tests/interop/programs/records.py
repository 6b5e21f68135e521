"""What records do with fields, and how session ids become paths. Argument: session ids as JSON."""

import copy
import json
import sys
from collections.abc import Callable

from rllm_model_gateway.models import (
    GatewayConfig,
    SessionInfo,
    TraceRecord,
    WorkerConfig,
    WorkerInfo,
)
from rllm_model_gateway.paths import session_path


def raised(make: Callable[[], object]) -> str:
    try:
        make()
    except (TypeError, ValueError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


given = {
    "session_id": "s",
    "trace_id": "t",
    "model": "m",
    "completion_token_ids": [1, 2],
    "logprobs": [-0.5, None],
    "metadata": None,
    "status": "complete",
    "extra": {"team": "blue"},
}
trace = TraceRecord.model_validate(given)
dumped = trace.model_dump()
config = GatewayConfig(workers=["http://a:1", {"url": "http://b:2", "weight": 3}])
print(
    json.dumps(
        {
            "fields": [trace.status, trace["extra"], trace.get("nothing", 1), "status" in trace],
            "null became the default": trace.metadata,
            "round trip": TraceRecord.model_validate(json.loads(trace.model_dump_json())) == trace,
            "copies": [
                copy.deepcopy(trace) == trace,
                trace.model_copy(update={"finish_reason": "stop", "status": "error"}).model_dump(
                    include=["finish_reason", "status"]
                ),
                trace.status,
            ],
            "dumped": [dumped["status"], dumped["logprobs"], "model_extra" in dumped],
            "without null": sorted(
                trace.model_dump(exclude_none=True, exclude=["messages"], mode="json")
            ),
            "no such field": raised(lambda: trace.nothing),
            "missing": raised(lambda: WorkerInfo.model_validate({"url": None})),
            "no object": raised(lambda: SessionInfo.model_validate(["s"])),
            "workers": [
                [one.url, one.weight, isinstance(one, WorkerConfig)] for one in config.workers
            ],
            "paths": [session_path(one) for one in json.loads(sys.argv[1])],
        }
    )
)
