"""One human prepares, another decides: leases, drafts, sources, approval, and both doors' refusals."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from serving.db.tables import AuditRow, Claim, Clarification, Correction, Decision, Draft, Evidence, Offer
from serving.deps import context_for
from serving.desk import audit
from serving.desk.checking import approval, evidence, review
from serving.desk.checking.evidence import NewSource
from serving.desk.checking.gates import NotReadyError, Prepared
from serving.desk.checking.leases import HeldByAnotherError, NotHolderError
from serving.desk.checking.review import DraftMovedOnError
from serving.desk.context import SERVICE
from serving.errors import ForbiddenError, IllegalStepError, NotFoundError, SameHumanError
from serving.vocabulary import (
    Category,
    ClaimState,
    ClarificationState,
    DismissReason,
    EvidenceKind,
    Gate,
    OfferState,
    Role,
    VerdictLabel,
)
from tests import factories

READY = Prepared(
    gates={gate: gate is Gate.VERIFIABLE for gate in Gate},
    verdict=VerdictLabel.FALSE,
    category=Category.FRAUD,
    political=False,
    title="Bank Contoh tidak mengadakan program kuota; formulir itu mengumpulkan data",
    body="Bank Contoh tidak pernah membuka pendaftaran kuota. Abaikan formulirnya.",
    topic="keamanan_digital",
)
AGENCY = NewSource(EvidenceKind.AFFECTED_AGENCY, "https://bank.example/a", "Pernyataan", "Bank Contoh")
MEDIA = NewSource(EvidenceKind.INDEPENDENT, "https://media.example/b", "Penelusuran", "Media Contoh")


@pytest.fixture
def drafted(act, claim_id, ani):
    """A claim that Ani holds with a complete draft."""
    act(ani, review.take, claim_id)
    act(ani, evidence.add, claim_id, AGENCY)
    act(ani, evidence.add, claim_id, MEDIA)
    act(ani, review.save_draft, claim_id, READY, 0)
    return claim_id


@pytest.fixture
def submitted(act, drafted, ani):
    """The draft, waiting for a second human."""
    act(ani, review.submit, drafted)
    return drafted


@pytest.fixture
def published(act, submitted, citra):
    """A claim that two humans published."""
    act(citra, approve, submitted, political=False)
    return submitted


def _version(ctx, claim_id):
    """The draft as it stands: what a second human who has just opened the page has read."""
    row = ctx.session.get(Draft, claim_id)
    return row.version if row else 0


def open_draft(ctx, claim_id):
    """Say what one thinks and open the draft, where that was not done."""
    if approval.is_blind(ctx, review.existing(ctx, claim_id), ctx.session.get(Draft, claim_id)):
        review.reveal(ctx, claim_id, VerdictLabel.FALSE, _version(ctx, claim_id))


def approve(ctx, claim_id, *, political):
    """Approve what stands now."""
    open_draft(ctx, claim_id)
    return review.approve(ctx, claim_id, political=political, version=_version(ctx, claim_id))


def send_back(ctx, claim_id, reason):
    """Return what stands now."""
    open_draft(ctx, claim_id)
    return review.return_draft(ctx, claim_id, reason, _version(ctx, claim_id))


def _race(service, step, *actors):
    """Let several people take one step at the same moment; give what each met."""
    gate = threading.Barrier(len(actors))
    met = {}

    def go(actor):
        gate.wait()
        try:
            with service.database.write() as session:
                step(context_for(service, session, actor))
            met[actor.name] = None
        except Exception as error:  # noqa: BLE001 - the test looks at whatever it is
            met[actor.name] = error

    threads = [threading.Thread(target=go, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return met


# ---- leases ----------------------------------------------------------------------------------------------------


def test_taking_makes_a_holder_for_a_while(act, claim_id, ani, clock, read, settings):
    """A taken claim has a holder, and a moment when that ends."""
    act(ani, review.take, claim_id)
    row = read(Claim, claim_id)
    assert (row.state, row.holder_id, row.held_since) == (ClaimState.CLAIMED, ani.user_id, clock.now())
    assert row.lease_until == clock.now() + settings.lease


def test_a_second_person_is_told_who_holds_it(act, claim_id, ani, budi):
    """Whoever comes second is refused with the holder's name and the time."""
    act(ani, review.take, claim_id)
    with pytest.raises(HeldByAnotherError, match=r"ani sejak 2 Mar 2026 10\.00 WIB"):
        act(budi, review.take, claim_id)


