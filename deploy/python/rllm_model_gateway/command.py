"""Finds the Node program that this package stands for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

# rllm_model_gateway / python / deploy / the checkout
_CHECKOUT = Path(__file__).resolve().parents[3]
_MAIN_IN_CHECKOUT = Path("src/cli/main.ts")


class SluiceNotFound(RuntimeError):
    """There is no ``sluice`` that could be run; the message says how to get one."""


def find_sluice(environ: Mapping[str, str] = os.environ, checkout: Path = _CHECKOUT) -> list[str]:
    """The beginning of a command line that runs Sluice.

    Looked for in this order: ``SLUICE_BIN`` (an executable, or a main file ending in .js or .ts),
    ``sluice`` on the PATH, the checkout that this package lies in.

    Raises SluiceNotFound.
    """
    path = environ.get("PATH")
    named = environ.get("SLUICE_BIN")
    if named:
        if not Path(named).is_file():
            raise SluiceNotFound(f"SLUICE_BIN names {named!r}, and there is no such file")
        return _run_by_suffix(Path(named), path)
    installed = shutil.which("sluice", path=path)
    if installed:
        return [installed]
    if (checkout / _MAIN_IN_CHECKOUT).is_file():
        return _run_by_suffix(checkout / _MAIN_IN_CHECKOUT, path)
    raise SluiceNotFound(
        "Sluice itself is a Node program, and it was not found. Install it so that `sluice` is on "
        "the PATH, or set SLUICE_BIN to its executable or to src/cli/main.ts of a checkout."
    )


def _run_by_suffix(file: Path, path: str | None) -> list[str]:
    if file.suffix == ".ts":
        return [_node_for(file, path), "--conditions=sluice-source", str(file)]
    if file.suffix in {".js", ".mjs"}:
        return [_node_for(file, path), str(file)]
    return [str(file)]


def _node_for(file: Path, path: str | None) -> str:
    """The Node that was installed with the file, else the one on the PATH."""
    for folder in file.resolve().parents:
        own = folder / "node_modules" / ".bin" / "node"
        if own.is_file():
            return str(own)
    node = shutil.which("node", path=path)
    if node is None:
        raise SluiceNotFound(f"Node, which runs {file}, was not found: run `npm ci` there")
    return node
