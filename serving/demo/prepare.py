"""Sets the sample up: accounts, people, library, a first day of messages, one clarification and one campaign.

Each step is taken by the sample account whose job it is, through the same use cases as anybody's, so that the record
reads like a day at a desk. Each step looks first whether it was taken before: a second start changes nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from serving.db import influencers as people_rows
from serving.db import people, posts
from serving.db.tables import Influencer, User
from serving.demo import sample
from serving.demo.sample import SampleCount, SamplePerson
from serving.deps import Service, context_for
from serving.desk import audit
from serving.desk.checking import evidence, leases, review
from serving.desk.checking.evidence import NewSource
from serving.desk.checking.gates import Prepared
from serving.desk.context import SERVICE, Context
from serving.desk.incoming import intake
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.posts import anonymous
from serving.desk.outreach import campaign_drafts, campaigns, official
from serving.desk.outreach.campaign_drafts import NewCampaign, ProgrammeNews, Window
from serving.desk.people import accounts, consents, influencers, roster
from serving.desk.people.eligibility import CONSENT_VERSION
from serving.desk.people.influencers import Measurement
from serving.desk.people.roster import BadRow, GoodRow
from serving.desk.publishing import library
from serving.desk.publishing.library import NewEntry, SourceWords
from serving.errors import NotFoundError
from serving.rows import read_post
from serving.security import PASSWORD_MIN_CHARS, password_matches
from serving.settings import Settings
from serving.vocabulary import (
    CampaignState,
    Category,
    ClaimState,
    ConsentScope,
    EvidenceKind,
    EvidenceMethod,
    Gate,
    Platform,
    Role,
    Topic,
    VerdictLabel,
)

CHECKER: Final = "pemeriksa"
APPROVER: Final = "penyetuju"
MANAGER: Final = "manajer"
INFLUENCER: Final = "asn"
ENGINEER: Final = "insinyur"
ADMIN: Final = "admin"

ACCOUNTS: Final[Mapping[str, tuple[Role, str]]] = MappingProxyType(
    {
        CHECKER: (Role.CHECKER, "Pemeriksa (contoh)"),
        APPROVER: (Role.APPROVER, "Penyetuju (contoh)"),
        MANAGER: (Role.MANAGER, "Manajer (contoh)"),
        INFLUENCER: (Role.INFLUENCER, "ASN (contoh)"),
        ENGINEER: (Role.ENGINEER, "Insinyur (contoh)"),
        ADMIN: (Role.ADMIN, "Admin (contoh)"),
    }
)
METHODS: Final = MappingProxyType(
    {"api": EvidenceMethod.API, "screenshot": EvidenceMethod.SCREENSHOT, "hr_verified": EvidenceMethod.HR}
)
# A hoax of both days: its clarification is out, and one sees that it goes on spreading.
PUBLISHED_CLAIM: Final = "bawang-putih-flu"
PUBLISHED_WORDS: Final = "klar-001"
# News for the whole country, on a topic that the account ``asn`` chose.
CAMPAIGN_NEWS: Final = "prog-002"
CAMPAIGN_CATEGORY: Final = Category.GOVERNMENT
CAMPAIGN_DAYS: Final = 7
# Made up: nobody can own a host under ``.example`` (RFC 2606).
OFFICIAL_HOST: Final = "contoh.example"
CAMPAIGN_REACH: Final = 50_000
CONSENTED_BEFORE: Final = timedelta(days=30)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Act:
    """Opens transactions in which one of the sample accounts, or the service itself, acts."""

    service: Service

    def by(self, name: str, step: Callable[[Context], str]) -> str:
        """Take one step as this account; give what it has to say."""
        with self.service.database.write() as session:
            return step(context_for(self.service, session, accounts.actor_for(_user(session, name))))

    def by_itself(self, step: Callable[[Context], str]) -> str:
        """Take one step as the service."""
        with self.service.database.write() as session:
            return step(context_for(self.service, session, SERVICE))


def _user(session: Any, name: str) -> User:
    user = people.user_by_name(session, name)
    if user is None:
        raise NotFoundError("the sample account {name} is missing; run: suluh demo prepare", name=name)
    return user


def password_for(settings: Settings, chosen: str = "") -> str:
    """Give the password of the sample accounts: the chosen one, else the one that was made at the first start."""
    if chosen:
        return chosen
    path = settings.var_dir / "demo-password"
    if not path.exists():
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        _write_private(path, secrets.token_urlsafe(PASSWORD_MIN_CHARS))
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def prepare(service: Service, password: str, say: Say) -> None:
    """Set up what is missing, and say what was done."""
    act = Act(service)
    say(act.by_itself(lambda ctx: make_accounts(ctx, password)))
    say(act.by(ADMIN, list_official_accounts))
    say(act.by(MANAGER, make_people))
    say(act.by_itself(fill_library))
    say(act.by_itself(take_first_day))
    for name, step in ((CHECKER, draft_clarification), (APPROVER, approve_clarification)):
        if told := act.by(name, step):
            say(told)
    for name, step in ((MANAGER, draft_campaign), (APPROVER, approve_campaign), (MANAGER, launch_campaign)):
        if told := act.by(name, step):
            say(told)


# ---- who -------------------------------------------------------------------------------------------------------


def make_accounts(ctx: Context, password: str) -> str:
    """Create the accounts that are missing; give those that are there this password."""
    for name, (role, display_name) in ACCOUNTS.items():
        user = people.user_by_name(ctx.session, name)
        if user is None:
            accounts.create_user(ctx, name, password, [role], display_name)
        elif not password_matches(password, user.password_hash):
            accounts.set_password(ctx, user, password)
    return f"{len(ACCOUNTS)} accounts"


def list_official_accounts(ctx: Context) -> str:
    """Put one made-up official account a platform on the list, unless there is any."""
    if here := official.listed(ctx):
        return f"{len(here)} official accounts (were here)"
    for platform in Platform:
        official.add(ctx, platform, OFFICIAL_HOST, platform.value)
    return f"{len(Platform)} official accounts"


def make_people(ctx: Context) -> str:
    """Bring the ministries and their people in, each person's consent and pause as the sample has them."""
    here = _by_key(ctx)
    if here:
        return f"{len(here)} people of {len(sample.ministries())} ministries (were here)"
    for code, name in sample.ministries().items():
        influencers.put_ministry(ctx, code, name)
        influencers.set_wave(ctx, code, live=True)
    influencers.import_people(ctx, _listed())
    rows = _by_key(ctx)
    for person in sample.people():
        _answer_for(ctx, rows[person.key], person)
        for platform, counts in person.evidence.items():
            for count in counts:
                influencers.record_evidence(ctx, rows[person.key].id, _measured(ctx, platform, count))
    first_eligible = next(person for person in sample.people() if person.expected == "eligible")
    influencers.link_account(ctx, rows[first_eligible.key].id, INFLUENCER)
    return f"{len(rows)} people of {len(sample.ministries())} ministries"


