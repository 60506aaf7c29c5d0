"""Lists, evidence, consent and figures of the people who carry clarifications."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from openpyxl import Workbook
from sqlalchemy import func, select

from serving.cli.influencers import influencers as command
from serving.db.influencers import Search
from serving.db.tables import (
    ApiKey,
    AuditRow,
    FollowerEvidence,
    Influencer,
    InfluencerTopic,
    Offer,
    PostedLink,
    User,
    Wave,
)
from serving.deps import context_for
from serving.desk import audit
from serving.desk.context import SERVICE
from serving.desk.people import accounts, consents, influencers, profile, roster
from serving.desk.people.eligibility import CONSENT_VERSION, OWN_CHOICE, ReasonKind
from serving.desk.people.profile import Wishes
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, SameHumanError
from serving.vocabulary import (
    SCOPE_VERSIONS,
    Channel,
    ConsentScope,
    DeclineReason,
    EvidenceMethod,
    OfferState,
    Platform,
    Role,
    Topic,
)
from tests import factories
from tests.conftest import SECRET
from tests.integration.test_campaigns import Browser, person
from tests.integration.test_routing import _campaign, _offer
from tests.web.browsing import send, sign_in, soup

ROW = {
    "staff_number": "19800101 200501 1 001",
    "name": "Contoh Satu",
    "ministry": "komdigi",
    "unit": "Biro Contoh",
    "region": "ID-BA",
    "topics": ["kesehatan"],
    "email": "satu@contoh.example",
    "facebook": 700,
    "x": 600,
    "instagram": 500,
    "measured_on": "2026-03-01",
}


@pytest.fixture
def world(service):
    """A manager, an influencer with an account, and one ministry; use cases run as whoever is named."""

    class World:
        def run(self, actor, work):
            with service.database.write() as session:
                return work(context_for(service, session, actor))

    made = World()
    made.manager = made.run(SERVICE, lambda ctx: person(ctx, "manajer", Role.MANAGER))
    made.second = made.run(SERVICE, lambda ctx: person(ctx, "manajer-lain", Role.MANAGER))
    made.person = made.run(SERVICE, lambda ctx: person(ctx, "asn", Role.INFLUENCER))
    made.other = made.run(SERVICE, lambda ctx: person(ctx, "lain", Role.INFLUENCER))

    def fill(ctx):
        ministry = factories.ministry(ctx)
        row = factories.influencer(ctx, ministry.id, user_id=made.person.user_id)
        return row.id

    made.influencer_id = made.run(SERVICE, fill)
    return made


def _import(world, *rows, dry_run=False, actor=None):
    return world.run(
        actor or world.manager,
        lambda ctx: influencers.import_people(ctx, roster.read_rows(rows), dry_run=dry_run),
    )


def _fates(outcome):
    return [fate.what for fate in outcome.fates]


def _count(world, table):
    return world.run(SERVICE, lambda ctx: ctx.session.scalar(select(func.count()).select_from(table)))


# ---- the list --------------------------------------------------------------------------------------------------


def test_the_same_list_twice_changes_nothing(world):
    """An import can be repeated: new once, unchanged after, changed where something did."""
    assert _fates(_import(world, ROW)) == ["new"]
    assert _fates(_import(world, ROW)) == ["unchanged"]
    assert _fates(_import(world, ROW | {"unit": "Biro Lain"})) == ["changed"]
    assert _count(world, Influencer) == 2


def test_a_list_of_the_day_read_before_it_begins_in_utc_changes_nothing_twice(world, clock):
    """At three in the morning in Jakarta it is yesterday in UTC: today's counts are taken once, then and later."""
    clock.moment = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    today = ROW | {"measured_on": "2026-03-02"}
    assert _fates(_import(world, today)) == ["new"]
    for hours in (0, 1, 12):
        clock.forward(hours=hours)
        assert _fates(_import(world, today)) == ["unchanged"]
    clock.forward(days=1)
    assert _fates(_import(world, today | {"measured_on": "2026-03-03"})) == ["changed"]


