"""Bring the public originals onto this machine, and know that they are what they were.

A file is fetched from its own address and, where that fails, from a mirror (a folder or another address, laid out as
`NAME/FILE`). What arrived stays when the line breaks and is gone on with by an HTTP range, in the same run and in the
next. A file counts only once its SHA-256 is right; a checksum that nobody knew is recorded in `lock.json` at the first
download and held against every later one. Nothing here decides who may have a text: `Source.sentence` says that.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import quote

import httpx

from data.origin import RemoteFile, Source
from data.schema import DataError
from data.sources.originals import PARTIAL, folder_of

LOCK: Final = "lock.json"
_ATTEMPTS: Final = 4  # of one address in one run; each goes on where the last one broke off
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
# A file of unknown size ends here, so that a wrong address cannot fill the disk.
_LARGEST_BYTES: Final = 1 << 30
_WAIT_S: Final = (0.0, 0.5, 2.0, 5.0)  # before each attempt


class PullError(DataError):
    """A file could not be had from anywhere; the message names each address with its reason."""


class State(StrEnum):
    """How a file came to be there."""

    PRESENT = "present"
    FETCHED = "fetched"
    RESUMED = "resumed"
    MIRRORED = "from the mirror"


class Progress(Protocol):
    """Where a transfer is told: bytes that are there, of how many (None: not known)."""

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """Tell how far the file `name` is."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """One file that is there now, with the bytes that the catalogue or the lock promises."""

    path: Path
    state: State
    size_bytes: int
    sha256: str
    is_first_seen: bool  # the checksum was not known before, and has been recorded


@dataclass(frozen=True, slots=True)
class Locked:
    """What was recorded of a file whose checksum the catalogue does not know."""

    sha256: str
    size_bytes: int
    address: str


class Lock:
    """The checksums recorded at first download, one JSON file in the folder of the originals."""

    def __init__(self, path: Path, known: dict[str, Locked]) -> None:
        self._path = path
        self._known = known

    @classmethod
    def read(cls, data: Path) -> Self:
        """The lock of a data folder, empty where there is none; DataError where it is damaged."""
        path = folder_of(data, LOCK)
        try:
            known = {name: Locked(**row) for name, row in json.loads(path.read_text(encoding="utf-8")).items()}
        except FileNotFoundError:
            known = {}
        except (ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{path} is damaged ({error}); delete it to trust the next downloads.") from error
        return cls(path, known)

    def of(self, source: str, file: str) -> Locked | None:
        """What is recorded of a file, if anything."""
        return self._known.get(f"{source}/{file}")

    def record(self, source: str, file: str, locked: Locked) -> None:
        """Record a file and write the lock, whole or not at all."""
        self._known[f"{source}/{file}"] = locked
        content = json.dumps({name: asdict(row) for name, row in sorted(self._known.items())}, indent=2)
        partial = self._path.with_suffix(PARTIAL)
        partial.write_text(content + "\n", encoding="utf-8")
        partial.replace(self._path)


@dataclass(frozen=True, slots=True)
class Puller:
    """Fetches the files of sources into a data folder.

    `mirror` is a folder or an http(s) address; another address is refused with a DataError. `wait` is asked to sleep
    between attempts.
    """

    data: Path
    client: httpx.Client
    tell: Progress
    wait: Callable[[float], None]
    mirror: str = ""

    def __post_init__(self) -> None:
        """Refuse a mirror that nothing could be had from, before anything is fetched."""
        if "://" in self.mirror and not self._has_address:
            raise DataError(f"{self.mirror} is no mirror: give a folder, or an http:// or https:// address.")

    @property
    def _has_address(self) -> bool:
        return self.mirror.startswith(("http://", "https://"))

    def pull(self, source: Source) -> Iterator[Pulled]:
        """Yield each file of `source` once it is there; PullError where one cannot be had."""
        for file in source.files:
            target = folder_of(self.data, source.name) / file.name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                yield self._file(source, file, target)
            except OSError as error:
                raise PullError(f"{target} cannot be written: {error}.") from error

    def _file(self, source: Source, file: RemoteFile, target: Path) -> Pulled:
        lock = Lock.read(self.data)
        locked = lock.of(source.name, file.name)
        wanted = file.sha256 or (locked.sha256 if locked else None)
        reasons: list[str] = []
        if target.is_file():
            found = _sha256(target)
            if found == (wanted or found):
                return self._kept(source, file, target, State.PRESENT, lock)
            reasons.append(f"{target}: the copy here has another checksum, {found}")
        for fetch, address in self._ways(source, file):
            try:
                state = self._arrived(fetch, address, target, file, wanted)
            except (_RefusedError, httpx.HTTPError, httpx.InvalidURL) as reason:
                reasons.append(f"{address}: {reason or type(reason).__name__}")
                continue
            _partial(target).replace(target)
            return self._kept(source, file, target, state, lock)
        raise PullError(f"{source.name}/{file.name} could not be had. " + "; ".join(reasons) + ".")

    def _arrived(self, fetch: "_Way", address: str, target: Path, file: RemoteFile, wanted: str | None) -> State:
        """Fetch, and verify; a part of an earlier run that turns out to be of another file is fetched anew, once."""
        had_part = _size(_partial(target)) > 0
        state = fetch(address, target, file)
        try:
            _verify(_partial(target), wanted)
        except _RefusedError:
            if not had_part:
                raise
            state = fetch(address, target, file)
            _verify(_partial(target), wanted)
        return state

    def _ways(self, source: Source, file: RemoteFile) -> Iterator[tuple["_Way", str]]:
        yield self._fetch, file.address
        if self._has_address:
            yield self._fetch_mirror, f"{self.mirror.rstrip('/')}/{source.name}/{quote(file.name)}"
        elif self.mirror:
            yield self._copy, str(Path(self.mirror) / source.name / file.name)

    def _kept(self, source: Source, file: RemoteFile, target: Path, state: State, lock: Lock) -> Pulled:
        sha256, size_bytes = _sha256(target), target.stat().st_size
        is_first_seen = file.sha256 is None and lock.of(source.name, file.name) is None
        if is_first_seen:
            lock.record(source.name, file.name, Locked(sha256, size_bytes, file.address))
        return Pulled(target, state, size_bytes, sha256, is_first_seen)

    def _fetch(self, address: str, target: Path, file: RemoteFile) -> State:
        partial = _partial(target)
        resumed = False
        for attempt, pause_s in enumerate(_WAIT_S, start=1):
            self.wait(pause_s)
            resumed = resumed or _size(partial) > 0
            try:
                self._continue(address, partial, file)
            except httpx.ConnectError:
                raise  # no network or no such host: trying again at once changes nothing
            except httpx.TransportError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return State.RESUMED if resumed else State.FETCHED
        raise AssertionError("the last attempt returns or raises")

    def _fetch_mirror(self, address: str, target: Path, file: RemoteFile) -> State:
        self._fetch(address, target, file)
        return State.MIRRORED

    def _copy(self, address: str, target: Path, file: RemoteFile) -> State:
        try:
            shutil.copyfile(address, _partial(target))
        except FileNotFoundError as error:
            raise _RefusedError("no such file in the mirror") from error
        size_bytes = _size(_partial(target))
        self.tell(file.name, size_bytes, size_bytes)
        return State.MIRRORED

    def _continue(self, address: str, partial: Path, file: RemoteFile) -> None:
        """Ask for what is missing and append it; a server that sends the whole file begins anew."""
        begin = _size(partial)
        if begin and begin == file.size_bytes:
            return
        headers = {"Accept-Encoding": "identity"}
        if begin:
            headers["Range"] = f"bytes={begin}-"
        with self.client.stream("GET", address, headers=headers, follow_redirects=True, timeout=_TIMEOUT) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                partial.unlink(missing_ok=True)
                if begin:
                    raise httpx.ReadError("the part that was here does not fit the file; beginning anew")
            if answer.status_code not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
                raise _RefusedError(f"the server answered {answer.status_code}")
            if answer.status_code == httpx.codes.OK:
                begin = 0
            elif not answer.headers.get("Content-Range", "").startswith(f"bytes {begin}-"):
                partial.unlink(missing_ok=True)
                raise httpx.ReadError("the server sent another part than was asked for; beginning anew")
            self._receive(answer, partial, begin, file)

    def _receive(self, answer: httpx.Response, partial: Path, begin: int, file: RemoteFile) -> None:
        total = file.size_bytes or _announced(answer, begin)
        limit = file.size_bytes or _LARGEST_BYTES
        with partial.open("r+b" if begin else "wb") as stream:
            stream.seek(begin)
            done = begin
            for chunk in answer.iter_bytes():
                stream.write(chunk)
                done += len(chunk)
                if done > limit:
                    break
                self.tell(file.name, done, total)
        if done > limit:
            partial.unlink()
            raise _RefusedError(f"more than {limit:,} bytes arrive, so it is another file")


_Way = Callable[[str, Path, RemoteFile], State]


class _RefusedError(Exception):
    """An address gives no file, or a wrong one."""


def _verify(partial: Path, wanted: str | None) -> None:
    found = _sha256(partial)
    if found != (wanted or found):
        partial.unlink()
        raise _RefusedError(f"checksum {found} where {wanted} was expected; the file was thrown away")


def _partial(target: Path) -> Path:
    return target.with_name(target.name + PARTIAL)


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _announced(answer: httpx.Response, begin: int) -> int | None:
    length: Any = answer.headers.get("Content-Length", "")
    return begin + int(length) if length.isascii() and length.isdigit() else None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
