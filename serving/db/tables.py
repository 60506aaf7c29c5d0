"""Every table, in one place to read.

Rules that must hold whatever code runs stand here as constraints: a published claim, clarification or campaign
without two different humans is refused by the database itself. No table has a column for the author of a post.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from serving.db.types import Big, Json, UtcTime, Word
from serving.i18n import Language
from serving.vocabulary import (
    AppealState,
    BreakerState,
    BulkAction,
    CampaignKind,
    CampaignState,
    Category,
    Channel,
    ClaimCorrectionKind,
    ClaimState,
    ClarificationState,
    ComplaintReason,
    ConsentScope,
    CorrectionState,
    DeadlineClock,
    DeadlineStage,
    DeclineReason,
    DeliveryState,
    DismissReason,
    DisputeOutcome,
    EvidenceHold,
    EvidenceKind,
    EvidenceMethod,
    FreezeCause,
    MatchStatus,
    ModelAction,
    ModelRole,
    OfferState,
    Platform,
    PostCheck,
    ScreenshotState,
    SecondLookState,
    VerdictLabel,
    WebhookEventType,
    WordingSource,
)

READY = "willing AND NOT held AND oldest_at IS NOT NULL"
REACH = "COALESCE(facebook, 0) + COALESCE(x, 0) + COALESCE(instagram, 0)"
PRICE = f"CAST((n_recent + 1) * (n_recent + 1) AS DOUBLE PRECISION) / NULLIF({REACH}, 0)"
TWO_HUMANS = "author_id IS NOT NULL AND approver_id IS NOT NULL AND author_id <> approver_id"


class Base(DeclarativeBase):
    """Root of every table; constraint names are stated so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime,
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
    }


# ---- people who work here --------------------------------------------------------------------------------------


class User(Base):
    """Somebody who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    roles: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    # Raised to end every session of this person at once.
    session_epoch: Mapped[int] = mapped_column(default=0)
    ministry_id: Mapped[int | None] = mapped_column(ForeignKey("ministries.id"))
    # Minutes of work after which a break is suggested: none = as the desk does, 0 = never.
    rest_after_min: Mapped[int | None]
    created_at: Mapped[datetime]


class ApiKey(Base):
    """A personal key for ``/v1``: only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    label: Mapped[str] = mapped_column(String(120))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class IdempotentAnswer(Base):
    """What was answered to a request that carried an ``Idempotency-Key``; asked again, it is answered again."""

    __tablename__ = "idempotent_answers"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)


# ---- what is going round ---------------------------------------------------------------------------------------