def test_the_staff_number_is_kept_only_as_a_keyed_hash(world, service):
    """Neither staff number nor address can be read in the database, however they were written."""
    _import(world, ROW)
    assert _fates(_import(world, ROW | {"staff_number": "19800101-200501-1-001"})) == ["unchanged"]
    with service.database.read() as session:
        row = session.scalars(select(Influencer).order_by(Influencer.id.desc())).first()
        kept = repr({key: value for key, value in vars(row).items() if key != "_sa_instance_state"})
    assert "198001012005011001" not in kept
    assert "satu@contoh" not in kept
    assert row.timezone == "Asia/Makassar"


def test_a_dry_run_writes_nothing(world):
    """A dry run says what would become of every row and leaves no trace."""
    before = _count(world, AuditRow)
    outcome = _import(world, ROW, {"name": "tanpa nomor"}, dry_run=True)
    assert _fates(outcome) == ["new", "refused"]
    assert (_count(world, Influencer), _count(world, AuditRow)) == (1, before)


def test_a_list_gives_nobody_consent(world):
    """Who is only listed has not consented, and a column that claims so is refused."""
    _import(world, ROW)
    outcome = _import(world, ROW | {"staff_number": "77777", "consent": True})
    assert _fates(outcome) == ["refused"]
    row = world.run(world.manager, lambda ctx: influencers.search(ctx, Search("Contoh Satu")))[0]
    profile = world.run(world.manager, lambda ctx: influencers.get(ctx, row.row.id))
    assert [reason.kind for reason in profile.reasons] == [ReasonKind.OWN_CHOICE]
    assert profile.row.consent_version is None


