"""A screenshot as evidence: sent by its person, seen by another, and gone with the look."""

from __future__ import annotations

import io
from contextlib import ExitStack
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from serving.db.tables import AuditRow, Delivery, FollowerEvidence, Influencer, Ministry, Screenshot, User, Wave
from serving.deps import context_for
from serving.desk import pictures
from serving.desk.context import SERVICE
from serving.desk.outreach import deliveries
from serving.desk.people import accounts, influencers, screenshots
from serving.desk.pictures import PictureError
from serving.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    SameHumanError,
    UnavailableError,
)
from serving.i18n import Language
from serving.vocabulary import EvidenceHold, EvidenceMethod, Platform, Role, ScreenshotState
from tests import factories
from tests.integration.counting import statements
from tests.integration.test_campaigns import Browser, person


def shot(size=(400, 800), kind="PNG", **saved):
    """A picture as a phone takes it."""
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind, **saved)
    return out.getvalue()


PICTURE = pictures.clean(shot())


@pytest.fixture
def world(service):
    """Two managers, one of them on the list too, an influencer with an account, and one ministry."""

    class World:
        def run(self, actor, work):
            with service.database.write() as session:
                return work(context_for(service, session, actor))

        def send(self, count=900, platform=Platform.X, actor=None):
            return self.run(actor or self.person, lambda ctx: screenshots.send(ctx, platform, count, PICTURE).id)

        def get(self, number):
            return self.run(SERVICE, lambda ctx: ctx.session.get(Screenshot, number))

    made = World()
    made.manager = made.run(SERVICE, lambda ctx: person(ctx, "manajer", Role.MANAGER))
    made.both = made.run(SERVICE, lambda ctx: person(ctx, "keduanya", Role.MANAGER, Role.INFLUENCER))
    made.person = made.run(SERVICE, lambda ctx: person(ctx, "asn", Role.INFLUENCER))

    def fill(ctx):
        home = factories.ministry(ctx)
        factories.influencer(ctx, home.id, user_id=made.both.user_id)
        return home.id, factories.influencer(ctx, home.id, user_id=made.person.user_id).id

    made.ministry_id, made.influencer_id = made.run(SERVICE, fill)
    return made


def _counts(world, platform=Platform.X):
    def read(ctx):
        return [
            (each.count, each.method, each.held)
            for each in influencers.own_profile(ctx).evidence
            if each.platform is platform
        ]

    return world.run(world.person, read)


def test_an_accepted_screenshot_becomes_evidence_and_its_picture_is_gone(world, clock):
    """The count stands from the day on which it was sent, and no bit of the picture is left."""
    number = world.send(900)
    sent_at = clock.now()
    clock.forward(days=2)
    world.run(world.manager, lambda ctx: screenshots.accept(ctx, number))
    assert _counts(world)[0] == (900, EvidenceMethod.SCREENSHOT, False)
    row = world.get(number)
    assert (row.state, row.sealed_picture, row.looked_by_id) == (ScreenshotState.COUNTED, None, world.manager.user_id)
    newest = world.run(
        SERVICE, lambda ctx: ctx.session.scalars(select(FollowerEvidence).order_by(FollowerEvidence.id.desc())).first()
    )
    assert newest.measured_at == sent_at


def test_what_stood_before_counts_until_somebody_looked(world):
    """Sending new evidence costs nobody their place."""
    world.send(900)
    assert world.run(world.person, influencers.own_profile).reasons == ()
    assert _counts(world) == [(700, EvidenceMethod.API, False)]


def test_a_refusal_needs_a_reason_and_its_person_reads_it(world):
    """The count never stands; the reason is the person's, the picture is gone."""
    number = world.send(900)
    with pytest.raises(InvalidInputError):
        world.run(world.manager, lambda ctx: screenshots.refuse(ctx, number, "  "))
    assert world.get(number).sealed_picture
    world.run(world.manager, lambda ctx: screenshots.refuse(ctx, number, "Angkanya terpotong."))
    mine = world.run(world.person, lambda ctx: screenshots.own(ctx)[0])
    assert (mine.state, mine.reason) == (ScreenshotState.NOT_TAKEN, "Angkanya terpotong.")
    assert world.get(number).sealed_picture is None
    assert _counts(world) == [(700, EvidenceMethod.API, False)]


