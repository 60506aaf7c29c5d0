"""Campaigns and their captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from serving.db.library import PRESENT_WORDS
from serving.db.tables import (
    Campaign,
    Caption,
    Claim,
    Clarification,
    ClarificationVersion,
    OfficialAccount,
    Revision,
)
from serving.vocabulary import CampaignState, Category, ClarificationState, Platform


def by_id(session: Session, campaign_id: int) -> Campaign | None:
    """Give one campaign."""
    return session.get(Campaign, campaign_id)


def locked(session: Session, campaign_id: int) -> Campaign | None:
    """Give one campaign as it stands now, locked until the transaction ends."""
    query = (
        select(Campaign).where(Campaign.id == campaign_id).with_for_update().execution_options(populate_existing=True)
    )
    return session.scalars(query).one_or_none()


def page(
    session: Session, *, states: Sequence[CampaignState] = (), before: int | None = None, limit: int = 50
) -> Sequence[Campaign]:
    """Give campaigns, newest first."""
    query = select(Campaign).order_by(Campaign.id.desc()).limit(limit)
    if states:
        query = query.where(Campaign.state.in_(states))
    if before is not None:
        query = query.where(Campaign.id < before)
    return session.scalars(query).all()


def slug_taken(session: Session, slug: str) -> bool:
    """Tell whether a campaign has this slug."""
    return session.scalar(select(Campaign.id).where(Campaign.slug == slug)) is not None


def captions(session: Session, campaign_id: int) -> dict[Platform, list[str]]:
    """Give the caption variants of a campaign that stand now, each platform's in order."""
    query = (
        select(Caption.platform, Caption.text)
        .join(Campaign, (Campaign.id == Caption.campaign_id) & (Campaign.caption_edition == Caption.edition))
        .where(Caption.campaign_id == campaign_id)
        .order_by(Caption.platform, Caption.variant)
    )
    found: dict[Platform, list[str]] = {platform: [] for platform in Platform}
    for platform, text in session.execute(query):
        found[platform].append(text)
    return found


def add_edition(session: Session, campaign: Campaign, texts: Mapping[Platform, Sequence[str]]) -> None:
    """Write these variants, counted from 1, as the next edition, which stands from now on; earlier ones are kept."""
    newest = select(func.max(Caption.edition)).where(Caption.campaign_id == campaign.id)
    campaign.caption_edition = (session.scalar(newest) or 0) + 1
    session.add_all(
        Caption(campaign_id=campaign.id, edition=campaign.caption_edition, platform=platform, variant=number, text=text)
        for platform, variants in texts.items()
        for number, text in enumerate(variants, start=1)
    )
    session.flush()


def n_variants(session: Session, campaign_id: int) -> int:
    """Count the variants of the platform that has most; 0 where a platform has none. A kit counts round its own."""
    counts = [len(texts) for texts in captions(session, campaign_id).values()]
    return max(counts) if all(counts) else 0


def unfinished_of(session: Session, clarification_id: int) -> Sequence[Campaign]:
    """Give the campaigns of a clarification that have not ended, locked, in order of number."""
    query = (
        select(Campaign)
        .where(Campaign.clarification_id == clarification_id, Campaign.state != CampaignState.ENDED)
        .order_by(Campaign.id)
        .with_for_update()
    )
    return session.scalars(query).all()


def over(session: Session, now: datetime, states: Sequence[CampaignState]) -> Sequence[Campaign]:
    """Give the campaigns in one of ``states`` whose window is over, locked, in order of number."""
    query = (
        select(Campaign)
        .where(Campaign.state.in_(states), Campaign.ends_at <= now)
        .order_by(Campaign.id)
        .with_for_update()
    )
    return session.scalars(query).all()