class InboxRow(Base):
    """A post accepted by ``POST /v1/posts`` and not yet taken in: already masked, so no identity waits here."""

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    batch: Mapped[str] = mapped_column(String(32), index=True)
    row: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class Post(Base):
    """One public message as collected. There is no author, and the external id is a keyed hash."""

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("source", "external_hash"),
        Index("ix_posts_claim_reach", "claim_id", "reach"),
        # Almost every post has none, and those are left out.
        Index(
            "ix_posts_cluster",
            "cluster_id",
            sqlite_where=text("cluster_id IS NOT NULL"),
            postgresql_where=text("cluster_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    # Whose copies it was found among, where that claim was merged into another; none where that is ``claim_id``.
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    source: Mapped[str] = mapped_column(String(40))
    external_hash: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    posted_at: Mapped[datetime]
    collected_at: Mapped[datetime]
    likes: Mapped[int] = mapped_column(Big, default=0)
    shares: Mapped[int] = mapped_column(Big, default=0)
    comments: Mapped[int] = mapped_column(Big, default=0)
    views: Mapped[int] = mapped_column(Big, default=0)
    # One number for "how many may have seen it": views where known, else engagement (desk.incoming.trends.reach_of).
    reach: Mapped[int] = mapped_column(Big, default=0)
    media: Mapped[list[Any]] = mapped_column(default=list)
    sealed_link: Mapped[bytes | None] = mapped_column(LargeBinary)
    link_until: Mapped[datetime | None] = mapped_column(index=True)
    p_hoax: Mapped[float] = mapped_column(Float)


class Claim(Base):
    """What a cluster of posts asserts, in one neutral sentence."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint(f"state <> 'published' OR ({TWO_HUMANS})", name="published_by_two"),
        CheckConstraint("approver_id IS NULL OR author_id <> approver_id", name="author_is_not_approver"),
        CheckConstraint("state <> 'dismissed' OR dismiss_reason IS NOT NULL", name="dismissed_with_reason"),
        CheckConstraint("state <> 'merged' OR merged_into_id IS NOT NULL", name="merged_into_something"),
        Index("ix_claims_queue", "state", "priority", "id"),
        Index("ix_claims_speed", "posts_per_hour", "id"),
        # What boards and reports read of a claim's moments: they are answered from these alone.
        Index("ix_claims_made", "created_at", "model"),
        *(
            Index(f"ix_claims_{name}", *columns, sqlite_where=text(where), postgresql_where=text(where))
            for name, columns, where in (
                ("seen", ("seen_at", "created_at"), "seen_at IS NOT NULL"),
                (
                    "decided",
                    ("decided_at", "created_at", "state", "dismiss_reason", "reopened_at"),
                    "decided_at IS NOT NULL",
                ),
                ("undecided", ("created_at", "state", "seen_at", "reopened_at"), "decided_at IS NULL"),
                ("reopened", ("reopened_at",), "reopened_at IS NOT NULL"),
            )
        ),
        # A person's step each: almost every claim has none of them, and those are left out.
        *(
            Index(
                f"ix_claims_{name}",
                name,
                sqlite_where=text(f"{name} IS NOT NULL"),
                postgresql_where=text(f"{name} IS NOT NULL"),
            )
            for name in ("holder_id", "lease_until", "merged_into_id")
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    state: Mapped[ClaimState] = mapped_column(Word(ClaimState), default=ClaimState.NEW)
    wording: Mapped[str] = mapped_column(Text)
    category: Mapped[Category] = mapped_column(Word(Category))
    # The keyword list's guess, kept beside what humans answer later.
    category_suggested: Mapped[Category] = mapped_column(Word(Category))
    region: Mapped[str | None] = mapped_column(String(8))

    # What the model says: kemiripan dengan hoaks, never truth.
    p_hoax: Mapped[float] = mapped_column(Float)
    band: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]]
    model: Mapped[str] = mapped_column(String(80))
    scored_at: Mapped[datetime]

    # How it spreads.
    n_posts: Mapped[int] = mapped_column(Big, default=0)
    reach: Mapped[int] = mapped_column(Big, default=0)
    engagement: Mapped[int] = mapped_column(Big, default=0)
    posts_per_hour: Mapped[float] = mapped_column(Float, default=0.0)
    # When the two figures that fade by themselves, posts per hour and priority, were last worked out.
    measured_at: Mapped[datetime | None] = mapped_column(index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)
    priority: Mapped[float] = mapped_column(Float, default=0.0)

    # Who works on it, and by when.
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    # When it was last put back into the queue; what it rested before counts for no decision.
    reopened_at: Mapped[datetime | None]
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    held_since: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    dismiss_reason: Mapped[DismissReason | None] = mapped_column(Word(DismissReason))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    verdict: Mapped[VerdictLabel | None] = mapped_column(Word(VerdictLabel))
    political: Mapped[bool | None]
    # Raised by each step; a form that was opened on an older one is refused.
    version: Mapped[int] = mapped_column(default=1)

    @property
    def undecided_since(self) -> datetime:
        """Give since when it waits, or waited, for its newest decision."""
        return self.reopened_at or self.created_at


class Wording(Base):
    """Each neutral wording that a claim has had."""

    __tablename__ = "wordings"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class ClaimCorrection(Base):
    """One time that a person corrected which posts make one claim. Rows are only ever added.

    The machine reads them before it suggests, and they are exported as pairs of wordings that belong together or not.
    """

    __tablename__ = "claim_corrections"
    __table_args__ = (CheckConstraint("claim_id <> other_id", name="two_claims"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    kind: Mapped[ClaimCorrectionKind] = mapped_column(Word(ClaimCorrectionKind))
    # The claim that was moved, and the one that took it over or gave it back.
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    n_posts: Mapped[int] = mapped_column(Big)
    note: Mapped[str] = mapped_column(Text, default="")
    corrected_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class ClaimCorrectionPost(Base):
    """A post that a person moved with a correction."""

    __tablename__ = "claim_correction_posts"

    correction_id: Mapped[int] = mapped_column(
        ForeignKey("claim_corrections.id"), primary_key=True, autoincrement=False
    )
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True, index=True, autoincrement=False)


class ClaimCorrectionUndo(Base):
    """Which correction an undo put back; each is put back once."""

    __tablename__ = "claim_correction_undos"

    correction_id: Mapped[int] = mapped_column(
        ForeignKey("claim_corrections.id"), primary_key=True, autoincrement=False
    )
    undo_id: Mapped[int] = mapped_column(ForeignKey("claim_corrections.id"), unique=True)


class ClaimSignature(Base):
    """A representative text of a claim as a MinHash signature, so that a restart finds its copies again."""

    __tablename__ = "claim_signatures"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class ClaimBand(Base):
    """One key of a wording that is kept of a claim: who is a copy of it shares some of them (``Signatures.keys``)."""

    __tablename__ = "claim_bands"
    __table_args__ = ({"sqlite_with_rowid": False},)

    band: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    # No reference: 17 keys a claim would each be checked, and what they find is verified anyway.
    claim_id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)


class ClaimMedia(Base):
    """The claim that posts with this picture, video or recording belong to, where their words say nothing else."""

    __tablename__ = "claim_media"

    phash: Mapped[str] = mapped_column(String(64), primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)


class Spread(Base):
    """Posts, reach and engagement of one claim in one quarter of an hour."""

    __tablename__ = "spread"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True)
    # Quarters of an hour since 1970-01-01 UTC.
    quarter: Mapped[int] = mapped_column(Big, primary_key=True)
    n_posts: Mapped[int] = mapped_column(Big, default=0)
    reach: Mapped[int] = mapped_column(Big, default=0)
    engagement: Mapped[int] = mapped_column(Big, default=0)


class ClaimPlace(Base):
    """How many posts of a claim name a province. A claim that was merged keeps its own rows."""

    __tablename__ = "claim_places"
    __table_args__ = (Index("ix_claim_places_region", "region", "claim_id"),)

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True)
    region: Mapped[str] = mapped_column(String(8), primary_key=True)
    n_posts: Mapped[int] = mapped_column(Big)


class ClaimSource(Base):
    """How many posts of a claim came from a source. A claim that was merged keeps its own rows."""

    __tablename__ = "claim_sources"
    __table_args__ = (Index("ix_claim_sources_source", "source", "claim_id"),)

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    n_posts: Mapped[int] = mapped_column(Big)


class SourceTotal(Base):
    """How many posts came from a source."""

    __tablename__ = "source_totals"

    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    n_posts: Mapped[int] = mapped_column(Big)


class HourTotal(Base):
    """How many posts of all claims were posted in an hour, by its number since 1970-01-01 UTC."""

    __tablename__ = "hour_totals"

    hour: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    n_posts: Mapped[int] = mapped_column(Big)


class PostReading(Base):
    """How far the posts were read for the four tables above; one row, which only moves forward."""

    __tablename__ = "post_reading"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_post_id: Mapped[int] = mapped_column(Big)


class Match(Base):
    """A link between a claim and a clarification; who suggested it stays recorded after a human decided."""

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("claim_id", "clarification_id"),
        CheckConstraint("status = 'suggested' OR decided_by_id IS NOT NULL", name="decided_by_a_human"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarifications.id"), index=True)
    score: Mapped[float] = mapped_column(Float)
    # What the machine thought: suggested or confirmed strength; never more than a suggestion to the desk.
    machine_status: Mapped[str] = mapped_column(String(16))
    machine_version: Mapped[str] = mapped_column(String(80))
    status: Mapped[MatchStatus] = mapped_column(Word(MatchStatus), default=MatchStatus.SUGGESTED)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Feed(Base):
    """An RSS or Atom address that is read on a schedule."""

    __tablename__ = "feeds"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    source: Mapped[str] = mapped_column(String(40))
    every_s: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    etag: Mapped[str | None] = mapped_column(String(255))
    modified: Mapped[str | None] = mapped_column(String(80))
    polled_at: Mapped[datetime | None]
    next_poll_at: Mapped[datetime] = mapped_column(index=True)
    last_error: Mapped[str | None] = mapped_column(Text)
    # Failures in a row; each doubles the wait.
    n_failures: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


# ---- what two humans decide ------------------------------------------------------------------------------------


class Evidence(Base):
    """A source that a checker puts beside a claim."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    kind: Mapped[EvidenceKind] = mapped_column(Word(EvidenceKind))
    url: Mapped[str] = mapped_column(String(2000))
    title: Mapped[str] = mapped_column(String(500))
    publisher: Mapped[str] = mapped_column(String(200))
    quote: Mapped[str] = mapped_column(Text, default="")
    archived_url: Mapped[str | None] = mapped_column(String(2000))
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Exhibit(Base):
    """A file beside a source, as it was sent; a trigger refuses to change or remove it."""

    __tablename__ = "exhibits"
    __table_args__ = (CheckConstraint("size_bytes > 0 AND size_bytes <= 4000000", name="bounded"),)

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), primary_key=True, autoincrement=False)
    media_type: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]