def test_of_two_at_once_one_wins(service, claim_id, ani, budi, read):
    """Two people who take a claim at the same moment: one holds it, the other gets the typed refusal."""
    met = _race(service, lambda ctx: review.take(ctx, claim_id), ani, budi)
    winners = [name for name, error in met.items() if error is None]
    assert len(winners) == 1
    assert [type(error) for error in met.values() if error] == [HeldByAnotherError]
    holder = {"ani": ani, "budi": budi}[winners[0]]
    assert read(Claim, claim_id).holder_id == holder.user_id


def test_taking_again_begins_the_lease_anew(act, claim_id, ani, clock, read, settings):
    """A double click is no error; the lease runs from the second one."""
    act(ani, review.take, claim_id)
    clock.forward(minutes=10)
    act(ani, review.take, claim_id)
    row = read(Claim, claim_id)
    assert (row.lease_until, row.state) == (clock.now() + settings.lease, ClaimState.CLAIMED)


def test_a_lease_that_is_over_gives_way(act, claim_id, ani, budi, clock, read):
    """Once a lease is over another person may take the claim, even before the worker came by."""
    act(ani, review.take, claim_id)
    clock.forward(hours=1)
    act(budi, review.take, claim_id)
    assert read(Claim, claim_id).holder_id == budi.user_id


def test_ended_leases_go_back_to_the_queue(act, claim_id, ani, clock, read):
    """A claim that was only taken is queued again when its lease ends, and not before."""
    act(ani, review.take, claim_id)
    assert act(SERVICE, review.expire_leases) == 0
    clock.forward(hours=1)
    assert act(SERVICE, review.expire_leases) == 1
    row = read(Claim, claim_id)
    assert (row.state, row.holder_id, row.lease_until) == (ClaimState.QUEUED, None, None)
    assert act(SERVICE, review.expire_leases) == 0


def test_a_draft_outlives_its_lease(act, drafted, ani, budi, clock, read):
    """A drafted claim stays drafted, and the next person goes on where the first one stopped."""
    clock.forward(hours=1)
    act(SERVICE, review.expire_leases)
    row = read(Claim, drafted)
    assert (row.state, row.holder_id) == (ClaimState.DRAFTED, None)
    with pytest.raises(NotHolderError):
        act(ani, review.save_draft, drafted, READY, 1)
    act(budi, review.take, drafted)
    assert read(Draft, drafted).title == READY.title
    act(budi, review.submit, drafted)
    assert read(Claim, drafted).author_id == budi.user_id


def test_late_but_alone_loses_nothing(act, drafted, ani, clock, read):
    """A save after the lease ended is kept while nobody else came, and begins it anew."""
    clock.forward(hours=2)
    act(ani, review.save_draft, drafted, replace(READY, body="Lebih jelas."), 1)
    assert read(Draft, drafted).body == "Lebih jelas."
    assert read(Claim, drafted).lease_until > clock.now()


def test_extending_and_releasing(act, claim_id, ani, budi, clock, read, settings):
    """The holder may extend or give back; nobody else may."""
    act(ani, review.take, claim_id)
    clock.forward(minutes=20)
    act(ani, review.extend, claim_id)
    assert read(Claim, claim_id).lease_until == clock.now() + settings.lease
    for step in (review.extend, review.release):
        with pytest.raises(HeldByAnotherError):
            act(budi, step, claim_id)
    act(ani, review.release, claim_id)
    assert read(Claim, claim_id).state is ClaimState.QUEUED
    with pytest.raises(NotHolderError):
        act(ani, review.extend, claim_id)


def test_roles_are_checked(act, claim_id, citra, sign_up):
    """Only a checker takes; an approver, a manager or the service does not."""
    for actor in (citra, sign_up("mira", Role.MANAGER, Role.ADMIN), SERVICE):
        with pytest.raises(ForbiddenError):
            act(actor, review.take, claim_id)


def test_an_unknown_claim_is_not_found(act, ani):
    """A number that no claim has is a typed refusal."""
    with pytest.raises(NotFoundError):
        act(ani, review.take, 999)


# ---- aside -----------------------------------------------------------------------------------------------------


