"""Posts that belong elsewhere: a person splits a claim or moves posts, copies follow, and all of it can be undone."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from models.places import provinces
from serving.db import regrouping as rows
from serving.db import trends as trend_rows
from serving.db.tables import AuditRow, Claim, ClaimCorrection, ClaimPlace, ClaimSource, Post, PostReading, Spread
from serving.deps import acting as acting_for
from serving.deps import context_for
from serving.desk import audit
from serving.desk.checking import merging, regrouping
from serving.desk.checking.merging import AnsweredError, KeptApartError
from serving.desk.checking.regrouping import AlreadyUndoneError, Asked, MovedOnError
from serving.desk.context import SERVICE
from serving.desk.incoming import trending
from serving.desk.incoming.intake import take_in
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.posts import Media, NewPost
from serving.desk.incoming.trends import Engagement
from serving.desk.incoming.wording import neutral_wording
from serving.errors import ForbiddenError, InvalidInputError, NotFoundError
from serving.vocabulary import ClaimState, Role
from tests import factories
from tests.web.browsing import send, sign_in, soup

DAM = "Bendungan Contoh Hulu jebol sore ini, air bah sedang menuju kota setinggi atap rumah warga"
# Copied often enough from the first to be taken for it, and yet about another dam.
OTHER_DAM = (
    "Bendungan Contoh Hulu jebol sore ini, air bah sedang menuju kota setinggi atap rumah warga, kata Sampel Hilir"
)
QUOTA = "Bank Contoh membagikan kuota gratis seratus gigabita lewat tautan pendaftaran sampai besok pagi"
FLOOD = "Sekolah Contoh Barat diliburkan sebulan penuh karena wabah kucing ungu, kata selebaran tanpa nama"
SEE_OTHER = 303
PICTURE = (Media("image", "a5" * 8),)


@pytest.fixture
def machine(service):
    """The process's machine."""
    return machine_for(service.settings)


@pytest.fixture
def push(service, machine, clock):
    """Take posts in, one a text; give the claim of each."""
    numbers = iter(range(10_000))

    def do(*texts, media=(), source="x"):
        drawn = Engagement(likes=1, views=100)
        with service.database.write() as session:
            posts = [NewPost(source, str(next(numbers)), words, clock.now(), drawn, media) for words in texts]
            return take_in(context_for(service, session, SERVICE), machine, posts).claim_ids

    return do


@pytest.fixture
def posts_of(service):
    """Give the posts of a claim by their text."""

    def do(claim_id, words=None):
        with service.database.read() as session:
            found = session.scalars(select(Post).where(Post.claim_id == claim_id).order_by(Post.id)).all()
            return [post.id for post in found if words is None or post.text == words]

    return do


@pytest.fixture
def shown(service):
    """Give state, posts and reach of a claim, checked against its posts and its spread."""

    def do(claim_id):
        with service.database.read() as session:
            claim = session.get(Claim, claim_id)
            posts = session.scalars(select(Post).where(Post.claim_id == claim_id)).all()
            spread = session.scalars(select(Spread).where(Spread.claim_id == claim_id)).all()
            assert (claim.n_posts, claim.reach) == (len(posts), sum(post.reach for post in posts))
            assert (sum(row.n_posts for row in spread), sum(row.reach for row in spread)) == (
                claim.n_posts,
                claim.reach,
            )
            return claim.state, claim.n_posts, claim.reach

    return do


def test_a_split_makes_a_claim_and_copies_follow_it(push, acting_as, machine, posts_of, shown, service):
    """The posts go with their spread; later copies of their wording, of the other's and of neither go where they belong."""
    [old, *rest] = push(DAM, DAM, OTHER_DAM, OTHER_DAM)
    assert set(rest) == {old}
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, OTHER_DAM), "bendungan lain")).id
    assert shown(old) == (ClaimState.QUEUED, 2, 200)
    assert shown(new) == (ClaimState.QUEUED, 2, 200)
    assert push(OTHER_DAM, DAM, DAM.upper()) == (new, old, old)
    with service.database.read() as session:
        assert [pair.same for pair in rows.said(session, None, 10)] == [False]
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).intact


