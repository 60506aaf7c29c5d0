"""The second pair of eyes: blind first, an impression that stays, and a third person where two do not agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from serving.db.tables import Claim, Decision, Dispute, Draft, FirstLook
from serving.desk.checking import approval, evidence, review
from serving.desk.checking.approval import LookedAlreadyError, LookFirstError
from serving.desk.checking.dossier import dossier
from serving.desk.checking.evidence import NewSource
from serving.desk.checking.gates import Prepared
from serving.desk.context import SERVICE
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, SameHumanError
from serving.vocabulary import (
    Category,
    ClaimState,
    DisputeOutcome,
    EvidenceKind,
    Gate,
    Role,
    Topic,
    VerdictLabel,
)
from tests import factories
from tests.conftest import PASSWORD
from tests.web.browsing import send, sign_in, soup

TITLE = "Bank Contoh Melati tidak membagikan kuota"
READY = Prepared(
    gates={gate: gate is Gate.VERIFIABLE for gate in Gate},
    verdict=VerdictLabel.FALSE,
    category=Category.FRAUD,
    political=False,
    title=TITLE,
    body="Bank Contoh Melati menyatakan tidak ada pembagian kuota lewat tautan itu.",
    topic=Topic.DIGITAL_SAFETY,
)


@pytest.fixture
def eka(sign_up):
    """The third person."""
    return sign_up("eka", Role.APPROVER)


@pytest.fixture
def claim_id(act, ani):
    """A claim whose draft waits for a second human."""
    number = act(SERVICE, factories.claim).id
    act(ani, review.take, number)
    for kind, host in ((EvidenceKind.AFFECTED_AGENCY, "bank"), (EvidenceKind.INDEPENDENT, "media")):
        act(ani, evidence.add, number, NewSource(kind, f"https://{host}.example/a", "Pernyataan", "Penerbit Contoh"))
    act(ani, review.save_draft, number, READY, 0)
    act(ani, review.submit, number)
    return number


def _version(ctx, claim_id):
    return ctx.session.get_one(Draft, claim_id).version


def look(ctx, claim_id, impression=VerdictLabel.FALSE):
    """Say what one thinks and open the draft that stands."""
    return review.reveal(ctx, claim_id, impression, _version(ctx, claim_id))


def approve(ctx, claim_id):
    """Approve the draft that stands."""
    return review.approve(ctx, claim_id, political=False, version=_version(ctx, claim_id))


def send_back(ctx, claim_id):
    """Return the draft that stands."""
    return review.return_draft(ctx, claim_id, "Perjelas", _version(ctx, claim_id))


def contest(ctx, claim_id):
    """Hand the draft that stands to a third person."""
    return review.contest(ctx, claim_id, "Buktinya hanya menunjukkan kurang konteks", _version(ctx, claim_id))


# ---- blind first ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [approve, send_back, contest])
def test_nobody_decides_on_a_draft_that_they_have_not_opened(act, claim_id, citra, step):
    """Approving, returning and disagreeing all need one's own impression first."""
    with pytest.raises(LookFirstError):
        act(citra, step, claim_id)
    act(citra, look, claim_id)
    act(citra, step, claim_id)


def test_nothing_of_the_draft_reaches_whoever_has_not_looked(act, claim_id, ani, citra):
    """The approver has sources and posts, and neither verdict, words, answers nor what was said before."""
    shown = act(citra, dossier, claim_id)
    assert (shown.blind, shown.prepared, shown.decisions, shown.dispute) == (True, Prepared(), (), None)
    assert (len(shown.sources), len(shown.detail.posts)) == (2, 1)
    assert act(ani, dossier, claim_id).prepared.verdict is VerdictLabel.FALSE
    act(citra, look, claim_id)
    assert act(citra, dossier, claim_id).prepared.title == TITLE


def test_an_impression_is_kept_beside_the_verdict_and_given_once(act, claim_id, citra):
    """What one thought, what the draft said, and under which category."""
    act(citra, look, claim_id, VerdictLabel.MISSING_CONTEXT)
    kept = act(citra, lambda ctx: ctx.session.query(FirstLook).one())
    assert (kept.impression, kept.drafted, kept.category) == (
        VerdictLabel.MISSING_CONTEXT,
        VerdictLabel.FALSE,
        Category.FRAUD,
    )
    with pytest.raises(LookedAlreadyError):
        act(citra, look, claim_id)


