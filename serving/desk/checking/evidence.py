"""Sources beside a claim, and the audited step that opens a sealed link.

A source is never erased: it is marked as removed, so that what an approver once saw can be told later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.db import exhibits, posts, review
from serving.db.exhibits import Facts
from serving.db.tables import Claim, Draft, Evidence
from serving.desk import audit
from serving.desk.checking.gates import Source
from serving.desk.checking.leases import held, move
from serving.desk.context import Context
from serving.desk.states import ClaimStep
from serving.errors import ConflictError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import EvidenceKind, Role

SOURCES_MAX = 50


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source as somebody enters it; addresses are http or https."""

    kind: EvidenceKind
    url: str
    title: str
    publisher: str
    quote: str = ""
    archived_url: str | None = None


class SameSourceError(ConflictError):
    """This address stands beside the claim already."""

    code = "same-source"


def draft_of(ctx: Context, claim: Claim, user_id: int) -> Draft:
    """Give the claim's draft, begun now where there is none, and let the claim stand as drafted."""
    row = review.draft(ctx.session, claim.id)
    if row is None:
        row = Draft(claim_id=claim.id, gates={}, writers=[], updated_by_id=user_id, updated_at=ctx.now, version=0)
        ctx.session.add(row)
    move(claim, ClaimStep.DRAFT)
    row.updated_by_id, row.updated_at = user_id, ctx.now
    if user_id not in row.writers:
        row.writers = [*row.writers, user_id]
    return row


def standing(ctx: Context, claim_id: int) -> Sequence[Evidence]:
    """Give the sources that were not removed, oldest first."""
    return review.evidence(ctx.session, claim_id)


def files(ctx: Context, sources: Sequence[Evidence]) -> Mapping[int, Facts]:
    """Give what is known of the files beside these sources, by the source's number."""
    return exhibits.facts(ctx.session, [row.id for row in sources])


def as_sources(rows: Sequence[Evidence]) -> tuple[Source, ...]:
    """Give sources as the evidence rule reads them."""
    return tuple(Source(row.url, row.kind) for row in rows)


def add(ctx: Context, claim_id: int, source: NewSource) -> Evidence:
    """Put a source beside a claim that one holds."""
    user_id = ctx.require(Role.CHECKER)
    claim = held(ctx, claim_id, user_id)
    there = standing(ctx, claim_id)
    if any(row.url == source.url for row in there):
        raise SameSourceError(mark("Sumber dengan alamat itu sudah ada."))
    if len(there) >= SOURCES_MAX:
        raise ConflictError(mark("Paling banyak {n} sumber untuk satu klaim."), n=SOURCES_MAX)
    draft_of(ctx, claim, user_id)
    row = Evidence(
        claim_id=claim_id,
        kind=source.kind,
        url=source.url,
        title=source.title,
        publisher=source.publisher,
        quote=source.quote,
        archived_url=source.archived_url,
        added_by_id=user_id,
        added_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "evidence.add", "claim", claim_id, evidence=row.id, kind=row.kind)
    return row


def remove(ctx: Context, claim_id: int, evidence_id: int) -> Evidence:
    """Take a source away from a claim that one holds; it is kept, marked as removed."""
    user_id = ctx.require(Role.CHECKER)
    claim = held(ctx, claim_id, user_id)
    row = review.evidence_row(ctx.session, claim_id, evidence_id)
    if row is None or row.removed_at is not None:
        raise NotFoundError(mark("Sumber itu tidak ada."))
    draft_of(ctx, claim, user_id)
    row.removed_at = ctx.now
    audit.append(ctx, "evidence.remove", "claim", claim_id, evidence=row.id)
    return row


def open_link(ctx: Context, post_id: int) -> str:
    """Give the original address of a post to a checker; the step stands in the audit, the address nowhere else."""
    ctx.require(Role.CHECKER)
    post = posts.post(ctx.session, post_id)
    if post is None:
        raise NotFoundError(mark("Kiriman itu tidak ada."))
    over = post.link_until is not None and post.link_until <= ctx.now
    if post.sealed_link is None or over:
        raise NotFoundError(mark("Tautan asli kiriman ini tidak disimpan, atau masa simpannya sudah lewat."))
    address = ctx.vault.unseal(post.sealed_link)
    audit.append(ctx, "post.open_link", "post", post_id, claim=post.claim_id)
    return address