def test_what_was_split_is_not_merged_again_until_it_is_undone(push, acting_as, machine, posts_of, shown):
    """The pair stays apart; undone, the posts are back, the empty claim leads on, and copies join the old claim."""
    old = push(DAM, OTHER_DAM)[0]
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, OTHER_DAM))).id
    with acting_as() as ctx, pytest.raises(KeptApartError):
        merging.merge(ctx, new, old)
    with acting_as() as ctx:
        [made] = regrouping.corrections(ctx, old)
        assert regrouping.undo(ctx, made.id).id == old
    assert shown(old) == (ClaimState.QUEUED, 2, 200)
    assert shown(new) == (ClaimState.MERGED, 0, 0)
    assert push(OTHER_DAM) == (old,)
    with acting_as() as ctx, pytest.raises(AlreadyUndoneError):
        regrouping.undo(ctx, made.id)


def test_a_moved_post_takes_its_wording_and_picture_along(push, acting_as, posts_of, shown):
    """A post that was taken for a copy goes to the claim that it belongs to, and the next one goes there by itself."""
    old = push(DAM, OTHER_DAM, media=PICTURE)[0]
    other = push(QUOTA)[0]
    with acting_as() as ctx:
        assert regrouping.move_posts(ctx, Asked(old, posts_of(old, OTHER_DAM)), other).id == other
    assert (shown(old)[1], shown(other)[1]) == (1, 2)
    assert push(OTHER_DAM) == (other,)
    with acting_as() as ctx:
        [made] = regrouping.corrections(ctx, other)
        regrouping.undo(ctx, made.id)
    assert (shown(old)[1], shown(other)[1]) == (2, 2)
    # One post with these words stayed there, and nobody said anything about that one.
    assert push(OTHER_DAM) == (other,)


def test_a_post_whose_words_stay_leaves_its_copies_where_they_were(push, acting_as, machine, posts_of):
    """Of two equal posts one is moved: the wording goes on finding the claim that still says it."""
    old = push(DAM, DAM)[0]
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old)[:1])).id
    assert new != old
    assert push(DAM) == (old,)


def test_what_cannot_be_regrouped_is_refused_and_nothing_changes(push, acting_as, machine, posts_of, shown, service):
    """All posts, none, somebody else's post, the same claim, and people who are no checkers."""
    old, other = push(DAM, QUOTA)
    [only] = posts_of(old)
    with acting_as() as ctx:
        for asked in (Asked(old, [only]), Asked(old, [])):
            with pytest.raises(InvalidInputError):
                regrouping.split(ctx, machine, asked)
        with pytest.raises(NotFoundError):
            regrouping.split(ctx, machine, Asked(old, posts_of(other)))
        with pytest.raises(NotFoundError):
            regrouping.undo(ctx, 10**9)
    push(OTHER_DAM)
    with acting_as() as ctx, pytest.raises(InvalidInputError):
        regrouping.move_posts(ctx, Asked(old, [only]), old)
    with acting_as("tono", Role.APPROVER) as ctx, pytest.raises(ForbiddenError):
        regrouping.split(ctx, machine, Asked(old, [only]))
    assert shown(old)[1] == 2
    with service.database.read() as session:
        assert session.scalars(select(ClaimCorrection)).all() == []


def test_a_post_that_is_named_twice_is_moved_once(push, client, key_for, posts_of):
    """A list says which posts, not how often."""
    old, *_ = push(DAM, OTHER_DAM)
    [post] = posts_of(old, OTHER_DAM)
    headers = key_for("budi", Role.CHECKER)
    made = client.post(f"/v1/claims/{old}/split", json={"posts": [post, post]}, headers=headers).json()
    assert posts_of(made["id"]) == [post]