@pytest.mark.parametrize(
    ("over", "part"),
    [
        ({"staff_number": ""}, "staff_number"),
        ({"staff_number": "\u0000"}, "staff_number"),
        ({"staff_number": 1.5}, "staff_number"),
        ({"name": "x" * 121}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": ["a"]}, "name"),
        ({"ministry": "tidak-ada"}, "tidak-ada"),
        ({"region": "ID-XX"}, "ID-XX"),
        ({"timezone": "GMT"}, "WIB"),
        ({"email": "bukan surel"}, "surel"),
        ({"topics": ["ramalan"]}, "ramalan"),
        ({"topics": 5}, "topics"),
        ({"x": -1}, "x"),
        ({"x": "1e3"}, "x"),
        ({"x": "٥٠٠"}, "x"),
        ({"x": 10**30}, "x"),
        ({"measured_on": ""}, "measured_on"),
        ({"measured_on": "2026-02-30"}, "measured_on"),
        ({"measured_on": "2026-03-05"}, "masa depan"),
        ({"measured_on": "9999-12-31"}, "abad"),
        ({"active": "mungkin"}, "active"),
        ({"nip": "1"}, "nip"),
    ],
    ids=str,
)
def test_a_bad_row_is_named_and_the_good_ones_go_in(world, over, part):
    """Each bad row has its line and a reason that names the column; the others are taken."""
    good = ROW | {"staff_number": "55555"}
    outcome = _import(world, ROW | over, good)
    assert _fates(outcome) == ["refused", "new"]
    assert outcome.fates[0].line == 1
    assert part in str(outcome.fates[0].error)


def test_a_number_twice_in_one_list_is_refused(world):
    """The second row with a staff number is refused and names the first."""
    outcome = _import(world, ROW, ROW | {"name": "Contoh Lain"})
    assert _fates(outcome) == ["new", "refused"]


@pytest.mark.parametrize(
    ("text", "fates"),
    [
        ("staff_number,name,ministry,region\n12345,Contoh A,komdigi,ID-JK\n", ["new"]),
        ("\ufeffstaff_number;name;ministry;region\n12345;Contoh A;komdigi;ID-JK\n12346;B\n", ["new", "refused"]),
        ('{"staff_number":"12345","name":"A","ministry":"komdigi","region":"ID-JK"}\n\n{broken\n[]\n',
         ["new", "refused", "refused"]),
    ],
    ids=["csv", "spreadsheet csv", "json lines"],
)  # fmt: skip
def test_files_as_people_save_them(world, text, fates):
    """CSV with commas or semicolons, with a byte order mark, and JSON lines are read alike."""
    outcome = world.run(world.manager, lambda ctx: influencers.import_people(ctx, roster.read(text)))
    assert _fates(outcome) == fates


@pytest.mark.parametrize("text", ["", " \n ", "name;region\nA;B\n"])
def test_a_file_that_is_no_list_is_refused_whole(text):
    """An empty file or one without the needed columns is one clear refusal."""
    with pytest.raises(InvalidInputError):
        list(roster.read(text))


def test_somebody_who_leaves_service_gets_nothing_more(world):
    """A list that marks a person inactive takes back what was open for them."""
    _import(world, ROW)

    def open_offer(ctx):
        row = ctx.session.scalars(select(Influencer).order_by(Influencer.id.desc())).first()
        return _offer(ctx, _campaign(ctx), row, OfferState.PLANNED).id

    offer_id = world.run(SERVICE, open_offer)
    _import(world, ROW | {"active": False})
    assert world.run(SERVICE, lambda ctx: ctx.session.get(Offer, offer_id).state) is OfferState.RECALLED


def test_only_a_manager_takes_in_a_list(world):
    """Anybody else is refused."""
    with pytest.raises(ForbiddenError):
        _import(world, ROW, actor=world.person)


def test_the_command_reports_bad_rows_and_takes_the_good(world, settings, tmp_path, monkeypatch):
    """`suluh influencers import` prints each bad row with its line, takes the others, and exits 1."""
    for name, value in (("DATABASE_URL", settings.database_url), ("SECRET_KEY", SECRET)):
        monkeypatch.setenv(f"SULUH_{name}", value)
    file = tmp_path / "daftar.jsonl"
    file.write_text(json.dumps(ROW) + "\n{\n")
    dry = CliRunner().invoke(command, ["import", str(file), "--dry-run"])
    assert "line 1: new" in dry.output
    assert _count(world, Influencer) == 1
    done = CliRunner().invoke(command, ["import", str(file)])
    assert done.exit_code == 1
    assert "line 2:" in done.output
    assert "1 new" in done.output
    assert _count(world, Influencer) == 2


def _workbook(*rows):
    made = Workbook()
    made.active.append(("staff_number", "name", "ministry", "region", "x", "measured_on"))
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


SHEET = _workbook(
    ("19800101", "Contoh Satu", "komdigi", "ID-BA", 600, date(2026, 3, 1)),
    ("19800102", "Contoh Dua", "komdigi", "ID-BA", "=300+300", date(2026, 3, 1)),
)


def test_a_workbook_goes_in_by_every_door(client, service, world, key_for, settings, tmp_path, monkeypatch):
    """Console, /v1 and the command say the same of each row of one Excel file; a dry run of any stores nothing."""
    desk = Browser(client, service, world.manager)

    def by_form(**fields):
        form = {"csrf": desk.csrf} | fields
        answer = client.post(
            "/influencer/impor", data=form, files={"berkas": ("daftar.xlsx", SHEET)}, headers=desk.cookies
        )
        cells = BeautifulSoup(answer.text, "html.parser").select("#impor tbody tr")
        return [[cell.get_text() for cell in row.select("td")] for row in cells]

    tried = by_form(coba="ya")
    assert [row[:2] for row in tried] == [["2", "baru"], ["3", "ditolak"]]
    assert "E3 berisi rumus" in tried[1][2]
    body = {"workbook": base64.b64encode(SHEET).decode(), "dry_run": True}
    answer = client.post("/v1/influencers/import", json=body, headers=key_for("manajer3", Role.MANAGER)).json()
    assert [(row["line"], row["fate"]) for row in answer["rows"]] == [(2, "new"), (3, "refused")]
    for name, value in (("DATABASE_URL", settings.database_url), ("SECRET_KEY", SECRET)):
        monkeypatch.setenv(f"SULUH_{name}", value)
    file = tmp_path / "daftar.xlsx"
    file.write_bytes(SHEET)
    assert "line 2: new" in CliRunner().invoke(command, ["import", str(file), "--dry-run"]).output
    assert _count(world, Influencer) == 1
    assert [row[:2] for row in by_form()] == [["3", "ditolak"]]
    assert _count(world, Influencer) == 2


# ---- evidence --------------------------------------------------------------------------------------------------


def _measure(world, count, days_ago=0.0, platform=Platform.X):
    return world.run(
        world.manager,
        lambda ctx: influencers.record_evidence(
            ctx,
            world.influencer_id,
            influencers.Measurement(platform, count, EvidenceMethod.SCREENSHOT, ctx.now - timedelta(days=days_ago)),
        ),
    )


def _kinds(world):
    return [reason.kind for reason in world.run(world.person, influencers.own_profile).reasons]


def test_a_jump_is_held_until_a_manager_looked(world):
    """A suspicious count keeps its person out; released, it counts."""
    row = _measure(world, 50_000)
    assert row.held
    assert _kinds(world) == [ReasonKind.HELD_FOR_REVIEW]
    waiting = world.run(world.manager, influencers.held_evidence)
    assert [each.id for each, _ in waiting] == [row.id]
    world.run(world.second, lambda ctx: influencers.release_evidence(ctx, row.id))
    assert _kinds(world) == []
    with pytest.raises(ConflictError):
        world.run(world.second, lambda ctx: influencers.release_evidence(ctx, row.id))


def _wave_of(ctx, world):
    """A wave that a third manager looks after."""
    named = person(ctx, "manajer-gelombang", Role.MANAGER)
    ministry_id = ctx.session.get(Influencer, world.influencer_id).ministry_id
    return Wave(ministry_id=ministry_id, manager_id=named.user_id)


def test_nobody_lets_their_own_count_stand(world):
    """Neither whoever recorded it nor the person it is about decides on it; nor does another wave's manager."""
    held = _measure(world, 50_000)
    steps = (influencers.release_evidence, lambda ctx, each: influencers.refuse_evidence(ctx, each, "x"))
    for step in steps:
        with pytest.raises(SameHumanError):
            world.run(world.manager, lambda ctx, step=step: step(ctx, held.id))
    both = replace(world.person, roles=frozenset({Role.MANAGER, Role.INFLUENCER}))
    own = influencers.Measurement(Platform.X, 90_000, EvidenceMethod.API, world.run(SERVICE, lambda ctx: ctx.now))
    for step in (*steps, lambda ctx, _: influencers.record_evidence(ctx, world.influencer_id, own)):
        with pytest.raises(SameHumanError):
            world.run(both, lambda ctx, step=step: step(ctx, held.id))
    world.run(SERVICE, lambda ctx: ctx.session.add(_wave_of(ctx, world)))
    with pytest.raises(ForbiddenError):
        world.run(world.second, lambda ctx: influencers.release_evidence(ctx, held.id))


def test_a_plain_count_after_a_held_one_clears_it(world):
    """A new count is compared with the last accepted one, so a held one does not poison what follows."""
    _measure(world, 50_000, days_ago=0.5)
    assert not _measure(world, 720).held
    assert _kinds(world) == []
    assert world.run(world.manager, influencers.held_evidence) == []


def test_history_is_kept(world):
    """An older count is kept in the history and does not replace a newer one."""
    _measure(world, 499, days_ago=40)
    profile = world.run(world.manager, lambda ctx: influencers.get(ctx, world.influencer_id))
    assert [row.count for row in profile.evidence if row.platform is Platform.X] == [700, 499]
    assert profile.reasons == ()


def test_a_count_of_tomorrow_is_refused(world):
    """Evidence cannot lie in the future."""
    with pytest.raises(InvalidInputError):
        _measure(world, 700, days_ago=-1)


# ---- what a person decides about themself ----------------------------------------------------------------------


def _open_offers(world):
    def make(ctx):
        row = ctx.session.get(Influencer, world.influencer_id)
        states = (OfferState.PLANNED, OfferState.OFFERED, OfferState.SNOOZED, OfferState.ACCEPTED)
        return [
            _offer(ctx, _campaign(ctx), row, state, offered_at=None if state is OfferState.PLANNED else ctx.now).id
            for state in states
        ]

    return world.run(SERVICE, make)


def _states(world, ids):
    return world.run(SERVICE, lambda ctx: [ctx.session.get(Offer, each).state for each in ids])


@pytest.mark.parametrize("step", [influencers.pause, influencers.leave, influencers.erase])
def test_pausing_and_leaving_work_at_once(world, step):
    """Whatever waits or is open is withdrawn in the same step; what was accepted stays the person's."""
    ids = _open_offers(world)
    world.run(world.person, step)
    assert _states(world, ids) == [OfferState.RECALLED] * 3 + [OfferState.ACCEPTED]
    assert world.run(world.manager, lambda ctx: influencers.get(ctx, world.influencer_id)).reasons


def _withdraw(ctx, *scopes):
    for scope in scopes:
        profile.withdraw(ctx, scope)


@pytest.mark.parametrize(
    "step",
    [
        influencers.pause,
        influencers.leave,
        lambda ctx: _withdraw(ctx, ConsentScope.CLARIFICATION, ConsentScope.PROGRAMME),
        lambda ctx: _withdraw(ctx, ConsentScope.FACEBOOK, ConsentScope.X, ConsentScope.INSTAGRAM),
    ],
)
def test_a_manager_reads_one_reason_for_whatever_somebody_chose(world, step):
    """A pause, a leave and a consent taken back are the same sentence to everybody but the person."""
    _open_offers(world)
    world.run(world.person, step)
    told = world.run(world.manager, lambda ctx: influencers.get(ctx, world.influencer_id)).reasons
    assert told == (OWN_CHOICE,)
    assert _kinds(world) not in ([], [ReasonKind.OWN_CHOICE])


def test_resuming_and_consenting_bring_back(world):
    """A pause ends by a word; whoever left joins again by the present terms, and agrees to each thing anew."""
    world.run(world.person, influencers.pause)
    world.run(world.person, influencers.resume)
    assert _kinds(world) == []
    world.run(world.person, influencers.leave)
    assert set(_kinds(world)) == {ReasonKind.LEFT, ReasonKind.NO_CONSENT}
    with pytest.raises(consents.ConsentVersionError):
        world.run(world.person, lambda ctx: influencers.consent(ctx, "0"))
    world.run(world.person, lambda ctx: influencers.consent(ctx, CONSENT_VERSION))
    assert _kinds(world) == [ReasonKind.NO_PURPOSE, ReasonKind.NO_PLATFORM]
    world.run(world.person, lambda ctx: influencers.consent(ctx, CONSENT_VERSION, SCOPE_VERSIONS))
    assert _kinds(world) == []


def test_topics_and_province_are_the_persons_own(world):
    """Topics stand in both places that need them; a move takes the time zone along."""
    world.run(world.person, lambda ctx: influencers.choose_topics(ctx, [Topic.HEALTH, Topic.DISASTER]))
    row = world.run(world.person, lambda ctx: influencers.move(ctx, "ID-PA"))
    assert row.timezone == "Asia/Jayapura"
    assert row.topics == ["bencana", "kesehatan"]
    topics = world.run(SERVICE, lambda ctx: ctx.session.scalars(select(InfluencerTopic.topic)).all())
    assert sorted(topics) == row.topics


def test_an_account_without_a_person_is_told_so(world):
    """Somebody signed in as influencer who is on no list gets a clear refusal."""
    with pytest.raises(NotFoundError):
        world.run(world.other, influencers.own_profile)
    with pytest.raises(ForbiddenError):
        world.run(world.manager, influencers.pause)


def test_an_account_belongs_to_one_person(world):
    """A manager links accounts; an account that is somebody's is not given away."""

    def second(ctx):
        return factories.influencer(ctx, ctx.session.get(Influencer, world.influencer_id).ministry_id).id

    second_id = world.run(SERVICE, second)
    with pytest.raises(ConflictError):
        world.run(world.manager, lambda ctx: influencers.link_account(ctx, second_id, "asn"))
    with pytest.raises(NotFoundError):
        world.run(world.manager, lambda ctx: influencers.link_account(ctx, second_id, "manajer"))
    world.run(world.manager, lambda ctx: influencers.link_account(ctx, second_id, "lain"))
    assert world.run(world.other, influencers.own_profile).row.id == second_id


def test_export_holds_everything_about_the_person(world):
    """The export is JSON and carries profile, consent, evidence and the person's own answers."""
    _open_offers(world)
    found = json.loads(json.dumps(world.run(world.person, influencers.export_own)))
    assert found["profile"]["email"].endswith("@contoh.example")
    assert len(found["evidence"]) == 3
    assert len(found["offers"]) == 4
    assert found["consent"]["version"] == CONSENT_VERSION


def test_erasing_leaves_an_empty_row(world, service):
    """Name, address, evidence, topics and links are gone; offers and the audit chain still stand."""
    ids = _open_offers(world)
    world.run(
        SERVICE,
        lambda ctx: ctx.session.add(
            PostedLink(offer_id=ids[3], platform=Platform.X, url="https://x.com/contoh/status/1", at=ctx.now)
        ),
    )
    world.run(world.person, influencers.erase)

    def look(ctx):
        row = ctx.session.get(Influencer, world.influencer_id)
        left = [ctx.session.scalar(select(func.count()).select_from(t)) for t in (FollowerEvidence, PostedLink)]
        return row.name, row.sealed_email, row.topics, row.user_id, row.consent_version, left

    assert world.run(SERVICE, look) == (influencers.ERASED_NAME, None, [], None, None, [0, 0])
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).intact
    with pytest.raises(NotFoundError):
        world.run(world.person, influencers.own_profile)