class Draft(Base):
    """The one decision being prepared for a claim; it outlives leases, sessions and servers."""

    __tablename__ = "drafts"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True)
    gates: Mapped[dict[str, Any]] = mapped_column(default=dict)
    verdict: Mapped[VerdictLabel | None] = mapped_column(Word(VerdictLabel))
    category: Mapped[Category | None] = mapped_column(Word(Category))
    political: Mapped[bool | None]
    redacted: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    topic: Mapped[str | None] = mapped_column(String(40))
    # Everybody who wrote in it: none of them can be its second pair of eyes.
    writers: Mapped[list[Any]] = mapped_column(default=list)
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    updated_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ClaimNote(Base):
    """What somebody said when they took a step aside (held, escalated, closed without a label), appended."""

    __tablename__ = "claim_notes"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    step: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    noted_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class TypedDraft(Base):
    """What somebody has typed into the form of a claim and not saved yet: theirs alone, whoever holds the claim."""

    __tablename__ = "typed_drafts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True, autoincrement=False)
    # Names of the form's fields and what stands in them.
    fields: Mapped[dict[str, Any]]
    # The version of the draft that was on the screen.
    on_version: Mapped[int]
    typed_at: Mapped[datetime] = mapped_column(index=True)


class Mention(Base):
    """Somebody who was named in a note, and when they said that they had read it."""

    __tablename__ = "mentions"

    note_id: Mapped[int] = mapped_column(ForeignKey("claim_notes.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True, autoincrement=False)
    read_at: Mapped[datetime | None]


class QueueView(Base):
    """A question to the queue that somebody keeps under a name of their own."""

    __tablename__ = "queue_views"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(80))
    asked: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class BulkStep(Base):
    """One step that somebody took for several claims at once, so that they can take it back."""

    __tablename__ = "bulk_steps"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    action: Mapped[BulkAction] = mapped_column(Word(BulkAction))
    reason: Mapped[str] = mapped_column(Text, default="")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class BulkStepClaim(Base):
    """A claim of such a step: where it stood before, and its version after, by which a later change is noticed."""

    __tablename__ = "bulk_step_claims"

    bulk_id: Mapped[int] = mapped_column(ForeignKey("bulk_steps.id"), primary_key=True, autoincrement=False)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True, autoincrement=False)
    before: Mapped[ClaimState] = mapped_column(Word(ClaimState))
    version: Mapped[int]


class Decision(Base):
    """Each answer that a second human gave on a draft, appended and never changed."""

    __tablename__ = "decisions"
    __table_args__ = (CheckConstraint("author_id <> approver_id", name="author_is_not_approver"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approver_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str] = mapped_column(String(16))  # approved | returned | contested
    verdict: Mapped[VerdictLabel] = mapped_column(Word(VerdictLabel))
    category: Mapped[Category] = mapped_column(Word(Category))
    political_author: Mapped[bool]
    political_approver: Mapped[bool | None]
    gates: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]


