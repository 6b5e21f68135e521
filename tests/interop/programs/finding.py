"""Where the command looks for Sluice. Argument: a folder with programs and a checkout in it."""

import json
import sys
from pathlib import Path

from rllm_model_gateway.command import SluiceNotFound, find_sluice

folder = Path(sys.argv[1])


def found(checkout: str = "nowhere", **environ: str) -> list[str]:
    try:
        command = find_sluice(environ, folder / checkout)
    except SluiceNotFound as missing:
        return [str(missing)]
    return [part.replace(str(folder), "") for part in command]


bins = str(folder / "bin")
nodes = str(folder / "node-only")
main_ts = str(folder / "checkout/src/cli/main.ts")
print(
    json.dumps(
        {
            "named executable": found(PATH="", SLUICE_BIN=f"{bins}/sluice"),
            "named main of a checkout": found(PATH=bins, SLUICE_BIN=main_ts),
            "named built main": found(PATH=nodes, SLUICE_BIN=str(folder / "built/main.js")),
            "on the path, before the checkout": found("checkout", PATH=bins, SLUICE_BIN=""),
            "in the checkout": found("checkout", PATH=""),
            "named, but not there": found(PATH=bins, SLUICE_BIN="/nowhere"),
            "nowhere": found(PATH=""),
            "without node": found(PATH="", SLUICE_BIN=str(folder / "built/main.js")),
        }
    )
)