def _account(ctx):
    return ctx.session.scalars(select(User).where(User.name == "asn")).one()


def test_erasing_closes_an_account_that_serves_nothing_else(world, service):
    """Sign-in name, display name, password, keys and the reasons for declining go with the rest."""
    ids = _open_offers(world)

    def before(ctx):
        user = _account(ctx)
        accounts.create_key(ctx, user, "HP Contoh")
        ctx.session.get(Offer, ids[0]).decline_reason = DeclineReason.NOT_NOW
        return user.id, user.session_epoch

    user_id, epoch = world.run(SERVICE, before)
    exported = world.run(world.person, influencers.export_own)
    assert (exported["account"]["name"], exported["account"]["keys"][0]["label"]) == ("asn", "HP Contoh")
    assert isinstance(exported["deliveries"], list)
    world.run(world.person, influencers.erase)
    with service.database.read() as session:
        user = session.get(User, user_id)
        (key,) = session.scalars(select(ApiKey).where(ApiKey.user_id == user_id))
        assert (user.name, user.display_name, user.active) == (f"terhapus-{user_id}", "", False)
        assert (user.password_hash, user.session_epoch) == (influencers.UNUSABLE_HASH, epoch + 1)
        assert key.revoked_at is not None
        assert key.label == ""
        assert session.get(Offer, ids[0]).decline_reason is None


