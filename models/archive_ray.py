"""Many processes for an archive: tasks of Ray, on this machine or on a cluster.

Plain tasks and not Ray Data: a part in is a part out, in its own order, written whole; that is what a run goes on
from, and a data set's blocks know no files. What it costs: a part is the smallest piece of work, so an archive of
fewer parts than cores leaves cores idle. At most `n_workers` parts are worked on at once, which bounds the memory, and
a task whose machine died is begun again by Ray.

A Ray that is started here listens on this machine alone, reports to nobody, and ends with the command.
"""

import os
import secrets
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice, starmap
from typing import Any, Final, Protocol, TypeVar

from models.archive import ArchiveError

_STORE_BYTES: Final = 100_000_000  # answers go to files; what travels is small
_FAILED_STARTS: Final = (OSError, RuntimeError, ValueError)
_KNOCK_S: Final = 10.0

Answer = TypeVar("Answer")


class Workers(Protocol):
    """Those who call a function, so many at a time."""

    def each(self, function: Callable[..., Answer], calls: Iterable[tuple[Any, ...]]) -> Iterator[Answer]:
        """What `function` gives for each call, as it comes."""

    def in_order(self, function: Callable[..., Answer], calls: Iterable[tuple[Any, ...]]) -> Iterator[Answer]:
        """What `function` gives for each call, in the order of the calls."""


@dataclass(frozen=True, slots=True)
class Here:
    """This process alone, one call after another, without Ray."""

    def each(self, function: Callable[..., Answer], calls: Iterable[tuple[Any, ...]]) -> Iterator[Answer]:
        """What `function` gives for each call."""
        return starmap(function, calls)

    in_order = each


@dataclass(frozen=True, slots=True)
class Pool:
    """Processes that Ray keeps; `ray` is its module, loaded only where it is used."""

    ray: Any
    n_workers: int

    def each(self, function: Callable[..., Answer], calls: Iterable[tuple[Any, ...]]) -> Iterator[Answer]:
        """What `function` gives for each call, as it comes; ArchiveError where one fails."""
        remote, waiting = self._remote(function), iter(calls)
        running = [remote.remote(*call) for call in islice(waiting, self.n_workers)]
        while running:
            (ready, *_), running = self.ray.wait(running)
            yield self._result(ready)
            running += [remote.remote(*call) for call in islice(waiting, 1)]

    def in_order(self, function: Callable[..., Answer], calls: Iterable[tuple[Any, ...]]) -> Iterator[Answer]:
        """What `function` gives for each call, in the order of the calls; otherwise as `each`."""
        remote, waiting = self._remote(function), iter(calls)
        running = deque(remote.remote(*call) for call in islice(waiting, self.n_workers))
        while running:
            yield self._result(running.popleft())
            running += [remote.remote(*call) for call in islice(waiting, 1)]

    def _remote(self, function: Callable[..., Answer]) -> Any:
        return self.ray.remote(num_cpus=1)(function)

    def _result(self, reference: Any) -> Any:
        try:
            return self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ArchiveError | OSError):
                raise ArchiveError(str(error.cause)) from error
            raise


@contextmanager
def workers(address: str | None = None, n_workers: int | None = None) -> Iterator[Workers]:
    """Use the Ray cluster at `address`, or one of this machine's own for the time of the block; none for 0 workers.

    Raises ArchiveError where the cluster cannot be reached, ModuleNotFoundError where Ray is not installed.
    """
    if n_workers == 0:
        yield Here()
        return
    with connected(address, n_workers) as ray:
        yield Pool(ray, n_workers or max(1, int(ray.cluster_resources().get("CPU", 1))))


@contextmanager
def connected(address: str | None, n_cores: int | None = None) -> Iterator[Any]:
    """Give Ray's module while this process is connected to a cluster; one that is connected already stays so."""
    ray = _ray(is_local=address is None)
    if ray.is_initialized():
        yield ray
        return
    try:
        if address is None:
            ray.init(
                address="local",
                num_cpus=n_cores or os.cpu_count() or 1,
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                log_to_driver=False,
                logging_level="error",
            )
        else:
            _knock(address)
            ray.init(address=address, log_to_driver=False, logging_level="error")
    except _FAILED_STARTS as error:
        raise ArchiveError(f"Ray cannot be reached at {address or 'this machine'}: {error}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at `HOST:PORT`, or ValueError: Ray itself would ask for minutes."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), _KNOCK_S):
        pass


def _ray(*, is_local: bool) -> Any:
    """Ray's module, told before it is loaded to report nothing, and where it is local to listen on loopback alone."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray gives a proxy five seconds to start, and kills it for being slow on a machine that is busy.
    os.environ.setdefault("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")
    if is_local:
        # Ray would let everything else on the machine go before the work; who wants that starts this with `nice`.
        os.environ.setdefault("RAY_worker_niceness", "0")
        # Named for the systems on which it is the default: it is what makes every port of Ray a loopback port.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    return import_module("ray")
