"""Make sure that the programs which the tests drive are here: PostgreSQL's and a Chromium.

On Debian and Ubuntu, as root, what is missing is installed; anywhere else one sentence says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def has_postgresql() -> bool:
    """Tell whether ``initdb`` is on the path or where Debian keeps it."""
    return shutil.which("initdb") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def has_chromium() -> bool:
    """Tell whether a Chromium is on the path."""
    return any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


PROGRAMS: dict[str, Callable[[], bool]] = {"postgresql": has_postgresql, "chromium": has_chromium}


def missing() -> list[str]:
    """Name the Debian packages of what is not here."""
    return [package for package, is_here in PROGRAMS.items() if not is_here()]


def install(packages: list[str]) -> None:
    """Install Debian packages."""
    sys.stderr.write(f"suluh: installing {' and '.join(packages)} with apt-get\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)


def main() -> None:
    """Install what is missing where that is possible, and refuse with a sentence where it is not."""
    if (absent := missing()) and shutil.which("apt-get") and os.geteuid() == 0:
        install(absent)
    if absent := missing():
        sys.exit(f"suluh: the tests need {' and '.join(absent)}; install: sudo apt-get install {' '.join(absent)}")


if __name__ == "__main__":
    main()
