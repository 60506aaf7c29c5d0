"""The search page of the desk: one box over claims, posts and clarifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from serving.console.pages import render
from serving.db.search import Kind
from serving.deps import PageContext, VisitDep
from serving.desk.incoming import search
from serving.desk.incoming.search import Hit, Wanted
from serving.desk.learning import moderation
from serving.i18n import mark
from serving.parts import Router

router = Router()
PAGE = 20
KINDS: Mapping[Kind, str] = {
    Kind.CLAIM: mark("Klaim"),
    Kind.POST: mark("Kiriman"),
    Kind.CLARIFICATION: mark("Klarifikasi"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was found, where it leads, and what of it is hidden until somebody asks to see."""

    hit: Hit
    kind: str
    href: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was asked and what was found; the box itself stands in the layout."""

    q: str
    kind: str
    kinds: tuple[tuple[str, str, str], ...]
    rows: tuple[Row, ...]
    next_href: str
    is_behind: bool


def _href(hit: Hit) -> str:
    if hit.entry is not None:
        return f"/pustaka/{hit.entry.head.id}"
    claim_id = hit.claim.id if hit.claim else 0
    return f"/klaim/{claim_id}#kiriman-{hit.post.id}" if hit.post else f"/klaim/{claim_id}"


def _rows(hits: tuple[Hit, ...]) -> tuple[Row, ...]:
    """Blur what the moderator flags, as on the page of the claim."""
    posts = {hit.item_id: hit.post.text for hit in hits if hit.post is not None}
    flagged = dict(zip(posts, moderation.flags_of(list(posts.values())), strict=True)) if posts else {}
    return tuple(
        Row(
            hit,
            KINDS[hit.kind],
            _href(hit),
            tuple(moderation.NAMES[flag] for flag in flagged.get(hit.item_id, ())) if hit.post is not None else (),
        )
        for hit in hits
    )


def _address(q: str, kind: str, after: int = 0) -> str:
    asked = {"q": q, "jenis": kind, "after": str(after) if after else ""}
    return "/cari?" + urlencode({name: value for name, value in asked.items() if value})


@router.get("/cari")
def find(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    q: Annotated[str, Query(max_length=500)] = "",
    jenis: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[int, Query(ge=0, le=search.DEPTH)] = 0,
) -> Response:
    """Show what was found, best first; a kind that there is none of asks for everything."""
    words = "".join(c for c in q if c.isprintable()).strip()
    kind = jenis if jenis in set(Kind) else ""
    found = search.find(ctx, Wanted(words, (Kind(kind),) if kind else tuple(Kind), after, PAGE))
    page = SearchPage(
        q=words,
        kind=kind,
        kinds=tuple((key, text, _address(words, key)) for key, text in (("", mark("Semua")), *KINDS.items())),
        rows=_rows(found.hits),
        next_href=_address(words, kind, found.next_after) if found.next_after else "",
        is_behind=found.is_behind,
    )
    return render(request, "search.html", page, visit=visit)
