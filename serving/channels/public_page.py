"""What the public page of a post says of itself: the title and description that it offers to whoever shows a preview.

No account, no cookie and no script: what a page shows only to its members is not seen, and most of one platform's posts
are such. Half a megabyte is read at most, because the tags stand in the head.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx

from serving.desk import addresses
from serving.desk.incoming import fetching
from serving.desk.outreach.offers import platform_of
from serving.desk.outreach.post_checks import Metadata
from serving.errors import SuluhError
from serving.vocabulary import Platform

READ_MAX_BYTES = 500_000
READ_TIMEOUT_S = 10.0
WHOLE_TIMEOUT_S = 20.0
HEADERS = {"user-agent": "Suluh/1 (+post check)", "accept": "text/html, */*;q=0.5", "accept-language": "id, en;q=0.5"}
_TITLES = frozenset({"og:title", "twitter:title"})
_DESCRIPTIONS = frozenset({"og:description", "twitter:description", "description"})
_CHARS = 5_000


class ElsewhereError(SuluhError):
    """The page led to another host than its platform's."""

    code = "elsewhere"


class _Head(HTMLParser):
    """Collects the first title and description of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.title = self.description = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag of the head; of several the first that says something."""
        if tag != "meta":
            return
        given = {name: value or "" for name, value in attrs}
        name, content = (given.get("property") or given.get("name", "")).lower(), given.get("content", "")[:_CHARS]
        if name in _TITLES:
            self.title = self.title or content
        elif name in _DESCRIPTIONS:
            self.description = self.description or content


def metadata_of(html: str) -> Metadata | None:
    """Give title and description of a page; nothing where it offers neither."""
    head = _Head()
    head.feed(html)
    return Metadata(head.title, head.description) if head.title or head.description else None


@dataclass(frozen=True, slots=True)
class PublicPages:
    """Reads public pages of posts; ``allow_private`` lets them lie inside this network, for tests."""

    allow_private: bool = False

    def read(self, url: str, platform: Platform) -> Metadata | None:
        """Give what the page of a post says of itself; nothing where it does not answer, or leads elsewhere."""
        try:
            with fetching.opened(url, lambda each: self._target(each, platform), HEADERS, READ_TIMEOUT_S) as response:
                return metadata_of(_beginning(response)) if response.status_code == httpx.codes.OK else None
        except (*fetching.FAULTS, fetching.RedirectsError, SuluhError):
            return None

    def _target(self, url: str, platform: Platform) -> addresses.Target:
        if not self.allow_private and platform_of(url) is not platform:
            raise ElsewhereError(url)
        return addresses.target(url, allow_private=self.allow_private)


def _beginning(response: httpx.Response) -> str:
    until, body = time.monotonic() + WHOLE_TIMEOUT_S, bytearray()
    for part in response.iter_bytes(65_536):
        body += part
        if len(body) >= READ_MAX_BYTES or time.monotonic() > until:
            break
    return bytes(body[:READ_MAX_BYTES]).decode("utf-8", "replace")
