"""Which clarifications should be read again, or soon hold no more: a list for the desk, and nothing else changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from serving.db.tables import Clarification
from serving.desk.context import SERVICE
from serving.desk.publishing import library
from serving.errors import ForbiddenError, IllegalStepError, InvalidInputError
from serving.vocabulary import ClarificationState, Role
from tests import factories
from tests.conftest import PASSWORD
from tests.web.browsing import send, sign_in, soup


@pytest.fixture
def publish(act, ani, sign_up):
    """Publish a clarification with these two dates."""
    citra = sign_up("citra", Role.APPROVER)

    def make(review_in=None, valid_in=None, **over):
        def step(ctx):
            return factories.clarification(
                ctx,
                ani.user_id,
                citra.user_id,
                review_by=ctx.now + timedelta(days=review_in) if review_in is not None else None,
                valid_until=ctx.now + timedelta(days=valid_in) if valid_in is not None else None,
                **over,
            ).id

        return act(SERVICE, step)

    return make


def _listed(ctx):
    return [(each.entry.head.id, each.review_due, each.expiry_due) for each in library.reminders(ctx)]


def test_what_is_due_within_two_weeks_is_listed_soonest_first(act, ani, publish):
    """By either date, overdue first; what is far off, undated or withdrawn is left out."""
    both, expiring, overdue = publish(10, 12), publish(90, 3), publish(-1)
    publish(20)
    publish()
    publish(1, state=ClarificationState.RETRACTED)
    assert act(ani, _listed) == [(overdue, True, False), (expiring, False, True), (both, True, True)]


def test_a_date_is_set_and_taken_back(act, ani, publish, clock):
    """The desk sets it; a date behind is refused, and so is one for what is not published."""
    number = publish()
    act(ani, library.set_review_by, number, clock.now() + timedelta(days=2))
    assert act(ani, _listed) == [(number, True, False)]
    act(ani, library.set_review_by, number, None)
    assert act(ani, _listed) == []
    with pytest.raises(InvalidInputError):
        act(ani, library.set_review_by, number, clock.now())
    withdrawn = publish(state=ClarificationState.RETRACTED)
    with pytest.raises(IllegalStepError):
        act(ani, library.set_review_by, withdrawn, clock.now() + timedelta(days=2))


def test_others_neither_set_nor_read_it(act, sign_up, publish):
    """A manager reads the list and sets nothing; an influencer does neither."""
    number = publish(1)
    manager, asn = sign_up("mira", Role.MANAGER), sign_up("asn", Role.INFLUENCER)
    assert len(act(manager, _listed)) == 1
    for actor, step, args in ((manager, library.set_review_by, (number, None)), (asn, library.reminders, ())):
        with pytest.raises(ForbiddenError):
            act(actor, step, *args)


def test_both_doors_set_and_list_it(client, act, service, publish, key_for, clock):
    """The same date over /v1 and through the form, and the same list."""
    number = publish()
    headers = key_for("dedi", Role.APPROVER)
    until = (clock.now() + timedelta(days=3)).isoformat()
    answer = client.post(f"/v1/clarifications/{number}/review-by", headers=headers, json={"until": until})
    assert answer.status_code == 200
    (item,) = client.get("/v1/clarifications/reminders", headers=headers).json()["items"]
    assert (item["clarification"]["id"], item["review_due"], item["expiry_due"]) == (number, True, False)
    assert sign_in(client, "ani", PASSWORD).status_code == 303
    page = soup(client.get("/pustaka/pengingat"))
    assert page.select_one(f'main a[href="/pustaka/{number}"]')
    path = f"/pustaka/{number}"
    assert send(client, f"{path}/tinjau", path, until="2026-03-09T10:00").status_code == 303
    with service.database.read() as session:
        assert session.get_one(Clarification, number).review_by.isoformat() == "2026-03-09T03:00:00+00:00"
    assert send(client, f"{path}/tinjau", path, until="kapan-kapan").status_code == 422
    assert send(client, f"{path}/tinjau", path, until="").status_code == 303
    with service.database.read() as session:
        assert session.get_one(Clarification, number).review_by is None
