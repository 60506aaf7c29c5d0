"""Anybody sends what goes round; it goes the way of every post, and nothing is kept of who sent it."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import func, inspect, select, text

from serving import limits
from serving.db.tables import AuditRow, Claim, ClaimMedia, InboxRow, Match, Post, Spread
from serving.deps import acting, writing_as
from serving.desk import audit
from serving.desk.checking import merging, regrouping
from serving.desk.context import Actor
from serving.desk.incoming import intake, tips, triage
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.posts import NewPost
from serving.desk.incoming.tips import ANSWERED, RECEIVED, Tip
from serving.desk.incoming.tips_counting import COUNTED_MAX, SOURCE
from serving.limits import Limits
from serving.vocabulary import ClaimState, ClarificationState, MatchStatus, Role
from tests import factories
from tests.web.browsing import send, sign_in, soup, token

PROBLEM = "application/problem+json"
FLOOD = "Bendungan Contoh Hulu jebol sore ini, air bah sedang menuju kota setinggi atap rumah, warga diminta lari"
OTHER = "Kartu pelajar gratis dibagikan di kantor pos cabang sampel mulai Senin, syaratnya kirim kode dari telepon"
LINK = "https://kabar.example/rinjani-sampel/771100"


def picture(seed: int, kind: str = "PNG", side: int = 240) -> bytes:
    """A soft picture of blobs."""
    blobs = np.random.default_rng(seed).integers(0, 255, (7, 7, 3)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(blobs).resize((side, side), Image.Resampling.BICUBIC).save(out, kind)
    return out.getvalue()


@pytest.fixture
def wide(service):
    """The same service for whoever sends much from one address."""
    roomy = service.settings.model_copy(update={"appeals_per_minute": 10_000})
    made = Limits.of(roomy)
    made.tips_a_day.size = 10_000
    object.__setattr__(service, "limits", made)


@pytest.fixture
def tell(client, wide):
    """Send a tip over ``/v1``."""

    def do(words="", link="", image=None, **more):
        files = {"picture": ("a.png", image, "image/png")} if image is not None else {"picture": ("", b"")}
        return client.post("/v1/tips", data={"text": words, "link": link}, files=files, **more)

    return do


@pytest.fixture
def drain(service):
    """Let the worker take in what waits."""
    return lambda: intake.drain(lambda: acting(service), machine_for(service.settings))


@pytest.fixture
def published(service, sign_up):
    """A clarification that two people published, of the claim that the tips are about."""

    def do(claim_id=None, **over):
        pair = [sign_up(f"humas{claim_id}-{n}", Role.CHECKER, Role.APPROVER).user_id for n in (1, 2)]
        with acting(service) as ctx:
            return factories.clarification(ctx, *pair, claim_id=claim_id, **over)

    return do


# ---- the way of every post ---------------------------------------------------------------------------------------


def test_a_tip_becomes_a_post_of_its_claim(tell, drain, ask):
    """Words wait in the inbox, then stand among the posts of the claim that they copy, under a source of their own."""
    assert tell(FLOOD).status_code == 202
    drain()
    assert tell(f"FWD: {FLOOD.lower()}", LINK).status_code == 202
    drain()
    [claim] = ask(select(Claim))
    posts = ask(select(Post))
    assert claim.state is ClaimState.QUEUED
    assert {post.source for post in posts} == {SOURCE}
    assert {post.claim_id for post in posts} == {claim.id}


def test_the_same_picture_joins_one_claim(tell, drain, ask):
    """Other words under one picture are one claim; the picture's digits lead to it, and no picture is kept."""
    tell(FLOOD, image=picture(1))
    tell(OTHER, image=picture(1))
    tell("Jalan layang sampel di kota contoh retak parah dan akan ditutup bulan depan", image=picture(2))
    drain()
    assert len(ask(select(Claim))) == 2
    assert len(ask(select(ClaimMedia))) == 2
    assert all(item.keys() == {"kind", "phash", "transcript"} for post in ask(select(Post)) for item in post.media)


