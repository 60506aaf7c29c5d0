"""Build the wheel, install it with the serving set into a new environment, and run ``tests/wheel`` against that.

What users install is the wheel, not this folder: a template or a weight that was left out of it shows only here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"


def quietly(command: list[str]) -> None:
    """Run a step, and show what it said only where it failed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout[-4000:]}{done.stderr[-4000:]}suluh: this step failed: {' '.join(command)}")


def build() -> Path:
    """Build the wheel into ``dist`` and give its path."""
    shutil.rmtree(DIST, ignore_errors=True)
    quietly([sys.executable, "-m", "build", "--wheel", "--outdir", str(DIST), str(ROOT)])
    return next(DIST.glob("*.whl"))


def install(wheel: Path, folder: Path) -> None:
    """Install the wheel, with what serving needs and nothing else, into a new environment."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    quietly([*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)])


def main() -> int:
    """Build, install, test; give pytest's exit code."""
    wheel = build()
    sys.stdout.write(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="suluh-wheel-") as folder:
        install(wheel, Path(folder) / "venv")
        tests = [sys.executable, "-m", "pytest", "-q", "tests/wheel"]
        known = os.environ | {"SULUH_WHEEL_VENV": str(Path(folder) / "venv")}
        return subprocess.run(tests, cwd=ROOT, env=known, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