def test_a_jump_is_shown_to_the_reviewer_and_stays_on_the_record(world):
    """Whoever looks is told to look twice; a look lets it stand, with what was odd beside it."""
    number = world.send(9_000)
    found = world.run(world.manager, screenshots.waiting)
    assert [(each.row.id, each.before.count, each.hold) for each in found] == [(number, 700, EvidenceHold.JUMP)]
    evidence = world.run(world.manager, lambda ctx: screenshots.accept(ctx, number))
    assert (evidence.held, evidence.hold) == (False, EvidenceHold.JUMP)


@pytest.mark.parametrize("step", ["accept", "refuse", "take_back"])
def test_what_was_decided_is_decided(world, step):
    """Nobody decides twice, and nobody takes back what was seen."""
    number = world.send()
    world.run(world.manager, lambda ctx: screenshots.accept(ctx, number))
    steps = {
        "accept": (world.manager, lambda ctx: screenshots.accept(ctx, number)),
        "refuse": (world.manager, lambda ctx: screenshots.refuse(ctx, number, "Tidak.")),
        "take_back": (world.person, lambda ctx: screenshots.take_back(ctx, number)),
    }
    with pytest.raises(screenshots.AlreadySeenError):
        world.run(*steps[step])


def test_nobody_looks_at_their_own(world):
    """A manager who is on the list too neither sees nor decides their own."""
    number = world.send(actor=world.both)
    assert world.run(world.both, screenshots.waiting) == []
    for step in (screenshots.accept, screenshots.picture):
        with pytest.raises(SameHumanError):
            world.run(world.both, lambda ctx, step=step: step(ctx, number))
    assert world.run(world.manager, screenshots.count_waiting) == 1


def test_a_wave_with_a_manager_is_looked_at_by_them_alone(world):
    """Where a ministry's wave names its manager, no other manager sees the pictures of its people."""

    def name(ctx):
        ctx.session.add(Wave(ministry_id=world.ministry_id, manager_id=world.both.user_id))

    number = world.send()
    world.run(SERVICE, name)
    assert world.run(world.manager, screenshots.waiting) == []
    for step in (screenshots.accept, screenshots.picture):
        with pytest.raises(ForbiddenError):
            world.run(world.manager, lambda ctx, step=step: step(ctx, number))
    assert world.run(world.both, lambda ctx: screenshots.accept(ctx, number)).count == 900


def _shut(ctx, user_id):
    ctx.session.get(User, user_id).active = False


def _no_manager(ctx, user_id):
    ctx.session.get(User, user_id).roles = [Role.INFLUENCER]


@pytest.mark.parametrize("change", [_shut, _no_manager])
def test_a_wave_whose_manager_cannot_look_is_looked_at_by_others(world, change):
    """An account that was shut, or is no manager's any more, is as none named: nobody's picture waits for nobody."""

    def name(ctx):
        ctx.session.add(Wave(ministry_id=world.ministry_id, manager_id=world.both.user_id))
        change(ctx, world.both.user_id)

    number = world.send()
    world.run(SERVICE, name)
    assert [each.row.id for each in world.run(world.manager, screenshots.waiting)] == [number]
    assert world.run(world.manager, screenshots.count_waiting) == 1
    assert world.run(world.manager, lambda ctx: screenshots.accept(ctx, number)).count == 900


def test_what_a_waves_manager_sends_is_looked_at_by_another(world):
    """They cannot look at their own, and theirs still waits for somebody."""

    def name(ctx):
        ctx.session.add(Wave(ministry_id=world.ministry_id, manager_id=world.both.user_id))

    world.run(SERVICE, name)
    number = world.send(actor=world.both)
    assert world.run(world.both, screenshots.waiting) == []
    assert world.run(world.manager, screenshots.count_waiting) == 1
    assert world.run(world.manager, lambda ctx: screenshots.accept(ctx, number)).count == 900


