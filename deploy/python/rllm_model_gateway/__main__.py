"""``python -m rllm_model_gateway ...`` becomes ``sluice serve ...``."""

from __future__ import annotations

import os
import sys

from .command import SluiceNotFound, find_sluice


def main() -> None:
    """Replaces this process by Sluice, so that signals and the exit code are Sluice's own."""
    try:
        command = [*find_sluice(), "serve", *sys.argv[1:]]
    except SluiceNotFound as missing:
        sys.exit(f"rllm_model_gateway: {missing}")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