def _by_key(ctx: Context) -> dict[str, Influencer]:
    """Give the people of the sample who are here, by their key there."""
    hashes = {
        ctx.vault.pseudonym("staff", row.person.staff_number): person.key
        for row, person in zip(_listed(), sample.people(), strict=True)
    }
    return {hashes[found]: row for found, row in people_rows.by_staff_hash(ctx.session, list(hashes)).items()}


def _listed() -> list[GoodRow]:
    """Give everybody as a ministry's list would; raise where the list's reader refuses a row."""
    good: list[GoodRow] = []
    for row in roster.read_rows(map(_list_row, sample.people())):
        if isinstance(row, BadRow):
            raise row.error
        good.append(row)
    return good


def _list_row(person: SamplePerson) -> dict[str, Any]:
    return {
        "staff_number": person.key,
        "name": person.name,
        "ministry": person.ministry,
        "unit": person.unit,
        "region": person.region,
        "topics": list(person.topics),
        "email": person.email,
        "active": person.active,
    }


def _answer_for(ctx: Context, row: Influencer, person: SamplePerson) -> None:
    """Write the consent that a made-up person is said to have given; nobody real can be consented for."""
    if person.consents:
        row.consent_version, row.consent_at = CONSENT_VERSION, ctx.now - CONSENTED_BEFORE
        consents.give(replace(ctx, now=row.consent_at), row, tuple(ConsentScope))
    if person.paused:
        row.paused_at = ctx.now
    audit.append(ctx, "demo.person", "influencer", row.id, consents=person.consents, paused=person.paused)


def _measured(ctx: Context, platform: str, count: SampleCount) -> Measurement:
    measured_at = ctx.now - timedelta(days=count.age_days)
    return Measurement(Platform(platform), count.count, METHODS[count.method], measured_at)


# ---- what ------------------------------------------------------------------------------------------------------


def _sources(words: Mapping[str, Any]) -> tuple[SourceWords, ...]:
    return tuple(
        SourceWords(each["url"], each["title"], each["publisher"], EvidenceKind(each["kind"]))
        for each in words["sources"]
    )


def fill_library(ctx: Context) -> str:
    """Bring the sample's clarifications in, to match with."""
    entries = [
        NewEntry(
            external_id=row["id"],
            title=row["title"],
            text=row["text"],
            issuer=row["issuer"],
            sources=_sources(row),
            category=Category(row["category"]),
            topic=row["topic"],
            published_at=ctx.now + timedelta(seconds=row["published_offset_s"]),
        )
        for row in sample.clarifications()
    ]
    library.import_rows(ctx, entries)
    return f"{len(entries)} clarifications in the library"