def test_a_list_of_screenshots_reads_no_picture_and_costs_the_same(client, world, service, key_for):
    """However many wait, with what stood before each of them."""
    manager = key_for("manajer2", Role.MANAGER)
    costs = []
    for n in (1, 12):
        while world.run(world.manager, screenshots.count_waiting) < n:
            made = world.run(SERVICE, lambda ctx: factories.influencer(ctx, world.ministry_id).id)
            world.run(SERVICE, lambda ctx, made=made: ctx.session.add(_waits(ctx, made)))
        with statements(service) as seen:
            listed = client.get("/v1/screenshots?limit=50", headers=manager).json()
        assert [each["count_before"] for each in listed] == [700] * n
        assert not [each for each in seen if "sealed_picture" in each]
        costs.append(len(seen))
    assert costs[0] == costs[1]


def _waits(ctx, influencer_id):
    return Screenshot(
        influencer_id=influencer_id,
        platform=Platform.X,
        count=900,
        state=ScreenshotState.UNSEEN,
        sealed_picture=b"a",
        sent_at=ctx.now,
        forget_at=ctx.now + screenshots.KEPT,
    )


def test_others_see_no_picture(world):
    """Only a manager may look; the picture is in no list."""
    number = world.send()
    with pytest.raises(ForbiddenError):
        world.run(world.person, lambda ctx: screenshots.picture(ctx, number))
    assert world.run(world.manager, lambda ctx: screenshots.picture(ctx, number))[:2] == b"\xff\xd8"


def test_sent_again_it_replaces_the_one_that_waits(world):
    """One picture waits for each platform; the earlier one is deleted."""
    first, second = world.send(800), world.send(900)
    assert (world.get(first).state, world.get(first).sealed_picture) == (ScreenshotState.TAKEN_BACK, None)
    other = world.send(901, Platform.FACEBOOK)
    assert [each.row.id for each in world.run(world.manager, screenshots.waiting)] == [second, other]


def test_a_person_takes_it_back(world):
    """Its picture is gone at once; somebody else's does not exist."""
    number = world.send()
    with pytest.raises(NotFoundError):
        world.run(world.both, lambda ctx: screenshots.take_back(ctx, number))
    world.run(world.person, lambda ctx: screenshots.take_back(ctx, number))
    assert world.get(number).sealed_picture is None


def test_nobody_looked_in_time(world, clock):
    """After two weeks the picture is deleted unseen, once; its person may send another."""
    number = world.send()
    clock.forward(days=13, hours=23)
    assert world.run(SERVICE, screenshots.forget_pictures) == 0
    clock.forward(hours=1)
    assert world.run(SERVICE, screenshots.forget_pictures) == 1
    assert world.run(SERVICE, screenshots.forget_pictures) == 0
    assert (world.get(number).state, world.get(number).sealed_picture) == (ScreenshotState.TIMED_OUT, None)
    world.send()


@pytest.mark.parametrize(("step", "left"), [("leave", 1), ("erase", 0)])
def test_leaving_and_erasing_take_the_picture_along(world, step, left):
    """Whoever leaves leaves no picture behind; whoever erases leaves nothing."""
    world.send()
    world.run(world.person, getattr(influencers, step))
    found = world.run(SERVICE, lambda ctx: ctx.session.scalars(select(Screenshot)).all())
    assert (len(found), [row.sealed_picture for row in found]) == (left, [None] * left)


def test_the_database_keeps_no_picture_beside_a_decision(world):
    """Whatever code runs: a decided row with its picture is refused, and so is a decision by nobody."""
    number = world.send()
    for values in ({"state": ScreenshotState.COUNTED}, {"state": ScreenshotState.COUNTED, "sealed_picture": None}):
        with pytest.raises(IntegrityError):
            world.run(
                SERVICE,
                lambda ctx, values=values: ctx.session.execute(
                    update(Screenshot).where(Screenshot.id == number).values(**values)
                ),
            )


def test_the_picture_is_sealed(world):
    """What stands in the database is no picture to whoever reads it without the secret."""
    kept = world.get(world.send()).sealed_picture
    assert b"JFIF" not in kept
    assert kept.startswith(b"gAAAA")