def test_held_and_resumed_with_the_draft(act, drafted, ani, read):
    """Putting aside ends the lease, keeps the draft, and the way back leads through the queue."""
    act(ani, review.hold, drafted, "Menunggu jawaban bank")
    row = read(Claim, drafted)
    assert (row.state, row.holder_id) == (ClaimState.ON_HOLD, None)
    act(ani, review.resume, drafted)
    act(ani, review.take, drafted)
    act(ani, review.submit, drafted)
    assert read(Claim, drafted).state is ClaimState.AWAITING_APPROVAL


def test_nobody_moves_what_another_holds(act, drafted, budi):
    """Holding, escalating and dismissing are refused while somebody else works on the claim."""
    for step, *args in (
        (review.hold, "x"),
        (review.escalate, "x"),
        (review.dismiss, DismissReason.DUPLICATE),
    ):
        with pytest.raises(HeldByAnotherError):
            act(budi, step, drafted, *args)


def test_an_escalated_claim_is_the_approvers(act, drafted, ani, citra, read):
    """What was handed up is brought back or dismissed by an approver only."""
    act(ani, review.escalate, drafted, "Menyangkut dua kementerian")
    with pytest.raises(ForbiddenError):
        act(ani, review.resume, drafted)
    with pytest.raises(ForbiddenError):
        act(ani, review.dismiss, drafted, DismissReason.OPINION)
    act(citra, review.resume, drafted, "Silakan lanjut")
    assert read(Claim, drafted).state is ClaimState.QUEUED


def test_dismissing_and_reopening(act, claim_id, ani, read):
    """A dismissal has a reason and a time; reopening takes both back."""
    act(ani, review.dismiss, claim_id, DismissReason.SATIRE, "Akun lelucon")
    row = read(Claim, claim_id)
    assert (row.state, row.dismiss_reason) == (ClaimState.DISMISSED, DismissReason.SATIRE)
    assert row.decided_at is not None
    act(ani, review.reopen, claim_id, "Beredar tanpa konteks lelucon")
    row = read(Claim, claim_id)
    assert (row.state, row.dismiss_reason, row.decided_at) == (ClaimState.QUEUED, None, None)


@pytest.mark.parametrize("step", [review.hold, review.escalate, review.reopen, review.retract])
def test_a_reason_must_say_something(act, published, citra, step):
    """A blank reason is refused where one is asked for."""
    with pytest.raises((review.InvalidInputError, IllegalStepError)):
        act(citra, step, published, "  ")


def test_illegal_steps_are_refused(act, published, ani, citra):
    """What the table does not have raises, whoever asks."""
    for actor, step, *args in (
        (ani, review.take),
        (ani, review.hold, "x"),
        (citra, send_back, "x"),
        (ani, review.dismiss, DismissReason.OPINION),
        (ani, review.resume),
    ):
        with pytest.raises(IllegalStepError):
            act(actor, step, published, *args)


def test_seen_once(act, claim_id, ani, clock, read):
    """The first look is noted with its time; later ones change nothing."""
    assert act(ani, review.mark_seen, claim_id)
    first = clock.now()
    clock.forward(minutes=3)
    assert not act(ani, review.mark_seen, claim_id)
    assert read(Claim, claim_id).seen_at == first


def test_rewording_keeps_the_earlier_words(act, claim_id, ani, service):
    """A better wording replaces the old one on the claim and both stay on record."""
    act(ani, review.take, claim_id)
    act(ani, review.reword, claim_id, "  Bank Contoh disebut\nmembagikan kuota. ")
    with service.database.read() as session:
        from serving.db.review import wordings

        assert [row.text for row in wordings(session, claim_id)] == ["Bank Contoh disebut membagikan kuota."]


# ---- drafts and sources ----------------------------------------------------------------------------------------


def test_a_half_draft_is_kept(act, claim_id, ani, read):
    """Anything may be saved at any time by the holder."""
    act(ani, review.take, claim_id)
    act(ani, review.save_draft, claim_id, Prepared(title="Separuh"), 0)
    assert (read(Draft, claim_id).title, read(Claim, claim_id).state) == ("Separuh", ClaimState.DRAFTED)