def test_both_doors_split_and_undo(push, client, key_for, posts_of):
    """The API splits, lists, moves and undoes; the answers say where the posts are."""
    old = push(DAM, OTHER_DAM)[0]
    headers = key_for("budi", Role.CHECKER)
    body = {"posts": posts_of(old, OTHER_DAM), "note": "lain"}
    made = client.post(f"/v1/claims/{old}/split", json=body, headers=headers).json()
    assert (made["n_posts"], made["state"]) == (1, "queued")
    [listed] = client.get(f"/v1/claims/{old}/corrections", headers=headers).json()
    assert (listed["kind"], listed["claim"], listed["other"], listed["undone"]) == ("split", made["id"], old, False)
    back = client.post(f"/v1/claim-corrections/{listed['id']}/undo", headers=headers).json()
    assert (back["id"], back["n_posts"]) == (old, 2)
    moved = client.post(
        f"/v1/claims/{old}/move", json={"posts": posts_of(old)[:1], "into": push(QUOTA)[0]}, headers=headers
    )
    assert moved.json()["n_posts"] == 2
    pairs = client.get("/v1/claim-pairs", headers=key_for("eko", Role.ENGINEER)).json()
    assert [(pair["one"], pair["same"]) for pair in pairs["items"]] == [
        (neutral_wording(DAM), True),
        (neutral_wording(DAM), False),
    ]


def test_of_two_moves_between_the_same_claims_one_is_undone(push, acting_as, posts_of, shown):
    """The correction itself is put back: the other move stands, can still be undone, and each only once."""
    old = push(DAM, OTHER_DAM, DAM)[0]
    other = push(QUOTA)[0]
    first, second, _ = posts_of(old)
    for post in (first, second):
        with acting_as() as ctx:
            regrouping.move_posts(ctx, Asked(old, [post]), other)
    with acting_as() as ctx:
        later, earlier = regrouping.corrections(ctx, old)
        regrouping.undo(ctx, later.id)
        assert [made.undone for made in regrouping.corrections(ctx, old)] == [True, False]
    assert first in posts_of(other)
    with acting_as() as ctx, pytest.raises(AlreadyUndoneError):
        regrouping.undo(ctx, later.id)
    with acting_as() as ctx:
        regrouping.undo(ctx, earlier.id)
        assert [made.undone for made in regrouping.corrections(ctx, old)] == [True, True]
    assert shown(old)[1] == 3


@pytest.fixture
def one_moved(push, acting_as, posts_of):
    """Three claims; of the first one's two posts one was moved to the second."""
    old, other, third = push(DAM, QUOTA, FLOOD)
    push(DAM)
    moved = posts_of(old)[:1]
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(old, moved), other)
    return old, other, third, moved


def test_an_undo_finds_the_posts_in_the_claim_that_took_theirs_over(one_moved, acting_as, posts_of, shown):
    """A claim that was merged gives the posts back through the one that stands for it; merged with its giver, it need not."""
    old, other, third, moved = one_moved
    with acting_as() as ctx:
        merging.merge(ctx, other, third)
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    assert (posts_of(old)[:1], shown(old)[1], shown(third)[1]) == (moved, 2, 2)
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(old, moved), third)
    with acting_as() as ctx:
        merging.merge(ctx, third, old)
    with acting_as() as ctx, pytest.raises(MovedOnError):
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)


def test_posts_that_were_moved_on_are_not_said_to_be_back(one_moved, acting_as, shown):
    """The newer correction is undone first; until then nothing is recorded as put back."""
    old, other, third, moved = one_moved
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(other, moved), third)
    with acting_as() as ctx, pytest.raises(MovedOnError):
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    for claim_id in (third, old):
        with acting_as() as ctx:
            regrouping.undo(ctx, regrouping.corrections(ctx, claim_id)[0].id)
    assert (shown(old)[1], shown(other)[1], shown(third)[1]) == (2, 1, 1)


def test_a_split_off_claim_with_a_published_clarification_is_not_dissolved(push, acting_as, machine, posts_of, sign_up):
    """What the public reads stands for a claim; undoing would leave it standing for nothing."""
    old = push(DAM, OTHER_DAM)[0]
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, OTHER_DAM))).id
    author, approver = (sign_up(name, Role.CHECKER, Role.APPROVER).user_id for name in ("budi", "citra"))
    with acting_as() as ctx:
        factories.clarification(ctx, author, approver, claim_id=new)
    with acting_as() as ctx, pytest.raises(AnsweredError):
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    assert len(posts_of(new)) == 1


def test_a_split_stands_when_a_move_between_the_same_claims_is_undone(push, acting_as, machine, posts_of, service):
    """What was split stays apart, and the pair goes on teaching so, whatever became of a later move."""
    old = push(DAM, OTHER_DAM, DAM)[0]
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, OTHER_DAM))).id
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(old, posts_of(old)[:1]), new)
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    with acting_as() as ctx, pytest.raises(KeptApartError):
        merging.merge(ctx, new, old)
    with service.database.read() as session:
        assert [pair.same for pair in rows.said(session, None, 10)] == [False]


