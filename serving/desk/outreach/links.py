"""Short links of our own: who follows one is counted by hour and by the province of those who carry it, and forgotten.

No third party, no cookie, no address: a click is one more in a number. The province is that of the people who carry the
link, one link a campaign and province, so a figure about few of them is hidden like any other. Programs that fetch a
link to show a preview are left out by what they call themselves; whoever lies about it is counted, and somebody who
follows a link twice counts twice. A click is therefore not a reader.
"""

from __future__ import annotations

import re
import secrets

from serving.db import reach as rows
from serving.desk.context import Context
from serving.errors import NotFoundError
from serving.i18n import mark

# Without vowels no code spells a word; without 0, 1 and l none is misread.
ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
CODE_CHARS = 9
CODE = re.compile(f"[{ALPHABET}]{{{CODE_CHARS}}}")
HOUR_S = 3_600
# What fetches a link without anybody looking: previews of chats and platforms, crawlers, libraries.
_PROGRAM = re.compile(
    r"bot|crawl|spider|preview|facebookexternalhit|facebookcatalog|whatsapp|telegram|twitter|slack|discord|skype"
    r"|embedly|python|curl|wget|httpx|okhttp|java/|go-http|headless|scan|monitor",
    re.IGNORECASE,
)


def new_code() -> str:
    """Draw a code: 28 to the ninth, ten million million."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))


def address(ctx: Context, code: str) -> str:
    """Give the whole short address of a code."""
    return f"{ctx.settings.base_url.rstrip('/')}/s/{code}"


def open_for(ctx: Context, campaign_id: int, region: str) -> None:
    """Have a link ready for the people of a province who are about to carry a campaign."""
    rows.open_link(ctx.session, campaign_id, region, new_code())


def carry(ctx: Context, campaign_id: int, region: str) -> None:
    """Count one more person of a province who has posted a campaign's link."""
    rows.carry(ctx.session, campaign_id, region)


def short_for(ctx: Context, campaign_id: int, region: str) -> str | None:
    """Give the short address with which somebody of a province carries a campaign, where there is one."""
    found = rows.link_of(ctx.session, campaign_id, region)
    return address(ctx, found.code) if found else None


def find(ctx: Context, code: str) -> rows.Target:
    """Give the link of a code; raise ``NotFoundError`` where there is none."""
    found = rows.target(ctx.session, code) if CODE.fullmatch(code) else None
    if found is None:
        raise NotFoundError(mark("Tautan pendek itu tidak dikenal."))
    return found


def leads_to(ctx: Context, found: rows.Target) -> str:
    """Give the address of the official page that a link leads to."""
    base = ctx.settings.base_url.rstrip("/")
    return f"{base}/klarifikasi/{found.slug}" if found.slug else found.link or f"{base}/"


def is_somebody(user_agent: str, purpose: str) -> bool:
    """Tell whether a request looks like a person's: it names a browser and was not fetched ahead of a click."""
    return bool(user_agent) and not _PROGRAM.search(user_agent) and not purpose


def count(ctx: Context, link_id: int) -> None:
    """Count one click in its hour; nothing else of it is kept."""
    rows.count_click(ctx.session, link_id, int(ctx.now.timestamp()) // HOUR_S)
