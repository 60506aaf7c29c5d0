"""Claims put together and taken apart by people: everything follows, everything comes back, and it is remembered."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from data.duplicates import cluster
from data.normalise import normalise
from serving.db import claims as claim_rows
from serving.db import merging as rows
from serving.db import registry
from serving.db import regrouping as regrouping_rows
from serving.db.judging import unjudged
from serving.db.tables import Claim, ClaimCorrection, Match, Post, Spread
from serving.deps import context_for
from serving.desk import audit
from serving.desk.checking import claims, leases, matching, merging, regrouping, review
from serving.desk.checking.gates import Prepared
from serving.desk.checking.leases import HeldByAnotherError
from serving.desk.checking.merging import AnsweredError, CannotTakeOverError, KeptApartError
from serving.desk.checking.regrouping import AlreadyUndoneError, MovedOnError, OtherStepError
from serving.desk.context import SERVICE
from serving.desk.incoming import search_index
from serving.desk.incoming.intake import take_in
from serving.desk.incoming.machine import Machine, machine_for, scorer_for
from serving.desk.incoming.posts import NewPost
from serving.desk.incoming.trends import Engagement
from serving.desk.outreach import campaign_rules
from serving.desk.publishing import library
from serving.desk.states import TAKES_OVER
from serving.errors import ForbiddenError, IllegalStepError, InvalidInputError, NotFoundError, SuluhError
from serving.vocabulary import ClaimState, DismissReason, MatchStatus, Role
from tests import factories

DAM = "Bendungan Contoh Hulu jebol sore ini, air bah sedang menuju kota setinggi atap rumah warga"
FLOOD = "Info penting: tanggul Contoh Hulu runtuh malam nanti, warga hilir diminta lari ke bukit terdekat"
QUOTA = "Bank Contoh membagikan kuota gratis seratus gigabita lewat tautan pendaftaran sampai besok pagi"


@pytest.fixture
def push(service, clock):
    """Take posts in, one a text; give the claim of each."""
    numbers = iter(range(10_000))

    def do(*texts, machine=None):
        with service.database.write() as session:
            posts = [
                NewPost(
                    "x",
                    f"n{next(numbers)}",
                    words,
                    clock.now() - timedelta(minutes=20 * i),
                    Engagement(likes=3, views=100),
                )
                for i, words in enumerate(texts)
            ]
            ctx = context_for(service, session, SERVICE)
            return take_in(ctx, machine or machine_for(service.settings), posts).claim_ids

    return do


@pytest.fixture
def figures(service):
    """Give a claim's figures and the sums of its posts and of its spread, which must agree."""

    def read(claim_id):
        with service.database.read() as session:
            claim = session.get(Claim, claim_id)
            posts = session.scalars(select(Post).where(Post.claim_id == claim_id)).all()
            spread = session.scalars(select(Spread).where(Spread.claim_id == claim_id)).all()
            told = (claim.n_posts, claim.reach, claim.engagement)
            assert told == (len(posts), sum(p.reach for p in posts), sum(p.likes for p in posts))
            assert told == tuple(
                sum(getattr(row, name) for row in spread) for name in ("n_posts", "reach", "engagement")
            )
            assert all(row.n_posts > 0 for row in spread)
            return told

    return read


def test_posts_spread_and_figures_follow(acting_as, push, figures, service):
    """The claim that stands has the posts of both, quarter by quarter; the other one has none."""
    a, _, b = push(DAM, DAM, FLOOD)
    with acting_as() as ctx:
        assert merging.merge(ctx, a, b, "Bendungan yang sama.").id == b
    assert figures(a) == (0, 0, 0)
    assert figures(b) == (3, 300, 9)
    with service.database.read() as session:
        gone = session.get(Claim, a)
        assert (gone.state, gone.merged_into_id, gone.holder_id) == (ClaimState.MERGED, b, None)


def test_matches_follow_with_what_a_human_said(acting_as, push, service, clock):
    """A confirmed match of the merged claim stands at the other one too, as the same person's answer."""
    with service.database.write() as session:
        factories.clarification(context_for(service, session, SERVICE))
    a, b = push(QUOTA, DAM)
    with acting_as() as ctx:
        found = ctx.session.scalars(select(Match).where(Match.claim_id == a)).one()
        matching.confirm(ctx, found.id)
    clock.forward(minutes=5)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
        copied = ctx.session.scalars(select(Match).where(Match.claim_id == b)).one()
        assert (copied.status, copied.decided_by_id) == (MatchStatus.CONFIRMED, ctx.actor.user_id)
    with acting_as() as ctx:
        merging.unmerge(ctx, a)
        assert ctx.session.scalars(select(Match.claim_id)).all() == [a]