def test_pairs_are_read_in_pages_and_each_reading_is_on_record(push, client, key_for, acting_as, sign_up, service):
    """Newest first, each pair by its newest word; a page and the whole file leave one row each, and say the same."""
    one, other, third = push(DAM, QUOTA, FLOOD)
    with acting_as() as ctx:
        merging.merge(ctx, one, other)
        merging.unmerge(ctx, one)
        merging.merge(ctx, third, other)
    headers = key_for("eko", Role.ENGINEER)
    first = client.get("/v1/claim-pairs?limit=1", headers=headers).json()
    rest = client.get(f"/v1/claim-pairs?limit=1&after={first['next_after']}", headers=headers).json()
    assert [pair["same"] for pair in first["items"] + rest["items"]] == [True, False]
    assert rest["next_after"] is None
    sign_up("fani", Role.ENGINEER)
    sign_in(client, "fani")
    lines = client.get("/model/pelajaran/pasangan.jsonl").text.splitlines()
    assert [json.loads(line) for line in lines] == first["items"] + rest["items"]
    with service.database.read() as session:
        query = select(AuditRow).where(AuditRow.action == "claim.export_pairs").order_by(AuditRow.seq)
        assert [json.loads(row.detail)["n"] for row in session.scalars(query)] == [1, 1, 2]


@pytest.fixture
def told(client, key_for):
    """Give the exported pairs, read a correction at a time, the three texts by their names here."""
    names = {neutral_wording(text): name for text, name in ((DAM, "dam"), (FLOOD, "flood"), (QUOTA, "quota"))}
    key = key_for("eko", Role.ENGINEER)

    def do():
        items, after = [], ""
        while after is not None:
            page = client.get(f"/v1/claim-pairs?limit=1{after}", headers=key).json()
            items += page["items"]
            after = f"&after={page['next_after']}" if page["next_after"] else None
        return [(names[pair["one"]], names[pair["other"]], pair["same"]) for pair in items]

    return do


def test_a_move_tells_of_the_words_it_moved(push, acting_as, posts_of, told):
    """They are one claim with the claim that they went to, not with the one that they left; undone, nothing is said."""
    quota = push(QUOTA, media=PICTURE)[0]
    assert push(FLOOD, media=PICTURE) == (quota,)
    dam = push(DAM)[0]
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(quota, posts_of(quota, FLOOD)), dam)
    assert told() == [("flood", "dam", True), ("flood", "quota", False)]
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, dam)[0].id)
    assert told() == []


def test_of_posts_that_were_moved_on_the_last_move_tells(push, acting_as, posts_of, told):
    """A second thought replaces the first; where the two claims are merged afterwards, only that is said."""
    quota = push(QUOTA, media=PICTURE)[0]
    assert push(FLOOD, media=PICTURE) == (quota,)
    dam = push(DAM)[0]
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(quota, moved := posts_of(quota, FLOOD)), dam)
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(dam, moved), quota)
    assert told() == [("flood", "quota", True), ("flood", "dam", False)]
    with acting_as() as ctx:
        merging.merge(ctx, dam, quota)
    assert told() == [("dam", "quota", True)]


def test_equal_words_make_no_pair(push, acting_as, machine, posts_of, told):
    """Of two equal posts one is split off: two wordings that are one and the same can teach nothing."""
    old = push(DAM, DAM)[0]
    with acting_as() as ctx:
        regrouping.split(ctx, machine, Asked(old, posts_of(old)[:1]))
    assert told() == []


def test_pairs_are_for_whoever_trains(client, key_for, service):
    """Another role reads none, and nothing is on record."""
    assert client.get("/v1/claim-pairs", headers=key_for("gita", Role.CHECKER)).status_code == ForbiddenError.status
    with service.database.read() as session:
        assert session.scalars(select(AuditRow).where(AuditRow.action == "claim.export_pairs")).all() == []