def test_only_the_holder_writes(act, claim_id, drafted, budi):
    """Draft and sources are closed to everybody but the holder."""
    with pytest.raises(HeldByAnotherError):
        act(budi, review.save_draft, drafted, READY, 1)
    with pytest.raises(HeldByAnotherError):
        act(budi, evidence.add, drafted, replace(MEDIA, url="https://lain.example/"))
    with pytest.raises(HeldByAnotherError):
        act(budi, evidence.remove, drafted, 1)


def test_a_stale_save_is_refused(act, drafted, ani, read):
    """A save written on an older version stores nothing."""
    act(ani, review.save_draft, drafted, replace(READY, title="Jendela satu menyimpan lebih dulu"), 1)
    with pytest.raises(DraftMovedOnError):
        act(ani, review.save_draft, drafted, replace(READY, title="Jendela dua"), 1)
    assert read(Draft, drafted).title == "Jendela satu menyimpan lebih dulu"


def test_of_two_saves_at_once_one_is_stored(service, drafted, ani, read):
    """Two windows that save at the same moment: one is stored, the other is told."""
    met = _race(
        service,
        lambda ctx: review.save_draft(ctx, drafted, READY, 1),
        ani,
        replace(ani, name="ani-2"),
    )
    assert sorted(type(error).__name__ for error in met.values()) == ["DraftMovedOnError", "NoneType"]
    assert read(Draft, drafted).version == 2


def test_a_removed_source_does_not_count_but_stays(act, drafted, ani, read):
    """Removing a source closes the path again; its row stays, marked."""
    row = act(ani, evidence.standing, drafted)[1]
    act(ani, evidence.remove, drafted, row.id)
    with pytest.raises(NotReadyError):
        act(ani, review.submit, drafted)
    assert read(Evidence, row.id).removed_at is not None
    with pytest.raises(NotFoundError):
        act(ani, evidence.remove, drafted, row.id)


def test_one_address_counts_once(act, drafted, ani):
    """The same address is not taken twice."""
    with pytest.raises(evidence.SameSourceError):
        act(ani, evidence.add, drafted, MEDIA)


def test_an_unfinished_draft_is_not_submitted(act, claim_id, ani, read):
    """Submitting names what is missing, and the claim stays where it is."""
    act(ani, review.take, claim_id)
    with pytest.raises(NotReadyError):
        act(ani, review.submit, claim_id)
    act(ani, review.save_draft, claim_id, replace(READY, gates={}), 0)
    with pytest.raises(NotReadyError, match="Belum dijawab"):
        act(ani, review.submit, claim_id)
    assert read(Claim, claim_id).state is ClaimState.DRAFTED


def test_nothing_changes_while_it_awaits_approval(act, submitted, ani):
    """What lies before the approver cannot be changed under their eyes."""
    for step, *args in ((review.save_draft, READY, 2), (evidence.add, MEDIA), (review.submit,)):
        with pytest.raises(NotHolderError):
            act(ani, step, submitted, *args)


def test_a_sealed_link_is_opened_on_the_record(act, service, claim_id, ani, citra, clock):
    """Only a checker opens the original address, each time with an audit row that does not hold it."""

    def seal(ctx):
        from serving.db.tables import Post

        post = ctx.session.query(Post).filter_by(claim_id=claim_id).one()
        post.sealed_link = ctx.vault.seal("https://sosial.example/kiriman/1")
        post.link_until = ctx.now + ctx.settings.link_lifetime
        return post.id

    post_id = act(SERVICE, seal)
    assert act(ani, evidence.open_link, post_id) == "https://sosial.example/kiriman/1"
    with pytest.raises(ForbiddenError):
        act(citra, evidence.open_link, post_id)
    with service.database.read() as session:
        rows = session.query(AuditRow).filter_by(action="post.open_link").all()
        assert [row.entity_id for row in rows] == [post_id]
        assert "sosial.example" not in rows[0].detail
    clock.forward(days=91)
    with pytest.raises(NotFoundError):
        act(ani, evidence.open_link, post_id)


# ---- the second human ------------------------------------------------------------------------------------------