def test_what_comes_without_words_stands_by_itself(tell, drain, ask, clock):
    """Pictures and links without a word do not run together; a copy of one finds it again."""
    for seed in range(5):
        tell(image=picture(seed))
    tell(link=LINK)
    tell(LINK + "9")  # a link typed where the words go is a link
    drain()
    assert len(ask(select(Claim))) == 7
    assert sum(post.sealed_link is not None for post in ask(select(Post))) == 2
    clock.forward(hours=1)
    tell(link=LINK)
    tell(image=picture(3))
    drain()
    assert (len(ask(select(Claim))), len(ask(select(Post)))) == (7, 9)


def test_a_blank_picture_is_no_message(tell):
    """One of one colour says nothing, so a tip of it alone is empty."""
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, "PNG")
    answer = tell(image=out.getvalue()).json()
    assert answer["title"] == "tip-empty"
    assert "satu warna" in answer["detail"]  # not: send a picture


def test_an_empty_form_counts_for_nothing(client):
    """Sent before it was filled in, at either door and however often: what is sent then is taken."""
    for _ in range(30):
        assert client.post("/v1/tips", data={"text": " "}).json()["title"] == "tip-empty"
        assert send(client, "/lapor", "/lapor", isi="", tautan=" ").status_code == 422
    assert client.post("/v1/tips", data={"text": FLOOD}).status_code == 202


# ---- nothing of the sender ---------------------------------------------------------------------------------------


def test_nothing_of_the_sender_stands_in_any_table(client, service, sign_up, tell, drain, ask):
    """Whoever is signed in: no cell of any table holds an address of theirs, and no step of a tip names an account."""
    asn = sign_up("asn-contoh", Role.INFLUENCER)
    sign_in(client, "asn-contoh")
    words = f"{FLOOD}. Hubungi @sampel_rinjani, 0812-0000-2222 atau surat@contoh.example, facebook.com/sampel_rinjani"
    headers = {"x-forwarded-for": "203.0.113.77", "user-agent": "Peramban-Sampel/9"}
    assert tell(words, LINK, picture(1), headers=headers).status_code == 202
    assert send(client, "/lapor", "/lapor", isi=words, tautan=LINK).status_code == 303
    secrets = [
        "sampel_rinjani",
        "0812-0000",
        "surat@contoh",
        "facebook.com",
        "rinjani-sampel",
        "203.0.113",
        "testclient",
        "Peramban-Sampel",
    ]

    def dump():
        with service.database.engine.connect() as connection:
            for table in inspect(connection).get_table_names():
                for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                    for cell in row:
                        raw = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                        yield table, raw

    def leaks():
        return [(table, secret) for table, cell in dump() for secret in secrets if secret.encode() in cell]

    assert leaks() == []
    drain()
    assert leaks() == []
    assert len(ask(select(Post))) == 1
    steps = ask(select(AuditRow).where(AuditRow.action == "tip.send"))
    assert [(step.actor_id, json.loads(step.detail)) for step in steps] == [
        (None, {"link": True, "picture": True}),
        (None, {"link": True, "picture": False}),
    ]
    assert asn.user_id not in {step.actor_id for step in steps}


def test_the_record_holds(service, tell, drain):
    """A tip is a step of the chain like any other."""
    tell(FLOOD)
    drain()
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).intact


def test_a_link_is_sealed_and_forgotten(tell, drain, ask, service):
    """It is no readable text, and has a day on which it goes."""
    tell(FLOOD, LINK)
    drain()
    [post] = ask(select(Post))
    assert b"kabar" not in post.sealed_link
    assert post.link_until - post.collected_at == service.settings.link_lifetime


# ---- how tips count ----------------------------------------------------------------------------------------------


def test_a_hundred_and_fifty_copies_are_one_post_an_hour(service, drain, ask, clock):
    """However they come: one post, a hundred views, a rate below the floor, and little urgency."""
    nobody = writing_as(service, Actor(None, "publik"))
    for _ in range(3):
        with nobody() as ctx:
            for number in range(50):
                tips.send(ctx, Tip(f"{FLOOD} {number}"))
        drain()
    [claim], [post], [quarter] = ask(select(Claim)), ask(select(Post)), ask(select(Spread))
    assert (claim.n_posts, claim.reach, claim.engagement) == (1, COUNTED_MAX, 0)
    assert (post.views, post.reach, post.likes) == (COUNTED_MAX, COUNTED_MAX, 0)
    assert (quarter.n_posts, quarter.reach) == (1, COUNTED_MAX)
    assert claim.posts_per_hour < service.settings.velocity_floor_posts_per_hour
    most = triage.WEIGHTS.per_doubling_of_reach * np.log2(1 + COUNTED_MAX) + triage.WEIGHTS.per_doubling_of_speed * 2
    assert most < 3  # doublings, of the ten and more that band, speed and reach of a spreading claim come to


