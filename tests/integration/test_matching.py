"""What people say about matches: the machine's opinion stays, and one answer counts."""

from __future__ import annotations

import pytest

from serving.db.tables import AuditRow, Match
from serving.desk.checking import matching, review
from serving.desk.checking.leases import HeldByAnotherError
from serving.desk.checking.matching import AlreadyDecidedError
from serving.desk.context import SERVICE
from serving.errors import ForbiddenError, NotFoundError
from serving.vocabulary import MatchStatus, Role
from tests import factories


def _match(ctx):
    row = Match(
        claim_id=factories.claim(ctx).id,
        clarification_id=factories.clarification(ctx).id,
        score=0.91,
        machine_status="suggested",
        machine_version="matcher-test",
        created_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


@pytest.fixture
def match(act):
    """A match that the machine suggests."""
    return act(SERVICE, _match)


@pytest.mark.parametrize(
    ("step", "status"), [(matching.confirm, MatchStatus.CONFIRMED), (matching.reject, MatchStatus.REJECTED)]
)
def test_a_human_answers_and_the_machine_stays_on_record(act, service, match, ani, step, status):
    """Status, person and time change; score, strength and version of the machine do not."""
    act(ani, step, match.id)
    with service.database.read() as session:
        row = session.get(Match, match.id)
        assert (row.status, row.decided_by_id) == (status, ani.user_id)
        assert (row.score, row.machine_status, row.machine_version) == (0.91, "suggested", "matcher-test")
        assert session.query(AuditRow).filter(AuditRow.action.like("match.%")).count() == 1


def test_only_whoever_answered_changes_the_answer(act, match, ani, sign_up):
    """One may think again; another person cannot overrule, and the same answer twice is refused."""
    act(ani, matching.confirm, match.id)
    with pytest.raises(AlreadyDecidedError):
        act(ani, matching.confirm, match.id)
    with pytest.raises(AlreadyDecidedError):
        act(sign_up("budi", Role.CHECKER), matching.reject, match.id)
    assert act(ani, matching.reject, match.id).status is MatchStatus.REJECTED


def test_a_match_follows_its_claims_lease(act, match, ani, sign_up):
    """While somebody works on the claim its matches are theirs to answer."""
    act(ani, review.take, match.claim_id)
    with pytest.raises(HeldByAnotherError):
        act(sign_up("budi", Role.CHECKER), matching.confirm, match.id)
    act(ani, matching.confirm, match.id)


def test_the_desk_only(act, match, sign_up):
    """Managers and the service itself do not confirm, and an unknown match is not found."""
    for actor in (sign_up("mira", Role.MANAGER), SERVICE):
        with pytest.raises(ForbiddenError):
            act(actor, matching.confirm, match.id)
    with pytest.raises(NotFoundError):
        act(sign_up("citra", Role.APPROVER), matching.confirm, 4_040)


def test_over_http(client, match, key_for):
    """Confirming twice is a 409; the answer shows both opinions."""
    headers = key_for("ani", Role.CHECKER)
    first = client.post(f"/v1/matches/{match.id}/confirm", headers=headers)
    assert (first.json()["status"], first.json()["machine_status"]) == ("confirmed", "suggested")
    again = client.post(f"/v1/matches/{match.id}/confirm", headers=headers)
    assert (again.status_code, again.json()["title"]) == (409, "already-decided")