def test_the_page_splits_refuses_and_undoes(push, client, sign_up, posts_of):
    """Without JavaScript: tick a post, make it a claim, and take that back; nothing ticked is said on the page."""
    old = push(DAM, OTHER_DAM)[0]
    sign_up("citra", Role.CHECKER)
    sign_in(client, "citra")
    page = f"/klaim/{old}/pindah"
    refused = send(client, page, page, act="split")
    assert refused.status_code == InvalidInputError.status
    made = send(client, page, page, act="split", post=str(posts_of(old, OTHER_DAM)[0]))
    assert made.status_code == SEE_OTHER
    assert made.headers["location"] != f"/klaim/{old}"
    form = soup(client.get(page)).select_one("form[action$=batal]")
    assert form is not None
    assert send(client, str(form["action"]), page).headers["location"] == f"/klaim/{old}"
    assert len(posts_of(old)) == 2


# ---- places, sources and pictures --------------------------------------------------------------------------------

BANDUNG = "Tanggul Contoh di Bandung runtuh malam nanti, warga hilir diminta lari ke bukit terdekat bersama keluarga"
MALANG = f"{BANDUNG}, Kota Malang"
EMPTY_WELL = "Perawat magang menemukan cincin emas kuno dalam sumur kering dekat terminal bus antarkota lama"


@pytest.fixture
def read(service):
    """Let the worker's part read what came."""
    return lambda: trending.read_posts(lambda: acting_for(service))


@pytest.fixture
def noted(service):
    """Give the provinces and sources that a claim is shown with; what is kept must be what the posts say."""

    def do(claim_id):
        with service.database.read() as session:
            read_to = session.get(PostReading, 1).last_post_id
            posts = session.scalars(select(Post).where(Post.id <= read_to)).all()
            named = Counter((post.cluster_id or post.claim_id, code) for post in posts for code in provinces(post.text))
            came = Counter((post.cluster_id or post.claim_id, post.source) for post in posts)
            kept = session.scalars(select(ClaimPlace)).all()
            assert {(row.claim_id, row.region): row.n_posts for row in kept} == named
            kept = session.scalars(select(ClaimSource)).all()
            assert {(row.claim_id, row.source): row.n_posts for row in kept} == came
            places, sources = trend_rows.places_of(session, [claim_id]), trend_rows.sources_of(session, [claim_id])
            return places.get(claim_id, ()), sources.get(claim_id, ())

    return do


@pytest.fixture
def two_places(push):
    """One claim: two posts of x that name Bandung, and one of facebook that names Malang as well."""
    old = push(BANDUNG, BANDUNG)[0]
    assert push(MALANG, source="facebook") == (old,)
    return old


def test_places_and_sources_follow_a_split_and_come_back(two_places, read, noted, acting_as, machine, posts_of):
    """Both claims name what their own posts name; undone, everything is counted as before, whatever came meanwhile."""
    old = two_places
    read()
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, MALANG))).id
    assert noted(old) == (("ID-JB",), ("x",))
    assert noted(new) == (("ID-JB", "ID-JI"), ("facebook",))
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    assert noted(old) == (("ID-JB", "ID-JI"), ("x", "facebook"))
    assert noted(new) == ((), ())


def test_a_filter_finds_claims_by_what_their_posts_say_after_a_split(
    two_places, read, client, key_for, machine, acting_as, posts_of
):
    """By place and by source: the new claim is found by its post's, the old one no longer."""
    old = two_places
    read()
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, MALANG))).id
    key = key_for("budi", Role.CHECKER)
    for asked in ({"region": "ID-JI"}, {"source": "facebook"}):
        assert [row["id"] for row in client.get("/v1/claims", params=asked, headers=key).json()["claims"]] == [new]


def test_posts_that_nobody_read_yet_are_noted_where_they_went(
    two_places, read, push, noted, acting_as, machine, posts_of
):
    """Half of the posts are read before the step: none is counted twice, none is lost."""
    old = two_places
    read()
    push(MALANG, source="telegram")
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, MALANG))).id
    assert noted(old) == (("ID-JB",), ("x",))
    read()
    assert noted(new) == (("ID-JB", "ID-JI"), ("facebook", "telegram"))
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    assert noted(old)[1] == ("x", "facebook", "telegram")


