"""Where a text comes from and what its licence allows: the words that the catalogue and the collections share.

A file is named by an address that cannot change (a commit, not a branch) with its size and SHA-256. Where an address
could not be read when it was written down, the checksum is None: the first download is trusted and recorded
(`data.pull`), and every later one is held against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import quote


class Terms(StrEnum):
    """What the licence of a text allows; a text without one may be studied, and not passed on."""

    OPEN = "open"
    NON_COMMERCIAL = "non-commercial"
    NONE_STATED = "none stated"
    ON_REQUEST = "on request"
    OWN = "own"


_SENTENCES: Final[Mapping[Terms, str]] = MappingProxyType(
    {
        Terms.OPEN: "may be redistributed with attribution",
        Terms.NON_COMMERCIAL: "may be redistributed under the same licence, and never used commercially",
        Terms.NONE_STATED: "for research on this machine, not to be redistributed",
        Terms.ON_REQUEST: "given on request by its owner, not to be redistributed",
        Terms.OWN: "the desk's own; it holds what people wrote and is not to be published",
    }
)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a source: its name here, its address there, and how to know that it is that file."""

    name: str
    address: str
    size_bytes: int | None = None
    sha256: str | None = None  # None: not known when this was written; the first download is recorded


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `licence` is that of its text, `files` what can be pulled, `ask` where to ask for the rest."""

    name: str
    title: str
    address: str
    licence: str
    terms: Terms = Terms.NONE_STATED
    files: tuple[RemoteFile, ...] = ()
    ask: str = ""

    @property
    def sentence(self) -> str:
        """What may be done with the text, as one plain sentence."""
        return f"{self.title}. Licence: {self.licence}; {_SENTENCES[self.terms]}."


@dataclass(frozen=True, slots=True)
class Repository:
    """A GitHub repository at one commit."""

    name: str
    commit: str

    def file(self, path: str, size_bytes: int, sha256: str, name: str = "") -> RemoteFile:
        """One of its files as it was at that commit; its name here is the path's last part unless `name` is given."""
        address = f"https://raw.githubusercontent.com/{self.name}/{self.commit}/{quote(path)}"
        return RemoteFile(name or path.rpartition("/")[2], address, size_bytes, sha256)