def test_every_step_is_in_the_chain(world):
    """Sent, accepted and recorded; the number of followers stands in no row of it."""
    number = world.send(917)
    world.run(world.manager, lambda ctx: screenshots.accept(ctx, number))

    def read(ctx):
        found = ctx.session.scalars(select(AuditRow).order_by(AuditRow.seq.desc()).limit(3)).all()
        return [row.action for row in found], "".join(row.detail for row in found)

    actions, details = world.run(SERVICE, read)
    assert actions == ["screenshot.accept", "evidence.record", "screenshot.send"]
    assert "917" not in details


def test_export_names_what_was_sent(world):
    """A person's own copy lists the screenshot and whether its picture is still kept."""
    world.send(900)
    found = world.run(world.person, influencers.export_own)["screenshots"]
    assert [(each["count"], each["picture_kept"]) for each in found] == [(900, True)]


# ---- pictures --------------------------------------------------------------------------------------------------


def test_only_pixels_pass():
    """Place, camera and whatever stands behind the end of the file are gone."""
    exif = Image.Exif()
    exif[0x010E] = "rahasia-di-exif"
    cleaned = pictures.clean(shot(kind="JPEG", exif=exif.tobytes()) + b"rahasia-di-belakang")
    assert b"rahasia" not in cleaned
    assert Image.open(io.BytesIO(cleaned)).getexif() == {}


def test_a_large_picture_is_made_smaller_and_stays_upright():
    """At most 2,000 pixels a side, turned as its camera said."""
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn to the right
    cleaned = pictures.clean(shot((3000, 1000), "JPEG", exif=exif.tobytes()))
    width, height = Image.open(io.BytesIO(cleaned)).size
    assert (height, width) == (2000, 667)


def _bomb():
    """A PNG whose head promises a million by a million pixels."""
    head = bytearray(shot())
    head[16:24] = (10**6).to_bytes(4, "big") * 2
    return bytes(head)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"bukan gambar",
        shot()[:200],
        shot(kind="GIF"),
        shot((5000, 5000)),
        shot((100, 800)),
        _bomb(),
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8" + bytes(pictures.SIZE_MAX_BYTES),
    ],
    ids=["empty", "text", "cut", "gif", "many-pixels", "tiny", "bomb", "broken", "svg", "many-bytes"],
)
def test_what_is_no_picture_is_refused(sent):
    """Each with one typed refusal, and quickly: a promise of many pixels is not unpacked."""
    with pytest.raises(PictureError):
        pictures.clean(sent)


def test_few_pictures_are_decoded_at_once(monkeypatch, client, world, service):
    """Each may take 230 MB: the next one waits a little for a place, and is then told to come again."""
    monkeypatch.setattr(pictures, "WAIT_S", 0.01)
    with ExitStack() as taken:
        for _ in range(pictures.AT_ONCE):
            taken.enter_context(pictures.place())
        with pytest.raises(UnavailableError):
            pictures.clean(shot())
        answer = client.post(
            "/v1/me/screenshots",
            headers=_key(service, world.person),
            data={"platform": "x", "count": "900"},
            files={"picture": ("a.png", shot(), "image/png")},
        )
        assert answer.status_code == 503
    assert pictures.clean(shot()) == PICTURE


# ---- both doors ------------------------------------------------------------------------------------------------