def about(session: Session, category: Category, states: Sequence[CampaignState]) -> Sequence[Campaign]:
    """Give the campaigns in one of ``states`` about one category, locked, in order of number."""
    query = (
        select(Campaign)
        .outerjoin(Clarification, Clarification.id == Campaign.clarification_id)
        .where(Campaign.state.in_(states), func.coalesce(Clarification.category, Campaign.category) == category)
        .order_by(Campaign.id)
        .with_for_update(of=Campaign)
    )
    return session.scalars(query).all()


def clarification(session: Session, clarification_id: int) -> Clarification | None:
    """Give one clarification as it stands now."""
    return session.scalars(
        select(Clarification).where(Clarification.id == clarification_id).execution_options(populate_existing=True)
    ).one_or_none()


def political_about(session: Session, clarification_id: int) -> bool:
    """Tell whether somebody answered yes for a campaign on this clarification, or on another of the same claim."""
    claim = select(Clarification.claim_id).where(Clarification.id == clarification_id).scalar_subquery()
    query = (
        select(Campaign.id)
        .join(Clarification, Clarification.id == Campaign.clarification_id)
        .where(
            or_(Clarification.id == clarification_id, Clarification.claim_id == claim),
            or_(Campaign.political_author.is_(True), Campaign.political_approver.is_(True)),
        )
    )
    return session.execute(query.limit(1)).first() is not None


def words_of(session: Session, row: Clarification) -> ClarificationVersion:
    """Give the current words of a clarification."""
    return words_at(session, row.id, row.current_version)


def words_at(session: Session, clarification_id: int, version: int) -> ClarificationVersion:
    """Give the words of one version of a clarification."""
    query = select(ClarificationVersion).where(
        ClarificationVersion.clarification_id == clarification_id, ClarificationVersion.number == version
    )
    return session.scalars(query).one()


def reworded_since(session: Session, clarification_id: int, version: int) -> bool:
    """Tell whether words that change the meaning were put into force on that version or a later one."""
    query = select(Revision.id).where(
        Revision.clarification_id == clarification_id,
        Revision.base_version >= version,
        Revision.meaning_changed.is_(True),
        Revision.outcome == "accepted",
    )
    return session.execute(query.limit(1)).first() is not None


def claim_of(session: Session, row: Clarification) -> Claim | None:
    """Give the claim that a clarification answers, where it came from one."""
    return None if row.claim_id is None else session.get(Claim, row.claim_id)


def usable_clarifications(
    session: Session, now: datetime, limit: int = 100
) -> Sequence[tuple[Clarification, str, float]]:
    """Give published, valid, non-political clarifications, newest first: row, title, and posts an hour of its claim."""
    query = (
        select(Clarification, ClarificationVersion.title, func.coalesce(Claim.posts_per_hour, 0.0))
        .join(ClarificationVersion, PRESENT_WORDS)
        .join(Claim, Claim.id == Clarification.claim_id, isouter=True)
        .where(
            Clarification.state == ClarificationState.PUBLISHED,
            Clarification.political.is_(False),
            or_(Clarification.valid_until.is_(None), Clarification.valid_until > now),
        )
        .order_by(Clarification.published_at.desc(), Clarification.id.desc())
        .limit(limit)
    )
    return [(row, title, speed) for row, title, speed in session.execute(query)]


# ---- official accounts -----------------------------------------------------------------------------------------


def official_accounts(session: Session) -> Sequence[OfficialAccount]:
    """Give every official account, by platform, host and path."""
    query = select(OfficialAccount).order_by(OfficialAccount.platform, OfficialAccount.host, OfficialAccount.path)
    return session.scalars(query).all()


def official_account(session: Session, account_id: int) -> OfficialAccount | None:
    """Give one official account, locked."""
    return session.scalars(
        select(OfficialAccount).where(OfficialAccount.id == account_id).with_for_update()
    ).one_or_none()


def official_account_at(session: Session, platform: Platform, host: str, path: str) -> OfficialAccount | None:
    """Give the official account that stands at exactly this place."""
    query = select(OfficialAccount).where(
        OfficialAccount.platform == platform, OfficialAccount.host == host, OfficialAccount.path == path
    )
    return session.scalars(query).one_or_none()