def test_erasing_keeps_an_account_with_another_role(world, service):
    """Whoever also works at the desk keeps their account there."""

    def promote(ctx):
        user = _account(ctx)
        user.roles = [Role.CHECKER.value, Role.INFLUENCER.value]
        return user.id

    user_id = world.run(SERVICE, promote)
    world.run(world.person, influencers.erase)
    with service.database.read() as session:
        user = session.get(User, user_id)
        assert (user.name, user.active) == ("asn", True)


KEPT_AFTER_ERASURE = {
    "id": "what offers and the audit chain point at",
    "staff_hash": "replaced by one that leads nowhere",
    "name": "a word that says so",
    "ministry_id": "how many a ministry had",
    "region": "how many a province had",
    "timezone": "what the province says too",
    "channel": "the programme's own default or another word of three",
    "language": "the programme's own, whichever theirs was",
    "created_at": "when the row began",
    "left_at": "when it ended",
}


def test_erasure_empties_every_column_but_those_named(world):
    """A column that is added later is emptied too, or has a reason here; the person's export tells of it before."""

    def fill(ctx):
        row = ctx.session.get(Influencer, world.influencer_id)
        row.district, row.unit, row.quiet_from, row.quiet_until = "31.71", "Biro Contoh", 60, 120
        row.sealed_email = ctx.vault.seal("asn@contoh.example")

    world.run(SERVICE, fill)
    assert world.run(world.person, influencers.export_own)["profile"]["district"] == "31.71"
    world.run(world.person, influencers.erase)
    left = world.run(
        SERVICE,
        lambda ctx: {
            column.name: getattr(ctx.session.get(Influencer, world.influencer_id), column.name)
            for column in Influencer.__table__.columns
        },
    )
    assert {name for name, value in left.items() if value} == set(KEPT_AFTER_ERASURE)