def test_the_whole_path_over_http(client, world, service, key_for):
    """Sent, listed, looked at, refused and sent again, accepted; each answer without the picture."""
    sender = _key(service, world.person)
    manager = key_for("manajer2", Role.MANAGER)

    def send(count):
        return client.post(
            "/v1/me/screenshots",
            headers=sender,
            data={"platform": "x", "count": str(count)},
            files={"picture": ("layar.png", shot(), "image/png")},
        )

    first = send(900).json()
    assert (first["state"], "picture" in first) == ("unseen", False)
    assert [each["id"] for each in client.get("/v1/screenshots", headers=manager).json()] == [first["id"]]
    shown = client.get(f"/v1/screenshots/{first['id']}/picture", headers=manager)
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/jpeg", "no-store")
    refused = client.post(f"/v1/screenshots/{first['id']}/refuse", headers=manager, json={"reason": "Terpotong."})
    assert refused.json()["reason"] == "Terpotong."
    assert client.get(f"/v1/screenshots/{first['id']}/picture", headers=manager).status_code == 404
    second = send(901).json()
    accepted = client.post(f"/v1/screenshots/{second['id']}/accept", headers=manager)
    assert (accepted.json()["count"], accepted.json()["method"]) == (901, "screenshot")
    assert client.post(f"/v1/screenshots/{second['id']}/accept", headers=manager).status_code == 409
    third = send(902).json()
    assert client.delete(f"/v1/me/screenshots/{third['id']}", headers=sender).json()["state"] == "taken_back"
    assert [each["state"] for each in client.get("/v1/me/screenshots", headers=sender).json()] == [
        "taken_back",
        "counted",
        "not_taken",
    ]


def _key(service, actor):
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        user = accounts.people.user(session, actor.user_id)
        return {"Authorization": f"Bearer {accounts.create_key(ctx, user, 'test').key}"}


def test_a_broken_picture_is_a_clear_refusal_over_http(client, world, service):
    """422 with the kind of the error and a sentence in the reader's language."""
    answer = client.post(
        "/v1/me/screenshots",
        headers=_key(service, world.person) | {"accept-language": "en"},
        data={"platform": "x", "count": "900"},
        files={"picture": ("layar.png", b"teks", "image/png")},
    )
    assert (answer.status_code, answer.json()["title"]) == (422, "picture")
    assert "PNG" in answer.json()["detail"]


def test_the_whole_path_in_the_console(client, world, service):
    """A phone sends it, the manager sees the picture beside the count, and refuses only with a reason."""
    phone, desk = Browser(client, service, world.person), Browser(client, service, world.manager)
    assert phone.get("/profil")[1].select_one('form[action="/profil/bukti"] input[type=file]')

    def send(count):
        form = {"csrf": phone.csrf, "platform": "x", "jumlah": count}
        files = {"gambar": ("a.png", shot(), "image/png")}
        answer = client.post("/profil/bukti", data=form, files=files, headers=phone.cookies, follow_redirects=False)
        return answer.status_code

    assert send("banyak") == 422
    assert send("1.900") == 303
    assert "menunggu dilihat" in phone.get("/profil")[1].get_text()
    assert "1 tangkapan layar" in desk.get("/influencer")[1].get_text()
    page = desk.get("/influencer/bukti")[1]
    picture = page.select_one("main img")
    assert client.get(picture["src"], headers=desk.cookies).headers["content-type"] == "image/jpeg"
    assert "1.900" in picture["alt"]
    where = page.select_one('form[action$="/tolak"]')["action"]
    assert desk.post(where, alasan=" ")[0] == 422
    assert desk.post(where.replace("tolak", "terima"))[0] == 303
    assert "Tidak ada yang menunggu" in desk.get("/influencer/bukti")[1].get_text()


# ---- the reminder ----------------------------------------------------------------------------------------------


def _aged(world, clock, **days):
    """Let a person's evidence be of these ages, in days, by platform."""

    def change(ctx):
        for platform, age in days.items():
            ctx.session.execute(
                update(FollowerEvidence)
                .where(
                    FollowerEvidence.influencer_id == world.influencer_id,
                    FollowerEvidence.platform == Platform(platform),
                )
                .values(measured_at=clock.now() - timedelta(days=age))
            )

    world.run(SERVICE, change)


def _remind(world):
    return world.run(SERVICE, deliveries.remind_expiring)


def _reminders(world):
    query = select(Delivery).where(Delivery.evidence_before.is_not(None)).order_by(Delivery.id)
    return world.run(SERVICE, lambda ctx: ctx.session.scalars(query).all())


def test_a_reminder_comes_on_day_75_and_once(world, clock):
    """Not on day 74; on day 75 one message; none again while the same evidence grows older and expires."""
    _aged(world, clock, facebook=74, x=10, instagram=10)
    assert _remind(world) == 0
    assert [(clock.forward(days=1), _remind(world))[1] for _ in range(20)] == [1, *[0] * 19]
    assert [each.influencer_id for each in _reminders(world)] == [world.influencer_id]


