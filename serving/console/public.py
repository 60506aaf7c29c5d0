"""What everybody may read: published clarifications, the log of corrections, the method, the front page.

No name of anybody who works here stands on these pages, and no author of a post.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from serving.console import public_feed
from serving.console.pages import render
from serving.console.places import home_of
from serving.db.library import Entry, Search
from serving.db.tables import Clarification, ClarificationVersion, PublicChange
from serving.deps import LanguageDep, PublicContext, VisitDep
from serving.desk.checking.gates import MIN_SITES_TO_DEBUNK, PUBLISHABLE
from serving.desk.context import Context
from serving.desk.publishing import claimreview, library, publication
from serving.desk.publishing.library import DiffPart, differences
from serving.desk.publishing.publication import LoggedChange
from serving.i18n import mark, translate
from serving.inputs import Id
from serving.parts import Router
from serving.vocabulary import ClarificationState, Gate, VerdictLabel

router = Router()
PAGE = 20
NEWEST = 5
SHOWN = (ClarificationState.PUBLISHED, ClarificationState.SUPERSEDED, ClarificationState.RETRACTED)
CHANGE_WORDS: Mapping[str, str] = {
    "retracted": mark("ditarik"),
    "superseded": mark("diganti"),
    "revised": mark("diperbaiki"),
}


class ListForm(BaseModel):
    """What the list is asked for; a word that no vocabulary has asks for everything."""

    model_config = ConfigDict(extra="ignore")

    q: Annotated[str, Field(max_length=200)] = ""
    putusan: Annotated[str, Field(max_length=40)] = ""
    after: Id | None = None


@dataclass(frozen=True, slots=True)
class HomePage:
    """The front page."""

    newest: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of published clarifications."""

    entries: Sequence[Entry]
    next_href: str
    q: str
    verdict: str
    verdicts: tuple[VerdictLabel, ...]


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """A version and what it changed."""

    row: ClarificationVersion
    title: tuple[DiffPart, ...]
    body: tuple[DiffPart, ...]


@dataclass(frozen=True, slots=True)
class ClarificationPage:
    """One clarification as the public reads it; ``document`` is its ClaimReview while it stands."""

    head: Clarification
    words: ClarificationVersion
    versions: tuple[VersionDiff, ...]
    changes: Sequence[PublicChange]
    change_words: Mapping[str, str]
    replaced_by: Entry | None
    document: Markup
    address: str


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """The public log of corrections."""

    lines: Sequence[LoggedChange]
    change_words: Mapping[str, str]
    next_href: str
    min_group: int


@dataclass(frozen=True, slots=True)
class MethodPage:
    """How a label comes to be, with the figures that the rules use."""

    gates: tuple[Gate, ...]
    verdicts: tuple[VerdictLabel, ...]
    n_sites: int
    n_seen_minutes: int
    n_decided_hours: int
    n_link_days: int


@router.get("/")
def home(request: Request, ctx: PublicContext, visit: VisitDep) -> Response:
    """Show the front page; whoever is signed in goes to where their work begins."""
    if visit is not None and (place := home_of(visit.actor)) != "/":
        return RedirectResponse(place, status_code=303)
    newest = library.search(ctx, Search((ClarificationState.PUBLISHED,), limit=NEWEST))
    return render(request, "home.html", HomePage(newest), visit=visit)


@router.get("/klarifikasi")
def list_published(
    request: Request, ctx: PublicContext, visit: VisitDep, asked: Annotated[ListForm, Query()]
) -> Response:
    """List what was published, newest first; what was withdrawn stays in the list and says so."""
    words = "".join(c for c in asked.q if c.isprintable()).strip()
    verdict = VerdictLabel(asked.putusan) if asked.putusan in set(VerdictLabel) else None
    found = library.search(ctx, Search(SHOWN, verdict, words, asked.after, PAGE + 1))
    more = found[PAGE - 1].head.id if len(found) > PAGE else 0
    query = urlencode({"q": words, "putusan": asked.putusan, "after": more})
    page = ListPage(found[:PAGE], f"/klarifikasi?{query}" if more else "", words, asked.putusan, PUBLISHABLE)
    return render(request, "public_list.html", page, visit=visit)


@router.get(public_feed.PATH)
def read_feed(ctx: PublicContext, language: LanguageDep) -> Response:
    """Give what stands now as a feed, newest first."""
    entries = library.search(ctx, Search((ClarificationState.PUBLISHED,), limit=PAGE))
    title = f"{translate(language, mark('Klarifikasi resmi'))} · {ctx.settings.public_issuer}"
    return Response(public_feed.atom(ctx, title, entries), media_type=public_feed.MEDIA_TYPE)


def in_script(document: Mapping[str, object]) -> Markup:
    """Write JSON so that it can stand inside a ``<script>`` element: no text in it can end the element."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - every character that HTML reads is escaped above


def _versions(ctx: Context, head: Clarification) -> tuple[VersionDiff, ...]:
    found = publication.versions(ctx, head)
    return tuple(
        VersionDiff(row, differences(before.title, row.title), differences(before.body, row.body))
        for row, before in pairwise(found)
    )


@router.get("/klarifikasi/{slug}")
def read_published(
    request: Request, ctx: PublicContext, visit: VisitDep, slug: Annotated[str, Path(max_length=120)]
) -> Response:
    """Show one clarification; one that was withdrawn says so first, with the reason and the day."""
    entry = library.published(ctx, slug)
    head = entry.head
    stands = publication.stands(ctx, head)
    page = ClarificationPage(
        head=head,
        words=entry.words,
        versions=_versions(ctx, head),
        changes=publication.changes(ctx, head.id),
        change_words=CHANGE_WORDS,
        replaced_by=publication.replacement(ctx, head),
        document=in_script(claimreview.claim_review(ctx, entry)) if stands else Markup(),
        address=claimreview.address(ctx, head.slug),
    )
    return render(request, "clarification.html", page, visit=visit)


@router.get("/koreksi")
def list_corrections(
    request: Request, ctx: PublicContext, visit: VisitDep, after: Annotated[Id | None, Query()] = None
) -> Response:
    """Show the log of everything that was taken back, replaced or improved."""
    found = publication.log(ctx, after=after, limit=PAGE + 1)
    lines = found[:PAGE]
    next_href = f"/koreksi?after={lines[-1].change.id}" if len(found) > PAGE else ""
    page = CorrectionsPage(lines, CHANGE_WORDS, next_href, ctx.settings.min_group)
    return render(request, "public_corrections.html", page, visit=visit)


@router.get("/metode")
def method(request: Request, ctx: PublicContext, visit: VisitDep) -> Response:
    """Explain how a label comes to be."""
    settings = ctx.settings
    page = MethodPage(
        gates=tuple(Gate),
        verdicts=PUBLISHABLE,
        n_sites=MIN_SITES_TO_DEBUNK,
        n_seen_minutes=int(settings.seen_within.total_seconds() // 60),
        n_decided_hours=int(settings.decided_within.total_seconds() // 3_600),
        n_link_days=settings.link_lifetime.days,
    )
    return render(request, "public_method.html", page, visit=visit)