@pytest.fixture
def matched(service, clock):
    """Three claims, of which the first two resemble one clarification, each a minute older than what comes next."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        known = factories.clarification(ctx).id
        made = [factories.claim(ctx).id for _ in range(3)]
        for claim_id in made[:2]:
            session.add(
                Match(
                    claim_id=claim_id,
                    clarification_id=known,
                    score=0.9,
                    machine_status="confirmed",
                    machine_version="matcher-1",
                    status=MatchStatus.SUGGESTED,
                    created_at=ctx.now,
                )
            )
    return made


@pytest.fixture
def step(acting_as, clock):
    """Ani merges or takes apart, a minute after the step before; give the claims that have a match afterwards."""

    def go(do, *claim_ids):
        clock.forward(minutes=1)
        with acting_as() as ctx:
            do(ctx, *claim_ids)
            return ctx.session.scalars(select(Match.claim_id).order_by(Match.claim_id)).all()

    return go


def test_a_match_stays_while_another_merged_claim_gives_it(matched, step):
    """Two claims brought the same match: it stays when one of them is taken out, and goes with the last."""
    a, b, c = matched
    step(merging.merge, a, c)
    assert step(merging.merge, b, c) == [a, b, c]
    assert step(merging.unmerge, a) == [a, b, c]
    assert step(merging.unmerge, b) == [a, b]


def test_a_match_stays_while_a_claim_on_the_way_gives_it(matched, step):
    """A into B into C, and A and B have the same match: A taken out leaves C the match that B gives."""
    a, b, c = matched
    step(merging.merge, a, b)
    assert step(merging.merge, b, c) == [a, b, c]
    assert step(merging.unmerge, a) == [a, b, c]
    assert step(merging.unmerge, b) == [a, b]


def test_an_answered_match_stays_when_its_claims_go(matched, step):
    """What a person said of a copied match at the claim that stands is theirs, and is not copied a second time."""
    a, b, c = matched
    step(merging.merge, a, c)
    step(merging.merge, b, c)

    def reject(ctx):
        matching.reject(ctx, ctx.session.scalars(select(Match.id).where(Match.claim_id == c)).one())

    step(reject)
    assert step(merging.unmerge, a) == [a, b, c]
    assert step(merging.unmerge, b) == [a, b, c]


def test_taking_apart_gives_back_the_cluster_and_what_came_meanwhile(acting_as, push, figures):
    """Copies of the merged claim that arrived later return with it; those of the survivor stay."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
    assert push(DAM, FLOOD) == (b, b)
    assert figures(b)[0] == 4
    with acting_as() as ctx:
        taken = merging.unmerge(ctx, a, "Dua bendungan berbeda.")
        assert (taken.state, taken.merged_into_id) == (ClaimState.QUEUED, None)
    assert figures(a)[0] == 2
    assert figures(b)[0] == 2
    assert push(DAM, FLOOD) == (a, b)