def test_an_impression_cannot_be_changed_or_removed(act, claim_id, citra):
    """The database refuses both, whatever code runs."""
    act(citra, look, claim_id)
    for statement in ("UPDATE first_looks SET impression = 'benar'", "DELETE FROM first_looks"):
        with pytest.raises(DBAPIError):
            act(citra, lambda ctx, words: ctx.session.execute(text(words)), statement)


def test_a_draft_that_was_sent_back_is_looked_at_anew(act, claim_id, ani, citra):
    """Another draft needs another impression."""
    act(citra, look, claim_id)
    act(citra, send_back, claim_id)
    act(ani, review.take, claim_id)
    act(ani, review.submit, claim_id)
    with pytest.raises(LookFirstError):
        act(citra, approve, claim_id)


def test_an_author_opens_nothing_and_a_checker_decides_nothing(act, claim_id, ani, sign_up):
    """Whoever wrote it is no second pair of eyes, and a checker is no approver."""
    with pytest.raises(ForbiddenError):
        act(ani, look, claim_id)
    with pytest.raises(ForbiddenError):
        act(sign_up("budi", Role.CHECKER), look, claim_id)


def test_agreement_is_by_category_and_hidden_where_small(act, service, claim_id, citra, eka, ani):
    """Two impressions of one category are too few; with a smaller limit one of two agrees."""
    act(citra, look, claim_id)
    act(eka, look, claim_id, VerdictLabel.TRUE)
    assert act(ani, approval.agreement) == {Category.FRAUD: approval.Agreement(None, None)}
    small = service.settings.model_copy(update={"min_group": 2})

    def with_small(ctx):
        return approval.agreement(replace(ctx, settings=small))

    assert act(ani, with_small) == {Category.FRAUD: approval.Agreement(2, 0.5)}


# ---- a third person ------------------------------------------------------------------------------------------------


@pytest.fixture
def contested(act, claim_id, citra):
    """A draft that the first approver does not agree with."""
    act(citra, look, claim_id, VerdictLabel.MISSING_CONTEXT)
    act(citra, contest, claim_id)
    return claim_id


def test_a_third_person_sides_with_the_author(act, contested, ani, citra, eka):
    """Blind first as well; then the claim is published by them, and the disagreement says with whom they agreed."""
    with pytest.raises(LookFirstError):
        act(eka, approve, contested)
    act(eka, look, contested)
    act(eka, approve, contested)
    claim, dispute = act(eka, lambda ctx: (ctx.session.get_one(Claim, contested), ctx.session.query(Dispute).one()))
    assert (claim.state, claim.author_id, claim.approver_id) == (ClaimState.PUBLISHED, ani.user_id, eka.user_id)
    assert (dispute.contested_by_id, dispute.settled_by_id) == (citra.user_id, eka.user_id)
    assert dispute.outcome is DisputeOutcome.AUTHOR


def test_a_third_person_sides_with_the_first_approver(act, contested, ani, citra, eka):
    """The draft goes back, and whoever contested it may decide on the next one."""
    act(eka, look, contested)
    act(eka, send_back, contested)
    dispute = act(eka, lambda ctx: ctx.session.query(Dispute).one())
    assert (dispute.settled_by_id, dispute.outcome) == (eka.user_id, DisputeOutcome.APPROVER)
    act(ani, review.take, contested)
    act(ani, review.submit, contested)
    act(citra, look, contested)
    act(citra, approve, contested)


@pytest.mark.parametrize("step", [approve, send_back])
def test_whoever_disagreed_does_not_decide(act, contested, citra, step):
    """Not by approving after all, and not by sending it back."""
    with pytest.raises(SameHumanError):
        act(citra, step, contested)


