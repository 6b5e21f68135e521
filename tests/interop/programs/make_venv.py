"""Makes a virtual environment with packages in it, once; whoever comes meanwhile waits for it.

Arguments: the folder, then the requirements. Exits with 3 and one line when something is missing.
"""

import fcntl
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

INSTALL_SECONDS = 50


def missing(what: str) -> NoReturn:
    print(what, file=sys.stderr)
    sys.exit(3)


def main(folder: Path, *requirements: str) -> None:
    if sys.version_info < (3, 10):  # noqa: UP036 -- this runs on whatever python3 is there
        missing(f"python3 is {sys.version.split()[0]}, and 3.10 is needed")
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The kernel drops the lock with the process, however that ends.
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "complete"
        made_by = f"{sys.executable} {sys.version}"
        if done.exists() and done.read_text() == made_by:
            return
        make(folder)
        install(folder / "bin" / "python", *requirements)
        done.write_text(made_by)


def make(folder: Path) -> None:
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError as error:
        missing(f"the Python module {error.name} is missing (Debian: apt-get install python3-venv)")
    venv.create(folder, clear=True, with_pip=True)


def install(python: Path, *requirements: str) -> None:
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
    wanted = " ".join(requirements)
    patience = ["--timeout", "8", "--retries", "1", "--only-binary", ":all:"]
    try:
        subprocess.run(
            [*pip, "install", *patience, *requirements],
            check=True,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        missing(f"pip took over {INSTALL_SECONDS} s for {wanted}: is there a network?")
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines()
        missing(f"pip could not install {wanted}: {said[-1] if said else 'no reason given'}")


main(Path(sys.argv[1]), *sys.argv[2:])