def test_another_human_publishes(act, service, submitted, ani, citra, read, clock):
    """Approval makes a clarification with both humans, its words and sources, and a decision on record."""
    head = act(citra, approve, submitted, political=False)
    claim = read(Claim, submitted)
    assert (claim.state, claim.verdict, claim.political) == (ClaimState.PUBLISHED, VerdictLabel.FALSE, False)
    assert (claim.author_id, claim.approver_id) == (ani.user_id, citra.user_id)
    assert claim.decided_at == clock.now()
    assert (head.state, head.claim_wording) == (ClarificationState.PUBLISHED, claim.wording)
    assert head.slug == f"bank-contoh-tidak-mengadakan-program-kuota-formulir-itu-mengumpulkan-data-{submitted}"
    with service.database.read() as session:
        from serving.db.library import version

        words = version(session, head.id, 1)
        assert (words.title, [source["kind"] for source in words.sources]) == (
            READY.title,
            ["affected_agency", "independent"],
        )
        decision = session.query(Decision).one()
        assert (decision.outcome, decision.political_author, decision.political_approver) == (
            "approved",
            False,
            False,
        )


@pytest.mark.parametrize(("author", "approver"), [(True, False), (False, True), (True, True)])
def test_one_yes_is_political(act, drafted, ani, citra, read, author, approver):
    """Either human's yes makes the item political."""
    act(ani, review.save_draft, drafted, replace(READY, political=author), 1)
    act(ani, review.submit, drafted)
    head = act(citra, approve, drafted, political=approver)
    assert read(Claim, drafted).political is True
    assert head.political is True


def test_nobody_approves_their_own(act, claim_id, sign_up, read):
    """Both roles in one person do not make two people."""
    both = sign_up("dewi", Role.CHECKER, Role.APPROVER)
    act(both, review.take, claim_id)
    act(both, evidence.add, claim_id, AGENCY)
    act(both, evidence.add, claim_id, MEDIA)
    act(both, review.save_draft, claim_id, READY, 0)
    act(both, review.submit, claim_id)
    for step in (
        lambda ctx: approve(ctx, claim_id, political=False),
        lambda ctx: send_back(ctx, claim_id, "x"),
    ):
        with pytest.raises(SameHumanError):
            act(both, step)
    assert read(Claim, claim_id).state is ClaimState.AWAITING_APPROVAL


def test_writing_part_of_it_is_enough(act, claim_id, ani, sign_up):
    """Somebody who wrote the draft does not approve it because another pressed submit."""
    both = sign_up("dewi", Role.CHECKER, Role.APPROVER)
    act(both, review.take, claim_id)
    act(both, review.save_draft, claim_id, READY, 0)
    act(both, review.release, claim_id)
    act(ani, review.take, claim_id)
    act(ani, evidence.add, claim_id, AGENCY)
    act(ani, evidence.add, claim_id, MEDIA)
    act(ani, review.submit, claim_id)
    with pytest.raises(SameHumanError):
        act(both, approve, claim_id, political=False)


def test_of_two_approvers_one_wins(service, submitted, citra, sign_up):
    """Two approvals at the same moment publish once."""
    eka = sign_up("eka", Role.APPROVER)
    met = _race(service, lambda ctx: approve(ctx, submitted, political=False), citra, eka)
    assert sorted(type(error).__name__ for error in met.values()) == ["IllegalStepError", "NoneType"]
    with service.database.read() as session:
        assert session.query(Clarification).count() == 1


def test_only_what_was_read_is_approved(act, submitted, ani, citra, read):
    """An approval of a draft that was returned and changed meanwhile is refused."""
    seen = read(Draft, submitted).version
    act(citra, send_back, submitted, "Perjelas")
    act(ani, review.take, submitted)
    act(ani, review.submit, submitted)
    with pytest.raises(DraftMovedOnError):
        act(citra, review.approve, submitted, political=False, version=seen)


def test_returned_with_a_reason(act, submitted, ani, citra, read, service):
    """A returned draft waits for anybody, with the reason on it and on record."""
    act(citra, send_back, submitted, "Tambah sumber daerah")
    claim = read(Claim, submitted)
    assert (claim.state, claim.holder_id) == (ClaimState.DRAFTED, None)
    assert read(Draft, submitted).returned_reason == "Tambah sumber daerah"
    act(ani, review.take, submitted)
    act(ani, review.submit, submitted)
    assert read(Draft, submitted).returned_reason == ""
    act(citra, approve, submitted, political=False)
    with service.database.read() as session:
        assert [row.outcome for row in session.query(Decision).order_by(Decision.id)] == [
            "returned",
            "approved",
        ]


