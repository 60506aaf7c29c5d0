"""Posts that belong elsewhere: a person splits a claim or moves posts, copies follow, and all of it can be undone."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from serving.db import regrouping as rows
from serving.db.tables import AuditRow, Claim, ClaimCorrection, Post, Spread
from serving.deps import context_for
from serving.desk import audit
from serving.desk.checking import merging, regrouping
from serving.desk.checking.merging import AnsweredError, KeptApartError
from serving.desk.checking.regrouping import AlreadyUndoneError, Asked, MovedOnError
from serving.desk.context import SERVICE
from serving.desk.incoming.intake import take_in
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.posts import Media, NewPost
from serving.desk.incoming.trends import Engagement
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

    def do(*texts, media=()):
        drawn = Engagement(likes=1, views=100)
        with service.database.write() as session:
            posts = [NewPost("x", str(next(numbers)), words, clock.now(), drawn, media) for words in texts]
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
    pairs = client.get("/v1/claim-pairs", headers=key_for("eko", Role.ENGINEER))
    assert pairs.json() == {"items": [], "next_after": None}


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
