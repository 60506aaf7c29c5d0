"""Small real rows for tests that start in the middle of the story."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from serving.db.tables import (
    Claim,
    Clarification,
    ClarificationVersion,
    FollowerEvidence,
    Influencer,
    InfluencerTopic,
    Ministry,
    Post,
)
from serving.desk.context import Context
from serving.vocabulary import (
    SCOPE_VERSIONS,
    Category,
    ClaimState,
    ClarificationState,
    EvidenceMethod,
    Platform,
    Topic,
    VerdictLabel,
)

_numbers = count(1)


def claim(ctx: Context, **over: Any) -> Claim:
    """A queued claim with one post."""
    values: dict[str, Any] = {
        "state": ClaimState.QUEUED,
        "wording": "Pesan berantai menyebut bank contoh membagikan kuota gratis lewat tautan pendaftaran.",
        "category": Category.FRAUD,
        "category_suggested": Category.FRAUD,
        "p_hoax": 0.9,
        "band": "look",
        "reasons": [{"code": "words", "words": "kuota gratis", "weight": 1.2}],
        "model": "linear-test",
        "scored_at": ctx.now,
        "n_posts": 1,
        "reach": 100,
        "engagement": 10,
        "posts_per_hour": 12.0,
        "first_seen_at": ctx.now,
        "last_seen_at": ctx.now,
        "priority": 1.0,
        "created_at": ctx.now,
    }
    row = Claim(**values | over)
    ctx.session.add(row)
    ctx.session.flush()
    ctx.session.add(
        Post(
            claim_id=row.id,
            source="sample",
            external_hash=ctx.vault.pseudonym("sample", str(next(_numbers))),
            text=row.wording,
            posted_at=ctx.now,
            collected_at=ctx.now,
            reach=100,
            media=[],
            p_hoax=row.p_hoax,
        )
    )
    ctx.session.flush()
    return row


def clarification(
    ctx: Context, author_id: int | None = None, approver_id: int | None = None, **over: Any
) -> Clarification:
    """A published clarification where two people are given, else one of the library."""
    published = author_id is not None
    values: dict[str, Any] = {
        "slug": f"klarifikasi-{next(_numbers)}",
        "state": ClarificationState.PUBLISHED if published else ClarificationState.LIBRARY,
        "issuer": "Humas Contoh",
        "verdict": VerdictLabel.FALSE,
        "category": Category.FRAUD,
        "topic": Topic.DIGITAL_SAFETY,
        "author_id": author_id,
        "approver_id": approver_id,
        "created_at": ctx.now,
        "published_at": ctx.now if published else None,
    }
    row = Clarification(**values | over)
    ctx.session.add(row)
    ctx.session.flush()
    ctx.session.add(
        ClarificationVersion(
            clarification_id=row.id,
            number=1,
            title="Bank Contoh tidak membagikan kuota; tautan itu mencuri data",
            body="Bank Contoh menyatakan tidak ada pembagian kuota. Abaikan tautan dan jangan isi data.",
            sources=[
                {
                    "url": "https://bank.example/a",
                    "title": "Pernyataan",
                    "publisher": "Bank Contoh",
                    "kind": "affected_agency",
                },
                {
                    "url": "https://media.example/b",
                    "title": "Penelusuran",
                    "publisher": "Media Contoh",
                    "kind": "independent",
                },
            ],
            author_id=author_id,
            at=ctx.now,
        )
    )
    ctx.session.flush()
    return row


def ministry(ctx: Context, code: str = "komdigi", **over: Any) -> Ministry:
    """A ministry whose wave has begun."""
    row = Ministry(**{"code": code, "name": f"Kementerian {code}", "live_at": ctx.now - timedelta(days=1)} | over)
    ctx.session.add(row)
    ctx.session.flush()
    return row


def influencer(
    ctx: Context, ministry_id: int, followers: tuple[int, int, int] = (600, 700, 800), **over: Any
) -> Influencer:
    """A person who agreed to everything, with fresh evidence on all three platforms."""
    number = next(_numbers)
    topics = over.pop("topics", [Topic.DIGITAL_SAFETY.value])
    age = over.pop("evidence_age", timedelta(days=1))
    values: dict[str, Any] = {
        "staff_hash": ctx.vault.pseudonym("staff", str(number)),
        "name": f"Contoh Orang {number}",
        "ministry_id": ministry_id,
        "region": "ID-JK",
        "timezone": "Asia/Jakarta",
        "topics": topics,
        "sealed_email": ctx.vault.seal(f"orang{number}@contoh.example"),
        "consent_version": "1",
        "consent_at": ctx.now - timedelta(days=2),
        **{f"{scope.value}_consent": version for scope, version in SCOPE_VERSIONS.items()},
        "created_at": ctx.now - timedelta(days=3),
    }
    row = Influencer(**values | over)
    ctx.session.add(row)
    ctx.session.flush()
    ctx.session.add_all(InfluencerTopic(influencer_id=row.id, topic=topic) for topic in topics)
    ctx.session.add_all(
        FollowerEvidence(
            influencer_id=row.id,
            platform=platform,
            count=n,
            method=EvidenceMethod.API,
            measured_at=ctx.now - age,
        )
        for platform, n in zip(Platform, followers, strict=True)
    )
    ctx.session.flush()
    return row