def test_the_database_refuses_one_human(service, submitted, ani):
    """Written past the rules, a published claim without two different humans is refused by the database itself."""
    for approver in ("NULL", str(ani.user_id)):
        with pytest.raises(IntegrityError), service.database.engine.begin() as connection:
            connection.execute(
                text(f"UPDATE claims SET state = 'published', approver_id = {approver} WHERE id = {submitted}")
            )


def test_retracting_tells_whoever_carried_it(act, published, citra, ani, read, service, sign_up):
    """A retraction is one approver's step; whoever accepted is sent a correction, once, and the audit verifies."""
    manager = sign_up("mira", Role.MANAGER)
    with service.database.read() as session:
        head_id = session.query(Clarification.id).scalar()

    def carry(ctx):
        from datetime import timedelta

        from serving.db.tables import Campaign
        from serving.vocabulary import CampaignKind, CampaignState

        person = factories.influencer(ctx, factories.ministry(ctx).id)
        campaign = Campaign(
            kind=CampaignKind.CLARIFICATION,
            state=CampaignState.LIVE,
            clarification_id=head_id,
            slug="kuota",
            title=READY.title,
            body=READY.body,
            issuer="Humas Contoh",
            topic="keamanan_digital",
            target_reach=1_000,
            starts_at=ctx.now - timedelta(hours=1),
            ends_at=ctx.now + timedelta(days=1),
            author_id=manager.user_id,
            approver_id=citra.user_id,
            created_at=ctx.now,
        )
        ctx.session.add(campaign)
        ctx.session.flush()
        offer = Offer(
            campaign_id=campaign.id,
            influencer_id=person.id,
            state=OfferState.ACCEPTED,
            variant=0,
            why={},
            planned_at=ctx.now,
            offered_at=ctx.now,
        )
        ctx.session.add(offer)
        ctx.session.flush()
        return campaign.id

    campaign_id = act(SERVICE, carry)
    with pytest.raises(ForbiddenError):
        act(ani, review.retract, published, "x")
    act(citra, review.retract, published, "Sumber utama ditarik penerbitnya")
    assert read(Claim, published).state is ClaimState.RETRACTED
    head = read(Clarification, head_id)
    assert (head.state, head.retract_reason) == (
        ClarificationState.RETRACTED,
        "Sumber utama ditarik penerbitnya",
    )
    with service.database.read() as session:
        from serving.db.tables import Campaign

        assert session.query(Correction).count() == 1
        assert str(session.get(Campaign, campaign_id).state) == "ended"
        assert audit.verify(session, service.vault.audit_key).intact
    with pytest.raises(IllegalStepError):
        act(citra, review.retract, published, "lagi")


def test_reopened_and_decided_again_supersedes(act, published, ani, citra, read, service):
    """A second decision about one claim replaces the first clarification; the six answers are asked anew."""
    act(ani, review.close, published)
    act(ani, review.reopen, published, "Ada keterangan baru")
    claim = read(Claim, published)
    assert (claim.author_id, claim.approver_id, claim.verdict) == (None, None, None)
    assert read(Draft, published).gates == {}
    act(ani, review.take, published)
    version = read(Draft, published).version
    act(ani, review.save_draft, published, replace(READY, verdict=VerdictLabel.MISLEADING), version)
    act(ani, review.submit, published)
    act(citra, approve, published, political=False)
    with service.database.read() as session:
        first, second = session.query(Clarification).order_by(Clarification.id)
        assert (first.state, first.superseded_by_id) == (ClarificationState.SUPERSEDED, second.id)
        assert first.slug != second.slug


def test_a_yes_to_politics_outlives_a_reopening(act, published, ani, citra, read, service):
    """One yes keeps the claim from civil servants for good: reopened and answered no twice, it is political still."""
    with service.database.write() as session:
        session.get(Claim, published).political = True
    act(ani, review.close, published)
    act(ani, review.reopen, published, "Tanya lagi")
    assert read(Claim, published).political is True
    act(ani, review.take, published)
    act(ani, review.save_draft, published, READY, read(Draft, published).version)
    act(ani, review.submit, published)
    act(citra, approve, published, political=False)
    with service.database.read() as session:
        newest = session.query(Clarification).order_by(Clarification.id.desc()).first()
        assert (newest.claim_id, newest.political) == (published, True)


