"""RSS and Atom feeds, read on a schedule.

A poll never holds a transaction while it waits for another machine: due feeds are marked as read first, then fetched,
then what they held is taken in. A process that dies in between has missed one reading of that feed, and the next one
brings the same entries again. What a failing feed said last is kept on its row, and each failure in a row doubles the
wait, up to a day.

An address must be http or https and public: every name is resolved here, the connection goes to the very address that
was checked, and each redirect is checked again, so that a feed cannot be used to look inside this network.
"""

from __future__ import annotations

import html
import re
import time
from calendar import timegm
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final

import feedparser
import httpx
import structlog

from serving.db import feeds as rows
from serving.db.tables import Feed
from serving.desk import addresses, audit
from serving.desk.context import Begin, Context
from serving.desk.incoming import fetching
from serving.desk.incoming.intake import BATCH_MAX, NOTHING, IntakeOutcome, take_in_anonymous
from serving.desk.incoming.machine import Machine
from serving.desk.incoming.posts import CLOCK_SKEW, SOURCE, AnonymousPost, NewPost, PostRefusedError, anonymous
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SuluhError
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import Role

log = structlog.get_logger()

SHORTEST_S: Final = 300
LONGEST_S: Final = 86_400
BODY_MAX_BYTES: Final = 5_000_000
READ_TIMEOUT_S: Final = 10.0
WHOLE_TIMEOUT_S: Final = 30.0
ENTRIES_MAX: Final = BATCH_MAX
_ERROR_CHARS: Final = 300
_MARKUP: Final = re.compile(r"<[^<>]{0,2000}>")
_KEEPERS: Final = (Role.CHECKER, Role.ADMIN)


class FeedError(SuluhError):
    """A feed could not be read; the sentence is kept on its row."""

    status = 502
    code = "feed"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a feed's server answered; ``body`` is nothing where nothing has changed."""

    body: bytes | None
    etag: str | None
    modified: str | None


# ---- keeping feeds -----------------------------------------------------------------------------------------------


def listed(ctx: Context) -> Sequence[Feed]:
    """Give every feed, with what went wrong last."""
    ctx.require(*_KEEPERS, Role.ENGINEER, Role.MANAGER)
    return rows.feeds(ctx.session)


def add(ctx: Context, url: str, source: str, every_s: int = 900) -> Feed:
    """Add a feed; it is read at the next round."""
    keeper = ctx.require(*_KEEPERS) if ctx.actor.user_id is not None else None
    _check(source, every_s)
    addresses.check_literal(url, allow_private=ctx.settings.feeds_allow_private)
    if rows.feed_by_url(ctx.session, url):
        raise ConflictError(mark("Umpan dengan alamat itu sudah ada."))
    feed = Feed(
        url=url,
        source=source,
        every_s=every_s,
        active=True,
        n_failures=0,
        next_poll_at=ctx.now,
        created_by_id=keeper,
    )
    ctx.session.add(feed)
    ctx.session.flush()
    audit.append(ctx, "feed.add", "feed", feed.id, source=source, every_s=every_s)
    return feed


def change(ctx: Context, feed_id: int, *, source: str | None, every_s: int | None, active: bool | None) -> Feed:
    """Change how often a feed is read, under which source, and whether at all."""
    ctx.require(*_KEEPERS)
    feed = _feed(ctx, feed_id)
    _check(source or feed.source, every_s or feed.every_s)
    feed.source = source or feed.source
    feed.every_s = every_s or feed.every_s
    if active is not None:
        feed.active = active
        feed.next_poll_at = min(feed.next_poll_at, ctx.now)
    audit.append(ctx, "feed.change", "feed", feed.id, source=feed.source, every_s=feed.every_s, active=feed.active)
    return feed


def remove(ctx: Context, feed_id: int) -> None:
    """Remove a feed; the posts that came from it stay."""
    ctx.require(*_KEEPERS)
    feed = _feed(ctx, feed_id)
    ctx.session.delete(feed)
    audit.append(ctx, "feed.remove", "feed", feed_id)


def _feed(ctx: Context, feed_id: int) -> Feed:
    feed = rows.feed(ctx.session, feed_id)
    if feed is None:
        raise NotFoundError(mark("Umpan itu tidak ada."))
    return feed


def _check(source: str, every_s: int) -> None:
    if not SOURCE.fullmatch(source):
        raise InvalidInputError(mark("source: satu kata huruf kecil, angka, titik atau garis, paling panjang 40."))
    if not SHORTEST_S <= every_s <= LONGEST_S:
        raise InvalidInputError(mark("Umpan dibaca tiap 5 menit sampai tiap 24 jam."))


# ---- fetching ----------------------------------------------------------------------------------------------------


def _target(url: str, settings: Settings) -> addresses.Target:
    """Check where an address leads; a name that nobody has is the feed's fault and not the reader's."""
    try:
        return addresses.target(url, allow_private=settings.feeds_allow_private)
    except addresses.UnknownHostError as error:
        raise FeedError(error.message, **error.params) from None


def fetch(url: str, settings: Settings, etag: str | None = None, modified: str | None = None) -> Fetched:
    """Ask a feed's server, within ``WHOLE_TIMEOUT_S`` and ``BODY_MAX_BYTES``.

    Raises:
        FeedError: it did not answer, answered with an error, or with too much.
        InvalidInputError: the address, or one that it leads to, may not be asked.
    """
    until = time.monotonic() + WHOLE_TIMEOUT_S
    headers = {"user-agent": "Suluh/1 (+feed reader)", "accept": "application/rss+xml, application/atom+xml, */*;q=0.5"}
    if etag:
        headers["if-none-match"] = etag
    if modified:
        headers["if-modified-since"] = modified
    try:
        with fetching.opened(url, lambda each: _target(each, settings), headers, READ_TIMEOUT_S) as response:
            return _answer(response, until)
    except fetching.FAULTS as error:
        raise FeedError(mark("Peladen umpan tidak menjawab dengan benar: {why}"), why=type(error).__name__) from None
    except fetching.RedirectsError:
        raise FeedError(mark("Umpan dialihkan terlalu sering.")) from None