def test_one_message_tells_of_all_that_expires_within_a_week_more(world, clock):
    """Evidence of two platforms a few days apart is one message; what is much younger has its own time."""
    _aged(world, clock, facebook=75, x=70, instagram=40)
    assert _remind(world) == 1
    claimed = world.run(SERVICE, deliveries.claim_due)
    letter = world.run(SERVICE, lambda ctx: deliveries.compose(ctx, claimed[0]))
    assert letter.kind == "reminder"
    assert letter.expiring == ("Facebook: 15 hari lagi", "X: 20 hari lagi")
    world.run(world.person, lambda ctx: influencers.be_written_in(ctx, Language.EN))
    letter = world.run(SERVICE, lambda ctx: deliveries.compose(ctx, claimed[0]))
    assert (letter.title, letter.expiring[0]) == ("Your follower evidence needs renewing", "Facebook: 15 days left")
    _aged(world, clock, facebook=1, x=1, instagram=40)
    n = [(clock.forward(days=1), _remind(world))[1] for _ in range(40)]
    assert (n.index(1), sum(n)) == (34, 1)


@pytest.mark.parametrize(
    "over",
    [{"paused_at": True}, {"left_at": True}, {"active": False}, {"consent_version": None}, {"sealed_email": None}],
    ids=lambda over: next(iter(over)),
)
def test_only_whoever_takes_part_is_reminded(world, clock, over):
    """Nobody who paused, left, is out of service, did not consent or gave no address gets one."""
    _aged(world, clock, facebook=80)
    values = {name: clock.now() if value is True else value for name, value in over.items()}
    world.run(
        SERVICE,
        lambda ctx: ctx.session.execute(
            update(Influencer).where(Influencer.id == world.influencer_id).values(**values)
        ),
    )
    assert _remind(world) == 0


def test_a_reminder_waits_for_the_morning(world, clock):
    """It leaves in waking hours only."""
    _aged(world, clock, facebook=80)
    clock.forward(hours=12)  # 22.00 in Jakarta
    assert _remind(world) == 1
    assert world.run(SERVICE, deliveries.claim_due) == []
    clock.forward(hours=9)
    assert len(world.run(SERVICE, deliveries.claim_due)) == 1


@pytest.mark.parametrize("what", ["new evidence", "paused"])
def test_a_reminder_that_has_nothing_to_say_is_withdrawn(world, clock, what):
    """Whoever sent new evidence, or paused, between the look and the sending hears nothing."""
    _aged(world, clock, facebook=80)
    _remind(world)
    claimed = world.run(SERVICE, deliveries.claim_due)
    if what == "paused":
        world.run(world.person, influencers.pause)
    else:
        number = world.send(801, Platform.FACEBOOK)
        world.run(world.manager, lambda ctx: screenshots.accept(ctx, number))
    assert world.run(SERVICE, lambda ctx: deliveries.compose(ctx, claimed[0])) is None


def test_a_ministry_that_stands_still_is_not_reminded(world, clock):
    """Where the programme does not run, nobody's evidence counts, and nobody is written to."""
    _aged(world, clock, facebook=80)
    world.run(SERVICE, lambda ctx: ctx.session.execute(update(Ministry).values(live_at=None)))
    assert _remind(world) == 0


def test_reminders_are_one_row_in_the_chain(world, clock):
    """However many were written, the chain says how many and to nobody's name."""
    _aged(world, clock, facebook=80)
    before = world.run(SERVICE, lambda ctx: ctx.session.scalar(select(func.count()).select_from(AuditRow)))
    _remind(world)
    after = world.run(SERVICE, lambda ctx: ctx.session.scalar(select(func.count()).select_from(AuditRow)))
    assert after - before == 1


def test_leaving_closes_the_door_for_sending(world):
    """Whoever left sends no more evidence until they consent again."""
    world.run(world.person, influencers.leave)
    with pytest.raises(ConflictError):
        world.send()
