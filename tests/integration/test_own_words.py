"""Own words: held against the approved text, measured against others' words, and never kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from serving.db.tables import AuditRow, Base, Campaign, PostWording
from serving.desk.incoming import likeness
from serving.desk.learning import moderation
from serving.desk.outreach import kits, own_words
from serving.desk.people import influencers
from serving.errors import NotFoundError
from serving.vocabulary import CardShape, OfferState, Platform, WordingSource
from tests import factories
from tests.conftest import PASSWORD
from tests.integration import carrying
from tests.web.browsing import send, sign_in, soup

GENUINE = "Teman-teman, abaikan tautan itu dan jangan isi data. Bank Contoh tidak membagikan kuota."
REFUSED = {
    "17": "Bank Contoh tidak membagikan 17 kuota.",
    "Budi Rekaan": "Menurut Budi Rekaan, Bank Contoh tidak membagikan kuota.",
    "senin": "Bank Contoh tidak membagikan kuota sejak Senin.",
    "bit.ly/umpama": "Bank Contoh tidak membagikan kuota, baca bit.ly/umpama",
    "akun": "@penulis_asli Bank Contoh tidak membagikan kuota.",
}


@pytest.fixture
def story(service, sign_up):
    """A live campaign with one offer that its person took."""
    return carrying.taken(service, sign_up)


@pytest.fixture
def program(service, story):
    """The person's personal key."""
    return carrying.key_of(service, story.person)


def test_genuine_words_are_taken_with_disclosure_and_link(story, acting):
    """Whatever is written, the text to post ends with the disclosure and the official link."""
    with acting(story.person) as ctx:
        closing = kits.kit_for(ctx, story.offer_id).disclosure
        checked = own_words.choose(ctx, story.offer_id, Platform.X, GENUINE)
    assert checked.text == f"{GENUINE}\n\n{closing}"
    assert checked.stops == ()
    assert checked.n_chars <= checked.limit


def test_the_disclosure_can_neither_be_dropped_nor_doubled(story, acting):
    """Somebody who begins with a ready caption, its end included, gets that end once."""
    with acting(story.person) as ctx:
        kit = kits.kit_for(ctx, story.offer_id)
        once = own_words.check(ctx, story.offer_id, Platform.X, f"{GENUINE}\n\n{kit.disclosure}")
        bare = own_words.check(ctx, story.offer_id, Platform.X, GENUINE)
    assert once.text == bare.text
    assert once.text.count(kit.disclosure) == 1


@pytest.mark.parametrize("what", REFUSED)
def test_a_matter_of_fact_stops_them_by_name(service, story, acting, what):
    """A number, name, date, link or account that the clarification lacks is refused by name, and nothing is kept."""
    with pytest.raises(own_words.OwnWordsError, match=what), acting(story.person) as ctx:
        own_words.choose(ctx, story.offer_id, Platform.X, REFUSED[what])
    with service.database.read() as session:
        assert session.scalars(select(PostWording)).all() == []


def test_another_difference_warns_and_is_taken(story, acting):
    """A sentence far from the text is pointed out and may be kept."""
    with acting(story.person) as ctx:
        checked = own_words.choose(ctx, story.offer_id, Platform.FACEBOOK, f"{GENUINE} Kopi pagi enak sekali.")
    assert [each.params["what"] for each in checked.warnings] == ["Kopi pagi enak sekali."]


def test_hurting_words_are_refused(story, acting, monkeypatch):
    """What keeps a caption out of a kit keeps own words out of it."""
    refuse = moderation.FlaggedCaptionError("kasar")

    def flagged(_texts):
        raise refuse

    monkeypatch.setattr(moderation, "refuse_flagged", flagged)
    with acting(story.person) as ctx, pytest.raises(moderation.FlaggedCaptionError):
        own_words.choose(ctx, story.offer_id, Platform.X, GENUINE)


def test_the_meter_compares_with_ready_captions_and_with_others(story, acting):
    """A ready caption is no distance off; own words are some; and none at all once somebody else wrote the same."""
    with acting(story.person) as ctx:
        ready = kits.kit_for(ctx, story.offer_id).captions[0].text
        assert own_words.check(ctx, story.offer_id, Platform.FACEBOOK, ready).distance == 0
        mine = own_words.choose(ctx, story.offer_id, Platform.FACEBOOK, GENUINE)
        again = own_words.check(ctx, story.offer_id, Platform.FACEBOOK, GENUINE)
    assert 0.2 < mine.distance == again.distance < 1
    assert not mine.is_copy
    with acting() as ctx:
        person = factories.influencer(ctx, story.ministry_id)
        offer = carrying.offer(ctx, ctx.session.get(Campaign, story.campaign_id), person, state=OfferState.POSTED)
        signed = likeness.signature(GENUINE)
        ctx.session.add(
            PostWording(offer_id=offer.id, platform=Platform.X, source=WordingSource.OWN, minhash=signed, at=ctx.now)
        )
    with acting(story.person) as ctx:
        copied = own_words.check(ctx, story.offer_id, Platform.FACEBOOK, GENUINE)
    assert (copied.distance, copied.is_copy) == (0, True)


