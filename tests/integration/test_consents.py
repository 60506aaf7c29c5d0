"""Consent by purpose and platform: given and withdrawn one thing at a time, and honoured wherever something is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from serving import worker
from serving.db import Database, people
from serving.db import routing as routing_rows
from serving.db.tables import (
    Campaign,
    ClaimPlace,
    ClaimSource,
    Clarification,
    ConsentStep,
    Delivery,
    Influencer,
    KeptStanding,
    Offer,
    PostedLink,
    ShortLink,
)
from serving.db.upgrade import migrate
from serving.desk.outreach import kits, offers, routing
from serving.desk.people import accounts, consents, influencers, profile, roster
from serving.desk.people.eligibility import CONSENT_VERSION, ReasonKind
from serving.desk.people.profile import Wishes
from serving.errors import InvalidInputError
from serving.vocabulary import PURPOSES, SCOPE_VERSIONS, Channel, ClaimState, ConsentScope, OfferState, Platform
from tests import factories
from tests.integration import carrying
from tests.integration.test_campaigns import Browser

CLARIFICATION, PROGRAMME, MEASUREMENT = PURPOSES
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
X_POST = carrying.PLATFORM_URLS[Platform.X]


def _stands(ctx):
    return {each.scope for each in profile.agreements(ctx) if each.stands}


def _state(ctx, offer_id):
    return ctx.session.get(Offer, offer_id, populate_existing=True).state


@pytest.mark.parametrize("scope", list(ConsentScope))
def test_each_thing_is_withdrawn_and_given_by_itself(acting, story, scope):
    """One scope goes and comes back with its version and time; the others stay, and no step is written twice."""
    with acting(story.person) as ctx:
        profile.withdraw(ctx, scope)
        profile.withdraw(ctx, scope)
        assert _stands(ctx) == set(ConsentScope) - {scope}
        profile.agree(ctx, scope, SCOPE_VERSIONS[scope])
        profile.agree(ctx, scope, SCOPE_VERSIONS[scope])
        assert _stands(ctx) == set(ConsentScope)
        assert [(step.scope, step.given, step.version) for step in profile.consent_steps(ctx)] == [
            (scope, True, SCOPE_VERSIONS[scope]),
            (scope, False, SCOPE_VERSIONS[scope]),
        ]


def test_only_the_words_of_now_are_agreed_to(acting, story):
    """An older or made-up version is refused, and an agreement to older words counts no longer."""
    with acting(story.person) as ctx, pytest.raises(consents.ConsentVersionError):
        profile.agree(ctx, ConsentScope.X, "0")
    with acting(story.person) as ctx:
        influencers.own(ctx).x_consent = "0"
        ctx.session.flush()
        (x,) = (each for each in profile.agreements(ctx) if each.scope is ConsentScope.X)
        assert (x.stands, x.outdated, x.given) == (False, True, "0")


def test_whoever_has_not_joined_agrees_to_nothing_by_itself(acting, story):
    """A single yes needs the terms first; joining without a tick brings no offer, and says so."""
    with acting(story.person) as ctx:
        influencers.leave(ctx)
    with acting(story.person) as ctx, pytest.raises(consents.NotJoinedError):
        profile.agree(ctx, CLARIFICATION, SCOPE_VERSIONS[CLARIFICATION])
    with acting(story.person) as ctx:
        influencers.consent(ctx, CONSENT_VERSION)
        ctx.session.flush()
        kinds = [reason.kind for reason in influencers.own_profile(ctx).reasons]
    assert kinds == [ReasonKind.NO_PURPOSE, ReasonKind.NO_PLATFORM]


def test_withdrawing_a_purpose_takes_back_only_what_needed_it(acting, story):
    """Offers of clarifications go at once; an offer of programme news stays, and so does what was accepted."""
    with acting() as ctx:
        person = ctx.session.get(Influencer, story.influencer_id)
        news, taken = (
            carrying.offer(
                ctx, carrying.campaign(ctx, source, story.author, story.approver), person, mail=False, state=state
            ).id
            for source, state in ((None, OfferState.OFFERED), (story.clarification_id, OfferState.ACCEPTED))
        )
    with acting(story.person) as ctx:
        profile.withdraw(ctx, CLARIFICATION)
        assert _state(ctx, story.offer_id) is OfferState.RECALLED
        assert (_state(ctx, news), _state(ctx, taken)) == (OfferState.OFFERED, OfferState.ACCEPTED)


def test_withdrawing_a_platform_takes_back_what_could_go_nowhere_else(acting, story):
    """A claim that spreads on X needs X; while another platform would do the offer stays."""
    with acting(story.person) as ctx:
        profile.withdraw(ctx, ConsentScope.X)
        assert _state(ctx, story.offer_id) is OfferState.OFFERED
        profile.agree(ctx, ConsentScope.X, SCOPE_VERSIONS[ConsentScope.X])
    with acting() as ctx:
        claim = factories.claim(ctx)
        ctx.session.get(Clarification, story.clarification_id).claim_id = claim.id
        ctx.session.add(ClaimSource(claim_id=claim.id, source="x", n_posts=1))
    with acting(story.person) as ctx:
        profile.withdraw(ctx, ConsentScope.FACEBOOK)
        assert _state(ctx, story.offer_id) is OfferState.OFFERED
        profile.withdraw(ctx, ConsentScope.X)
        assert _state(ctx, story.offer_id) is OfferState.RECALLED


def test_what_a_merge_brought_counts_for_a_campaign(acting, story):
    """Posts of a claim that was merged into the campaign's own tell where it spreads, and on what."""
    with acting() as ctx:
        claim = factories.claim(ctx)
        merged = factories.claim(ctx, state=ClaimState.MERGED, merged_into_id=claim.id)
        ctx.session.get(Clarification, story.clarification_id).claim_id = claim.id
        for number, source, region, n in ((claim.id, "x", "ID-JB", 1), (merged.id, "facebook", "ID-JB", 2)):
            ctx.session.add(ClaimSource(claim_id=number, source=source, n_posts=n))
            ctx.session.add(ClaimPlace(claim_id=number, region=region, n_posts=n))
        ctx.session.flush()
        campaign_id = ctx.session.get(Offer, story.offer_id).campaign_id
        assert routing_rows.spreading_on(ctx.session, campaign_id) == ["facebook", "x"]
        assert routing_rows.spreading_in(ctx.session, campaign_id) == {"ID-JB": 3}