def take_first_day(ctx: Context) -> str:
    """Take the first day's messages in at once, so that the queue has something to show."""
    rows = [read_post(row) for row in sample.first_day(ctx.now)]
    done = intake.take_in(ctx, machine_for(ctx.settings), rows)
    if done.n_known == len(rows):
        return f"{len(rows)} messages of the first day (were here)"
    return f"{done.n_posts} messages of the first day in {done.n_claims} claims"


def _claim_of_sample(ctx: Context) -> int | None:
    """Give the claim that most of the hoax's first-day messages stand in."""
    wanted = [post for post in sample.posts() if post.claim == PUBLISHED_CLAIM and post.offset_s < sample.FIRST_DAY_S]
    keys = []
    for post in wanted:
        row = anonymous(read_post(post.as_row(ctx.now)), ctx.vault, ctx.now, ctx.settings.max_text_chars)
        keys.append((row.source, row.external_hash))
    found = [known.claim_id for known in posts.known_posts(ctx.session, keys).values()]
    return max(set(found), key=lambda claim_id: (found.count(claim_id), -claim_id), default=None)


def draft_clarification(ctx: Context) -> str:
    """Take one claim, answer the gates, add sources, write, and hand it to the approver."""
    claim_id = _claim_of_sample(ctx)
    if claim_id is None or leases.existing(ctx, claim_id).state is not ClaimState.QUEUED:
        return ""
    words = next(row for row in sample.clarifications() if row["id"] == PUBLISHED_WORDS)
    leases.take(ctx, claim_id)
    for source in _sources(words):
        evidence.add(ctx, claim_id, NewSource(source.kind, _own_site(source.url), source.title, source.publisher))
    begun = review.draft(ctx, claim_id)
    review.save_draft(ctx, claim_id, _prepared(words), begun.version if begun else 0)
    review.submit(ctx, claim_id)
    return "one claim drafted by pemeriksa"


def _own_site(url: str) -> str:
    """Give each made-up publisher a site of its own: two sources on one site would count as one."""
    parts = urlsplit(url)
    publisher, _, page = parts.path.strip("/").partition("/")
    return urlunsplit((parts.scheme, f"{publisher}-{parts.netloc}", f"/{page}", "", ""))


def _prepared(words: Mapping[str, Any]) -> Prepared:
    return Prepared(
        gates={gate: gate is Gate.VERIFIABLE for gate in Gate},
        verdict=VerdictLabel.FALSE,
        category=Category(words["category"]),
        political=False,
        title=words["title"],
        body=words["text"],
        topic=words["topic"],
    )


def approve_clarification(ctx: Context) -> str:
    """Publish what the checker drafted, as the second person."""
    claim_id = _claim_of_sample(ctx)
    if claim_id is None or leases.existing(ctx, claim_id).state is not ClaimState.AWAITING_APPROVAL:
        return ""
    draft = review.draft(ctx, claim_id)
    version = draft.version if draft else 0
    review.reveal(ctx, claim_id, VerdictLabel.FALSE, version)
    review.approve(ctx, claim_id, political=False, version=version)
    return "one clarification published by penyetuju"


# ---- carried by whom -------------------------------------------------------------------------------------------


def draft_campaign(ctx: Context) -> str:
    """Draft a campaign from programme news and submit it, unless there is any campaign."""
    if campaigns.listed(ctx, limit=1):
        return ""
    news = next(row for row in sample.programme_news() if row["id"] == CAMPAIGN_NEWS)
    window = Window(
        topic=Topic(news["topic"]),
        starts_at=ctx.now,
        ends_at=ctx.now + timedelta(days=CAMPAIGN_DAYS),
        target_reach=CAMPAIGN_REACH,
        regions=tuple(news["regions"]),
    )
    words = ProgrammeNews(news["title"], news["text"], news["issuer"], news["link"], CAMPAIGN_CATEGORY)
    posts_to_share = {platform: f"https://{OFFICIAL_HOST}/{platform.value}/{news['id']}" for platform in Platform}
    row = campaign_drafts.create(ctx, NewCampaign(window, news=words, official_posts=posts_to_share))
    campaigns.submit(ctx, row.id, political=False)
    return "one campaign drafted by manajer"


def approve_campaign(ctx: Context) -> str:
    """Approve the campaign that waits, as the second person."""
    waiting = campaigns.listed(ctx, states=[CampaignState.AWAITING_APPROVAL], limit=1)
    row = next(iter(waiting), None)
    if row is None or row.submitted_at is None or len(campaigns.listed(ctx, limit=2)) > 1:
        return ""
    campaigns.approve(ctx, row.id, political=False, submitted_at=row.submitted_at)
    return "approved by penyetuju"


def launch_campaign(ctx: Context) -> str:
    """Take the approved campaign live; its offers leave in the hours in which their people are awake."""
    approved = campaigns.listed(ctx, states=[CampaignState.APPROVED], limit=1)
    if not approved or len(campaigns.listed(ctx, limit=2)) > 1:
        return ""
    return f"live, with {campaigns.launch(ctx, approved[0].id)} offers planned"