def test_the_words_themselves_are_kept_nowhere(service, story, acting):
    """No row of any table holds what was written: 64 numbers stand for it."""
    with acting(story.person) as ctx:
        own_words.choose(ctx, story.offer_id, Platform.X, GENUINE)
        own_words.choose(ctx, story.offer_id, Platform.X, f"{GENUINE} Yuk cek dulu.")
    with service.database.read() as session:
        (kept,) = session.scalars(select(PostWording)).all()
        assert len(kept.minhash) == 4 * likeness.N_NUMBERS
        for table in Base.metadata.sorted_tables:
            assert "Teman-teman" not in str(session.execute(table.select()).all()), table.name
        actions = [row.action for row in session.scalars(select(AuditRow))]
    assert actions.count("offer.words") == 2


def test_the_signature_is_the_persons_own(service, story, acting):
    """It stands in what they can take along, and is gone with everything else that they erase."""
    with acting(story.person) as ctx:
        own_words.choose(ctx, story.offer_id, Platform.X, GENUINE)
        (kept,) = influencers.export_own(ctx)["wordings"]
        assert (kept["platform"], kept["source"]) == ("x", "own")
        influencers.erase(ctx)
    with service.database.read() as session:
        assert session.scalars(select(PostWording)).all() == []


def test_nobody_writes_about_an_offer_that_is_not_theirs(story, acting):
    """Another person's kit does not exist, and one that was not taken is closed."""
    with acting(story.other) as ctx, pytest.raises(NotFoundError):
        own_words.check(ctx, story.offer_id, Platform.X, GENUINE)


def test_over_v1_they_are_checked_and_taken(client, story, program):
    """The check lists what stops and what is pointed out, each in a sentence; taking them refuses the same."""
    headers = program
    path = f"/v1/offers/{story.offer_id}/wording"
    good = client.post(f"{path}/check", headers=headers, json={"platform": "x", "text": GENUINE})
    assert good.status_code == 200
    assert (good.json()["stops"], good.json()["near_copy"]) == ([], False)
    assert good.json()["share_url"].startswith("https://x.com/intent/post?")
    bad = {"platform": "x", "text": REFUSED["17"]}
    (stop,) = client.post(f"{path}/check", headers=headers, json=bad).json()["stops"]
    assert (stop["kind"], "17" in stop["sentence"]) == ("number", True)
    refused = client.put(path, headers=headers, json=bad)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "own-words")
    assert client.put(path, headers=headers, json={"platform": "x", "text": GENUINE}).status_code == 200


def test_on_the_page_they_work_without_a_script(client, story):
    """Refused words stay in their field with the sentence; taken ones come back ready to be copied and shared."""
    assert sign_in(client, "asn", PASSWORD).status_code == 303
    page, action = f"/kotak/{story.offer_id}", f"/kotak/{story.offer_id}/kata"
    refused = send(client, action, page, untuk="x", teks=REFUSED["Budi Rekaan"])
    assert refused.status_code == 422
    html = soup(refused)
    assert "Budi Rekaan" in html.select_one("#teks").text
    assert "Budi Rekaan" in html.select_one("#teks-error").text
    taken = send(client, action, page, untuk="x", teks=GENUINE)
    assert taken.status_code == 200
    html = soup(taken)
    assert "Saya ASN di" in html.select_one("#teks-jadi").text
    assert int(html.select_one("meter#jarak")["value"]) > 20


def test_while_typing_only_the_part_below_the_field_comes_back(client, story):
    """The same form sent to the meter gives what the page includes, and keeps nothing."""
    assert sign_in(client, "asn", PASSWORD).status_code == 303
    page = f"/kotak/{story.offer_id}"
    part = send(client, f"{page}/ukur", page, untuk="x", teks=REFUSED["senin"])
    assert part.status_code == 200
    html = soup(part)
    assert html.find("html") is None
    assert "senin" in html.select_one(".notice.stop").text
    form = soup(client.get(page)).select_one(f'form[action="{page}/kata"]')
    assert form.select_one(f'[hx-post="{page}/ukur"][hx-include="closest form"]')


def test_each_shape_of_the_card_is_on_the_page_and_over_v1(client, story, program):
    """The page offers each for download with its alternative text, and both doors give the same picture."""
    path = f"/v1/offers/{story.offer_id}/card.png"
    over_v1 = {shape: client.get(f"{path}?shape={shape}", headers=program).content for shape in CardShape}
    assert len(set(over_v1.values())) == len(CardShape)
    assert client.get(f"{path}?shape=round", headers=program).status_code == 422
    assert sign_in(client, "asn", PASSWORD).status_code == 303
    html = soup(client.get(f"/kotak/{story.offer_id}"))
    assert html.select_one("#kartu ~ img")["alt"].startswith("Kartu klarifikasi resmi")
    for shape, picture in over_v1.items():
        link = html.select_one(f'.shapes a[download$="{shape}.png"]')
        assert client.get(link["href"]).content == picture