def test_a_platform_without_consent_is_in_no_kit_and_in_no_count(acting, story):
    """Its caption and official post are gone, a post there is not recorded, and its followers do not count."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
        profile.withdraw(ctx, ConsentScope.X)
    with acting(story.person) as ctx:
        kit = kits.kit_for(ctx, story.offer_id)
        assert [caption.platform for caption in kit.captions] == [Platform.FACEBOOK, Platform.INSTAGRAM]
        assert kit.official_posts == {}
        with pytest.raises(offers.NoConsentError):
            offers.post(ctx, story.offer_id, Platform.X, X_POST)
    with acting() as ctx:
        wanted = routing.audience_of(ctx, ctx.session.get(Campaign, story.campaign_id))
        assert routing.rows.planned_reach(ctx.session, wanted) == 600 + 800


def test_without_leave_to_measure_nothing_is_counted(acting, story):
    """The kit carries the official address, nobody is counted as its carrier, and no views are kept."""
    with acting(story.person) as ctx:
        profile.withdraw(ctx, MEASUREMENT)
        offers.accept(ctx, story.offer_id)
    with acting(story.person) as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(ShortLink)) == 0
        assert "/klarifikasi/" in kits.kit_for(ctx, story.offer_id).link
        with pytest.raises(offers.NoConsentError):
            offers.post(ctx, story.offer_id, Platform.X, X_POST, views=10)
        offers.post(ctx, story.offer_id, Platform.X, X_POST)


def test_withdrawing_leave_to_measure_forgets_what_was_told(acting, story):
    """How often a post was seen, told while it was agreed to, goes with the consent; the post itself stays reported."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting(story.person) as ctx:
        offers.post(ctx, story.offer_id, Platform.X, X_POST, views=1_000)
        profile.withdraw(ctx, CLARIFICATION)
        assert ctx.session.scalars(select(PostedLink.views)).all() == [1_000]
        profile.withdraw(ctx, MEASUREMENT)
        assert ctx.session.scalars(select(PostedLink.views)).all() == [None]
        assert _state(ctx, story.offer_id) is OfferState.POSTED


def test_leaving_withdraws_everything_and_erasing_forgets_the_history(acting, story):
    """After leaving no scope stands and each withdrawal is on record; after erasing no step is left."""
    with acting(story.person) as ctx:
        influencers.leave(ctx)
        assert _stands(ctx) == set()
        assert len(profile.consent_steps(ctx)) == len(ConsentScope)
        steps = influencers.export_own(ctx)["consent"]["steps"]
        assert {step["scope"] for step in steps} == set(ConsentScope)
    with acting(story.person) as ctx:
        influencers.erase(ctx)
    with acting() as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(ConsentStep)) == 0


