"""What was drafted stays closed, at every door, to whoever may have to decide and has not looked for themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from serving.db.tables import WebhookEvent
from serving.deps import context_for
from serving.desk import trail, webhooks
from serving.desk.checking import evidence, notes, review
from serving.desk.context import SERVICE
from serving.desk.people import accounts
from serving.desk.webhooks import NewEndpoint
from serving.vocabulary import Role, VerdictLabel
from tests import factories
from tests.conftest import PASSWORD
from tests.integration.test_review import AGENCY, MEDIA, READY
from tests.web.browsing import sign_in, soup

TITLE = "Judul yang hanya ada di rancangan percobaan"
BODY = "Isi yang hanya ada di rancangan percobaan, dengan putusannya."
SAID = "Menurut saya jelas menyesatkan, @citra tolong lihat."
DRAFT = replace(READY, verdict=VerdictLabel.MISLEADING, title=TITLE, body=BODY)
# Everything that a system of no ministry can ask for.
TOLD = tuple(kind for kind in webhooks.KINDS if not kind.startswith("offer."))
SECRETS = (TITLE, BODY, "menyesatkan", "hanya ada di rancangan")


class Desk:
    """A draft that waits, its author, and somebody who holds every role that reads and has not looked."""

    def __init__(self, service):
        self._service = service
        with service.database.write() as session:
            ctx = context_for(service, session, SERVICE)
            made = {
                "ani": (Role.CHECKER,),
                "citra": (Role.CHECKER, Role.APPROVER, Role.MANAGER, Role.ENGINEER, Role.ADMIN),
            }
            self._people = {
                name: accounts.actor_for(accounts.create_user(ctx, name, PASSWORD, roles))
                for name, roles in made.items()
            }
            self.claim_id = factories.claim(ctx).id
            user = accounts.people.user(session, self._people["citra"].user_id)
            self.key = {"Authorization": f"Bearer {accounts.create_key(ctx, user, 'uji').key}"}
        self.act("citra", webhooks.add, NewEndpoint("https://penerima.example/a", "Penerima", TOLD))
        self.act("ani", review.take, self.claim_id)
        self.act("ani", notes.add, self.claim_id, SAID)
        self.act("ani", evidence.add, self.claim_id, AGENCY)
        self.act("ani", evidence.add, self.claim_id, MEDIA)
        self.version = self.act("ani", review.save_draft, self.claim_id, DRAFT, 0).version

    def act(self, name, step, *args):
        with self._service.database.write() as session:
            return step(context_for(self._service, session, self._people[name]), *args)

    def submit(self):
        self.act("ani", review.submit, self.claim_id)
        self.version += 1


@pytest.fixture
def desk(service) -> Desk:
    """A complete draft that was submitted."""
    made = Desk(service)
    made.submit()
    return made


def secrets_in(text: str) -> list[str]:
    """Give what of the draft a text tells."""
    return [secret for secret in SECRETS if secret in text]


# The doors by which something about one claim is read over /v1, and on pages.
READ = (
    "/v1/claims/{}",
    "/v1/claims?limit=100",
    "/v1/claims/{}/draft",
    "/v1/claims/{}/history",
    "/v1/claims/{}/merged",
    "/v1/claims/{}/corrections",
    "/v1/claims/{}/near",
    "/v1/audit?limit=100",
    "/v1/audit?entity=claim&entity_id={}",
    "/v1/me/mentions",
    "/v1/search?q=rancangan+percobaan",
    "/v1/search?q=menyesatkan",
    "/v1/trends/{}",
    "/v1/trends",
    "/v1/deadlines",
    "/v1/decided-claims",
    "/v1/decided-claims/next",
    "/v1/decided-claims/counts",
    "/v1/clarifications",
    "/v1/webhooks",
    "/v1/second-looks",
    "/v1/second-looks/impressions",
)
PAGES = (
    "/antrean",
    "/klaim/{}",
    "/sebutan",
    "/cari?q=rancangan+percobaan",
    "/tren",
    "/papan",
    "/admin/jejak",
    "/admin/jejak?jenis=claim&nomor={}",
    "/model/pelajaran/klaim.jsonl",
    "/pustaka",
)
# Sentences of the page itself that hold a verdict's word: a list to choose from, a legend, a filter.
_OFFERED = ("option", "select", "label", "legend", "summary")


def _told(page) -> str:
    read = soup(page)
    for tag in read.select(", ".join(_OFFERED)):
        tag.decompose()
    return read.main.get_text(" ", strip=True) if read.main else read.get_text(" ", strip=True)


@pytest.fixture(params=["waits", "handed up"])
def closed(request, desk) -> Desk:
    """A draft that waits for whoever has not looked, and the same after they handed it up themselves."""
    if request.param == "handed up":
        desk.act("citra", review.escalate, desk.claim_id, "Perlu dilihat bersama")
    return desk


def test_no_operation_tells_what_was_drafted(client: TestClient, closed):
    """Each operation answers, and neither verdict nor words of the draft, nor what its writer said, are in it."""
    for path in READ:
        answer = client.get(path.format(closed.claim_id), headers=closed.key)
        assert answer.status_code == 200, path
        assert secrets_in(answer.text) == [], path


def test_no_page_tells_what_was_drafted(client: TestClient, closed):
    """Each page answers, and beside the words to choose from it says nothing of the draft."""
    sign_in(client, "citra")
    for path in PAGES:
        answer = client.get(path.format(closed.claim_id))
        assert answer.status_code == 200, path
        assert secrets_in(answer.text if path.endswith("jsonl") else _told(answer)) == [], path


def test_no_event_leaves_before_two_people_have_decided(desk):
    """Whatever other systems listen to, nothing was written for them."""
    written = desk.act("citra", lambda ctx: [row.body for row in ctx.session.scalars(select(WebhookEvent))])
    assert [secret for body in written for secret in secrets_in(body)] == []


def test_whoever_looked_reads_everything(client: TestClient, desk):
    """After the impression draft, record, notes and mentions are whole: nothing is kept back for good."""
    look = {"impression": "salah", "version": desk.version}
    client.post(f"/v1/claims/{desk.claim_id}/reveal", json=look, headers=desk.key)
    assert client.get(f"/v1/claims/{desk.claim_id}/draft", headers=desk.key).json()["title"] == TITLE
    rows = client.get(f"/v1/audit?entity=claim&entity_id={desk.claim_id}", headers=desk.key).json()["steps"]
    assert {row["detail"].get("verdict") for row in rows if row["action"] == "claim.submit"} == {"menyesatkan"}
    assert [row["hidden"] for row in rows] == [False] * len(rows)
    [mention] = client.get("/v1/me/mentions", headers=desk.key).json()["mentions"]
    assert (mention["text"], mention["hidden"]) == (SAID, False)
    sign_in(client, "citra")
    assert SAID in client.get(f"/klaim/{desk.claim_id}").text


def test_the_author_reads_the_record_of_their_own_draft(desk):
    """Only who may have to decide is blind; the steps themselves are shown to everybody who reads the record."""
    found = desk.act("citra", lambda ctx: trail.steps(ctx, entity="claim", entity_id=desk.claim_id))
    assert "claim.submit" in {row.action for row in found.rows}
    assert {row.hidden for row in found.rows} == {True}
    assert desk.act("ani", review.draft, desk.claim_id).title == TITLE


def test_a_draft_that_is_still_being_written_is_closed_to_who_may_decide_on_it(client: TestClient, service):
    """An approver who reads along would come to the blind look with the answer in mind; its holder reads it."""
    desk = Desk(service)
    at = f"/v1/claims/{desk.claim_id}/draft"
    answer = client.get(at, headers=desk.key)
    assert (answer.json()["blind"], secrets_in(answer.text)) == (True, [])
    desk.act("ani", review.release, desk.claim_id)
    desk.act("citra", review.take, desk.claim_id)
    assert client.get(at, headers=desk.key).json()["title"] == TITLE


def test_what_the_first_of_two_thought_is_closed_to_the_third(client: TestClient, desk, sign_up, service):
    """A disagreement and the impression behind it are read after the third person's own."""
    desk.act("citra", review.reveal, desk.claim_id, VerdictLabel.SATIRE, desk.version)
    desk.act("citra", review.contest, desk.claim_id, "Ini satire dari laman contoh.", desk.version)
    sign_up("dewi", Role.APPROVER, Role.ADMIN)
    sign_in(client, "dewi")
    for path in (f"/klaim/{desk.claim_id}", f"/admin/jejak?jenis=claim&nomor={desk.claim_id}"):
        told = _told(client.get(path))
        assert not [word for word in ("satire", "laman contoh", *SECRETS) if word in told.lower()], path


def test_why_a_draft_was_sent_back_is_closed_to_who_may_decide_on_the_next(client: TestClient, desk, sign_up):
    """The first approver's reason says what the verdict should be: its writer reads it, another approver does not."""
    reason = "Menurut saya satire, bukan itu."
    desk.act("citra", review.reveal, desk.claim_id, VerdictLabel.SATIRE, desk.version)
    desk.act("citra", review.return_draft, desk.claim_id, reason, desk.version)
    sign_up("dewi", Role.APPROVER)
    at = f"/klaim/{desk.claim_id}"
    shown = {}
    for name in ("dewi", "ani", "citra"):
        client.cookies.clear()
        sign_in(client, name)
        shown[name] = reason in client.get(at).text
    assert shown == {"dewi": False, "ani": True, "citra": True}
