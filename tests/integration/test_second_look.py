"""A sample of dismissals is looked at by somebody else."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from serving.db import IntegrityError
from serving.db.second_look import Looked
from serving.db.tables import AuditRow, Claim, SecondLook
from serving.desk.checking import bulk, review, sampling, second_look
from serving.desk.checking.bulk import Asked, ChangedSinceError
from serving.desk.checking.second_look import Agreement
from serving.errors import ForbiddenError, IllegalStepError, NotFoundError, SameHumanError
from serving.security import Vault
from serving.vocabulary import BulkAction, Category, ClaimState, DismissReason, Role, SecondLookState
from tests import factories
from tests.conftest import SECRET
from tests.web.browsing import send, sign_in, soup


@pytest.fixture
def settings(settings):
    """Every dismissal falls into the sample."""
    return settings.model_copy(update={"second_look_share": 1.0})


@pytest.fixture
def look(acting, ani) -> int:
    """The number of a dismissal that waits."""
    with acting(ani) as ctx:
        claim = factories.claim(ctx)
        review.dismiss(ctx, claim.id, DismissReason.OPINION)
        return ctx.session.scalars(select(SecondLook.id)).one()


def kept(ctx, look_id) -> SecondLook:
    """Read one anew."""
    return ctx.session.get_one(SecondLook, look_id, populate_existing=True)


# ---- the sample ------------------------------------------------------------------------------------------------


def test_the_draw_is_stable_keyed_and_of_its_size():
    """The same each time, another under another secret, and about one in ten."""
    vault, other = Vault(SECRET.encode()), Vault(b"another" * 8)
    drawn = [number for number in range(4_000) if sampling.is_drawn(vault, number, 3, 0.1)]
    assert drawn == [number for number in range(4_000) if sampling.is_drawn(vault, number, 3, 0.1)]
    assert 320 < len(drawn) < 480
    assert drawn != [number for number in range(4_000) if sampling.is_drawn(other, number, 3, 0.1)]


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (1.0, 50)])
def test_none_and_all_are_shares_too(share, n):
    """At 0 nothing is drawn, at 1 everything."""
    vault = Vault(SECRET.encode())
    assert sum(sampling.is_drawn(vault, number, 1, share) for number in range(50)) == n


def test_the_record_does_not_tell_who_was_drawn(acting, look):
    """Whoever reads along learns nothing before the second look."""
    with acting() as ctx:
        actions = set(ctx.session.scalars(select(AuditRow.action)))
        assert "claim.dismiss" in actions
        assert not {action for action in actions if action.startswith("second-look")}


# ---- the look --------------------------------------------------------------------------------------------------


def test_nobody_looks_at_their_own(acting, ani, look):
    """It is not in their queue, and asking for it is refused."""
    with acting(ani) as ctx:
        assert second_look.waiting(ctx).rows == []
    with acting(ani) as ctx, pytest.raises(SameHumanError):
        second_look.agree(ctx, look)


def test_what_somebody_confirmed_is_not_undone_by_whoever_dismissed_it(act, ani, budi, claim_id):
    """A dismissal for several is taken back within minutes, but not once a second person has agreed with it."""
    asked = Asked(BulkAction.DISMISS, (claim_id,), dismiss_as=DismissReason.OPINION)
    step = act(ani, bulk.do, asked)
    look = act(budi, second_look.waiting).rows[0].look.id
    act(budi, second_look.agree, look)
    [left] = act(ani, bulk.undo, step.bulk_id).refused
    assert isinstance(left.error, ChangedSinceError)


def test_the_database_refuses_it_too(acting, ani, look):
    """Past the rules the table refuses one person's two answers."""
    with pytest.raises(IntegrityError), acting() as ctx:
        ctx.session.execute(text(f"UPDATE second_looks SET state = 'agreed', looked_by_id = {ani.user_id}"))


def test_another_agrees(acting, budi, look):
    """The claim stays dismissed, and the look is done."""
    with acting(budi) as ctx:
        assert [each.look.id for each in second_look.waiting(ctx).rows] == [look]
        second_look.agree(ctx, look)
    with acting(budi) as ctx:
        assert (kept(ctx, look).state, kept(ctx, look).looked_by_id) == (SecondLookState.AGREED, budi.user_id)
        assert second_look.waiting(ctx).rows == []
        with pytest.raises(IllegalStepError):
            second_look.agree(ctx, look)