def test_consent_over_the_api(client, story, acting):
    """Read, withdraw and give one thing; the history comes with it, newest first."""
    with acting() as ctx:
        user = people.user(ctx.session, story.person.user_id)
        headers = {"Authorization": f"Bearer {accounts.create_key(ctx, user, 'uji').key}"}
    before = client.get("/v1/me/consents", headers=headers).json()
    assert [each["stands"] for each in before["items"]] == [True] * len(ConsentScope)
    after = client.delete("/v1/me/consents/programme", headers=headers).json()
    assert [each["scope"] for each in after["items"] if not each["stands"]] == ["programme"]
    again = client.put("/v1/me/consents/programme", headers=headers, json={"version": "1"}).json()
    assert [(step["scope"], step["given"]) for step in again["history"]] == [("programme", True), ("programme", False)]
    assert "kabar program" in again["items"][1]["words"]


def test_consent_on_the_phone(client, service, story, acting):
    """Joining shows unticked boxes, ticks are taken over, and one button withdraws one thing."""
    with acting(story.person) as ctx:
        influencers.leave(ctx)
    phone = Browser(client, service, story.person)
    _, page = phone.get("/profil")
    boxes = page.find_all("input", attrs={"name": "izin"})
    assert len(boxes) == len(ConsentScope)
    assert not any(box.has_attr("checked") for box in boxes)
    status, _, _ = phone.post("/profil/setuju", version="1", izin=["clarification:1", "x:1"])
    assert status == 303
    _, page = phone.get("/profil")
    assert page.find("form", action="/profil/izin/x").find("input", attrs={"name": "jawab"})["value"] == "tidak"
    assert phone.post("/profil/izin/x", jawab="tidak")[0] == 303
    assert phone.post("/profil/izin/facebook", jawab="ya", version="0")[0] == 409
    assert phone.post("/profil/setuju", version="1", izin=["myspace:1"])[0] == 422
    with acting(story.person) as ctx:
        assert _stands(ctx) == {CLARIFICATION}


# ---- wishes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("utc", "leaves"),
    [
        ("2026-03-02T03:59", False),  # 10.59, within one's own hours
        ("2026-03-02T04:00", True),  # 11.00, past them
        ("2026-03-02T00:30", True),  # 07.30, between the night and them
        ("2026-03-01T23:59", False),  # 06.59, everybody's night
    ],
)
def test_own_quiet_hours_hold_back_offers_and_messages(service, acting, story, clock, utc, leaves):
    """Within one's own hours nothing is offered and no message is claimed, and they never shorten the night."""
    with acting(story.person) as ctx:
        profile.settle(ctx, Wishes(quiet=(profile.minute_of("08.00"), profile.minute_of("11:00"))))
    with acting() as ctx:
        person = ctx.session.get(Influencer, story.influencer_id)
        ctx.session.get(Offer, story.offer_id).state = OfferState.DECLINED
        other = carrying.campaign(ctx, None, story.author, story.approver, starts_at=LONG_AGO)
        waiting = carrying.offer(ctx, other, person, mail=False, state=OfferState.PLANNED, offered_at=None)
        ctx.session.get(Offer, story.offer_id).offered_at = LONG_AGO
    clock.moment = datetime.fromisoformat(f"{utc}+00:00")
    with acting() as ctx:
        assert routing.release_due(ctx) == int(leaves)
        assert (_state(ctx, waiting.id) is OfferState.OFFERED) is leaves
    settings = service.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9"})
    assert bool(worker.claim(replace(service, settings=settings))) is leaves


def test_whoever_wants_the_inbox_alone_gets_no_message_of_an_offer(acting, story):
    """The offer is open in the inbox, and no message is written for it."""
    with acting(story.person) as ctx:
        profile.settle(ctx, Wishes(channel=Channel.INBOX))
    with acting() as ctx:
        person = ctx.session.get(Influencer, story.influencer_id)
        ctx.session.delete(ctx.session.scalars(select(Delivery)).one())
        ctx.session.get(Offer, story.offer_id).offered_at = LONG_AGO
        other = carrying.campaign(ctx, None, story.author, story.approver)
        carrying.offer(ctx, other, person, mail=False, state=OfferState.PLANNED, offered_at=None)
        assert routing.release_due(ctx) == 1
        assert ctx.session.scalars(select(Delivery)).all() == []