def test_words_keep_their_writer_over_a_reopening(act, claim_id, ani, sign_up, read):
    """Whoever wrote the draft cannot approve it after dismissing and reopening, though another submits it."""
    both = sign_up("eka", Role.CHECKER, Role.APPROVER)
    act(both, review.take, claim_id)
    act(both, evidence.add, claim_id, AGENCY)
    act(both, evidence.add, claim_id, MEDIA)
    act(both, review.save_draft, claim_id, READY, 0)
    act(both, review.dismiss, claim_id, DismissReason.OUT_OF_SCOPE)
    act(both, review.reopen, claim_id, "Ternyata dalam cakupan")
    act(ani, review.take, claim_id)
    act(ani, review.save_draft, claim_id, READY, read(Draft, claim_id).version)
    act(ani, review.submit, claim_id)
    with pytest.raises(SameHumanError):
        act(both, approve, claim_id, political=False)


def test_rewording_counts_as_writing(act, drafted, ani, sign_up):
    """Whoever wrote a wording cannot approve, also where somebody else wrote a newer one since."""
    both = sign_up("eka", Role.CHECKER, Role.APPROVER)
    act(ani, review.release, drafted)
    act(both, review.take, drafted)
    act(both, review.reword, drafted, "Pesan berantai menyebut kuota dibagikan lewat formulir.")
    act(both, review.release, drafted)
    act(ani, review.take, drafted)
    act(ani, review.reword, drafted, "Pesan berantai menyebut kuota dibagikan lewat sebuah formulir.")
    act(ani, review.submit, drafted)
    with pytest.raises(SameHumanError):
        act(both, approve, drafted, political=False)


def test_every_step_stands_in_the_audit(published, service):
    """From taking to publishing, each step left a row in the chain."""
    with service.database.read() as session:
        steps = [row.action for row in session.query(AuditRow).order_by(AuditRow.seq)]
        assert [step for step in steps if step.startswith(("claim.", "evidence.", "clarification."))] == [
            "claim.take",
            "evidence.add",
            "evidence.add",
            "claim.draft",
            "claim.submit",
            "claim.reveal",
            "clarification.publish",
            "claim.approve",
        ]
        assert audit.verify(session, service.vault.audit_key).intact


# ---- the JSON door ---------------------------------------------------------------------------------------------

DRAFT = {
    "version": 0,
    "gates": {gate.value: gate is Gate.VERIFIABLE for gate in Gate},
    "verdict": "salah",
    "category": "penipuan",
    "political": False,
    "title": READY.title,
    "body": READY.body,
    "topic": "keamanan_digital",
}
SOURCES = [
    {"kind": "affected_agency", "url": "https://bank.example/a", "title": "Pernyataan", "publisher": "Bank"},
    {"kind": "independent", "url": "https://media.example/b", "title": "Telusur", "publisher": "Media"},
]


def test_the_whole_path_over_http(client, claim_id, key_for):
    """Take, draft, sources, submit, refused to its author, approved by another, retracted: all over /v1."""
    checker = key_for("ani", Role.CHECKER, Role.APPROVER)
    approver = key_for("citra", Role.APPROVER)
    at = f"/v1/claims/{claim_id}"
    assert client.post(f"{at}/take", headers=checker).json()["state"] == "claimed"
    blocked = client.put(f"{at}/draft", json=DRAFT, headers=checker).json()["obstacles"]
    assert blocked[0]["step"] == "sources"
    for source in SOURCES:
        assert client.post(f"{at}/evidence", json=source, headers=checker).status_code == 201
    draft = client.get(f"{at}/draft", headers=checker).json()
    assert (draft["version"], draft["obstacles"], len(draft["evidence"])) == (1, [], 2)
    assert client.post(f"{at}/submit", headers=checker).json()["state"] == "awaiting_approval"
    stale = {"political": False, "version": draft["version"]}
    answer = {"political": False, "version": client.get(f"{at}/draft", headers=approver).json()["version"]}
    own = client.post(f"{at}/approve", json=answer, headers=checker)
    assert (own.status_code, own.json()["title"]) == (403, "same-human")
    moved = client.post(f"{at}/approve", json=stale, headers=approver)
    assert (moved.status_code, moved.json()["title"]) == (409, "draft-moved-on")
    unread = client.post(f"{at}/approve", json=answer, headers=approver)
    assert (unread.status_code, unread.json()["title"]) == (409, "look-first")
    look = {"impression": "salah", "version": answer["version"]}
    assert client.post(f"{at}/reveal", json=look, headers=approver).json()["verdict"] == "salah"
    answer = client.post(f"{at}/approve", json=answer, headers=approver)
    assert answer.status_code == 200
    assert answer.json()["claim"]["state"] == "published"
    retracted = client.post(f"{at}/retract", json={"reason": "Sumber ditarik"}, headers=approver)
    assert retracted.json()["state"] == "retracted"