def test_a_restart_still_knows_whose_copies_are_whose(acting_as, push, service):
    """A process that reads the representatives anew gives the merged claim its copies back after it was taken out."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
    longer = DAM + " sekarang juga, tolong sebarkan kepada keluarga"
    assert push(longer) == (b,)
    with acting_as() as ctx:
        merging.unmerge(ctx, a)
    fresh = Machine(scorer_for(service.settings))
    assert push(longer + " segera", DAM, FLOOD, machine=fresh) == (a, a, b)


def test_a_chain_of_merges_comes_apart_in_any_order(acting_as, push, figures):
    """A into B into C: taking A out of what stands for B leaves B in C, and B comes out afterwards."""
    a, b, c = push(DAM, FLOOD, QUOTA)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
        merging.merge(ctx, b, c)
        assert merging.standing_id(ctx, a) == c
        assert [item.claim.id for item in merging.merged_into(ctx, c)] == [a, b]
    assert push(DAM) == (c,)
    assert figures(c)[0] == 4
    with acting_as() as ctx:
        merging.unmerge(ctx, a)
    assert [figures(n)[0] for n in (a, b, c)] == [2, 0, 2]
    with acting_as() as ctx:
        with pytest.raises(KeptApartError):
            merging.merge(ctx, a, c)
        merging.unmerge(ctx, b)
    assert [figures(n)[0] for n in (a, b, c)] == [2, 1, 1]


def test_merging_into_a_merged_claim_reaches_the_one_that_stands(acting_as, push):
    """Whoever names the old claim means the one that took it over."""
    a, b, c = push(DAM, FLOOD, QUOTA)
    with acting_as() as ctx:
        merging.merge(ctx, b, c)
        assert merging.merge(ctx, a, b).id == c
        assert ctx.session.get(Claim, a).merged_into_id == c


def test_what_was_taken_apart_stays_apart(acting_as, push):
    """The pair is neither suggested nor merged again, in either direction."""
    a, b = push(DAM, DAM.replace("Bendungan", "Waduk").replace("air bah", "lumpur panas").replace("sore", "subuh"))
    if a == b:
        pytest.fail("the two texts must found two claims")
    with acting_as() as ctx:
        assert [item.claim.id for item in merging.near(ctx, a)] == [b]
        merging.merge(ctx, a, b)
        merging.unmerge(ctx, a)
        assert merging.near(ctx, a) == []
        assert merging.near(ctx, b, DAM) == []
        assert merging.near(ctx, b, str(a)) == []
        for one, other in ((a, b), (b, a)):
            with pytest.raises(KeptApartError):
                merging.merge(ctx, one, other)


@pytest.fixture
def undo():
    """Take the newest correction of a claim back; give the claim that answers."""

    def do(ctx, claim_id):
        [newest, *_] = regrouping.corrections(ctx, claim_id)
        return regrouping.undo(ctx, newest.id, "Salah tekan.")

    return do


def test_a_mistaken_unmerge_is_taken_back(acting_as, push, figures, undo):
    """The claim is merged as it was, with what came to it meanwhile, and can be taken out and merged again."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        merging.merge(ctx, a, b, "Sama.")
        merging.unmerge(ctx, a)
    assert push(DAM) == (a,)
    with acting_as() as ctx:
        [listed] = regrouping.corrections(ctx, b)
        assert (listed.kind, listed.claim_id, listed.other_id, listed.undone) == ("unmerge", a, b, False)
        assert undo(ctx, a).id == b
        [item] = merging.merged_into(ctx, b)
        assert (item.claim.id, item.into_id, item.n_posts) == (a, b, 2)
        assert [made.undone for made in regrouping.corrections(ctx, b)] == [True]
        with pytest.raises(AlreadyUndoneError):
            undo(ctx, a)
    assert (figures(a)[0], figures(b)[0]) == (0, 3)
    assert push(DAM, FLOOD) == (b, b)
    with acting_as() as ctx:
        merging.unmerge(ctx, a)
        assert [each.undone for each in regrouping.corrections(ctx, a)] == [False, True]
        undo(ctx, a)
        merging.unmerge(ctx, a)
    assert (figures(a)[0], figures(b)[0]) == (3, 2)


def test_two_claims_are_merged_again_once_the_unmerge_is_taken_back(acting_as, push, undo):
    """The refusal names the correction that keeps the two apart; once it is taken back the pair is one, and so said."""
    a, b = push(DAM, DAM.replace("Bendungan", "Waduk").replace("air bah", "lumpur panas").replace("sore", "subuh"))
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
        merging.unmerge(ctx, a)
        with pytest.raises(KeptApartError) as refused:
            merging.merge(ctx, b, a)
        [made] = regrouping.corrections(ctx, a)
        assert refused.value.params == {"n": made.id, "claim": a}
        assert [pair.same for pair in regrouping_rows.said(ctx.session, None, 10)] == [False]
        undo(ctx, a)
        assert [pair.same for pair in regrouping_rows.said(ctx.session, None, 10)] == [True]
        assert [item.claim.id for item in merging.merged_into(ctx, b)] == [a]


