"""Makes every kind of mistake with the openai package. Argument: the gateway's URL."""

import json
import sys
from collections.abc import Callable

import openai
from cases import HI, MODEL, session_url

gateway = sys.argv[1]
client = openai.OpenAI(base_url=session_url(gateway, "mistakes"), api_key="EMPTY", max_retries=0)


def mistake(make: Callable[[], object]) -> dict:
    try:
        make()
    except openai.APIStatusError as error:
        kind = type(error).__name__
        return {"class": kind, "status": error.status_code, "code": error.code, "type": error.type}
    return {"class": None}


def at(base_url: str) -> Callable[[], object]:
    other = client.with_options(base_url=base_url)
    return lambda: other.chat.completions.create(model=MODEL, messages=HI)


create = client.chat.completions.create
mistakes = {
    "bad slug": at(f"{gateway}/meta/rllm1:%21%21/v1"),
    "slug of another version": at(f"{gateway}/meta/rllm9:e30/v1"),
    "bad session": at(session_url(gateway, "a%00b")),
    "no such route": lambda: client.with_options(base_url=gateway).get("/nothing", cast_to=object),
    "no such model": lambda: create(model="no-such-model", messages=HI),
    "bad temperature": lambda: create(model=MODEL, messages=HI, temperature=-1),
    "no messages": lambda: create(model=MODEL, messages=None),
}
print(json.dumps({name: mistake(make) for name, make in mistakes.items()}))