def test_the_record_says_that_somebody_settled_something_and_not_what(world):
    """Where they live, when they sleep and what they want to hear by is in no row that erasing cannot reach."""

    def settle(ctx):
        wishes = Wishes((Topic.HEALTH,), "ID-PA", "Asia/Makassar", (13 * 60 + 7, 14 * 60), Channel.INBOX)
        profile.settle(ctx, wishes)
        query = select(AuditRow.detail).where(AuditRow.action.startswith("influencer."))
        return ctx.session.scalars(query.where(AuditRow.actor_id == ctx.actor.user_id)).all()

    said = world.run(world.person, settle)
    assert len(said) == 4
    for word in ("ID-PA", "Makassar", "787", "inbox", "kesehatan"):
        assert not [detail for detail in said if word in detail], word


def test_a_refused_count_never_stands(world):
    """A reviewer's no takes the count off the list; its person reads the reason, and another count mends it."""
    row = _measure(world, 50_000)
    world.run(world.second, lambda ctx: influencers.refuse_evidence(ctx, row.id, "Gambar terpotong."))
    assert world.run(world.manager, influencers.held_evidence) == []
    assert _kinds(world) == [ReasonKind.EVIDENCE_REFUSED]
    for again in (influencers.release_evidence, lambda ctx, each: influencers.refuse_evidence(ctx, each, "x")):
        with pytest.raises(ConflictError):
            world.run(world.second, lambda ctx, step=again: step(ctx, row.id))