def test_a_claim_taken_out_of_a_chain_goes_back_to_its_place(acting_as, push, figures, undo):
    """A into B into C: what was taken out of both goes back into B, and both corrections are put back at once."""
    a, b, c = push(DAM, FLOOD, QUOTA)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
        merging.merge(ctx, b, c)
        merging.unmerge(ctx, a)
        assert undo(ctx, c).id == c
        assert ctx.session.get(Claim, a).merged_into_id == b
        assert [made.undone for made in regrouping.corrections(ctx, a)] == [True, True]
    assert [figures(n)[0] for n in (a, b, c)] == [0, 0, 3]
    with acting_as() as ctx:
        merging.unmerge(ctx, b)
    assert [figures(n)[0] for n in (a, b, c)] == [0, 2, 1]


def test_a_match_comes_and_goes_with_a_claim_that_is_put_back(matched, step, undo):
    """As with a merge: the copied match is there again, and leaves again when the claim is taken out."""
    a, _, c = matched
    step(merging.merge, a, c)
    step(merging.unmerge, a)
    assert c in step(undo, a)
    assert c not in step(merging.unmerge, a)


def test_what_cannot_be_put_back_names_the_way(acting_as, push, service, sign_up, undo, figures):
    """A merge, an undo, a claim that was merged elsewhere since, and one whose clarification stands."""
    a, b, c = push(DAM, FLOOD, QUOTA)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
        merging.unmerge(ctx, a)
        merging.merge(ctx, a, c)
        merge, _, elsewhere = ctx.session.scalars(select(ClaimCorrection).order_by(ClaimCorrection.id)).all()
        for done in (merge, elsewhere):
            with pytest.raises(OtherStepError, match="memisahkan"):
                regrouping.undo(ctx, done.id)
        with pytest.raises(MovedOnError):
            undo(ctx, b)
        merging.unmerge(ctx, a)
        undo(ctx, c)
        merging.unmerge(ctx, a)
        undone = ctx.session.scalars(select(ClaimCorrection).where(ClaimCorrection.kind == "undo")).one()
        with pytest.raises(OtherStepError):
            regrouping.undo(ctx, undone.id)
    author, approver = (sign_up(name, Role.CHECKER, Role.APPROVER).user_id for name in ("budi", "citra"))
    with service.database.write() as session:
        factories.clarification(context_for(service, session, SERVICE), author, approver, claim_id=a)
    with acting_as() as ctx, pytest.raises(AnsweredError):
        undo(ctx, a)
    assert [figures(n)[0] for n in (a, b, c)] == [1, 1, 1]


def test_a_claim_is_found_by_words_or_number(acting_as, push):
    """Words find claims that hold one of them, a number finds one claim; never itself, never what cannot take over."""
    a, b, c = push(DAM, FLOOD, QUOTA)
    with acting_as() as ctx:
        assert [item.claim.id for item in merging.near(ctx, a, "kuota seratus")] == [c]
        assert [item.claim.id for item in merging.near(ctx, a, f"#{b}")] == [b]
        assert merging.near(ctx, a, str(a)) == []
        assert merging.near(ctx, a, "%") == []
        leases.dismiss(ctx, c, DismissReason.OPINION)
        assert merging.near(ctx, a, str(c)) == []
        with pytest.raises(NotFoundError):
            merging.near(ctx, 999)


def test_the_index_finds_what_reading_every_claim_would(acting_as, service, monkeypatch):
    """Word by word and by a whole wording the same claims; and where the index is behind, the database is read."""
    places = ("Contohjaya", "Contohsari", "Contohmulya")
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        wordings = [f"{words} di {place}" for words in (DAM, FLOOD, QUOTA) for place in places]
        made = [factories.claim(ctx, wording=wording).id for wording in wordings]
    with acting_as() as ctx:
        leases.dismiss(ctx, made[-1], DismissReason.OPINION)
        for asked in ("bendungan", "kuota", "warga", "runtuh gratis", *places, DAM, QUOTA):
            words = [word.casefold() for word in asked.split() if len(word) > 3]
            every = rows.alike_by_words(ctx.session, words, TAKES_OVER, {made[0]}, 100)
            assert every, asked
            found = merging.near(ctx, made[0], asked)
            assert {one.claim.id for one in found} == {claim.id for claim in every}, asked
            with monkeypatch.context() as patched:
                patched.setattr(search_index, "TAIL_MOST", 1)
                assert merging.near(ctx, made[0], asked) == found, asked


