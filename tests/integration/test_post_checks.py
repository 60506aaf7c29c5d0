"""Reported posts: by their public page where it says enough, else by people; and how much they repeat each other."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from sqlalchemy import select

from serving.channels.public_page import READ_MAX_BYTES, PublicPages, metadata_of
from serving.db import breaker as breaker_rows
from serving.db.tables import Base, Campaign, Offer, PostedLink, PostWording
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.incoming import likeness
from serving.desk.outreach import breaker, kits, offers, own_words, post_checks, reach
from serving.desk.outreach.post_checks import Metadata
from serving.vocabulary import OfferState, Platform, PostCheck, Role, WordingSource
from serving.worker import EVERY_PART
from tests import factories
from tests.conftest import PASSWORD
from tests.integration import carrying
from tests.web.browsing import sign_in, soup

X_URL = carrying.PLATFORM_URLS[Platform.X]


@pytest.fixture
def story(service, sign_up):
    """A live campaign with one offer that its person took."""
    return carrying.taken(service, sign_up)


@pytest.fixture
def acting(service):
    """Open one committed transaction in which somebody acts, where pages of posts are asked."""

    @contextmanager
    def begin(actor=SERVICE, *, asks=True):
        with service.database.write() as session:
            ctx = context_for(service, session, actor)
            yield replace(ctx, settings=ctx.settings.model_copy(update={"check_posts": asks}))

    return begin


class Shown:
    """Pages that say what a test says; what was asked is kept."""

    def __init__(self, *pages):
        self.pages = list(pages)
        self.asked = []

    def read(self, url, platform):
        self.asked.append((url, platform))
        return self.pages.pop(0)


def _post(acting, story, **how):
    with acting(story.person, **how) as ctx:
        offers.post(ctx, story.offer_id, Platform.X, X_URL)
        return kits.kit_for(ctx, story.offer_id)


def _link(service):
    with service.database.read() as session:
        return session.scalars(select(PostedLink)).one()


def test_without_the_setting_nothing_is_asked(service, story, acting):
    """As installed, every post needs a person's look, and the worker's part asks nobody."""
    _post(acting, story, asks=False)
    assert _link(service).checked is PostCheck.SAMPLE
    (part,) = (part for part in EVERY_PART if part.name == "check-posts")
    assert part.run(service) == 0
    with acting() as ctx:
        assert post_checks.claim(ctx) == []


@pytest.mark.parametrize("shows", ["link", "disclosure"])
def test_a_page_that_shows_enough_verifies(service, story, acting, shows):
    """The kit's link is enough, or the disclosure with words like the campaign's; the post is then verified."""
    kit = _post(acting, story)
    text = kit.captions[0].text
    said = f"Halo {kit.link}" if shows == "link" else text.replace(kit.link, "https://t.example/abc")
    pages = Shown(Metadata("Contoh di X", said))
    assert post_checks.check_waiting(acting, pages) == 1
    assert pages.asked == [(X_URL, Platform.X)]
    assert _link(service).checked is PostCheck.METADATA
    with service.database.read() as session:
        offer = session.get(Offer, story.offer_id)
        kept = session.scalars(select(PostWording)).one()
        assert (offer.state, offer.verified_by_id, kept.source) == (OfferState.VERIFIED, None, WordingSource.METADATA)
        for table in Base.metadata.sorted_tables:
            assert "Contoh di X" not in str(session.execute(table.select()).all()), table.name
    with acting(story.author) as ctx:
        assert offers.to_verify(ctx) == []


@pytest.mark.parametrize(
    "said",
    [
        None,
        "Masuk untuk melihat unggahan ini",
        "Saya ASN di Kementerian komdigi. Klarifikasi resmi: pertandingan bola semalam seru sekali",
        "Saya ASN di Dinas Lain. Klarifikasi resmi: Bank Contoh tidak membagikan kuota",
    ],
)
def test_a_page_that_says_too_little_is_left_to_people(service, story, acting, said):
    """A wall, another disclosure or other words prove nothing: the post stays posted and comes into the sample."""
    _post(acting, story)
    assert post_checks.check_waiting(acting, Shown(said and Metadata("X", said))) == 1
    assert _link(service).checked is PostCheck.SAMPLE
    with acting(story.author) as ctx:
        assert [(link.offer_id, link.checked) for link in offers.to_verify(ctx)] == [(story.offer_id, PostCheck.SAMPLE)]


def test_each_page_is_asked_once_and_again_after_a_death(service, story, acting, clock):
    """What somebody took is not taken again for ten minutes; then it is, because its answer never came."""
    _post(acting, story)
    with acting() as ctx:
        (asked,) = post_checks.claim(ctx)
    with acting() as ctx:
        assert post_checks.claim(ctx) == []
    clock.forward(minutes=10)
    with acting() as ctx:
        assert post_checks.claim(ctx) == [asked]
        assert post_checks.record(ctx, asked, None) is PostCheck.SAMPLE
    with acting() as ctx:
        assert post_checks.record(ctx, asked, None) is None


def test_a_link_that_was_replaced_meanwhile_is_asked_anew(service, story, acting):
    """The answer about the first address says nothing of the second."""
    kit = _post(acting, story)
    with acting() as ctx:
        (asked,) = post_checks.claim(ctx)
    with acting(story.person) as ctx:
        offers.post(ctx, story.offer_id, Platform.X, "https://x.com/contoh/status/77")
    with acting() as ctx:
        assert post_checks.record(ctx, asked, Metadata("", kit.link)) is None
        assert [each.url for each in post_checks.claim(ctx)] == ["https://x.com/contoh/status/77"]


# ---- asking ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    """A real server on loopback with pages of every kind."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            tags = (
                b'<meta property="og:title" content="Judul"><meta property="og:description" content="Isi &amp; kata">'
            )
            page = {"/page": tags, "/late": b" " * READ_MAX_BYTES + tags, "/bare": b"<title>tanpa</title>"}
            if self.path == "/round":
                self.send_response(302)
                self.send_header("location", "/round")
                self.end_headers()
                return
            self.send_response(200 if self.path in page else 404)
            self.end_headers()
            self.wfile.write(page.get(self.path, tags))

        def log_message(self, *_args):
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.mark.parametrize(
    ("path", "found"),
    [("/page", Metadata("Judul", "Isi & kata")), ("/bare", None), ("/late", None), ("/gone", None), ("/round", None)],
)
def test_title_and_description_are_read_of_a_real_page(server, path, found):
    """They are read within half a megabyte; a page without them, gone or leading in circles says nothing."""
    assert PublicPages(allow_private=True).read(f"{server}{path}", Platform.X) == found