def test_tips_alone_never_reach_the_floor(service, drain, ask, clock):
    """Two minutes apart on both sides of each hour, for a day: the rate stays below what may be pushed."""
    nobody = writing_as(service, Actor(None, "publik"))
    clock.forward(minutes=59)
    rates = []
    for _ in range(12):
        for minutes in (2, 58):
            with nobody() as ctx:
                tips.send(ctx, Tip(FLOOD))
            drain()
            rates += [claim.posts_per_hour for claim in ask(select(Claim))]
            clock.forward(minutes=minutes)
    assert len(ask(select(Post))) == 13
    assert 1 < max(rates) < service.settings.velocity_floor_posts_per_hour


def test_claims_posts_and_spread_agree(tell, drain, ask):
    """What a claim counts is what its posts and its quarters come to, whatever was folded."""
    for n in range(3):
        tell(f"{FLOOD} {n}")
        tell(OTHER)
        drain()
    for claim in ask(select(Claim)):
        posts = ask(select(Post).where(Post.claim_id == claim.id))
        [quarter] = ask(select(Spread).where(Spread.claim_id == claim.id))
        assert (claim.n_posts, claim.reach) == (len(posts), sum(post.reach for post in posts)) == (1, 3)
        assert (quarter.n_posts, quarter.reach) == (1, 3)


def test_a_tip_that_a_person_moved_is_counted_where_it_stands(service, sign_up, tell, drain, ask, clock):
    """After a move the next copy of the hour adds to that post, and to the claim that now holds it."""
    machine = machine_for(service.settings)
    budi = sign_up("budi", Role.CHECKER)
    tell(FLOOD)
    drain()
    with acting(service) as ctx:
        rows = [NewPost("x", str(n), words, clock.now()) for n, words in enumerate((FLOOD, OTHER))]
        first, second = intake.take_in(ctx, machine, rows).claim_ids
    [post] = ask(select(Post).where(Post.source == SOURCE))
    with writing_as(service, budi)() as ctx:
        regrouping.move_posts(ctx, regrouping.Asked(first, [post.id], "salah kelompok"), second)
    tell(f"FWD: {FLOOD}")
    drain()
    heads = {claim.id: claim for claim in ask(select(Claim))}
    for number in (first, second):
        posts = ask(select(Post).where(Post.claim_id == number))
        assert (heads[number].n_posts, heads[number].reach) == (len(posts), sum(each.reach for each in posts))


def test_pictures_whose_digits_look_like_a_telephone_number_stay_apart(service, drain, ask):
    """What stands for a picture without words is a word of its own: neither masked, nor one mistyped."""
    hashes = ["8123456789012345", "8123456789012346", "6281234567890123", "3171234567890001", "ffff123456789000"]
    nobody = writing_as(service, Actor(None, "publik"))
    for phash in hashes:
        with nobody() as ctx:
            tips.send(ctx, Tip(phash=phash))
    drain()
    assert [claim.n_posts for claim in ask(select(Claim))] == [1] * len(hashes)
    assert len({post.text for post in ask(select(Post))}) == len(hashes)


def test_one_address_sends_three_a_minute_and_twenty_a_day(client, service, clock):
    """What is too much is 429 with a time; another address is not held up; the bucket keeps no row anywhere."""
    sizes = []
    for _ in range(60):
        answer = client.post("/v1/tips", data={"text": FLOOD})
        sizes.append(answer.status_code)
        clock.forward(seconds=21)
    assert sizes.count(202) == limits.TIPS_A_DAY
    assert int(answer.headers["retry-after"]) > 1
    assert answer.headers["content-type"] == PROBLEM
    with service.database.read() as session:
        assert session.scalar(select(func.count(InboxRow.id))) == limits.TIPS_A_DAY
    service.limits.tip("198.51.100.7", clock.now())


# ---- the receipt -------------------------------------------------------------------------------------------------


def test_an_unknown_tip_and_a_waiting_claim_read_the_same(tell, drain):
    """The form tells nobody what lies in the queue."""
    first = tell(FLOOD).json()
    drain()
    assert tell(FLOOD).json() == first == {"next": RECEIVED, "answer": None}


