"""Run the Dockerfile's own lines in a folder of their own, where there is no container engine.

It reads the Dockerfile, copies what ``.dockerignore`` lets through, runs each RUN line, then starts CMD under the user
that USER names and asks HEALTHCHECK until it answers. It does not check the base image or what the engine enforces: it
shows that the steps are right, not that an image was built.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
HEALTHY_WITHIN_S = 90


class CheckError(Exception):
    """One line of the Dockerfile does not do what it should."""


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction of a Dockerfile: ``RUN`` and what follows it."""

    word: str
    rest: str


def stages(text: str) -> list[list[Line]]:
    """Split a Dockerfile into its stages, each a list of instructions after its FROM."""
    found: list[list[Line]] = []
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", text))
    for row in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = row.partition(" ")
        if word == "FROM":
            found.append([])
        elif found:
            found[-1].append(Line(word, rest.strip()))
    return found


def ignores(patterns: list[str], path: str) -> bool:
    """Tell whether ``.dockerignore`` keeps this file out: the last pattern that holds decides."""
    parents = ["/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 2)]
    ignored = False
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        names = [bare, bare.removeprefix("**/")] if bare.startswith("**/") else [bare]
        anywhere = bare.startswith("**/")
        if any(
            fnmatch.fnmatchcase(parent.rsplit("/", 1)[-1] if anywhere else parent, name)
            for name in names
            for parent in parents
        ):
            ignored = not pattern.startswith("!")
    return ignored


def copy_context(into: Path) -> int:
    """Copy what an engine would send to the builder; give the number of files."""
    rows = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [row for row in rows if row and not row.startswith("#")]
    tops = {pattern[1:].split("/")[0] for pattern in patterns if pattern.startswith("!")}
    n = 0
    for top in sorted(tops):
        source = ROOT / top
        for file in [source] if source.is_file() else sorted(source.rglob("*")):
            name = file.relative_to(ROOT).as_posix()
            if file.is_file() and not ignores(patterns, name):
                (into / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, into / name)
                n += 1
    return n


def run_lines(lines: list[Line], cwd: Path, env: dict[str, str]) -> None:
    """Run every RUN line of one stage."""
    for line in lines:
        if line.word == "RUN":
            started = time.monotonic()
            done = subprocess.run(
                ["sh", "-c", line.rest], cwd=cwd, env=env, check=False, capture_output=True, text=True
            )
            if done.returncode:
                raise CheckError(f"RUN {line.rest}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            print(f"ok {time.monotonic() - started:5.1f} s  RUN {line.rest[:90]}", flush=True)


def declared(lines: list[Line], env: dict[str, str]) -> dict[str, str]:
    """Give the environment of a stage after its ENV lines, places filled in."""
    env = dict(env)
    for line in lines:
        if line.word == "ENV":
            for pair in shlex.split(line.rest):
                name, _, value = pair.partition("=")
                if name not in {"PORT", "SULUH_VAR_DIR"}:  # these two are where this check says
                    env[name] = re.sub(r"\$\{?(\w+)\}?", lambda hit: env.get(hit[1], ""), value)
    return env


def rest_of(lines: list[Line], word: str) -> str:
    """Give what the last line with this word says."""
    return [line.rest for line in lines if line.word == word][-1]


class Account(TypedDict, total=False):
    """The user and groups that a process is started with; empty for those of whoever runs this."""

    user: int
    group: int
    extra_groups: list[int]


def account(lines: list[Line]) -> Account:
    """Give the user and group that USER names, as a process is started with them."""
    user, group = map(int, rest_of(lines, "USER").split(":"))
    return {"user": user, "group": group, "extra_groups": []}


def reachable_python(who: Account) -> str | None:
    """Find a new enough Python that this user may run: one in somebody's home folder may be closed to it."""
    code = "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        real = os.path.realpath(python)
        try:
            if subprocess.run([real, "-c", code], check=False, cwd="/", capture_output=True, **who).returncode == 0:
                return real
        except OSError:
            continue
    return None


@contextlib.contextmanager
def started(command: list[str], env: dict[str, str], who: Account) -> Iterator[subprocess.Popen[bytes]]:
    """Start CMD, give it, and stop it as an engine would: SIGTERM, then ten seconds."""
    process = subprocess.Popen(command, env=env, cwd="/", stderr=subprocess.PIPE, **who)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise CheckError("CMD did not stop within ten seconds of SIGTERM") from None


def wait_until_healthy(process: subprocess.Popen[bytes], command: str, env: dict[str, str]) -> float:
    """Ask HEALTHCHECK until it answers; give the seconds that took."""
    began = time.monotonic()
    while time.monotonic() - began < HEALTHY_WITHIN_S:
        if process.poll() is not None:
            told = process.stderr.read().decode(errors="replace") if process.stderr else ""
            raise CheckError(f"CMD stopped by itself: {told[-2000:]}")
        if subprocess.run(["sh", "-c", command], env=env, cwd="/", check=False, capture_output=True).returncode == 0:
            return time.monotonic() - began
        time.sleep(0.5)
    raise CheckError(f"HEALTHCHECK did not answer within {HEALTHY_WITHIN_S} s")


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def check(folder: Path) -> None:
    """Run both stages in ``folder``."""
    build, final = stages((ROOT / "Dockerfile").read_text())
    source, prefix, shim = folder / "src", folder / "opt", folder / "bin"
    for made in (source, prefix, shim):
        made.mkdir()
    who = account(final) if os.geteuid() == 0 else {}
    python = reachable_python(who)
    if python is None:
        print("   (not as USER: every Python 3.11 or newer here lies in a folder that only root may open)")
        who, python = {}, sys.executable
    (shim / "python").write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
    (shim / "python").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SULUH_", "VIRTUAL_ENV"))}
    env = kept | {"SRC": str(source), "PREFIX": str(prefix), "PATH": f"{shim}:{os.environ['PATH']}"}
    print(f"ok          COPY . .  ({copy_context(source)} files)")
    run_lines(build, source, env)
    shutil.rmtree(source)
    shutil.rmtree(prefix / "tools")  # the final stage takes the environment and nothing else
    env = declared(final, env | {"PORT": str(free_port()), "SULUH_VAR_DIR": str(folder / "var")})
    if os.geteuid() == 0:
        run_lines(final, folder, env)
    with started(json.loads(rest_of(final, "CMD")), env, who) as process:
        seconds = wait_until_healthy(process, rest_of(final, "HEALTHCHECK").partition(" CMD ")[2], env)
    print(f"ok          CMD answered HEALTHCHECK after {seconds:.1f} s and stopped on SIGTERM")


def main() -> None:
    """Check and say what failed."""
    with tempfile.TemporaryDirectory(prefix="suluh-image-") as folder:
        Path(folder).chmod(0o755)
        try:
            check(Path(folder))
        except CheckError as error:
            sys.exit(f"suluh: the Dockerfile's step failed: {error}")


if __name__ == "__main__":
    main()