def test_posts_are_not_read_while_they_move(two_places, read, noted, acting_as, machine, posts_of):
    """The worker waits for the step, and notes the posts where they are afterwards."""
    old = two_places
    with ThreadPoolExecutor(1) as pool:
        with acting_as() as ctx:
            new = regrouping.split(ctx, machine, Asked(old, posts_of(old, MALANG))).id
            reading = pool.submit(read)
            with pytest.raises(TimeoutError):
                reading.result(0.3)
        assert reading.result(30) == 3
    assert noted(old) == (("ID-JB",), ("x",))
    assert noted(new) == (("ID-JB", "ID-JI"), ("facebook",))


def test_what_a_merge_brought_is_shown_and_moves_on(
    two_places, read, push, noted, acting_as, posts_of, client, key_for
):
    """The claim that stands lists its family's places and sources; a post of a merged claim takes its own along."""
    old, quota = two_places, push(QUOTA, source="whatsapp")[0]
    third = push(FLOOD)[0]
    read()
    with acting_as() as ctx:
        merging.merge(ctx, old, quota)
    assert noted(quota) == (("ID-JB", "ID-JI"), ("x", "facebook", "whatsapp"))
    row = client.get(f"/v1/trends/{quota}", headers=key_for("budi", Role.CHECKER)).json()
    assert (row["regions"], row["sources"]) == (["ID-JB", "ID-JI"], ["x", "facebook", "whatsapp"])
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(quota, posts_of(quota, MALANG)), third)
    assert noted(quota) == (("ID-JB",), ("x", "whatsapp"))
    assert noted(third) == (("ID-JB", "ID-JI"), ("facebook", "x"))
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, quota)[0].id)
    assert noted(quota) == (("ID-JB", "ID-JI"), ("x", "facebook", "whatsapp"))
    assert noted(third) == ((), ("x",))


def test_counts_that_stayed_behind_are_not_taken_twice(two_places, read, acting_as, machine, posts_of, service):
    """A split of an older version left its counts at the old claim: undoing it leaves them as they are."""
    old = two_places
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, posts_of(old, MALANG))).id
    read()
    with service.database.write() as session:
        for row in session.scalars(select(ClaimSource).where(ClaimSource.claim_id == new)).all():
            session.delete(row)
        session.add(ClaimSource(claim_id=old, source="facebook", n_posts=1))
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    with service.database.read() as session:
        kept = session.scalars(select(ClaimSource).order_by(ClaimSource.source)).all()
        assert [(row.claim_id, row.source, row.n_posts) for row in kept] == [(old, "facebook", 1), (old, "x", 2)]


def test_a_picture_stays_with_the_posts_that_still_carry_it(push, acting_as, machine, posts_of):
    """One of three posts leaves and the picture stays; the last that carry it take it along, whatever their words."""
    old, *_ = push(DAM, QUOTA, FLOOD, media=PICTURE)
    with acting_as() as ctx:
        regrouping.split(ctx, machine, Asked(old, posts_of(old, FLOOD)))
    assert push(EMPTY_WELL, media=(Media("image", "A5" * 8),)) == (old,)
    carrying = posts_of(old)
    push(DAM)
    with acting_as() as ctx:
        new = regrouping.split(ctx, machine, Asked(old, carrying)).id
    assert push(BANDUNG, media=PICTURE) == (new,)


def test_a_picture_comes_back_with_its_posts(push, acting_as, posts_of):
    """Undone, the next post with the picture joins the claim that it joined before."""
    other = push(FLOOD)[0]
    old = push(DAM, media=PICTURE)[0]
    push(DAM)
    with acting_as() as ctx:
        regrouping.move_posts(ctx, Asked(old, posts_of(old)[:1]), other)
    with acting_as() as ctx:
        regrouping.undo(ctx, regrouping.corrections(ctx, old)[0].id)
    assert push(EMPTY_WELL, media=PICTURE) == (old,)


def test_a_picture_of_another_claim_stays_there(push, acting_as, machine, posts_of):
    """Words decided to which claim a post belongs; its picture led elsewhere before, and nobody said anything of that."""
    first = push(QUOTA, media=PICTURE)[0]
    old = push(DAM)[0]
    assert push(OTHER_DAM, media=PICTURE) == (old,)
    with acting_as() as ctx:
        regrouping.split(ctx, machine, Asked(old, posts_of(old, OTHER_DAM)))
    assert push(EMPTY_WELL, media=PICTURE) == (first,)
