"""Chats and calls a tool, as the guide of a LiteLLM deployment shows. Arguments: URL and key."""

import json
import sys

from cases import WEATHER
from openai import OpenAI

url, key = sys.argv[1:]
client = OpenAI(base_url=f"{url}/v1", api_key=key)

reply = client.chat.completions.create(
    model="gpt-oss-120b",
    messages=[
        {"role": "system", "content": "You answer in plain words."},
        {"role": "user", "content": "What is a container?"},
    ],
    max_tokens=100,
    temperature=0.7,
)
called = client.chat.completions.create(
    model="gpt-oss-120b",
    messages=[{"role": "user", "content": "Is it warm in Paris? Ask get_weather."}],
    tools=[WEATHER],
    tool_choice="auto",
)
tools = called.choices[0].message.tool_calls or []
print(
    json.dumps(
        {
            "content": reply.choices[0].message.content,
            "tools": [
                {"name": one.function.name, "arguments": json.loads(one.function.arguments)}
                for one in tools
            ],
        }
    )
)