def test_a_list_may_name_the_district(world):
    """The Interior Ministry's number is taken; a list without it leaves what is known, a wrong one is refused."""
    assert _fates(_import(world, ROW | {"district": "51.71"})) == ["new"]
    assert _fates(_import(world, ROW)) == ["unchanged"]
    assert _fates(_import(world, ROW | {"staff_number": "88888", "district": "Denpasar"})) == ["refused"]


# ---- figures ---------------------------------------------------------------------------------------------------


def test_small_groups_are_not_shown(world):
    """Coverage of one person is no figure; of ten it is."""
    found = world.run(world.manager, influencers.coverage)
    assert found.total.n_people is None
    assert all(group.n_people in {None, 0} for group in (*found.by_ministry, *found.by_region))

    def grow(ctx):
        ministry_id = ctx.session.get(Influencer, world.influencer_id).ministry_id
        for _ in range(9):
            factories.influencer(ctx, ministry_id)

    world.run(SERVICE, grow)
    found = world.run(world.manager, influencers.coverage)
    assert (found.total.n_people, found.total.n_eligible, found.total.reach) == (10, 10, 21_000)
    assert [group.n_people for group in found.by_region if group.code == "ID-JK"] == [10]


# ---- the JSON door ---------------------------------------------------------------------------------------------


@pytest.fixture
def manager_key(key_for):
    """Headers of a manager's personal key."""
    return key_for("manajer2", Role.MANAGER)


def test_the_whole_list_over_http(client, manager_key, key_for):
    """Ministry, wave, import, search, evidence and coverage work over /v1."""
    assert client.put("/v1/ministries/komdigi", json={"name": "Contoh"}, headers=manager_key).status_code == 200
    wave = client.post("/v1/ministries/komdigi/wave", json={"live": True}, headers=manager_key)
    assert wave.json()["live_at"]
    done = client.post("/v1/influencers/import", json={"rows": [ROW, {"name": 5}]}, headers=manager_key)
    assert (done.status_code, done.json()["new"], done.json()["refused"]) == (200, 1, 1)
    page = client.get("/v1/influencers", params={"words": "satu"}, headers=manager_key).json()
    (line,) = page["items"]
    assert (line["ministry"], line["eligible"], page["next"]) == ("komdigi", False, None)
    one = client.get(f"/v1/influencers/{line['id']}", headers=manager_key).json()
    assert [reason["kind"] for reason in one["reasons"]] == ["own_choice"]
    assert not {"consented", "paused", "left", "scopes"} & one.keys()
    measured = {"platform": "x", "count": 90_000, "method": "api", "measured_at": "2026-03-02T08:00:00+07:00"}
    added = client.post(f"/v1/influencers/{line['id']}/evidence", json=measured, headers=manager_key)
    assert (added.status_code, added.json()["held"]) == (201, True)
    held = client.get("/v1/evidence/held", headers=manager_key).json()
    assert [each["influencer_id"] for each in held] == [line["id"]]
    release = f"/v1/evidence/{held[0]['id']}/release"
    assert client.post(release, headers=manager_key).json()["title"] == "same-human"
    assert client.post(release, headers=key_for("manajer3", Role.MANAGER)).status_code == 200
    assert client.get("/v1/influencers/coverage", headers=manager_key).json()["total"]["people"] is None


