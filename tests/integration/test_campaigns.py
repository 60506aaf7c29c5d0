"""From a manager's draft to a live campaign, a freeze and an end; what two people must do, and what nobody may."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from models.moderation import ModerationLabel
from serving.db.tables import Campaign, Clarification, Ministry, Offer, Revision, User
from serving.deps import SESSION_COOKIE, context_for, csrf_token, session_token
from serving.desk import audit
from serving.desk.context import SERVICE
from serving.desk.learning import moderation
from serving.desk.outreach import campaign_drafts, campaign_rules, campaigns, outcome, routing
from serving.desk.outreach.restating import CaptionError
from serving.desk.people import accounts
from serving.errors import ForbiddenError, IllegalStepError, InvalidInputError, SameHumanError
from serving.settings import ElectionPeriod
from serving.vocabulary import CampaignState, Category, ClarificationState, OfferState, Platform, Role, Topic
from tests import factories
from tests.conftest import START

NEWS = campaign_drafts.ProgrammeNews(
    title="Pemeriksaan kesehatan gratis dibuka setiap Sabtu di puskesmas contoh",
    body="Puskesmas contoh membuka pemeriksaan kesehatan gratis setiap Sabtu. Warga cukup membawa kartu identitas.",
    issuer="Kementerian Contoh",
    link="https://contoh.example/program",
    category=Category.HEALTH,
)


def person(ctx, name, *roles):
    """Make an account without a password: hashing one takes longer than the test that needs none."""
    row = User(name=name, display_name=name, password_hash="-", roles=list(roles), created_at=ctx.now)
    ctx.session.add(row)
    ctx.session.flush()
    return accounts.actor_for(row)


def approve(ctx, campaign_id, *, political):
    """Approve whatever waits now."""
    submitted_at = ctx.session.get(Campaign, campaign_id).submitted_at or START
    return campaigns.approve(ctx, campaign_id, political=political, submitted_at=submitted_at)


def send_back(ctx, campaign_id, reason):
    """Return whatever waits now."""
    submitted_at = ctx.session.get(Campaign, campaign_id).submitted_at or START
    return campaigns.return_draft(ctx, campaign_id, reason, submitted_at=submitted_at)


class World:
    """Two managers, an approver, twelve eligible people and a clarification whose claim spreads."""

    def __init__(self, service):
        self.service = service
        self.author = self.run(SERVICE, lambda ctx: person(ctx, "penyusun", Role.MANAGER))
        self.other = self.run(SERVICE, lambda ctx: person(ctx, "manajer", Role.MANAGER))
        self.approver = self.run(SERVICE, lambda ctx: person(ctx, "penyetuju", Role.APPROVER))
        self.checker = self.run(SERVICE, lambda ctx: person(ctx, "pemeriksa", Role.CHECKER))

        def fill(ctx):
            ministry = factories.ministry(ctx)
            for _ in range(12):
                factories.influencer(ctx, ministry.id)
            claim = factories.claim(ctx)
            source = factories.clarification(ctx, self.checker.user_id, self.approver.user_id, claim_id=claim.id)
            return ministry.id, claim.id, source.id

        self.ministry_id, self.claim_id, self.source_id = self.run(SERVICE, fill)

    def run(self, actor, work):
        with self.service.database.write() as session:
            return work(context_for(self.service, session, actor))

    def window(self, **over):
        values = {
            "topic": Topic.DIGITAL_SAFETY,
            "starts_at": START,
            "ends_at": START + timedelta(days=3),
            "target_reach": 10**6,
        }
        return campaign_drafts.Window(**values | over)

    def draft(self, **over):
        from_news = over.pop("news", None)
        new = campaign_drafts.NewCampaign(self.window(**over), None if from_news else self.source_id, from_news)
        return self.run(self.author, lambda ctx: campaign_drafts.create(ctx, new)).id

    def submit(self, campaign_id, *, political=False):
        self.run(self.author, lambda ctx: campaigns.submit(ctx, campaign_id, political=political))

    def approved(self, *, political=False, **over):
        campaign_id = self.draft(**over)
        self.submit(campaign_id)
        self.run(self.approver, lambda ctx: approve(ctx, campaign_id, political=political))
        return campaign_id

    def launch(self, campaign_id):
        return self.run(self.author, lambda ctx: campaigns.launch(ctx, campaign_id))

    def live(self, **over):
        campaign_id = self.approved(**over)
        self.launch(campaign_id)
        return campaign_id

    def set(self, table, row_id, **values):
        def work(ctx):
            row = ctx.session.get(table, row_id)
            for name, value in values.items():
                setattr(row, name, value)

        self.run(SERVICE, work)

    def state(self, campaign_id):
        return self.run(SERVICE, lambda ctx: ctx.session.get(Campaign, campaign_id).state)

    def offers(self, campaign_id):
        return self.run(
            SERVICE, lambda ctx: ctx.session.scalars(select(Offer).where(Offer.campaign_id == campaign_id)).all()
        )


@pytest.fixture
def world(service):
    """The people and things of this story."""
    return World(service)


# ---- drafting --------------------------------------------------------------------------------------------------


def test_a_clarification_campaign_says_what_the_clarification_says(world):
    """Title, text and issuer come from the published version; captions are drafted for every platform."""
    campaign_id = world.draft()
    row = world.run(world.author, lambda ctx: campaigns.get(ctx, campaign_id))
    assert row.title.startswith("Bank Contoh tidak membagikan kuota")
    assert "/klarifikasi/" in row.link
    captions = world.run(world.author, lambda ctx: campaigns.captions(ctx, campaign_id))
    assert all(captions[platform] for platform in Platform)


def test_programme_news_needs_no_claim(world):
    """A campaign from programme news goes the same way to live."""
    campaign_id = world.live(news=NEWS)
    assert world.state(campaign_id) is CampaignState.LIVE
    assert len(world.offers(campaign_id)) == 12


@pytest.mark.parametrize(
    "over",
    [
        {"ends_at": START},
        {"starts_at": START - timedelta(days=9), "ends_at": START - timedelta(days=8)},
        {"target_reach": 0},
        {"regions": ("ID-XX",)},
        {"ministries": ("tidak-ada",)},
    ],
    ids=str,
)
def test_an_audience_that_cannot_be_is_refused(world, over):
    """Unknown places and employers, and windows that run backwards or are over, are refused."""
    with pytest.raises(InvalidInputError):
        world.draft(**over)


def test_a_political_clarification_cannot_become_a_campaign(world):
    """One yes at the desk keeps the item from civil servants from the start."""
    world.set(Clarification, world.source_id, political=True)
    with pytest.raises(campaign_rules.PoliticalError):
        world.draft()


def test_captions_may_only_restate(world):
    """A caption with a number that the source does not have is refused, and the old ones stay."""
    campaign_id = world.draft()
    before = world.run(world.author, lambda ctx: campaigns.captions(ctx, campaign_id))
    invented = {platform: ["Sudah 98.765 orang tertipu tautan itu."] for platform in Platform}
    with pytest.raises(CaptionError):
        world.run(world.author, lambda ctx: campaign_drafts.set_captions(ctx, campaign_id, invented))
    assert world.run(world.author, lambda ctx: campaigns.captions(ctx, campaign_id)) == before


def test_what_was_submitted_cannot_be_changed(world):
    """The second person sees what the first submitted, and that is what is offered."""
    campaign_id = world.draft()
    world.submit(campaign_id)
    with pytest.raises(campaign_rules.NotEditableError):
        world.run(world.author, lambda ctx: campaign_drafts.set_captions(ctx, campaign_id, {}))


# ---- two people ------------------------------------------------------------------------------------------------


def test_nobody_approves_their_own(world):
    """Author and approver are two people, whatever roles one of them holds."""
    campaign_id = world.draft()
    world.submit(campaign_id)
    with pytest.raises(SameHumanError):
        world.run(world.author, lambda ctx: approve(ctx, campaign_id, political=False))
    world.run(world.other, lambda ctx: approve(ctx, campaign_id, political=False))
    assert world.state(campaign_id) is CampaignState.APPROVED


def test_the_database_refuses_one_human_too(world):
    """Whatever code runs, a row that one person made and approved alone cannot be approved or live."""
    campaign_id = world.draft()
    statement = text("UPDATE campaigns SET state = 'live', approver_id = author_id WHERE id = :id")
    with pytest.raises(IntegrityError):
        world.run(SERVICE, lambda ctx: ctx.session.execute(statement, {"id": campaign_id}))


def test_returned_with_a_reason(world):
    """A returned campaign is a draft again and carries the reason; without one it is not returned."""
    campaign_id = world.draft()
    world.submit(campaign_id)
    with pytest.raises(InvalidInputError):
        world.run(world.approver, lambda ctx: send_back(ctx, campaign_id, "  "))
    row = world.run(world.approver, lambda ctx: send_back(ctx, campaign_id, "Judul kurang jelas."))
    assert (row.state, row.returned_reason) == (CampaignState.DRAFT, "Judul kurang jelas.")


def test_the_authors_yes_is_final(world):
    """Answered political by its author once, a campaign never goes live, whatever is answered later."""
    campaign_id = world.draft()
    world.submit(campaign_id, political=True)
    world.run(world.approver, lambda ctx: send_back(ctx, campaign_id, "Jawab lagi."))
    world.submit(campaign_id, political=False)
    world.run(world.approver, lambda ctx: approve(ctx, campaign_id, political=False))
    with pytest.raises(campaign_rules.PoliticalError):
        world.launch(campaign_id)


def test_nobody_who_wrote_any_of_it_approves(world):
    """Whoever wrote captions cannot approve them, even where another person submitted."""
    campaign_id = world.draft()
    world.run(world.other, lambda ctx: campaigns.submit(ctx, campaign_id, political=False))
    with pytest.raises(SameHumanError):
        world.run(world.author, lambda ctx: approve(ctx, campaign_id, political=False))


def test_words_that_changed_their_meaning_go_nowhere(world):
    """A campaign on words that a revision has since given another meaning is neither approved nor launched."""
    waiting, ready = world.draft(), world.approved()
    world.submit(waiting)

    def revised(ctx):
        ctx.session.add(
            Revision(
                clarification_id=world.source_id,
                base_version=1,
                title="Bank Contoh membagikan kuota di kantornya saja",
                body="Bank Contoh menyatakan kuota dibagikan di kantor.",
                sources=[],
                change_note="Keterangan bank berubah.",
                meaning_changed=True,
                author_id=world.checker.user_id,
                proposed_at=ctx.now,
                outcome="accepted",
                settled_by_id=world.approver.user_id,
                settled_at=ctx.now,
            )
        )

    world.run(SERVICE, revised)
    with pytest.raises(campaign_rules.NotStandingError):
        world.run(world.approver, lambda ctx: approve(ctx, waiting, political=False))
    with pytest.raises(campaign_rules.NotStandingError):
        world.launch(ready)


def test_captions_that_say_the_same_are_refused(world):
    """Two variants that are near-copies would make many people post the same words."""
    campaign_id = world.draft()
    text = "Bank Contoh menyatakan tidak ada pembagian kuota."
    with pytest.raises(InvalidInputError, match="hampir sama"):
        world.run(
            world.author, lambda ctx: campaign_drafts.set_captions(ctx, campaign_id, {Platform.FACEBOOK: [text, text]})
        )


def test_the_approvers_yes_is_recorded_and_final(world):
    """Answered political by the second person, an approved campaign never goes live."""
    campaign_id = world.approved(political=True)
    with pytest.raises(campaign_rules.PoliticalError):
        world.launch(campaign_id)
    assert world.state(campaign_id) is CampaignState.APPROVED


@pytest.mark.parametrize("step", ["launch", "freeze", "thaw", "end", "approve"])
def test_illegal_steps_are_typed(world, step):
    """A step that the table does not have from a draft is refused as illegal and changes nothing."""
    campaign_id = world.draft()
    steps = {
        "launch": lambda ctx: campaigns.launch(ctx, campaign_id),
        "freeze": lambda ctx: campaigns.freeze(ctx, campaign_id, "uji"),
        "thaw": lambda ctx: campaigns.thaw(ctx, campaign_id),
        "end": lambda ctx: campaigns.end(ctx, campaign_id, "uji"),
        "approve": lambda ctx: approve(ctx, campaign_id, political=False),
    }
    with pytest.raises(IllegalStepError):
        world.run(world.other, steps[step])
    assert world.state(campaign_id) is CampaignState.DRAFT


def _returned_and_submitted_again(world, clock, campaign_id):
    """Somebody reads what waits; it is returned, written anew and handed in again. Gives what was read."""
    read = world.run(SERVICE, lambda ctx: ctx.session.get(Campaign, campaign_id).submitted_at)
    world.run(world.other, lambda ctx: send_back(ctx, campaign_id, "Tulis ulang."))
    clock.forward(minutes=1)
    words = {platform: ["Bank Contoh menyatakan tidak ada pembagian kuota."] for platform in Platform}
    world.run(world.author, lambda ctx: campaign_drafts.set_captions(ctx, campaign_id, words))
    world.submit(campaign_id)
    return read


def test_what_was_not_read_is_not_decided(world, clock):
    """A click on a page from before the campaign was written anew neither approves nor returns the new words."""
    campaign_id = world.draft()
    world.submit(campaign_id)
    read = _returned_and_submitted_again(world, clock, campaign_id)
    for step in (
        lambda ctx: campaigns.approve(ctx, campaign_id, political=False, submitted_at=read),
        lambda ctx: campaigns.return_draft(ctx, campaign_id, "Kurang jelas.", submitted_at=read),
    ):
        with pytest.raises(campaign_rules.ResubmittedError):
            world.run(world.approver, step)
    assert world.state(campaign_id) is CampaignState.AWAITING_APPROVAL


def test_a_stale_answer_is_refused_at_both_doors(client, service, world, key_for, clock):
    """Without the submission that was read 422, with an older one 409; the page then carries the newer one."""
    campaign_id = world.draft()
    world.submit(campaign_id)
    read = _returned_and_submitted_again(world, clock, campaign_id).isoformat()
    headers = key_for("dua", Role.APPROVER)
    at, home = f"/v1/campaigns/{campaign_id}", f"/kampanye/{campaign_id}"
    second = Browser(client, service, world.approver)
    for step, form, body, fields in (
        ("approve", "setujui", {"political": False}, {"politis": "tidak"}),
        ("return", "kembalikan", {"reason": "Kurang jelas."}, {"alasan": "Kurang jelas."}),
    ):
        assert client.post(f"{at}/{step}", json=body, headers=headers).status_code == 422
        stale = client.post(f"{at}/{step}", json=body | {"submitted_at": read}, headers=headers)
        assert (stale.status_code, stale.json()["title"]) == (409, "draft-moved-on")
        assert second.post(f"{home}/{form}", **fields)[0] == 422
        assert second.post(f"{home}/{form}", diajukan="kemarin", **fields)[0] == 422
        status, _, page = second.post(f"{home}/{form}", diajukan=read, **fields)
        newer = page.find("form", action=f"{home}/{form}").find("input", attrs={"name": "diajukan"})["value"]
        assert (status, newer > read) == (409, True)
    assert second.post(f"{home}/setujui", politis="tidak", diajukan=newer)[0] == 303


def test_one_yes_holds_for_every_campaign_on_the_claim(world):
    """A yes to one campaign keeps another on the same clarification from launch, and a third from being drafted."""
    ready = world.approved()
    world.approved(political=True)
    with pytest.raises(campaign_rules.PoliticalError):
        world.launch(ready)
    with pytest.raises(campaign_rules.PoliticalError):
        world.draft()


def test_a_yes_holds_for_a_later_clarification_of_the_claim(world):
    """Deciding the claim anew does not undo the answer."""
    world.approved(political=True)
    people = (world.checker.user_id, world.approver.user_id)
    world.source_id = world.run(SERVICE, lambda ctx: factories.clarification(ctx, *people, claim_id=world.claim_id).id)
    with pytest.raises(campaign_rules.PoliticalError):
        world.draft()


def test_a_running_campaign_gets_no_more_offers_after_a_yes(world):
    """Whoever says yes about a sister campaign also stops what runs from growing or going on."""
    running, sister = world.live(), world.draft()
    world.submit(sister, political=True)
    with pytest.raises(campaign_rules.PoliticalError):
        world.run(world.author, lambda ctx: campaigns.plan_more(ctx, running))
    world.run(world.author, lambda ctx: campaigns.freeze(ctx, running, "uji"))
    with pytest.raises(campaign_rules.PoliticalError):
        world.run(world.other, lambda ctx: campaigns.thaw(ctx, running))


def test_drafted_captions_that_are_flagged_are_left_out(world, monkeypatch):
    """What the moderator would keep out of a kit is not drafted into one; the rest of the draft stands."""
    real = moderation.moderator()
    flagged = "Bank Contoh menyatakan tidak ada pembagian kuota."

    class Strict:
        def moderate_many(self, texts):
            return [
                replace(answer, flags=(ModerationLabel.ABUSIVE,)) if flagged in text else answer
                for text, answer in zip(texts, real.moderate_many(texts), strict=True)
            ]

    monkeypatch.setattr(moderation, "moderator", Strict)
    campaign_id = world.draft()
    captions = world.run(world.author, lambda ctx: campaigns.captions(ctx, campaign_id))
    assert captions[Platform.X]
    assert not [text for texts in captions.values() for text in texts if flagged in text]


# ---- live ------------------------------------------------------------------------------------------------------


def test_launching_plans_offers(world):
    """A launch takes the campaign live and plans offers for the people who fit."""
    campaign_id = world.approved()
    assert world.launch(campaign_id) == 12
    assert {offer.state for offer in world.offers(campaign_id)} == {OfferState.PLANNED}


def _below_floor(world):
    world.run(SERVICE, lambda ctx: ctx.session.execute(text("UPDATE claims SET posts_per_hour = 2.9")))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_below_floor, campaign_rules.BelowFloorError),
        (
            lambda world: world.set(Clarification, world.source_id, state=ClarificationState.RETRACTED),
            campaign_rules.NotStandingError,
        ),
        (lambda world: world.set(Clarification, world.source_id, valid_until=START), campaign_rules.NotStandingError),
        (lambda world: world.set(Clarification, world.source_id, political=True), campaign_rules.PoliticalError),
        (lambda world: world.set(Ministry, world.ministry_id, live_at=None), campaign_rules.WaveNotLiveError),
    ],
    ids=["below the floor", "retracted", "expired", "political", "wave"],
)
def test_a_launch_has_preconditions(world, spoil, error):
    """What no longer holds at launch refuses it with a typed error, and no offer is planned."""
    campaign_id = world.approved(ministries=("komdigi",))
    spoil(world)
    with pytest.raises(error):
        world.launch(campaign_id)
    assert world.state(campaign_id) is CampaignState.APPROVED
    assert world.offers(campaign_id) == []


def test_a_window_that_is_over_cannot_be_launched(world, clock):
    """A campaign whose time has passed stays where it is until it is ended."""
    campaign_id = world.approved()
    clock.forward(days=4)
    with pytest.raises(campaign_rules.WindowOverError):
        world.launch(campaign_id)
    assert world.run(SERVICE, campaigns.end_over) == 1
    assert world.state(campaign_id) is CampaignState.ENDED


def test_an_audience_of_nobody_is_not_launched(world):
    """A launch that would reach nobody says so and leaves the campaign approved."""
    campaign_id = world.approved(regions=("ID-PS",))
    with pytest.raises(routing.EmptyAudienceError):
        world.launch(campaign_id)
    assert world.state(campaign_id) is CampaignState.APPROVED


PERIOD = ElectionPeriod(starts=START.date(), ends=START.date())


def in_election(work):
    """Do something as if today lay in an election period."""

    def electing(ctx):
        settings = ctx.settings.model_copy(update={"election_periods": (PERIOD,)})
        return work(replace(ctx, settings=settings))

    return electing


@pytest.fixture(params=["clarification", "news"])
def politics(request, world):
    """Make campaigns about politics, of either kind, that both humans answer is not political."""

    def make(take):
        if request.param == "news":
            return take(news=replace(NEWS, category=Category.POLITICS))
        campaign_id = take()
        world.set(Clarification, world.source_id, category=Category.POLITICS)
        return campaign_id

    return make


def test_an_election_blocks_politics(world, politics):
    """In an election period nothing about politics is submitted, approved or launched, whatever both answer."""
    draft = politics(world.draft)
    submitted = politics(world.draft)
    world.submit(submitted)
    approved = politics(world.approved)
    steps = (
        (world.author, lambda ctx: campaigns.submit(ctx, draft, political=False)),
        (world.approver, lambda ctx: approve(ctx, submitted, political=False)),
        (world.author, lambda ctx: campaigns.launch(ctx, approved)),
    )
    for actor, step in steps:
        with pytest.raises(campaign_rules.PoliticalError):
            world.run(actor, in_election(step))
    states = [CampaignState.DRAFT, CampaignState.AWAITING_APPROVAL, CampaignState.APPROVED]
    assert [world.state(each) for each in (draft, submitted, approved)] == states


def test_an_election_freezes_politics_that_run(world, politics):
    """Live politics of either kind freeze when a period begins; nothing leaves, and nobody thaws it before the end."""
    campaign_id = politics(world.live)
    other = world.live(news=NEWS)
    assert world.run(SERVICE, in_election(campaigns.end_over)) == 0
    assert (world.state(campaign_id), world.state(other)) == (CampaignState.FROZEN, CampaignState.LIVE)
    world.run(SERVICE, in_election(routing.release_due))
    assert {offer.state for offer in world.offers(campaign_id)} == {OfferState.PLANNED}
    with pytest.raises(campaign_rules.PoliticalError):
        world.run(world.author, in_election(lambda ctx: campaigns.thaw(ctx, campaign_id)))
    world.run(world.author, lambda ctx: campaigns.thaw(ctx, campaign_id))
    assert world.state(campaign_id) is CampaignState.LIVE


def test_outside_elections_politics_that_nobody_answered_political_run(world, politics):
    """The category alone holds nothing back outside a period; nothing is frozen then."""
    campaign_id = politics(world.live)
    assert world.run(SERVICE, campaigns.hold_politics) == 0
    assert world.state(campaign_id) is CampaignState.LIVE


@pytest.mark.parametrize(("author", "approver"), [(True, False), (False, True)])
@pytest.mark.parametrize("over", [{}, {"news": NEWS}], ids=["clarification", "news"])
def test_one_yes_of_two_keeps_either_kind_from_asn(world, over, author, approver):
    """Both humans are asked about both kinds, and one yes is enough."""
    campaign_id = world.draft(**over)
    world.submit(campaign_id, political=author)
    world.run(world.approver, lambda ctx: approve(ctx, campaign_id, political=approver))
    with pytest.raises(campaign_rules.PoliticalError):
        world.launch(campaign_id)
    assert world.offers(campaign_id) == []


def test_a_freeze_is_lifted_by_somebody_else(world):
    """Anybody responsible stops a campaign alone; another person starts it again."""
    campaign_id = world.live()
    world.run(world.author, lambda ctx: campaigns.freeze(ctx, campaign_id, "Ada keluhan."))
    assert world.run(SERVICE, routing.release_due) == 0
    with pytest.raises(SameHumanError):
        world.run(world.author, lambda ctx: campaigns.thaw(ctx, campaign_id))
    world.run(world.other, lambda ctx: campaigns.thaw(ctx, campaign_id))
    assert world.run(SERVICE, routing.release_due) == 12


def test_ending_recalls_what_is_open(world):
    """The kill switch ends the campaign for good and takes back every open offer."""
    campaign_id = world.live()
    world.run(SERVICE, routing.release_due)
    assert world.run(world.approver, lambda ctx: campaigns.end(ctx, campaign_id, "Selesai.")) == 12
    assert {offer.state for offer in world.offers(campaign_id)} == {OfferState.RECALLED}
    with pytest.raises(IllegalStepError):
        world.run(world.other, lambda ctx: campaigns.thaw(ctx, campaign_id))


def test_a_retraction_stops_its_campaigns(world):
    """Every running campaign of a clarification ends; its drafts stay, and can no longer be submitted."""
    running, draft = world.live(), world.draft()
    assert world.run(SERVICE, lambda ctx: campaigns.stop_for(ctx, world.source_id, "ditarik")) == 1
    assert (world.state(running), world.state(draft)) == (CampaignState.ENDED, CampaignState.DRAFT)
    world.set(Clarification, world.source_id, state=ClarificationState.RETRACTED)
    with pytest.raises(campaign_rules.NotStandingError):
        world.submit(draft)


def test_every_step_is_in_the_chain(world, service):
    """Each step leaves its row, and the chain verifies."""
    campaign_id = world.live()
    world.run(world.other, lambda ctx: campaigns.freeze(ctx, campaign_id, "uji"))
    with service.database.read() as session:
        actions = [row.action for row in audit.rows.recent(session, entity="campaign", entity_id=campaign_id)]
        assert audit.verify(session, service.vault.audit_key).intact
    assert actions == [
        "campaign.freeze",
        "campaign.plan",
        "campaign.launch",
        "campaign.approve",
        "campaign.submit",
        "campaign.create",
    ]


# ---- figures ---------------------------------------------------------------------------------------------------


def test_figures_are_for_groups_only(world):
    """Twelve people are a group; nine are not, in the preview and in the figures."""
    campaign_id = world.live()
    found = world.run(world.author, lambda ctx: outcome.figures(ctx, campaign_id))
    assert (found.total.planned, found.total.offered) == (12, 0)
    small = world.live(news=NEWS, target_reach=2_100 * 9)
    found = world.run(world.author, lambda ctx: outcome.figures(ctx, small))
    assert found.total is None
    assert set(found.by_ministry.values()) == {None}


def _answered(world, campaign_id, n_accepted):
    """Offer everything, and let the first ``n_accepted`` people accept."""

    def answer(ctx):
        asked = ctx.session.scalars(select(Offer).where(Offer.campaign_id == campaign_id).order_by(Offer.id)).all()
        for number, offer in enumerate(asked):
            offer.offered_at = ctx.now
            offer.state = OfferState.ACCEPTED if number < n_accepted else OfferState.DECLINED

    world.run(SERVICE, answer)


@pytest.mark.parametrize(("n_accepted", "shown"), [(0, None), (9, None), (10, 10), (14, 14), (15, None), (24, None)])
def test_few_who_took_and_few_who_declined_are_hidden_at_both_doors(client, service, world, n_accepted, shown):
    """Of 24 people asked, how many took the kit is said only where ten or more did and ten or more did not."""

    def fill(ctx):
        for _ in range(12):
            factories.influencer(ctx, world.ministry_id)
        return accounts.create_key(ctx, ctx.session.get(User, world.author.user_id), "uji").key

    key = world.run(SERVICE, fill)
    campaign_id = world.live()
    _answered(world, campaign_id, n_accepted)
    answer = client.get(f"/v1/campaigns/{campaign_id}/figures", headers={"Authorization": f"Bearer {key}"}).json()
    assert (answer["total"]["offered"], answer["total"]["accepted"]) == (24, shown)
    assert answer["by_ministry"]["komdigi"] == answer["total"]
    _, page = Browser(client, service, world.author).get(f"/kampanye/{campaign_id}")
    cells = [cell.text.strip() for cell in page.find(id="hasil").find("tbody").find("tr").find_all("td")]
    assert cells[:3] == ["24", "24", "disembunyikan" if shown is None else str(shown)]


def test_a_preview_hides_small_places(world):
    """A province with few people is hidden, and another with it, so that it cannot be worked out."""

    def fill(ctx):
        for region, n in (("ID-BA", 3), ("ID-JB", 15)):
            for _ in range(n):
                factories.influencer(ctx, world.ministry_id, region=region)

    world.run(SERVICE, fill)
    campaign_id = world.draft()
    found = world.run(world.author, lambda ctx: outcome.preview(ctx, campaign_id))
    assert found.n_people == 30
    assert found.by_region == {"ID-BA": None, "ID-JK": None, "ID-JB": 15}


def test_others_have_no_business_here(world):
    """A checker neither sees nor makes campaigns."""
    campaign_id = world.draft()
    with pytest.raises(ForbiddenError):
        world.run(world.checker, lambda ctx: campaigns.get(ctx, campaign_id))


# ---- the JSON door ---------------------------------------------------------------------------------------------


def _body(world, **over):
    return {
        "clarification_id": world.source_id,
        "topic": "keamanan_digital",
        "target_reach": 100_000,
        "starts_at": "2026-03-02T10:00:00+07:00",
        "ends_at": "2026-03-05T10:00:00+07:00",
    } | over


def test_the_whole_path_over_http(client, world, key_for):
    """Draft, captions, submit, refused to its author, approve, launch, figures, freeze, thaw, end."""
    author, second = key_for("satu", Role.MANAGER, Role.APPROVER), key_for("dua", Role.APPROVER)
    made = client.post("/v1/campaigns", json=_body(world), headers=author)
    assert made.status_code == 201
    at = f"/v1/campaigns/{made.json()['id']}"
    captions = client.get(f"{at}/captions", headers=author).json()
    assert client.put(f"{at}/captions", json=captions, headers=author).json() == captions
    submitted = client.post(f"{at}/submit", json={"political": False}, headers=author)
    assert submitted.status_code == 200
    answer = {"political": False, "submitted_at": submitted.json()["submitted_at"]}
    refused = client.post(f"{at}/approve", json=answer, headers=author)
    assert (refused.status_code, refused.json()["title"]) == (403, "same-human")
    assert client.post(f"{at}/approve", json=answer, headers=second).status_code == 200
    assert client.post(f"{at}/launch", headers=author).json()["planned"] == 12
    assert client.get(f"{at}/preview", headers=author).json()["people"] == 12
    assert client.get(f"{at}/figures", headers=author).json()["total"]["planned"] == 12
    assert client.post(f"{at}/freeze", json={"reason": "uji"}, headers=author).json()["state"] == "frozen"
    assert client.post(f"{at}/thaw", headers=author).status_code == 403
    assert client.post(f"{at}/thaw", headers=second).json()["state"] == "live"
    ended = client.post(f"{at}/end", json={"reason": "uji"}, headers=author).json()
    assert (ended["campaign"]["state"], ended["recalled"]) == ("ended", 12)
    again = client.post(f"{at}/launch", headers=author)
    assert (again.status_code, again.json()["title"]) == (409, "illegal-step")
    listed = client.get("/v1/campaigns", params={"state": "ended", "limit": 1}, headers=author).json()
    assert [row["id"] for row in listed["items"]] == [made.json()["id"]]


@pytest.mark.parametrize(
    ("over", "status"),
    [
        ({"clarification_id": 999}, 404),
        ({"clarification_id": None}, 422),
        ({"clarification_id": 2**70}, 422),
        ({"topic": "ramalan"}, 422),
        ({"target_reach": 10**30}, 422),
        ({"starts_at": "2026-03-02T10:00:00"}, 422),
        ({"ends_at": "2026-03-01T10:00:00+07:00"}, 422),
        ({"official_posts": {"x": "javascript:alert(1)"}}, 422),
        ({"official_posts": {"tiktok": "https://a.example"}}, 422),
        ({"regions": ["\u0000"]}, 422),
        ({"penulis": "x"}, 422),
        ({"news": {"title": "\ud800", "body": "b", "issuer": "i", "link": "https://a.example"}}, 422),
    ],
    ids=str,
)
def test_bad_input_is_a_clear_refusal(client, world, key_for, over, status):
    """Bad input at the campaign's door is a problem document, and nothing is drafted."""
    headers = key_for("satu", Role.MANAGER) | {"content-type": "application/json"}
    answer = client.post("/v1/campaigns", content=json.dumps(_body(world) | over), headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/campaigns", headers=headers).json()["items"] == []


@pytest.mark.parametrize(("category", "status"), [("kesehatan", 201), ("politik", 201), (None, 422), ("ramalan", 422)])
def test_news_has_a_category_over_http(client, world, key_for, category, status):
    """Programme news is drafted with a category of the vocabulary or not at all, and says which."""
    news = {"title": NEWS.title, "body": NEWS.body, "issuer": NEWS.issuer, "link": NEWS.link, "category": category}
    body = _body(world, clarification_id=None, news={name: value for name, value in news.items() if value})
    answer = client.post("/v1/campaigns", json=body, headers=key_for("satu", Role.MANAGER))
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["category"] == category


@pytest.mark.parametrize("kind", ["clarification", "news"])
def test_an_election_blocks_politics_over_http(client, service, world, key_for, kind):
    """At the JSON door, too, politics of either kind are refused by name while a period lasts."""
    author = key_for("satu", Role.MANAGER)
    campaign_id = world.draft(**({"news": replace(NEWS, category=Category.POLITICS)} if kind == "news" else {}))
    world.set(Clarification, world.source_id, category=Category.POLITICS)
    settings = service.settings.model_copy(update={"election_periods": (PERIOD,)})
    client.app.state.service = replace(service, settings=settings)
    at = f"/v1/campaigns/{campaign_id}/submit"
    refused = client.post(at, json={"political": False}, headers=author)
    assert (refused.status_code, refused.json()["title"]) == (409, "political")
    client.app.state.service = service
    assert client.post(at, json={"political": False}, headers=author).status_code == 200


# ---- the HTML door ---------------------------------------------------------------------------------------------


class Browser:
    """A signed-in browser that sends the form token with every form."""

    def __init__(self, client, service, actor):
        with service.database.read() as session:
            epoch = session.get(User, actor.user_id).session_epoch
        cookie = session_token(service, actor.user_id, epoch)
        self.client, self.cookies = client, {"cookie": f"{SESSION_COOKIE}={cookie}"}
        self.csrf = csrf_token(service, cookie)

    def get(self, path):
        answer = self.client.get(path, headers=self.cookies)
        return answer.status_code, BeautifulSoup(answer.text, "html.parser")

    def post(self, path, **fields):
        answer = self.client.post(path, data={"csrf": self.csrf} | fields, headers=self.cookies, follow_redirects=False)
        return answer.status_code, answer.headers.get("location"), BeautifulSoup(answer.text, "html.parser")


NEW_FORM = {
    "topik": "keamanan_digital",
    "jangkauan": "100.000",
    "mulai": "2026-03-02T10:00",
    "selesai": "2026-03-05T10:00",
}


def test_the_whole_path_in_the_console(client, service, world):
    """Two people take a campaign from the form to live without a script, and one freezes it."""
    author, second = Browser(client, service, world.author), Browser(client, service, world.approver)
    status, page = author.get(f"/kampanye/baru?klarifikasi={world.source_id}")
    assert (status, page.find("option", selected=True)["value"]) == (200, str(world.source_id))
    status, home, _ = author.post("/kampanye/baru", sumber=str(world.source_id), **NEW_FORM)
    assert status == 303
    status, page = author.get(home)
    assert status == 200
    texts = {name: page.find("textarea", id=name).text.strip() for name in ("facebook", "x", "instagram")}
    assert author.post(f"{home}/takarir", **texts)[0] == 303
    assert author.post(f"{home}/ubah", **NEW_FORM)[0] == 303
    assert author.post(f"{home}/ajukan")[0] == 422
    assert author.post(f"{home}/ajukan", politis="tidak")[0] == 303
    assert "setujui" not in str(author.get(home)[1].find(id="langkah"))
    read = second.get(home)[1].find("form", action=f"{home}/setujui").find("input", attrs={"name": "diajukan"})["value"]
    assert author.post(f"{home}/setujui", politis="tidak", diajukan=read)[0] == 403
    assert second.post(f"{home}/setujui", politis="tidak", diajukan=read)[0] == 303
    assert author.post(f"{home}/luncurkan")[0] == 303
    assert "12" in author.get(home)[1].find(id="hasil").text
    assert author.post(f"{home}/bekukan", alasan="Ada keluhan.")[0] == 303
    assert second.post(f"{home}/cairkan")[0] == 303
    assert second.post(f"{home}/akhiri", alasan="Selesai.")[0] == 303
    assert world.state(int(home.rsplit("/", 1)[1])) is CampaignState.ENDED
    assert second.get("/kampanye?keadaan=ended")[1].find("table").find("a")["href"] == home


def test_a_refused_form_keeps_what_was_typed(client, service, world):
    """A new campaign that is refused comes back with its text, the sentence and the error's status."""
    author = Browser(client, service, world.author)
    typed = {"sumber": "program", "judul": "Judul contoh", "isi": "Isi panjang contoh.", "penerbit": "Contoh"}
    assert author.post("/kampanye/baru", tautan="https://contoh.example", **typed, **NEW_FORM)[0] == 422
    typed["kategori"] = "kesehatan"
    status, _, page = author.post("/kampanye/baru", tautan="bukan alamat", **typed, **NEW_FORM)
    assert status == 422
    assert page.find("select", id="kategori").find("option", selected=True)["value"] == "kesehatan"
    assert page.find("textarea", id="isi").text.strip() == "Isi panjang contoh."
    assert page.find(class_="notice").text.strip()


def test_a_refused_caption_keeps_what_was_typed(client, service, world):
    """Captions that invent a number come back as typed; the stored ones stay."""
    author = Browser(client, service, world.author)
    home = f"/kampanye/{world.draft()}"
    status, _, page = author.post(f"{home}/takarir", facebook="Sudah 98.765 korban.", x="a", instagram="b")
    assert status == 422
    assert page.find("textarea", id="facebook").text.strip() == "Sudah 98.765 korban."
    assert "98.765" not in str(author.get(home)[1])


def test_a_refused_launch_changes_nothing(client, service, world):
    """A launch that is refused shows why, and the campaign stays approved."""
    author = Browser(client, service, world.author)
    campaign_id = world.approved()
    _below_floor(world)
    status, _, page = author.post(f"/kampanye/{campaign_id}/luncurkan")
    assert status == 409
    assert "terbit tetapi tidak disalurkan" in page.find(class_="notice").text
    assert world.state(campaign_id) is CampaignState.APPROVED


def test_the_list_of_people_in_the_console(client, service, world):
    """Coverage, import with a dry run, evidence and its refusal work by plain forms."""
    manager = Browser(client, service, world.author)
    status, page = manager.get("/influencer")
    assert status == 200
    assert len(page.find("svg", class_="tiles-map").find_all("rect")) == 38
    row = "staff_number,name,ministry,region\n12345,Contoh Baru,komdigi,ID-JK\n1,B,komdigi,ID-XX\n"
    status, _, page = manager.post("/influencer/impor", teks=row, coba="ya")
    assert (status, page.find("textarea", id="teks").text.strip()) == (200, row.strip())
    assert manager.get("/influencer?q=Contoh+Baru")[1].find(id="cari").find("tbody") is None
    assert manager.post("/influencer/impor", teks=row)[0] == 200
    link = manager.get("/influencer?q=Contoh+Baru")[1].find(id="cari").find("tbody").find("a")["href"]
    assert manager.get(link)[0] == 200
    evidence = {"platform": "x", "jumlah": "1.200", "cara": "api", "tanggal": "2026-03-01"}
    assert manager.post(f"{link}/bukti", **evidence)[0] == 303
    status, _, page = manager.post(f"{link}/bukti", **evidence | {"tanggal": "2026-03-09"})
    assert (status, page.find("input", id="jumlah")["value"]) == (422, "1.200")
    assert manager.post(f"{link}/akun", akun="tidak-ada")[0] == 404
    assert manager.post("/influencer/impor", teks="")[0] == 422
    assert manager.post("/influencer/kementerian", kode="baru", nama="Kementerian Baru")[0] == 303
    assert manager.post("/influencer/kementerian/baru/gelombang", buka="ya")[0] == 303


@pytest.mark.parametrize("path", ["/kampanye", "/kampanye/baru", "/kampanye/1", "/influencer", "/influencer/1"])
def test_pages_are_for_their_roles(client, service, world, path):
    """A checker is refused with a page, a stranger is sent to sign in."""
    assert Browser(client, service, world.checker).get(path)[0] == 403
    assert client.get(path, follow_redirects=False).headers["location"].startswith("/masuk")


def test_an_unknown_campaign_is_not_found(client, service, world):
    """A number that no campaign has is a 404 page."""
    manager = Browser(client, service, world.author)
    assert manager.get("/kampanye/999")[0] == 404
    assert manager.get("/influencer/999")[0] == 404


def test_the_trail_leaves_out_what_a_step_has_not(client, service, world, sign_up):
    """Programme news stands on no clarification, and the page of the trail does not say that it is ``None``."""
    world.draft(news=NEWS)
    admin = Browser(client, service, sign_up("kepala", Role.ADMIN))
    status, page = admin.get("/admin/jejak")
    told = page.find("table").text
    assert (status, "campaign.create" in told, "None" in told) == (200, True, False)