@pytest.mark.parametrize("state", [ClaimState.PUBLISHED, ClaimState.CLOSED, ClaimState.RETRACTED])
def test_a_decided_claim_does_not_go_away(acting_as, service, sign_up, state):
    """What two humans decided can take others over, but cannot be merged itself."""
    ani, budi = sign_up("wulan", Role.CHECKER), sign_up("budi", Role.APPROVER)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        decided = factories.claim(ctx, state=state, author_id=ani.user_id, approver_id=budi.user_id).id
        other = factories.claim(ctx, wording="Kabar lain sama sekali.").id
    with acting_as() as ctx:
        with pytest.raises(IllegalStepError):
            merging.merge(ctx, decided, other)
        if state is ClaimState.RETRACTED:
            with pytest.raises(CannotTakeOverError):
                merging.merge(ctx, other, decided)
        else:
            assert merging.merge(ctx, other, decided).state is state


def test_a_claim_whose_clarification_stands_does_not_go_away(acting_as, service, sign_up):
    """A reopened claim is merged once what was published about it is taken back, and not before."""
    ani, budi = sign_up("wulan", Role.CHECKER), sign_up("budi", Role.APPROVER)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        people = {"author_id": ani.user_id, "approver_id": budi.user_id}
        answered = factories.claim(ctx, state=ClaimState.CLOSED, **people).id
        standing = factories.clarification(ctx, **people, claim_id=answered).id
        other = factories.claim(ctx, wording="Kabar lain sama sekali.").id
    with acting_as() as ctx:
        leases.reopen(ctx, answered, "Ada bukti baru.")
        with pytest.raises(AnsweredError, match=str(answered)):
            merging.merge(ctx, answered, other)
        assert merging.near(ctx, answered, str(other))
    with service.database.write() as session:
        library.retract(context_for(service, session, budi), standing, "Sumbernya keliru.")
    with acting_as() as ctx:
        assert merging.merge(ctx, answered, other).id == other


def test_a_merge_pushes_nothing(acting_as, push, service, sign_up):
    """A claim that spreads too slowly to be pushed stays so, however fast what one person merged into it spreads."""
    hot = push(*[FLOOD] * 30)[0]
    cold = push(DAM)[0]
    pair = [sign_up("wulan", Role.CHECKER).user_id, sign_up("budi", Role.APPROVER).user_id]
    with acting_as() as ctx:
        merging.merge(ctx, hot, cold)
        claim = ctx.session.get(Claim, cold)
        assert claim.posts_per_hour > ctx.settings.velocity_floor_posts_per_hour
        assert merging.own_speed(ctx, claim) == pytest.approx(1, abs=0.3)
        with pytest.raises(campaign_rules.BelowFloorError):
            campaign_rules._check_speed(ctx, factories.clarification(ctx, *pair, claim_id=cold))


def test_a_claim_is_read_by_its_own_words(acting_as, push, service, clock):
    """An older claim merged into another does not speak for it: neither to the judge, the challenger nor the library."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
    with service.database.read() as session:
        assert [(found.claim_id, found.text) for found in unjudged(session, "judge-2", 9)] == [(b, FLOOD)]
        read = registry.unshadowed(session, 1, clock.now() - timedelta(days=1), 9)
        assert [(found.claim_id, found.text) for found in read] == [(b, FLOOD)]
        assert claim_rows.representative_texts(session, b, 9) == [FLOOD]
        assert claim_rows.representative_texts(session, a, 9) == [DAM]


def test_a_lease_is_respected_on_both_sides(acting_as, push):
    """Nobody moves posts into or out of a claim that a colleague works on; one's own lease ends with the merge."""
    a, b = push(DAM, FLOOD)
    with acting_as("budi") as ctx:
        leases.take(ctx, b)
    for one, other in ((a, b), (b, a)):
        with acting_as("ani") as ctx, pytest.raises(HeldByAnotherError):
            merging.merge(ctx, one, other)
    with acting_as("budi") as ctx:
        leases.release(ctx, b)
        leases.take(ctx, a)
        merging.merge(ctx, a, b)
        leases.take(ctx, b)
    with acting_as("ani") as ctx, pytest.raises(HeldByAnotherError):
        merging.unmerge(ctx, a)