class FirstLook(Base):
    """What a second human made of a claim before they read the draft. Rows are only ever added."""

    __tablename__ = "first_looks"
    __table_args__ = (UniqueConstraint("claim_id", "draft_version", "looked_by_id"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    draft_version: Mapped[int]
    looked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    impression: Mapped[VerdictLabel] = mapped_column(Word(VerdictLabel))
    # What the draft said, and under which category.
    drafted: Mapped[VerdictLabel | None] = mapped_column(Word(VerdictLabel))
    category: Mapped[Category] = mapped_column(Word(Category))
    at: Mapped[datetime]


class Dispute(Base):
    """A draft that a second human did not agree with: a third settles it.

    Triggers refuse a decision and a publication by whoever contested it while it is open.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("contested_by_id <> author_id", name="contested_by_another"),
        CheckConstraint(
            "settled_by_id IS NULL OR (settled_by_id <> author_id AND settled_by_id <> contested_by_id)",
            name="settled_by_a_third",
        ),
        CheckConstraint("(settled_at IS NULL) = (settled_by_id IS NULL)", name="settled_by_a_human"),
        Index(
            "ix_disputes_open",
            "claim_id",
            unique=True,
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    draft_version: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    contested_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None]
    outcome: Mapped[DisputeOutcome | None] = mapped_column(Word(DisputeOutcome))


class GoldenItem(Base):
    """A claim whose right answer is known, to be served in the queue among the others."""

    __tablename__ = "golden_items"
    __table_args__ = (
        Index(
            "ix_golden_items_source",
            "source_claim_id",
            unique=True,
            sqlite_where=text("source_claim_id IS NOT NULL AND retired_at IS NULL"),
            postgresql_where=text("source_claim_id IS NOT NULL AND retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    wording: Mapped[str] = mapped_column(Text)
    # Copies of posts: text, source, seconds before the claim appears, counts.
    posts: Mapped[list[Any]]
    verdict: Mapped[VerdictLabel] = mapped_column(Word(VerdictLabel))
    category: Mapped[Category] = mapped_column(Word(Category))
    # What its checker reads after answering.
    why: Mapped[str] = mapped_column(Text)
    source_claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class GoldenClaim(Base):
    """A claim by which a golden item is served to one person, and what they answered.

    Triggers refuse to decide, publish or merge the claim, to move its posts, and to change an answer.
    """

    __tablename__ = "golden_claims"
    __table_args__ = (
        UniqueConstraint("item_id", "answered_by_id"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL) AND (answered_at IS NULL) = (agreed IS NULL)",
            name="answered_whole",
        ),
        Index(
            "ix_golden_claims_out",
            "item_id",
            unique=True,
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("golden_items.id"))
    served_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    served_at: Mapped[datetime]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    answered_at: Mapped[datetime | None]
    # None where the claim was closed for a reason that says nothing about what is true.
    answer: Mapped[VerdictLabel | None] = mapped_column(Word(VerdictLabel))
    agreed: Mapped[bool | None]


class GoldenTurn(Base):
    """A turn of the desk to serve a golden item by itself; through whose work it came is kept nowhere."""

    __tablename__ = "golden_turns"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    at: Mapped[datetime]


class Clarification(Base):
    """An official clarification; its words are in its versions."""

    __tablename__ = "clarifications"
    __table_args__ = (
        CheckConstraint(
            f"state NOT IN ('published', 'superseded', 'retracted') OR ({TWO_HUMANS})",
            name="published_by_two",
        ),
        CheckConstraint("approver_id IS NULL OR author_id <> approver_id", name="author_is_not_approver"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[ClarificationState] = mapped_column(Word(ClarificationState), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    # The claim as it was worded when two humans decided; a later wording changes nothing here.
    claim_wording: Mapped[str] = mapped_column(Text, default="")
    issuer: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[VerdictLabel | None] = mapped_column(Word(VerdictLabel))
    category: Mapped[Category] = mapped_column(Word(Category))
    topic: Mapped[str | None] = mapped_column(String(40))
    political: Mapped[bool] = mapped_column(default=False)
    current_version: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    external_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    valid_until: Mapped[datetime | None]
    # By when somebody should read it again; a reminder to the desk and nothing else.
    review_by: Mapped[datetime | None]
    retracted_at: Mapped[datetime | None]
    retract_reason: Mapped[str] = mapped_column(Text, default="")
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("clarifications.id"))


class ClarificationVersion(Base):
    """The words of a clarification as they stood from one moment on."""

    __tablename__ = "clarification_versions"
    __table_args__ = (
        UniqueConstraint("clarification_id", "number"),
        CheckConstraint("approver_id IS NULL OR author_id <> approver_id", name="author_is_not_approver"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarifications.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    # Each {"url", "title", "publisher", "kind"}; kind as in EvidenceKind.
    sources: Mapped[list[Any]]
    change_note: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class Revision(Base):
    """Other words proposed for a clarification; they stand only once a second human has put them into force."""

    __tablename__ = "revisions"
    __table_args__ = (
        CheckConstraint("settled_by_id IS NULL OR settled_at IS NOT NULL", name="settled_at_a_time"),
        CheckConstraint(
            "outcome <> 'accepted' OR (settled_by_id IS NOT NULL AND settled_by_id <> author_id)",
            name="accepted_by_another",
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarifications.id"), index=True)
    # The version that it was written against; another one in between makes it stale.
    base_version: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[Any]]
    change_note: Mapped[str] = mapped_column(Text)
    # Whoever passed the earlier words on is told when their meaning changed.
    meaning_changed: Mapped[bool]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16), default="open")  # open | accepted | declined
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None]


class PublicChange(Base):
    """One line of the public correction log: what was done to a published clarification, and why."""

    __tablename__ = "public_changes"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarifications.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # retracted | superseded | revised
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


# ---- who carries it --------------------------------------------------------------------------------------------


class Ministry(Base):
    """An employer of civil servants, and the unit in which the programme is rolled out."""

    __tablename__ = "ministries"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    live_at: Mapped[datetime | None]


class Wave(Base):
    """How the programme is rolled out in one ministry: who looks after it, and how far it goes.

    When it begins stands in ``Ministry.live_at``; a ministry without a row here has no limits of its own.
    """

    __tablename__ = "waves"
    __table_args__ = (
        CheckConstraint("people_max IS NULL OR people_max >= 0", name="people_not_negative"),
        CheckConstraint("offers_per_day IS NULL OR offers_per_day >= 0", name="offers_not_negative"),
    )

    ministry_id: Mapped[int] = mapped_column(ForeignKey("ministries.id"), primary_key=True, autoincrement=False)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    # How many may consent; none = as many as wish.
    people_max: Mapped[int | None]
    # Offers a person and day, where fewer than the service's own cap.
    offers_per_day: Mapped[int | None]
    # Whether only those who passed the training are asked.
    training_required: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class Influencer(Base):
    """A consenting civil servant. The staff number is a keyed hash; the address is sealed."""

    __tablename__ = "influencers"
    __table_args__ = (Index("ix_influencers_audience", "ministry_id", "region"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    staff_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    ministry_id: Mapped[int] = mapped_column(ForeignKey("ministries.id"))
    unit: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(8))
    # Regency or city as the Interior Ministry numbers it, such as 31.71; empty = not known.
    district: Mapped[str] = mapped_column(String(8), default="", server_default="")
    timezone: Mapped[str] = mapped_column(String(40))
    topics: Mapped[list[str]]
    sealed_email: Mapped[bytes | None] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(default=True)
    # The terms of taking part; purposes and platforms are agreed to one by one below.
    consent_version: Mapped[str | None] = mapped_column(String(20))
    consent_at: Mapped[datetime | None]
    # Which version of each scope's words was agreed to; none = not agreed, or withdrawn. ``ConsentStep`` says when.
    clarification_consent: Mapped[str | None] = mapped_column(String(20))
    programme_consent: Mapped[str | None] = mapped_column(String(20))
    measurement_consent: Mapped[str | None] = mapped_column(String(20))
    facebook_consent: Mapped[str | None] = mapped_column(String(20))
    x_consent: Mapped[str | None] = mapped_column(String(20))
    instagram_consent: Mapped[str | None] = mapped_column(String(20))
    # Quiet hours of their own beside everybody's, as minutes of their local day; the same minute twice = none.
    quiet_from: Mapped[int] = mapped_column(default=0, server_default="0")
    quiet_until: Mapped[int] = mapped_column(default=0, server_default="0")
    channel: Mapped[Channel] = mapped_column(Word(Channel), default=Channel.EMAIL, server_default="email")
    language: Mapped[Language] = mapped_column(Word(Language), default=Language.ID, server_default="id")
    # When they last said themselves where they live and in which zone; a ministry's list then changes neither.
    settled_at: Mapped[datetime | None]
    # Which version of the training they passed, and when; none = not yet.
    trained_version: Mapped[str | None] = mapped_column(String(20))
    trained_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ConsentStep(Base):
    """One step of one person's consent to one scope: given or withdrawn, to which words, and when.

    ``carried_over`` says that nobody asked: a migration read it out of what the person had agreed to before.
    """

    __tablename__ = "consent_steps"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id", ondelete="CASCADE"), index=True)
    scope: Mapped[ConsentScope] = mapped_column(Word(ConsentScope))
    version: Mapped[str] = mapped_column(String(20))
    given: Mapped[bool]
    carried_over: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    at: Mapped[datetime]


class Invitation(Base):
    """A code with which one person on the list makes the account that is theirs, once.

    The code is made of ``salt`` with the service's secret and is in no table; ``code_hash`` is what it is found by.
    """

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="accepted_or_withdrawn"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id", ondelete="CASCADE"), index=True)
    salt: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class InfluencerTopic(Base):
    """One topic that one person chose, as a row, so that routing can join on it."""

    __tablename__ = "influencer_topics"

    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class FollowerEvidence(Base):
    """How many followers somebody had on one platform on one day, and how that is known."""

    __tablename__ = "follower_evidence"
    __table_args__ = (
        CheckConstraint("count >= 0", name="count_not_negative"),
        Index("ix_follower_evidence_latest", "influencer_id", "platform", "measured_at"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id", ondelete="CASCADE"))
    platform: Mapped[Platform] = mapped_column(Word(Platform))
    count: Mapped[int] = mapped_column(Big)
    method: Mapped[EvidenceMethod] = mapped_column(Word(EvidenceMethod))
    measured_at: Mapped[datetime]
    # What waits for a person to look does not count.
    held: Mapped[bool] = mapped_column(default=False)
    # Why it was held; it stays when the count is let stand.
    hold: Mapped[EvidenceHold | None] = mapped_column(Word(EvidenceHold))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # A reviewer's no: the count stays held for good.
    refused_at: Mapped[datetime | None]
    refused_reason: Mapped[str] = mapped_column(Text, default="", server_default="")


class Screenshot(Base):
    """A follower count as its own person sent it, with a picture that is kept only until somebody has looked.

    The picture is sealed; beside any decision there is none, and the database sees to that.
    """

    __tablename__ = "screenshots"
    __table_args__ = (
        CheckConstraint("count >= 0", name="count_not_negative"),
        CheckConstraint("(state = 'unseen') = (sealed_picture IS NOT NULL)", name="picture_until_seen"),
        CheckConstraint("state NOT IN ('counted', 'not_taken') OR looked_by_id IS NOT NULL", name="seen_by_a_human"),
        CheckConstraint("state <> 'not_taken' OR reason <> ''", name="refused_with_reason"),
        Index(
            "ix_screenshots_unseen",
            "forget_at",
            sqlite_where=text("state = 'unseen'"),
            postgresql_where=text("state = 'unseen'"),
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id", ondelete="CASCADE"), index=True)
    platform: Mapped[Platform] = mapped_column(Word(Platform))
    count: Mapped[int] = mapped_column(Big)
    state: Mapped[ScreenshotState] = mapped_column(Word(ScreenshotState))
    sealed_picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    sent_at: Mapped[datetime]
    forget_at: Mapped[datetime]
    looked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    looked_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")


class KeptStanding(Base):
    """What routing must know of one person, in one row: the facts that ``desk.people.eligibility`` judges, and burden.

    Triggers keep it in the transaction that changes person, evidence or offer, whatever code runs; ``db.standings``
    looks for rows that went astray. Nothing in it follows from the time: whether evidence is too old is asked anew
    each time. Nothing in it says what became of an offer.
    """

    __tablename__ = "standings"
    __table_args__ = (
        Index(
            "ix_standings_place",
            "region",
            "place",
            "price",
            "last_at",
            "influencer_id",
            sqlite_where=text("ready = 1"),
            postgresql_where=text("ready"),
        ),
        Index(
            "ix_standings_ministry",
            "ministry_id",
            "region",
            "place",
            "price",
            "last_at",
            "influencer_id",
            sqlite_where=text("ready = 1"),
            postgresql_where=text("ready"),
        ),
    )

    influencer_id: Mapped[int] = mapped_column(
        ForeignKey("influencers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ministry_id: Mapped[int] = mapped_column(Big)
    region: Mapped[str] = mapped_column(String(8))
    # The district where it is known, else the province.
    place: Mapped[str] = mapped_column(String(8))
    unit: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(40))
    # The list of topics as JSON text, to be searched for one word in quotes.
    topics: Mapped[str] = mapped_column(Text)
    consent_version: Mapped[str | None] = mapped_column(String(20))
    clarification_consent: Mapped[str | None] = mapped_column(String(20))
    programme_consent: Mapped[str | None] = mapped_column(String(20))
    facebook_consent: Mapped[str | None] = mapped_column(String(20))
    x_consent: Mapped[str | None] = mapped_column(String(20))
    instagram_consent: Mapped[str | None] = mapped_column(String(20))
    quiet_from: Mapped[int] = mapped_column(default=0, server_default="0")
    quiet_until: Mapped[int] = mapped_column(default=0, server_default="0")
    trained_version: Mapped[str | None] = mapped_column(String(20))
    # In service, consenting to some version, neither paused nor gone.
    willing: Mapped[bool]
    # The latest count on each platform, held or not.
    facebook: Mapped[int | None] = mapped_column(Big)
    x: Mapped[int | None] = mapped_column(Big)
    instagram: Mapped[int | None] = mapped_column(Big)
    # The oldest of the three latest measurements; none where a platform lacks one.
    oldest_at: Mapped[datetime | None]
    # Whether any of the three latest is held.
    held: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Offers since ``BurdenWindow.since`` and those still waiting; those waiting; when something was last offered, 1970
    # where nothing ever was.
    n_recent: Mapped[int] = mapped_column(default=0, server_default="0")
    n_waiting: Mapped[int] = mapped_column(default=0, server_default="0")
    last_at: Mapped[datetime] = mapped_column(default=datetime(1970, 1, 1, tzinfo=UTC))
    ready: Mapped[bool] = mapped_column(Computed(READY, persisted=True))
    reach: Mapped[int] = mapped_column(Big, Computed(REACH, persisted=True))
    # What one more follower addressed through this person costs: the weight of the next offer by the reach.
    price: Mapped[float | None] = mapped_column(Float, Computed(PRICE, persisted=True))


class BurdenWindow(Base):
    """Since when offers weigh on people; one row, which only moves forward."""

    __tablename__ = "burden_window"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]


class Campaign(Base):
    """A clarification or programme news with audience, window and target reach."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint(f"state NOT IN ('approved', 'live', 'frozen') OR ({TWO_HUMANS})", name="approved_by_two"),
        CheckConstraint("approver_id IS NULL OR author_id <> approver_id", name="author_is_not_approver"),
        CheckConstraint(
            "(kind = 'clarification' AND clarification_id IS NOT NULL)"
            " OR (kind = 'programme' AND clarification_id IS NULL)",
            name="kind_has_its_source",
        ),
        CheckConstraint("ends_at > starts_at", name="window_runs_forward"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    kind: Mapped[CampaignKind] = mapped_column(Word(CampaignKind))
    state: Mapped[CampaignState] = mapped_column(Word(CampaignState), index=True)
    clarification_id: Mapped[int | None] = mapped_column(ForeignKey("clarifications.id"), index=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(2000), default="")
    # Programme news: as its author answered. A clarification's own category is read from the clarification.
    category: Mapped[Category] = mapped_column(Word(Category), default=Category.OTHER, server_default="lain")
    official_posts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    topic: Mapped[str] = mapped_column(String(40))
    # Empty list = everybody.
    ministries: Mapped[list[str]] = mapped_column(default=list)
    regions: Mapped[list[str]] = mapped_column(default=list)
    target_reach: Mapped[int] = mapped_column(Big)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    political_author: Mapped[bool | None]
    political_approver: Mapped[bool | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # Whoever wrote any part of it; none of them may approve it.
    writers: Mapped[list[Any]] = mapped_column(default=list)
    # The version of the clarification whose words it carries.
    clarification_version: Mapped[int | None]
    # Which edition of its captions stands.
    caption_edition: Mapped[int] = mapped_column(default=1, server_default="1")
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    freeze_reason: Mapped[str] = mapped_column(Text, default="")
    # Whoever froze it cannot thaw it; none where the service did.
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # What stopped it, while it is frozen.
    freeze_cause: Mapped[FreezeCause | None] = mapped_column(Word(FreezeCause))
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Caption(Base):
    """One caption variant of a campaign's kit; what the approver saw is what is offered.

    Rows are only ever added: whoever changes captions writes another edition.
    """

    __tablename__ = "captions"
    __table_args__ = (UniqueConstraint("campaign_id", "edition", "platform", "variant"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    edition: Mapped[int] = mapped_column(default=1, server_default="1")
    platform: Mapped[Platform] = mapped_column(Word(Platform))
    variant: Mapped[int]
    # Without disclosure and link, which the kit adds and nobody can take away.
    text: Mapped[str] = mapped_column(Text)


class OfficialAccount(Base):
    """Where official posts stand: a host, and on a host that others post on as well, the path that is ours there."""

    __tablename__ = "official_accounts"
    __table_args__ = (UniqueConstraint("platform", "host", "path"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    platform: Mapped[Platform] = mapped_column(Word(Platform))
    # In lower case, without ``www.`` and ``m.``.
    host: Mapped[str] = mapped_column(String(253))
    # In lower case, with slashes between its parts only; empty = the whole host.
    path: Mapped[str] = mapped_column(String(200), default="")
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]


class Offer(Base):
    """One kit to one influencer."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("campaign_id", "influencer_id"),
        Index("ix_offers_person", "influencer_id", "offered_at"),
        Index("ix_offers_due", "state", "expires_at"),
        Index("ix_offers_released", "offered_at"),
        Index(
            "ix_offers_posted",
            "posted_at",
            sqlite_where=text("posted_at IS NOT NULL"),
            postgresql_where=text("posted_at IS NOT NULL"),
        ),
        CheckConstraint("state NOT IN ('offered', 'snoozed') OR offered_at IS NOT NULL", name="offered_at_a_time"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id"))
    state: Mapped[OfferState] = mapped_column(Word(OfferState))
    variant: Mapped[int]
    why: Mapped[dict[str, Any]]
    planned_at: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    decline_reason: Mapped[DeclineReason | None] = mapped_column(Word(DeclineReason))
    posted_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class PostedLink(Base):
    """Where somebody says that they posted: the address only, no token and no password."""

    __tablename__ = "posted_links"
    __table_args__ = (
        UniqueConstraint("offer_id", "platform"),
        Index("ix_posted_links_checked", "checked", "checked_at"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"))
    platform: Mapped[Platform] = mapped_column(Word(Platform))
    url: Mapped[str] = mapped_column(String(2000))
    at: Mapped[datetime]
    # How often it was seen, as its person read it off the platform; none where they did not say.
    views: Mapped[int | None] = mapped_column(Big)
    # How it is looked at, and when its page was last asked.
    checked: Mapped[PostCheck] = mapped_column(
        Word(PostCheck), default=PostCheck.SAMPLE, server_default=PostCheck.SAMPLE.value
    )
    checked_at: Mapped[datetime | None]


class PostWording(Base):
    """A signature of the words of one person's post, to be compared with those of others; the words are not kept."""

    __tablename__ = "post_wordings"
    __table_args__ = (UniqueConstraint("offer_id", "platform"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"))
    platform: Mapped[Platform] = mapped_column(Word(Platform))
    source: Mapped[WordingSource] = mapped_column(Word(WordingSource))
    # 64 numbers of four bytes, little end first: ``serving.desk.incoming.likeness``.
    minhash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class ShortLink(Base):
    """The address with which the people of one province carry a campaign; it leads to the official page."""

    __tablename__ = "short_links"
    __table_args__ = (UniqueConstraint("campaign_id", "region"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    region: Mapped[str] = mapped_column(String(8))
    # How many took a kit with it; nothing says who.
    n_carriers: Mapped[int]


class LinkClick(Base):
    """Clicks on one link in one hour, by its number since 1970-01-01 UTC; of a click nothing else is kept."""

    __tablename__ = "link_clicks"

    link_id: Mapped[int] = mapped_column(ForeignKey("short_links.id"), primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Big)


class Correction(Base):
    """Word to one person that what they accepted or posted no longer stands."""

    __tablename__ = "corrections"
    __table_args__ = (UniqueConstraint("offer_id", "clarification_id", "cause"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarifications.id"), index=True)
    # The entry of the public log that it tells of (0 before any): each change is told once, and no change is skipped.
    cause: Mapped[int] = mapped_column(Big)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"))
    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id"), index=True)
    state: Mapped[CorrectionState] = mapped_column(Word(CorrectionState))
    reason: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    # How often its person was reminded, and when last; see ``serving.desk.outreach.corrections``.
    n_reminders: Mapped[int] = mapped_column(default=0, server_default="0")
    reminded_at: Mapped[datetime | None]


class Delivery(Base):
    """A message that must leave exactly once: written with what caused it, sent by the worker.

    ``key`` is unique for its cause (``offer:12``, ``correction:3``, ``evidence:7:2026-05-16``) and becomes the
    Message-ID, so that a message sent twice around a kill is dropped by its receiver.
    """

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "not_before"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    channel: Mapped[str] = mapped_column(String(20))
    influencer_id: Mapped[int] = mapped_column(ForeignKey("influencers.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offers.id"))
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("corrections.id"))
    # A reminder has neither: it tells of all evidence measured up to here, which the next one leaves out.
    evidence_before: Mapped[datetime | None]
    # The invitation that it carries, to somebody who has no account yet.
    invitation_id: Mapped[int | None] = mapped_column(Big)
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    # Only ever rises: it numbers the claims, and whoever comes with an older number is refused.
    attempts: Mapped[int] = mapped_column(default=0)
    # How often handing it over failed; waiting between attempts goes by it.
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    not_before: Mapped[datetime]
    # A correction that the person's chat refused for good, or too often.
    by_mail: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")


class ChatLink(Base):
    """A chat by which one person hears of offers and answers them; its address is sealed, and found by a keyed hash.

    Until its code was sent from the chat there is no address. The code itself is kept as a hash and counts once.
    """

    __tablename__ = "chat_links"
    __table_args__ = (
        UniqueConstraint("channel", "address_hash"),
        CheckConstraint("(sealed_address IS NULL) = (address_hash IS NULL)", name="address_whole"),
    )

    influencer_id: Mapped[int] = mapped_column(
        ForeignKey("influencers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    channel: Mapped[Channel] = mapped_column(Word(Channel), primary_key=True)
    sealed_address: Mapped[bytes | None] = mapped_column(LargeBinary)
    address_hash: Mapped[str | None] = mapped_column(String(64))
    linked_at: Mapped[datetime | None]
    code_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    code_until: Mapped[datetime | None]


class ChatUpdate(Base):
    """A message that came from a chat, by its number there: it counts once."""

    __tablename__ = "chat_updates"

    channel: Mapped[Channel] = mapped_column(Word(Channel), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


# ---- what stops it ---------------------------------------------------------------------------------------------


class Appeal(Base):
    """Somebody contests a label. Who it was is not kept; a contact only if they left one, sealed, until the answer.

    A trigger refuses an answer by anybody who wrote or approved any version of the clarification.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        CheckConstraint("state <> 'taken' OR taken_by_id IS NOT NULL", name="taken_by_a_human"),
        CheckConstraint(
            "state NOT IN ('upheld', 'overturned')"
            " OR (answered_by_id IS NOT NULL AND answered_at IS NOT NULL AND answer <> '')",
            name="answered_by_a_human",
        ),
        CheckConstraint("state NOT IN ('upheld', 'overturned') OR sealed_contact IS NULL", name="contact_forgotten"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarifications.id"), index=True)
    # The keyed hash of the receipt code, which is shown once.
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[AppealState] = mapped_column(Word(AppealState), index=True)
    # Masked as posts are.
    statement: Mapped[str] = mapped_column(Text)
    sealed_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    filed_at: Mapped[datetime] = mapped_column(index=True)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    # The reason, which the public reads.
    answer: Mapped[str] = mapped_column(Text, default="")


class Complaint(Base):
    """Somebody minds how a clarification is spread: one word of a list, and nothing of who said it."""

    __tablename__ = "complaints"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarifications.id"))
    reason: Mapped[ComplaintReason] = mapped_column(Word(ComplaintReason))
    at: Mapped[datetime] = mapped_column(index=True)


class Breaker(Base):
    """The one brake on everything that is offered, on one row: whoever releases offers holds it.

    A trigger refuses ``running`` while a freeze has not been reopened.
    """

    __tablename__ = "breaker"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[BreakerState] = mapped_column(Word(BreakerState))
    # Signals that rose and have not come down yet; these do not trip it again.
    high: Mapped[list[str]]
    figures: Mapped[dict[str, Any]]
    measured_at: Mapped[datetime | None]


class BreakerFreeze(Base):
    """One time that everything was frozen: what was measured, and the two people who let it go on."""

    __tablename__ = "breaker_freezes"
    __table_args__ = (
        CheckConstraint(
            "reopened_at IS NULL OR (proposed_by_id IS NOT NULL AND reopened_by_id IS NOT NULL"
            " AND proposed_by_id <> reopened_by_id)",
            name="reopened_by_two",
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    at: Mapped[datetime]
    # Which signals rose; empty where a person pulled the brake.
    signals: Mapped[list[str]]
    figures: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text, default="")
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime | None]
    proposed_reason: Mapped[str] = mapped_column(Text, default="")
    reopened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reopened_at: Mapped[datetime | None]


class SecondLook(Base):
    """A dismissal that fell into the sample: somebody else looks whether it was right."""

    __tablename__ = "second_looks"
    __table_args__ = (
        CheckConstraint("looked_by_id IS NULL OR looked_by_id <> dismissed_by_id", name="looked_at_by_another"),
        CheckConstraint("state NOT IN ('agreed', 'reopened') OR looked_by_id IS NOT NULL", name="looked_by_a_human"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    state: Mapped[SecondLookState] = mapped_column(Word(SecondLookState), index=True)
    # As they were when the claim was dismissed.
    category: Mapped[Category] = mapped_column(Word(Category))
    reason: Mapped[DismissReason] = mapped_column(Word(DismissReason))
    dismissed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    dismissed_at: Mapped[datetime]
    looked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    looked_at: Mapped[datetime | None] = mapped_column(index=True)


# ---- who else is told ------------------------------------------------------------------------------------------


class DeadlineAlert(Base):
    """One time that a claim's clock came close to its end, or passed it, and that was told; each stage once."""

    __tablename__ = "deadline_alerts"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True, autoincrement=False)
    clock: Mapped[DeadlineClock] = mapped_column(Word(DeadlineClock), primary_key=True)
    stage: Mapped[DeadlineStage] = mapped_column(Word(DeadlineStage), primary_key=True)
    due_at: Mapped[datetime]
    at: Mapped[datetime]


class WebhookEndpoint(Base):
    """Another system's address that is told what happens. A removed one stays for the log, without its secrets."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        Index(
            "ix_webhook_endpoints_ministry",
            "ministry_id",
            unique=True,
            sqlite_where=text("ministry_id IS NOT NULL AND removed_at IS NULL"),
            postgresql_where=text("ministry_id IS NOT NULL AND removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    # The ministry whose system this is; it alone is told of offers, those of its own people.
    ministry_id: Mapped[int | None] = mapped_column(ForeignKey("ministries.id"))
    url: Mapped[str] = mapped_column(String(2000))
    label: Mapped[str] = mapped_column(String(120))
    # Members of WebhookEventType.
    events: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    # The secret before the last change; it signs as well until ``old_until``.
    sealed_old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_until: Mapped[datetime | None]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class WebhookEvent(Base):
    """One thing that happened, word for word as it is told: the same body to everybody and at each attempt."""

    __tablename__ = "webhook_events"
    __table_args__ = (Index("ix_webhook_events_subject", "subject", "type"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    # What the receiver sees as ``webhook-id`` and drops a second copy by.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    type: Mapped[WebhookEventType] = mapped_column(Word(WebhookEventType))
    # What it is about, such as ``claim:12``.
    subject: Mapped[str] = mapped_column(String(80))
    # Whose people it is about; none for what everybody may be told.
    ministry_id: Mapped[int | None] = mapped_column(ForeignKey("ministries.id"))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


class WebhookDelivery(Base):
    """One event on its way to one endpoint."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_deliveries_due", "state", "not_before"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("webhook_events.id"), index=True)
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    # Only ever rises: it numbers the claims, and whoever comes with an older number is refused.
    attempts: Mapped[int] = mapped_column(default=0)
    # How often it failed since it was last put in line; waiting between attempts goes by it.
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    # The last answer's code; none where nobody answered.
    status: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(String(200), default="")


class WebhookAttempt(Base):
    """What came of one attempt. Rows are only ever added, and forgotten with their event."""

    __tablename__ = "webhook_attempts"

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_deliveries.id"), index=True)
    number: Mapped[int]
    at: Mapped[datetime]
    took_ms: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(200), default="")


# ---- which model answers ---------------------------------------------------------------------------------------


class ModelProposal(Base):
    """A change of champion that somebody asks for. Rows are only ever added; the history holds each one's answer."""

    __tablename__ = "model_proposals"
    __table_args__ = (CheckConstraint("action IN ('promote', 'rollback')", name="changes_the_champion"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    action: Mapped[ModelAction] = mapped_column(Word(ModelAction))
    # The folder in the model store, which its version and its manifest's checksum name.
    artefact: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    metrics: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]


class ModelHistory(Base):
    """What served when, and who decided: rows are only ever added.

    A trigger refuses a promotion or rollback that differs from its proposal.
    """

    __tablename__ = "model_history"
    __table_args__ = (
        CheckConstraint(
            "action NOT IN ('promote', 'rollback') OR (decided_by_id IS NOT NULL AND decided_by_id <> proposed_by_id)",
            name="changed_by_two",
        ),
        CheckConstraint(
            "action NOT IN ('promote', 'rollback', 'decline') OR proposal_id IS NOT NULL", name="answers_a_proposal"
        ),
        CheckConstraint("(action IN ('challenge', 'withdraw')) = (role = 'challenger')", name="role_fits"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("model_proposals.id"), unique=True)
    role: Mapped[ModelRole] = mapped_column(Word(ModelRole))
    action: Mapped[ModelAction] = mapped_column(Word(ModelAction))
    artefact: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    metrics: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    # The folder of what served before; a rollback goes there.
    replaces: Mapped[str | None] = mapped_column(String(120))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class ShadowScore(Base):
    """What a challenger said of a claim, beside what the champion said of the same words; on no screen of the desk."""

    __tablename__ = "shadow_scores"

    challenge_id: Mapped[int] = mapped_column(ForeignKey("model_history.id"), primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True)
    version: Mapped[str] = mapped_column(String(80))
    p_hoax: Mapped[float] = mapped_column(Float)
    band: Mapped[str] = mapped_column(String(16))
    champion: Mapped[str] = mapped_column(String(80))
    champion_p_hoax: Mapped[float] = mapped_column(Float)
    champion_band: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]


class ModelFault(Base):
    """A process that could not open a model and goes on with the one it had; removed when it could."""

    __tablename__ = "model_faults"

    process: Mapped[str] = mapped_column(String(120), primary_key=True)
    history_id: Mapped[int] = mapped_column(ForeignKey("model_history.id"), primary_key=True)
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class DriftCheck(Base):
    """What one day's look at the last week against the four weeks before it found; an effect is none where too few."""

    __tablename__ = "drift_checks"

    # The day in Jakarta, as 2026-03-02: however many workers there are, each day is checked once.
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime]
    model: Mapped[str] = mapped_column(String(80))
    n_recent: Mapped[int]
    n_reference: Mapped[int]
    n_decided: Mapped[int]
    stability: Mapped[float | None] = mapped_column(Float)
    stability_low: Mapped[float | None] = mapped_column(Float)
    stability_high: Mapped[float | None] = mapped_column(Float)
    apart: Mapped[float | None] = mapped_column(Float)
    apart_low: Mapped[float | None] = mapped_column(Float)
    apart_high: Mapped[float | None] = mapped_column(Float)
    precision: Mapped[float | None] = mapped_column(Float)
    precision_low: Mapped[float | None] = mapped_column(Float)
    precision_high: Mapped[float | None] = mapped_column(Float)
    # Which of the three stood beyond its limit that day.
    beyond: Mapped[list[str]]


# ---- what is searched ------------------------------------------------------------------------------------------


class SearchChange(Base):
    """One thing that the search index has to read again: made, reworded or gone. Triggers write these rows.

    The first one is no change: its ``item_id`` tells this database from any other.
    """

    __tablename__ = "search_changes"
    __table_args__ = (Index("ix_search_changes_place", "xid", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(Big, primary_key=True)
    # The transaction that wrote it, on PostgreSQL; SQLite commits one after another and keeps 0.
    xid: Mapped[int] = mapped_column(Big, server_default=text("0"))
    kind: Mapped[str] = mapped_column(String(16))  # claim | post | clarification | origin
    item_id: Mapped[int] = mapped_column(Big)
    noted_s: Mapped[int] = mapped_column(Big)  # seconds since 1970


# ---- what was done ---------------------------------------------------------------------------------------------


class AuditRow(Base):
    """One step that somebody or something took. Rows are only ever added; each carries the hash of the one before."""

    __tablename__ = "audit"

    # Counted by the chain itself, without gaps; not by the database.
    seq: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))  # ISO 8601 text: exactly what was hashed
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60), index=True)
    entity: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[int | None] = mapped_column(Big)
    detail: Mapped[str] = mapped_column(Text)  # canonical JSON: exactly what was hashed
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


Index("ix_audit_entity", AuditRow.entity, AuditRow.entity_id)


class AuditHead(Base):
    """The chain's length and last hash, on one row that every writer locks: a cut tail is found by it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Big)
    hash: Mapped[str] = mapped_column(String(64))