def test_another_opens_it_again(acting, budi, look):
    """The claim is back in the queue, to be decided anew by two people."""
    with acting(budi) as ctx:
        second_look.disagree(ctx, look, "Ini pernyataan yang dapat diperiksa.")
    with acting() as ctx:
        assert kept(ctx, look).state is SecondLookState.REOPENED
        assert ctx.session.get_one(Claim, kept(ctx, look).claim_id).state is ClaimState.QUEUED


def test_a_claim_that_was_opened_otherwise_waits_no_more(acting, ani, budi, look):
    """Reopened at the desk, the look lapses; dismissed anew it is drawn anew."""
    with acting(ani) as ctx:
        claim_id = kept(ctx, look).claim_id
        review.reopen(ctx, claim_id, "Muncul bukti baru.")
        assert kept(ctx, look).state is SecondLookState.LAPSED
        review.dismiss(ctx, claim_id, DismissReason.SATIRE)
    with acting(budi) as ctx:
        waiting = second_look.waiting(ctx).rows
        assert [each.look.reason for each in waiting] == [DismissReason.SATIRE]
        with pytest.raises(IllegalStepError):
            second_look.agree(ctx, look)


def test_who_has_no_business_here(acting, sign_up, look):
    """A manager neither sees nor answers, and an unknown number is not found."""
    with acting(sign_up("manajer", Role.MANAGER)) as ctx:
        for step in (second_look.waiting, second_look.agreement):
            with pytest.raises(ForbiddenError):
                step(ctx)
    with acting(sign_up("penyetuju", Role.APPROVER)) as ctx, pytest.raises(NotFoundError):
        second_look.agree(ctx, look + 1)


def test_of_two_who_answer_at_once_one_does(acting, budi, sign_up, look):
    """The other is told that it is done."""
    cici, barrier, found = sign_up("cici", Role.CHECKER), Barrier(2), []

    def run(person):
        barrier.wait()
        try:
            with acting(person) as ctx:
                second_look.agree(ctx, look)
        except IllegalStepError:
            found.append("refused")
        else:
            found.append("done")

    threads = [Thread(target=run, args=(person,)) for person in (budi, cici)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["done", "refused"]


def test_figures_are_by_category_and_never_of_few():
    """A category with fewer looks than the smallest group shows nothing."""
    found = second_look.shown({Category.HEALTH: Looked(20, 18), Category.FRAUD: Looked(9, 9)}, smallest=10)
    assert found == {Category.HEALTH: Agreement(20, 0.9), Category.FRAUD: Agreement(None, None)}


# ---- both doors ------------------------------------------------------------------------------------------------


def test_both_answers_on_the_page(client, acting, budi, look):
    """The claim is shown with its two buttons; opening it again needs a reason."""
    browser = TestClient(client.app, raise_server_exceptions=False, headers={"accept-language": "id"})
    sign_in(browser, "budi")
    page = "/periksa/tanpa-label"
    assert soup(browser.get(page)).select_one(f'form[action="{page}/{look}/setuju"]')
    assert send(browser, f"{page}/{look}/buka", page, alasan="").status_code == 422
    assert send(browser, f"{page}/{look}/buka", page, alasan="Dapat diperiksa.").status_code == 303
    with acting() as ctx:
        assert kept(ctx, look).state is SecondLookState.REOPENED


def test_both_answers_over_http(client, key_for, look):
    """The same over /v1; who dismissed is not said."""
    key = key_for("dedi", Role.APPROVER)
    items = client.get("/v1/second-looks", headers=key).json()["items"]
    assert [each["id"] for each in items] == [look]
    assert not {"dismissed_by", "dismissed_by_id"} & items[0].keys()
    assert client.post(f"/v1/second-looks/{look}/agree", headers=key).json()["state"] == "agreed"
    body = {"reason": "Terlambat."}
    assert client.post(f"/v1/second-looks/{look}/reopen", headers=key, json=body).status_code == 409
    assert client.get("/v1/second-looks/agreement", headers=key).json() == [
        {"category": "penipuan", "n": None, "share": None}
    ]