def test_of_two_merges_at_once_one_wins(service, acting_as, push, sign_up, figures):
    """A into B and B into A at the same moment: one is done, the other meets a claim that is gone, and no ring arises."""
    a, b = push(DAM, FLOOD)
    people = [sign_up("tono", Role.CHECKER), sign_up("yuni", Role.CHECKER)]
    gate = threading.Barrier(2)
    met = []

    def go(actor, one, other):
        gate.wait()
        try:
            with service.database.write() as session:
                merging.merge(context_for(service, session, actor), one, other)
            met.append("done")
        except SuluhError as error:
            met.append(type(error).__name__)

    threads = [threading.Thread(target=go, args=args) for args in ((people[0], a, b), (people[1], b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever comes second names a claim that leads to their own one, or one that is merged already.
    assert sorted(met) in (["InvalidInputError", "done"], ["IllegalStepError", "done"])
    assert figures(a)[0] + figures(b)[0] == 2


def test_only_checkers_correct_claims(acting_as, push):
    """An approver, a manager and the service itself may not."""
    a, b = push(DAM, FLOOD)
    for name, role in (("citra", Role.APPROVER), ("mira", Role.MANAGER)):
        with acting_as(name, role) as ctx:
            for step in (lambda ctx=ctx: merging.merge(ctx, a, b), lambda ctx=ctx: merging.unmerge(ctx, a)):
                with pytest.raises(ForbiddenError):
                    step()


def test_nonsense_is_refused_and_changes_nothing(acting_as, push, figures):
    """Itself, a claim that is not there, and taking out what was never in."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        with pytest.raises(InvalidInputError):
            merging.merge(ctx, a, a)
        for one, other in ((a, 999), (999, a)):
            with pytest.raises(NotFoundError):
                merging.merge(ctx, one, other)
        with pytest.raises(IllegalStepError):
            merging.unmerge(ctx, a)
        with pytest.raises(NotFoundError):
            merging.unmerge(ctx, 999)
        assert ctx.session.scalars(select(ClaimCorrection)).all() == []
    assert figures(a)[0] == figures(b)[0] == 1


def test_every_correction_is_remembered_and_audited(acting_as, push, service, clock):
    """Who, when, which pair and why, once in the table and once for each of the two in the audit, whose chain holds."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        merging.merge(ctx, a, b, "  Sama.  ")
        user_id = ctx.actor.user_id
    clock.forward(hours=1)
    with acting_as() as ctx:
        merging.unmerge(ctx, a)
    with service.database.read() as session:
        kept = session.scalars(select(ClaimCorrection).order_by(ClaimCorrection.id)).all()
        assert [(row.kind, row.claim_id, row.other_id, row.n_posts, row.note) for row in kept] == [
            ("merge", a, b, 1, "Sama."),
            ("unmerge", a, b, 1, ""),
        ]
        assert [row.corrected_by_id for row in kept] == [user_id, user_id]
        assert kept[1].at - kept[0].at == timedelta(hours=1)
        told = session.execute(
            text("SELECT action, entity_id FROM audit WHERE action LIKE 'claim.%' ORDER BY seq")
        ).all()
        assert [tuple(row) for row in told] == [
            ("claim.merge", a), ("claim.take_over", b), ("claim.unmerge", a), ("claim.give_back", b),
        ]  # fmt: skip
        assert audit.verify(session, service.vault.audit_key).intact


@pytest.mark.parametrize("statement", ["UPDATE claim_corrections SET note = ''", "DELETE FROM claim_corrections"])
def test_the_memory_cannot_be_changed(acting_as, push, service, statement):
    """The database itself refuses to change or remove a correction."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        merging.merge(ctx, a, b)
    with pytest.raises(DBAPIError, match="append-only"), service.database.write() as session:
        session.execute(text(statement))


def test_the_draft_of_a_merged_claim_waits_for_it(acting_as, push):
    """What was written is kept with the merged claim and is there again once it is taken out."""
    a, b = push(DAM, FLOOD)
    with acting_as() as ctx:
        leases.take(ctx, a)
        review.save_draft(ctx, a, Prepared(title="Judul sementara"), 0)
        merging.merge(ctx, a, b)
    with acting_as() as ctx:
        merging.unmerge(ctx, a)
        assert review.draft(ctx, a).title == "Judul sementara"
        assert claims.detail(ctx, a).listed.claim.state is ClaimState.QUEUED


def test_the_texts_of_this_file_are_no_copies():
    """The stories that found claims of their own here share too few words to be one cluster."""
    assert len(set(cluster([normalise(words) for words in (DAM, FLOOD, QUOTA)]))) == 3