def test_the_database_refuses_the_first_approver_too(act, service, contested, ani, citra):
    """Neither a decision nor a publication of theirs is kept while the disagreement is open, whatever code runs."""

    def decide(ctx):
        ctx.session.add(
            Decision(
                claim_id=contested,
                author_id=ani.user_id,
                approver_id=citra.user_id,
                outcome="approved",
                verdict=VerdictLabel.FALSE,
                category=Category.FRAUD,
                political_author=False,
                gates={},
                at=ctx.now,
            )
        )
        ctx.session.flush()

    def publish(ctx):
        claim = ctx.session.get_one(Claim, contested)
        claim.state, claim.approver_id = ClaimState.PUBLISHED, citra.user_id
        ctx.session.flush()

    def settle(ctx, person):
        dispute = ctx.session.query(Dispute).one()
        dispute.settled_by_id, dispute.settled_at, dispute.outcome = person, ctx.now, DisputeOutcome.AUTHOR
        ctx.session.flush()

    for step in (decide, publish):
        with pytest.raises(DBAPIError):
            act(SERVICE, step)
    for person in (ani.user_id, citra.user_id):
        with pytest.raises(DBAPIError):
            act(SERVICE, settle, person)


def test_a_disagreement_needs_a_reason_and_is_one(act, contested, eka, citra):
    """Empty words are refused; a second disagreement is no answer, the third person decides."""
    act(eka, look, contested)
    with pytest.raises(InvalidInputError):
        act(eka, review.contest, contested, "  ", 1)
    with pytest.raises(ConflictError):
        act(eka, contest, contested)


# ---- both doors ----------------------------------------------------------------------------------------------------


def test_v1_hides_the_draft_until_it_is_opened(client, claim_id, key_for):
    """Reading it gives the sources and the version; opening it gives the rest; disagreeing hands it on."""
    headers = key_for("dewi", Role.APPROVER)
    at = f"/v1/claims/{claim_id}"
    hidden = client.get(f"{at}/draft", headers=headers).json()
    assert (hidden["blind"], hidden["verdict"], hidden["title"], hidden["gates"]) == (True, None, "", {})
    assert len(hidden["evidence"]) == 2
    history = client.get(f"{at}/history", headers=headers)
    assert (history.json()["blind"], "salah" in history.text, TITLE in history.text) == (True, False, False)
    look = {"impression": "kurang_konteks", "version": hidden["version"]}
    opened = client.post(f"{at}/reveal", headers=headers, json=look)
    assert (opened.status_code, opened.json()["title"], opened.json()["blind"]) == (200, TITLE, False)
    assert client.post(f"{at}/reveal", headers=headers, json=look).status_code == 409
    handed = client.post(
        f"{at}/contest", headers=headers, json={"reason": "Kurang konteks", "version": hidden["version"]}
    )
    assert handed.json()["state"] == "awaiting_approval"
    answer = {"political": False, "version": hidden["version"]}
    assert client.post(f"{at}/approve", headers=headers, json=answer).json()["title"] == "same-human"
    assert client.get("/v1/second-looks/impressions", headers=headers).json() == [
        {"category": "penipuan", "n": None, "share": None}
    ]


def test_the_page_shows_the_draft_after_the_impression(client, claim_id, citra, eka):
    """Without JavaScript: sources and one question first, then the draft with three ways on, then the third person."""
    assert sign_in(client, "citra", PASSWORD).status_code == 303
    path = f"/klaim/{claim_id}"
    blind = soup(client.get(path))
    assert TITLE not in blind.get_text()
    assert blind.select_one(f'form[action="{path}/setujui"]') is None
    assert blind.select_one('a[href="https://media.example/a"]')
    version = _hidden(blind, f"{path}/kesan")
    unsaid = send(client, f"{path}/kesan", path, version=version)
    assert unsaid.status_code == 422
    assert send(client, f"{path}/kesan", path, version=version, impression="salah").status_code == 303
    opened = soup(client.get(path))
    assert TITLE in opened.get_text()
    assert {"setujui", "kembalikan", "tidak-sepakat"} <= {
        form["action"].rpartition("/")[2] for form in opened.select("form[action]")
    }
    assert send(client, f"{path}/tidak-sepakat", path, version=version, reason="Kurang konteks").status_code == 303
    assert "Orang ketiga" in soup(client.get(path)).get_text()
    client.cookies.clear()
    assert sign_in(client, "eka", PASSWORD).status_code == 303
    assert send(client, f"{path}/kesan", path, version=version, impression="salah").status_code == 303
    assert "Dua orang tidak sepakat" in soup(client.get(path)).get_text()


def _hidden(page: BeautifulSoup, action: str) -> str:
    field = page.select_one(f'form[action="{action}"] input[name="version"]')
    assert field is not None
    return str(field["value"])