def _answer(response: httpx.Response, until: float) -> Fetched:
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return Fetched(None, etag, modified)
    if response.status_code != httpx.codes.OK:
        raise FeedError(mark("Peladen umpan menjawab {status}."), status=response.status_code)
    body = bytearray()
    for part in response.iter_bytes(65_536):
        body += part
        if len(body) > BODY_MAX_BYTES:
            raise FeedError(mark("Umpan lebih besar dari {n} bita."), n=BODY_MAX_BYTES)
        if time.monotonic() > until:
            raise FeedError(mark("Umpan tidak selesai dalam {n} detik."), n=int(WHOLE_TIMEOUT_S))
    return Fetched(bytes(body), etag and etag[:255], modified and modified[:80])


# ---- reading -----------------------------------------------------------------------------------------------------


def entries(body: bytes, source: str, now: datetime) -> list[NewPost]:
    """Read RSS or Atom into posts, the author left where it is.

    Raises:
        FeedError: this is neither.
    """
    # A stream, never bytes: given bytes, feedparser would first try to open a file of that name.
    parsed = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version"):
        raise FeedError(mark("Isi alamat itu bukan RSS atau Atom."))
    found = (_entry(entry, source, now) for entry in parsed.entries[:ENTRIES_MAX])
    return [post for post in found if post is not None]


def _entry(entry: Any, source: str, now: datetime) -> NewPost | None:
    title, summary = _plain(entry.get("title", "")), _plain(entry.get("summary", ""))
    text = title if summary.startswith(title) and not summary else f"{title}\n{summary}".strip()
    link = str(entry.get("link", ""))
    number = str(entry.get("id", "") or link)
    if not text or not number:
        return None
    given = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        posted_at = datetime.fromtimestamp(timegm(given), UTC) if given else now
    except (ValueError, OverflowError, OSError):
        posted_at = now
    if posted_at > now + CLOCK_SKEW:
        posted_at = now
    is_address = link.startswith(("http://", "https://")) and len(link) <= 2_000
    return NewPost(
        source=source,
        external_id=number[:500],
        text=text,
        posted_at=posted_at,
        url=link if is_address else None,
    )


def _plain(markup: object) -> str:
    text = html.unescape(_MARKUP.sub(" ", str(markup)[:100_000]))
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


# ---- polling -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    url: str
    source: str
    every_s: int
    etag: str | None
    modified: str | None
    n_failures: int


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What a round of polling brought."""

    n_feeds: int = 0
    n_failed: int = 0
    intake: IntakeOutcome = NOTHING


def poll_due(begin: Begin, machine: Machine, limit: int = 20) -> PollOutcome:
    """Read every feed whose time has come.

    Args:
        begin: opens one writing transaction; none is open while a server is waited for.
        machine: the process's machine.
        limit: feeds a round.
    """
    with begin() as ctx:
        settings = ctx.settings
        due = [_taken(ctx, feed) for feed in rows.due(ctx.session, ctx.now, limit)]
    total = IntakeOutcome()
    n_failed = 0
    for feed in due:
        try:
            total += _poll(begin, machine, settings, feed)
        except SuluhError as error:
            n_failed += 1
            _failed(begin, feed, str(error))
            log.warning("feed failed", feed=feed.id, code=error.code)
    return PollOutcome(len(due), n_failed, total)


def _taken(ctx: Context, feed: Feed) -> _Due:
    """Put the next reading off before this one begins, so that another worker does not read the feed as well."""
    feed.next_poll_at = ctx.now + timedelta(seconds=feed.every_s)
    return _Due(feed.id, feed.url, feed.source, feed.every_s, feed.etag, feed.modified, feed.n_failures)


def _poll(begin: Begin, machine: Machine, settings: Settings, feed: _Due) -> IntakeOutcome:
    fetched = fetch(feed.url, settings, feed.etag, feed.modified)
    with begin() as ctx:
        outcome = IntakeOutcome()
        if fetched.body is not None:
            outcome = take_in_anonymous(ctx, machine, _usable(ctx, entries(fetched.body, feed.source, ctx.now)))
        row = rows.feed(ctx.session, feed.id)
        if row is not None:
            row.polled_at, row.last_error, row.n_failures = ctx.now, None, 0
            if fetched.body is not None:
                row.etag, row.modified = fetched.etag, fetched.modified
    return outcome


def _usable(ctx: Context, posts: Sequence[NewPost]) -> list[AnonymousPost]:
    """Leave out entries that say nothing or too much; a feed's other entries are worth reading."""
    usable = []
    for post in posts:
        try:
            usable.append(anonymous(post, ctx.vault, ctx.now, ctx.settings.max_text_chars))
        except PostRefusedError:
            continue
    return usable


def _failed(begin: Begin, feed: _Due, why: str) -> None:
    with begin() as ctx:
        row = rows.feed(ctx.session, feed.id)
        if row is None:
            return
        row.n_failures = feed.n_failures + 1
        row.polled_at, row.last_error = ctx.now, why[:_ERROR_CHARS]
        wait_s = min(feed.every_s * 2 ** min(row.n_failures, 10), LONGEST_S)
        row.next_poll_at = ctx.now + timedelta(seconds=wait_s)