def test_a_lost_race_is_a_409(client, claim_id, key_for):
    """The second person over HTTP reads who holds the claim."""
    client.post(f"/v1/claims/{claim_id}/take", headers=key_for("ani", Role.CHECKER))
    answer = client.post(f"/v1/claims/{claim_id}/take", headers=key_for("budi", Role.CHECKER))
    assert (answer.status_code, answer.json()["title"]) == (409, "held-by-another")
    assert "ani" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/claims/0/take", None, 422),
        ("/v1/claims/99999999999999999999/take", None, 422),
        ("/v1/claims/abc/take", None, 422),
        ("/v1/claims/4040/take", None, 404),
        ("/v1/claims/{id}/hold", {}, 422),
        ("/v1/claims/{id}/hold", {"reason": "a\x00b"}, 422),
        ("/v1/claims/{id}/hold", {"reason": "  "}, 422),
        ("/v1/claims/{id}/dismiss", {"reason": "malas"}, 422),
        ("/v1/claims/{id}/approve", {"political": "ya", "version": 1}, 422),
        ("/v1/claims/{id}/approve", {"political": False}, 422),
        ("/v1/claims/{id}/approve", {"political": False, "version": None}, 422),
        ("/v1/claims/{id}/approve", {"political": False, "version": 1}, 403),
        ("/v1/claims/{id}/return", {"reason": "x"}, 422),
        ("/v1/claims/{id}/return", {"reason": "x", "version": 1}, 403),
        ("/v1/claims/{id}/submit", None, 409),
        ("/v1/claims/{id}/evidence", SOURCES[0] | {"url": "javascript:alert(1)"}, 422),
        ("/v1/claims/{id}/evidence", SOURCES[0] | {"url": "https://a b/"}, 422),
        ("/v1/claims/{id}/evidence", SOURCES[0] | {"kind": "rumor"}, 422),
        ("/v1/claims/{id}/evidence", SOURCES[0] | {"title": "a\nb"}, 422),
        ("/v1/claims/{id}/evidence", SOURCES[0] | {"pelapor": "x"}, 422),
        ("/v1/claims/{id}/evidence", SOURCES[0], 409),
        ("/v1/matches/77/confirm", None, 404),
    ],
)
def test_bad_input_is_refused_clearly(client, claim_id, key_for, read, path, body, status):
    """Each unfit request is a problem document with its status, and the claim is as before."""
    headers = key_for("ani", Role.CHECKER)
    answer = client.post(path.format(id=claim_id), json=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    row = read(Claim, claim_id)
    assert (row.state, row.version) == (ClaimState.QUEUED, 1)


@pytest.mark.parametrize(
    "over",
    [
        {"version": -1},
        {"version": 2**70},
        {"version": "satu"},
        {"gates": {"verifiable": "ya"}},
        {"gates": {"lucu": True}},
        {"verdict": "hoaks"},
        {"title": "a\x00"},
        {"body": "\ud800"},
        {"body": "a" * 20_001},
        {"topic": "gosip"},
        {"penulis": 1},
    ],
    ids=str,
)
def test_unfit_drafts_are_refused(client, claim_id, key_for, over, read):
    """A draft that does not fit is refused whole."""
    headers = key_for("ani", Role.CHECKER)
    client.post(f"/v1/claims/{claim_id}/take", headers=headers)
    answer = client.put(
        f"/v1/claims/{claim_id}/draft",
        content=__import__("json").dumps(DRAFT | over),
        headers=headers | {"content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert read(Draft, claim_id) is None


def test_without_a_key_nothing(client, claim_id):
    """Nobody reads or writes a draft without a key."""
    for method, path in (("get", "draft"), ("post", "take"), ("post", "approve")):
        assert getattr(client, method)(f"/v1/claims/{claim_id}/{path}").status_code == 401