def test_a_published_answer_is_named(tell, drain, ask, published):
    """A copy of a claim that two people answered reads where, by its words or by its picture."""
    tell(FLOOD, image=picture(1))
    drain()
    [claim] = ask(select(Claim))
    entry = published(claim.id)
    for answer in (tell(f"Sebarkan! {FLOOD}"), tell("apa ini benar", image=picture(1))):
        assert answer.json()["next"] == ANSWERED
        assert answer.json()["answer"]["url"].endswith(f"/klarifikasi/{entry.slug}")
    assert tell(OTHER).json()["answer"] is None


def test_a_few_words_under_another_picture_are_no_copy(tell, drain, ask, published):
    """A caption that goes with anything is answered by its picture, and never by what the same words stood under before."""
    caption = "Apa ini benar, kawan?"
    tell(caption)
    tell(FLOOD, image=picture(1))
    drain()
    spoken, shown = (claim.id for claim in ask(select(Claim).order_by(Claim.id)))
    entries = {number: published(number) for number in (spoken, shown)}
    assert tell(caption).json()["answer"]["slug"] == entries[spoken].slug
    assert tell(caption, image=picture(1)).json()["answer"]["slug"] == entries[shown].slug
    assert tell(caption, image=picture(2)).json()["answer"] is None


MATCHES = (
    (MatchStatus.SUGGESTED, ClarificationState.PUBLISHED, 1, False),
    (MatchStatus.REJECTED, ClarificationState.PUBLISHED, 1, False),
    (MatchStatus.CONFIRMED, ClarificationState.PUBLISHED, -1, False),
    (MatchStatus.CONFIRMED, ClarificationState.RETRACTED, 1, False),
    (MatchStatus.CONFIRMED, ClarificationState.PUBLISHED, 1, True),
)


def test_only_what_people_confirmed_and_what_stands_is_named(service, sign_up, tell, drain, ask):
    """What the machine suggests, what somebody rejected, what was withdrawn or is past its day is not an answer."""
    tell(FLOOD)
    drain()
    [claim] = ask(select(Claim))
    one, two = (sign_up(name, Role.CHECKER).user_id for name in ("satu", "dua"))
    for status, state, days, named in MATCHES:
        with acting(service) as ctx:
            until = ctx.now + timedelta(days=days)
            entry = factories.clarification(ctx, one, two, state=state, valid_until=until)
            by = None if status is MatchStatus.SUGGESTED else one
            match = {"score": 0.9, "machine_status": "suggested", "machine_version": "m", "created_at": ctx.now}
            decided = {"status": status, "decided_by_id": by, "decided_at": ctx.now if by else None}
            ctx.session.add(Match(claim_id=claim.id, clarification_id=entry.id, **match, **decided))
        assert (tell(FLOOD).json()["answer"] is not None) is named, (status, state, days)


def test_a_merged_claim_leads_to_the_answer_of_what_took_it_over(service, sign_up, tell, drain, ask, published):
    """The copy of a wording that was merged reads the answer of the claim that stands."""
    tell(FLOOD)
    tell(OTHER)
    drain()
    first, second = ask(select(Claim).order_by(Claim.id))
    with writing_as(service, sign_up("budi", Role.CHECKER))() as ctx:
        merging.merge(ctx, second.id, first.id)
    entry = published(first.id)
    assert tell(OTHER).json()["answer"]["slug"] == entry.slug


# ---- what cannot be taken ----------------------------------------------------------------------------------------