@pytest.mark.parametrize("strange", [{"\ud800": 1}, {"topics": ["\ud800"]}], ids=["column", "topic"])
def test_what_cannot_be_sent_back_is_refused_with_its_row(client, manager_key, key_for, strange):
    """Half a letter (a lone surrogate) as a column or topic is named in the answer of either door, as a question mark."""
    text = json.dumps(ROW | strange)
    done = client.post("/v1/influencers/import", json={"text": text, "dry_run": True}, headers=manager_key)
    assert (done.status_code, done.json()["refused"]) == (200, 1)
    assert "?" in done.json()["rows"][0]["reason"]
    sign_in(client, "manajer2")
    page = send(client, "/influencer/impor", "/influencer", teks=text, coba="ya")
    assert (page.status_code, "?" in soup(page).select_one("#impor").text) == (200, True)


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31"])
def test_a_form_takes_counts_of_this_century_only(client, manager_key, world, day):
    """The form keeps to the same years as the program's door, and what was typed comes back."""
    sign_in(client, "manajer2")
    person = f"/influencer/{world.influencer_id}"
    done = send(client, f"{person}/bukti", person, platform="x", jumlah="700", cara="hr", tanggal=day)
    assert (done.status_code, day in done.text) == (422, True)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/influencers/999", None, 404),
        ("GET", "/v1/influencers/99999999999999999999", None, 422),
        ("GET", "/v1/influencers?ministry=tidak-ada", None, 404),
        ("GET", "/v1/influencers?limit=1000", None, 422),
        ("GET", "/v1/influencers?words=%00", None, 400),
        ("POST", "/v1/influencers/import", {}, 422),
        ("POST", "/v1/influencers/import", {"rows": [], "text": "x"}, 422),
        ("POST", "/v1/influencers/import", {"text": "\u0000"}, 422),
        ("POST", "/v1/influencers/import", {"rows": [5]}, 422),
        ("POST", "/v1/influencers/import", {"workbook": "bukan base64!"}, 422),
        ("POST", "/v1/influencers/import", {"workbook": "UEsDBA=="}, 422),
        ("POST", "/v1/influencers/1/evidence", {"platform": "tiktok"}, 422),
        ("POST", "/v1/evidence/999/release", None, 404),
        ("PUT", "/v1/ministries/HURUF%00", {"name": "x"}, 400),
        ("PUT", "/v1/ministries/HURUF", {"name": "x"}, 422),
        ("POST", "/v1/ministries/tidak-ada/wave", {"live": True}, 404),
        ("POST", "/v1/influencers/999/account", {"account": "asn"}, 404),
    ],
)
def test_bad_input_is_a_clear_refusal(client, manager_key, method, path, body, status):
    """Every door of this part answers bad input with a problem document."""
    answer = client.request(method, path, json=body, headers=manager_key)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_others_see_nobody(client, key_for):
    """Checker, approver and influencer get 403 at every door of this part."""
    headers = key_for("orang", Role.CHECKER, Role.APPROVER, Role.INFLUENCER)
    for path in ("/v1/influencers", "/v1/influencers/1", "/v1/influencers/coverage", "/v1/evidence/held"):
        assert client.get(path, headers=headers).status_code == 403


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_list_is_read_before_the_transaction_that_writes(client, service, key_for, sign_up, monkeypatch, dry_run):
    """Reading a large workbook may take seconds: somebody else writes meanwhile, whichever door it came through."""
    real, n_written = roster.read_file, []

    def reading(content):
        with service.database.write() as session:
            n_written.append(factories.claim(context_for(service, session, SERVICE)).id)
        yield from real(content)

    monkeypatch.setattr(roster, "read_file", reading)
    headers = key_for("manajer", Role.MANAGER)
    made = Workbook()
    made.active.append(list(roster.REQUIRED))
    out = io.BytesIO()
    made.save(out)
    body = {"workbook": base64.b64encode(out.getvalue()).decode(), "dry_run": dry_run}
    assert client.post("/v1/influencers/import", json=body, headers=headers).status_code == 200
    sign_up("ayu", Role.MANAGER)
    sign_in(client, "ayu")
    page = send(
        client, "/influencer/impor", "/influencer", teks=",".join(roster.REQUIRED), coba="ya" if dry_run else ""
    )
    assert page.status_code in {200, 303}
    assert len(n_written) == 2