def test_only_the_platform_itself_is_asked_and_never_this_network(server):
    """Neither another host nor a number inside this network is connected to, whatever was reported."""
    pages = PublicPages()
    assert pages.read(f"{server}/page", Platform.X) is None
    assert pages.read("https://x.com.umpama.example/1", Platform.X) is None


def test_the_first_of_several_tags_counts():
    """The platform's own tag comes before others, whatever else the page repeats."""
    html = '<meta name="description" content="satu"><meta property="og:description" content="dua">'
    assert metadata_of(html) == Metadata("", "satu")


# ---- what was posted -------------------------------------------------------------------------------------------


@pytest.fixture
def many(story, acting):
    """Twelve people who posted: six in one ready wording, six in words of their own that are all different."""
    words = (
        "kambing merumput perlahan", "hujan membasahi genting", "kereta melaju kencang", "nelayan menjemur jaring",
        "penjahit memotong kain", "tukang mengecat pagar",
    )  # fmt: skip
    with acting(asks=False) as ctx:
        running = ctx.session.get(Campaign, story.campaign_id)
        for n in range(12):
            person = factories.influencer(ctx, story.ministry_id)
            made = carrying.offer(ctx, running, person, mail=False, state=OfferState.POSTED, variant=1)
            url = f"https://x.com/contoh/status/{n}"
            ctx.session.add(PostedLink(offer_id=made.id, platform=Platform.X, url=url, at=ctx.now))
            if n >= 6:
                signed = likeness.signature(words[n - 6])
                kept = PostWording(offer_id=made.id, platform=Platform.X, source=WordingSource.OWN, at=ctx.now)
                kept.minhash = signed
                ctx.session.add(kept)
    return story


def test_near_copies_among_posts_are_counted(many, acting):
    """Of twelve posts the six in one wording repeat each other, and the six in own words do not."""
    with acting(many.author) as ctx:
        found = reach.report(ctx, many.campaign_id)
    assert (found.wording.n, found.wording.n_near, found.wording.closest) == (12, 6, 1.0)
    assert found.checks == {PostCheck.WAITING: 0, PostCheck.METADATA: 0, PostCheck.SAMPLE: 12}


def test_of_few_posts_nothing_is_said(story, acting):
    """Below ten nobody's wording is compared, and how their posts were looked at is hidden."""
    _post(acting, story)
    with acting(story.author) as ctx:
        found = reach.report(ctx, story.campaign_id)
    assert (found.wording, found.checks[PostCheck.WAITING]) == (None, None)


def test_both_doors_show_it(client, many, key_for):
    """The campaign's page of reach and /v1 say how posts were looked at and how alike they are."""
    headers = key_for("manajer", Role.MANAGER)
    out = client.get(f"/v1/campaigns/{many.campaign_id}/reach", headers=headers).json()
    assert out["wording"] == {"compared": 12, "near_copies": 6, "closest": 1.0}
    assert out["posts_checked"] == {"waiting": 0, "metadata": 0, "sample": 12}
    assert sign_in(client, "manajer", PASSWORD).status_code == 303
    page = soup(client.get(f"/kampanye/{many.campaign_id}/jangkauan"))
    assert "6 dari 12" in page.text
    assert "perlu dilihat orang" in soup(client.get("/unggahan")).text


def test_the_person_sees_how_their_post_is_looked_at(client, story, acting):
    """The kit's page names the state beside the address."""
    _post(acting, story, asks=False)
    assert sign_in(client, "asn", PASSWORD).status_code == 303
    assert "perlu dilihat orang" in soup(client.get(f"/kotak/{story.offer_id}")).text


def test_own_words_stand_for_the_post(service, story, acting):
    """What was written here is compared until the page itself says otherwise."""
    with acting(story.person) as ctx:
        own_words.choose(ctx, story.offer_id, Platform.X, "Abaikan tautan itu dan jangan isi data ya.")
    kit = _post(acting, story)
    assert post_checks.check_waiting(acting, Shown(Metadata("", f"Lain sama sekali {kit.link}"))) == 1
    with service.database.read() as session:
        assert session.scalars(select(PostWording.source)).all() == [WordingSource.METADATA]


def test_the_breaker_counts_own_words_as_wordings_of_their_own(many, acting):
    """Of twelve people who were given one caption, six used it: 30 of 132 pairs posted the same."""
    with acting(asks=False) as ctx:
        for offer in ctx.session.scalars(select(Offer).where(Offer.state == OfferState.POSTED)):
            offer.posted_at = ctx.now
        ctx.session.flush()
        counted = breaker_rows.wordings_posted(ctx.session, ctx.now - timedelta(days=1))
    assert breaker.share_of_same_wording(counted) == breaker.Reading(30 / 132, 12)