def bomb() -> bytes:
    """Four hundred million pixels in a few kilobytes."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


REFUSED = [
    ({}, None, 422, "tip-empty"),
    ({"text": " \r\n "}, None, 422, "tip-empty"),
    ({"text": "@seseorang 🚨"}, None, 422, "tip-empty"),
    ({"text": "kata " * 2_000}, None, 422, "invalid-input"),
    ({"text": "nol\0"}, None, 422, "invalid-input"),
    ({"link": "javascript:alert(1)"}, None, 422, "invalid-input"),
    ({"link": "https://nama@kabar.example/"}, None, 422, "invalid-input"),
    ({"picture": "bukan berkas"}, None, 422, "invalid-input"),
    ({}, b"GIF89a" + b"\0" * 500, 422, "picture"),
    ({}, b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "picture"),
    ({}, picture(1)[:2_000], 422, "picture"),
    ({}, picture(1, side=20), 422, "picture"),
    ({}, bomb(), 422, "picture"),
    ({"text": FLOOD}, b"x" * 4_500_000, 422, "picture"),
    ({}, b"x" * 10_000_000, 413, "too-large"),
]  # fmt: skip


def test_what_cannot_be_taken_is_one_sentence_and_leaves_nothing(client, wide, ask):
    """A problem document, and no row anywhere."""
    for data, image, status, title in REFUSED:
        files = {"picture": ("a.png", image, "image/png")} if image is not None else {"other": ("", b"")}
        answer = client.post("/v1/tips", data=data, files=files)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), (data, answer.text[:200])
        assert answer.json()["title"] == title
    assert ask(select(InboxRow)) == []
    assert ask(select(AuditRow).where(AuditRow.action == "tip.send")) == []


ODD = [
    ("application/json", b'{"text": "x"}', {415}),
    ("text/plain", FLOOD.encode(), {415}),
    ("multipart/form-data", b"kosong", {400}),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\x80\r\n--x--', {202, 422}),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="picture"; filename="\xff"\r\n\r\n\xff\r\n--x--', {400, 422}),
    ("application/x-www-form-urlencoded", b"text=%ff%fe%80", {202, 422}),
    ("application/x-www-form-urlencoded", b"text=a&text=b&text[]=c", {202, 422}),
]  # fmt: skip


def test_whatever_form_the_body_has_there_is_no_fault(client, wide):
    """Another type is 415, a torn multipart 400, wrong encoding is read or refused."""
    for kind, body, statuses in ODD:
        answer = client.post("/v1/tips", content=body, headers={"content-type": kind})
        assert answer.status_code in statuses, (kind, body, answer.text[:200])
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == PROBLEM


# ---- the page ----------------------------------------------------------------------------------------------------


def test_the_page_takes_words_and_a_picture_and_says_what_happens_next(client, wide, drain, ask):
    """Without a script: 303 to a page with the sentence; the post stands where every tip does."""
    data = {"csrf": token(client, "/lapor"), "isi": FLOOD, "tautan": ""}
    answer = client.post(
        "/lapor", data=data, files={"gambar": ("a.webp", picture(1, "WEBP"), "image/webp")}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/lapor/terkirim")
    assert RECEIVED in soup(client.get("/lapor/terkirim")).get_text()
    drain()
    [post] = ask(select(Post))
    assert (post.source, len(post.media)) == (SOURCE, 1)


def test_the_page_leads_to_the_published_answer(client, wide, tell, drain, ask, published):
    """The receipt shows title, label and link of what two people published, and of nothing else."""
    tell(FLOOD)
    drain()
    [claim] = ask(select(Claim))
    entry = published(claim.id)
    answer = send(client, "/lapor", "/lapor", isi=FLOOD)
    assert soup(client.get(answer.headers["location"])).select_one(f"main a[href='/klarifikasi/{entry.slug}']")
    assert client.get("/lapor/terkirim?jawaban=tidak-ada").status_code == 404


def test_a_refused_form_keeps_what_was_typed(client, wide):
    """The sentence, the words and the link stand in the form; a form of another site is refused."""
    answer = send(client, "/lapor", "/lapor", isi=FLOOD, tautan="bukan tautan")
    page = soup(answer)
    assert answer.status_code == 422
    assert page.select_one("textarea[name=isi]").get_text().strip() == FLOOD
    assert page.select_one("input[name=tautan]")["value"] == "bukan tautan"
    client.get("/lapor")
    assert client.post("/lapor", data={"csrf": "lain", "isi": FLOOD}).status_code == 403


def test_the_page_has_the_same_limit(client):
    """The fourth in a minute is 429, and says when to come back."""
    answers = [send(client, "/lapor", "/lapor", isi=FLOOD) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_the_pages_of_an_asn_lead_to_the_form(client, sign_up):
    """Their own navigation names it, and the form is the one of everybody."""
    sign_up("asn-contoh", Role.INFLUENCER)
    sign_in(client, "asn-contoh")
    assert soup(client.get("/lapor")).select_one("header a[href='/lapor']")