def test_a_list_leaves_where_somebody_said_that_they_live(acting, story):
    """Province and zone that a person settled are theirs; the list still changes their unit."""
    with acting(story.person) as ctx:
        profile.settle(ctx, Wishes(region="ID-PA", timezone="Asia/Makassar"))
        ctx.session.get(Influencer, story.influencer_id).staff_hash = ctx.vault.pseudonym("staff", "12345")
    row = {"staff_number": "12345", "name": "Contoh", "ministry": "komdigi", "region": "ID-BA", "unit": "Biro Baru"}
    with acting() as ctx:
        influencers.import_people(ctx, roster.read_rows([row]))
        person = ctx.session.get(Influencer, story.influencer_id, populate_existing=True)
        assert (person.region, person.timezone, person.unit) == ("ID-PA", "Asia/Makassar", "Biro Baru")


@pytest.mark.parametrize("typed", ["25.00", "18", "18.5", "aa.bb", "18.60", "١٨.٣٠"])
def test_what_is_no_time_of_the_day_is_refused(typed):
    """Hours are two digits, a mark and two digits."""
    with pytest.raises(InvalidInputError):
        profile.minute_of(typed)


def test_wishes_on_the_phone(client, service, story, acting):
    """One form settles all of it; one time alone is refused, none takes them back."""
    phone = Browser(client, service, story.person)
    form = {"region": "ID-PA", "topics": ["kesehatan"], "zona": "Asia/Makassar", "kanal": "inbox"}
    assert phone.post("/profil", **form, tenang_dari="22:00")[0] == 422
    assert phone.post("/profil", **form, tenang_dari="22:00", tenang_sampai="09:30")[0] == 303
    _, page = phone.get("/profil")
    assert page.find("input", id="tenang_sampai")["value"] == "09:30"
    assert page.find("select", id="zona").find("option", selected=True).text == "WITA"
    assert phone.post("/profil", **form)[0] == 303
    with acting(story.person) as ctx:
        row = influencers.own(ctx)
        assert (row.quiet_from, row.quiet_until, row.channel) == (0, 0, Channel.INBOX)


# ---- who was there before --------------------------------------------------------------------------------------

AT = "2026-03-02 03:00:00"
BEFORE = (
    f"INSERT INTO ministries (id, code, name, live_at) VALUES (1, 'm', 'M', '{AT}')",
    (
        "INSERT INTO influencers (id, staff_hash, name, ministry_id, unit, region, timezone, topics, active,"
        " consent_version, consent_at, left_at, created_at) VALUES"
        f" (1, 'a', 'A', 1, '', 'ID-JK', 'Asia/Jakarta', '[]', true, '1', '{AT}', NULL, '{AT}'),"
        f" (2, 'b', 'B', 1, '', 'ID-JK', 'Asia/Jakarta', '[]', true, NULL, NULL, NULL, '{AT}'),"
        f" (3, 'c', 'C', 1, '', 'ID-JK', 'Asia/Jakarta', '[]', true, '0', '{AT}', NULL, '{AT}')"
    ),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def brought(request, tmp_path_factory) -> Iterator[Database]:
    """A database as it stood before consent was given one thing at a time, brought to now."""
    server, name = None, f"suluh_consents_{os.getpid()}"
    address = f"sqlite:///{tmp_path_factory.mktemp('before') / 'suluh.db'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        server.run("CREATE DATABASE {}", name)
        address = server.address(name)
    with closing(Database(address)) as made:
        migrate(made, "0022")
        with made.write() as session:
            for statement in BEFORE:
                session.execute(text(statement))
        migrate(made)
        yield made
    if server is not None:
        server.run("DROP DATABASE {} WITH (FORCE)", name)


def test_who_had_agreed_keeps_what_the_words_said(brought):
    """Version 1 spoke of clarifications and three platforms; nobody is taken to have agreed to more, or from nothing."""
    carried = {ConsentScope.CLARIFICATION, *(ConsentScope(each.value) for each in Platform)}
    with brought.read() as session:
        rows = {row.id: row for row in session.scalars(select(Influencer))}
        assert {each: consents.agreed_scopes(row) for each, row in rows.items()} == {
            1: carried,
            2: frozenset(),
            3: frozenset(),
        }
        kept = session.get(KeptStanding, 1)
        assert (kept.clarification_consent, kept.programme_consent, kept.x_consent) == ("1", None, "1")
        steps = session.scalars(select(ConsentStep)).all()
        assert {step.scope for step in steps} == carried
        assert all(step.carried_over and step.influencer_id == 1 for step in steps)
