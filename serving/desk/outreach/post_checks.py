"""Reported posts, looked at by what their public page says of itself, else left to a sample that people look at.

A page is asked outside any transaction, as feeds are read. It is enough where it shows the kit's link, or the
disclosure with words like the campaign's; anything else says nothing, because platforms show strangers little, so a
person looks. Nothing of a page is kept but a signature of its words, to compare what was posted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from serving.db import offers as offer_rows
from serving.db import post_checks as rows
from serving.db import wordings
from serving.db.tables import PostedLink, PostWording
from serving.desk import audit
from serving.desk.context import Begin, Context
from serving.desk.incoming import likeness
from serving.desk.outreach import kits, links
from serving.desk.outreach.posting import disclosure
from serving.desk.states import OfferStep, next_offer_state
from serving.vocabulary import OfferState, Platform, PostCheck, WordingSource

BATCH = 20
ASKED_AGAIN_AFTER = timedelta(minutes=10)
"""A page whose answer never came back, because the process died, is asked again."""
LIKE = 0.2
"""So alike to a wording of the campaign at least must words be that only carry the disclosure."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a public page says of itself to whoever shows a preview."""

    title: str
    description: str

    @property
    def text(self) -> str:
        """Give both as one line."""
        return " ".join(f"{self.title} {self.description}".split())


class Pages(Protocol):
    """Reads public pages."""

    def read(self, url: str, platform: Platform) -> Metadata | None:
        """Give what the page of a post says of itself, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One posted link whose page is to be asked."""

    link_id: int
    platform: Platform
    url: str


def first(ctx: Context) -> PostCheck:
    """Say how a link that was just reported is to be looked at."""
    return PostCheck.WAITING if ctx.settings.check_posts else PostCheck.SAMPLE


def claim(ctx: Context) -> list[Asked]:
    """Take links whose pages are to be asked now; nobody else gets them for ten minutes."""
    found = rows.waiting(ctx.session, ctx.now - ASKED_AGAIN_AFTER, BATCH)
    for link in found:
        link.checked_at = ctx.now
    return [Asked(link.id, link.platform, link.url) for link in found]


def record(ctx: Context, asked: Asked, page: Metadata | None) -> PostCheck | None:
    """Note what a page said; the offer is verified where that was enough. Gives nothing where it is no longer asked."""
    offer_id = rows.offer_of(ctx.session, asked.link_id)
    # Offers are locked before what belongs to them, as everywhere.
    offer = offer_rows.locked(ctx.session, offer_id) if offer_id is not None else None
    link = rows.locked(ctx.session, asked.link_id)
    if offer is None or link is None or link.checked is not PostCheck.WAITING or link.url != asked.url:
        return None
    carried = offer_rows.carried(ctx.session, offer.id)
    words = _own_words(ctx, carried, page) if carried and page else None
    link.checked, link.checked_at = PostCheck.SAMPLE if words is None else PostCheck.METADATA, ctx.now
    if words is not None:
        _keep(ctx, link, words)
        if offer.state is OfferState.POSTED:
            offer.state, offer.verified_at = next_offer_state(offer.state, OfferStep.VERIFY), ctx.now
            audit.append(ctx, "offer.verify", "offer", offer.id, by=PostCheck.METADATA.value)
    return link.checked


def _keep(ctx: Context, link: PostedLink, words: str) -> None:
    minhash = likeness.signature(words)
    wording = PostWording(
        offer_id=link.offer_id, platform=link.platform, source=WordingSource.METADATA, minhash=minhash, at=ctx.now
    )
    wordings.put(ctx.session, wording)


def _own_words(ctx: Context, carried: offer_rows.Carried, page: Metadata) -> str | None:
    """Give what a page says beside disclosure and link, where it shows that it is this campaign's; else nothing."""
    told, _, _ = disclosure(carried.kind, carried.employer, carried.employer_code, "").rpartition(":")
    region = str(carried.why.get("region", ""))
    addresses = (links.short_for(ctx, carried.campaign_id, region), kits.campaign_link(ctx.settings, carried))
    words = page.text.replace(told, " ")
    if any(address and address in page.text for address in addresses):
        return words
    if told not in page.text:
        return None
    captions = offer_rows.captions(ctx.session, carried.campaign_id).values()
    ready = [likeness.signature(text) for variants in captions for text in variants]
    return words if likeness.closest(likeness.signature(words), ready) >= LIKE else None


def check_waiting(begin: Begin, pages: Pages) -> int:
    """Ask the pages that wait, batch after batch; give how many were asked. No transaction is open meanwhile."""
    n = 0
    while True:
        with begin() as ctx:
            batch = claim(ctx)
        for asked in batch:
            page = pages.read(asked.url, asked.platform)
            with begin() as ctx:
                record(ctx, asked, page)
        n += len(batch)
        if not batch:
            return n
