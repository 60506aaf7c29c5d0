"""The library: importing without doubles, other words by two humans, taking back in the open."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from serving.cli.library import library as command
from serving.db import library as rows
from serving.db.library import Search
from serving.db.tables import AuditRow, Clarification, ClarificationVersion, Decision, PublicChange
from serving.desk.checking.gates import NotReadyError
from serving.desk.context import SERVICE, Actor
from serving.desk.publishing import library
from serving.desk.publishing.library import (
    NewEntry,
    NewWords,
    SameReviserError,
    SourceWords,
    StaleRevisionError,
    differences,
)
from serving.errors import ForbiddenError, IllegalStepError, InvalidInputError, NotFoundError
from serving.vocabulary import ClarificationState, EvidenceKind, Gate, Role, VerdictLabel
from tests import factories

ROW = {
    "id": "luar-1",
    "title": "Air rebusan bukan obat demam",
    "text": "Demam biasa pulih dengan istirahat dan cairan.",
    "issuer": "Dinas Contoh",
    "sources": [
        {"url": "https://dinas.example/a", "title": "Panduan", "publisher": "Dinas", "kind": "affected_agency"}
    ],
    "category": "kesehatan",
    "topic": "kesehatan",
    "published_offset_s": -5,
}
ENTRY = NewEntry("luar-1", "Air rebusan bukan obat demam", "Demam biasa pulih.", "Dinas Contoh")
TWO = (
    SourceWords("https://bank.example/a", "Pernyataan", "Bank Contoh", EvidenceKind.AFFECTED_AGENCY),
    SourceWords("https://media.example/b", "Penelusuran", "Media Contoh", EvidenceKind.INDEPENDENT),
)
WORDS = NewWords(
    "Bank Contoh tidak membagikan kuota; laporkan formulirnya",
    "Bank Contoh menyatakan tidak ada pembagian kuota.",
    TWO,
    "Menambah cara melapor",
    meaning_changed=False,
)


@pytest.fixture
def people(sign_up):
    """An author of the desk, and an approver."""
    return sign_up("ani", Role.CHECKER), sign_up("citra", Role.APPROVER)


@pytest.fixture
def published(act, people):
    """A published clarification of these two people."""
    ani, citra = people
    return act(SERVICE, factories.clarification, ani.user_id, citra.user_id)


def _versions(service, number):
    with service.database.read() as session:
        return [row.title for row in rows.versions(session, number)]


def _changes(service):
    with service.database.read() as session:
        return [(row.kind, row.reason) for row in session.query(PublicChange).order_by(PublicChange.id)]


# ---- importing -------------------------------------------------------------------------------------------------


def test_importing_twice_doubles_nothing(act, service):
    """The same entries again change nothing; other words become another version."""
    assert act(SERVICE, library.import_rows, [ENTRY, replace(ENTRY, external_id="luar-2")]).n_new == 2
    again = act(SERVICE, library.import_rows, [ENTRY])
    assert (again.n_new, again.n_changed, again.n_same) == (0, 0, 1)
    changed = act(SERVICE, library.import_rows, [replace(ENTRY, text="Segera ke puskesmas.")])
    assert (changed.n_new, changed.n_changed, changed.n_same) == (0, 1, 0)
    with service.database.read() as session:
        assert session.query(Clarification).count() == 2
        assert session.query(ClarificationVersion).count() == 3


def test_an_imported_entry_is_not_public(act, client):
    """What came from elsewhere serves matching; it has no public page and no ClaimReview."""
    act(SERVICE, library.import_rows, [ENTRY])
    with client.app.state.service.database.read() as session:
        head = session.query(Clarification).one()
    assert head.state is ClarificationState.LIBRARY
    assert client.get(f"/klarifikasi/{head.slug}").status_code == 404
    assert client.get(f"/v1/clarifications/{head.id}/claimreview").status_code == 404


def test_who_may_import(act, sign_up):
    """The desk, an admin and the service may; nobody else, and not a visitor."""
    for actor in (sign_up("asn", Role.INFLUENCER), Actor(None, "publik")):
        with pytest.raises(ForbiddenError):
            act(actor, library.import_rows, [ENTRY])
    assert act(sign_up("ani", Role.CHECKER), library.import_rows, [ENTRY]).n_new == 1


def test_the_command_names_bad_lines(service, settings, tmp_path, monkeypatch):
    """Good lines go in, bad ones are named with their number, and the exit code says so."""
    monkeypatch.setenv("SULUH_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SULUH_SECRET_KEY", settings.secret_key.get_secret_value())
    monkeypatch.setenv("SULUH_VAR_DIR", str(settings.var_dir))
    path = tmp_path / "library.jsonl"
    lines = [
        "\ufeff".encode() + json.dumps(ROW).encode(),
        b"{broken",
        json.dumps(ROW | {"id": "luar-2", "title": "a\x00"}).encode(),
        b"\xff\xfe",
        b"",
        b"[1]",
        b"[" * 100_000,
        json.dumps(ROW | {"id": 3}).encode(),
    ]
    path.write_bytes(b"\n".join(lines))
    done = CliRunner().invoke(command, ["import", str(path)])
    assert done.exit_code == 1
    assert "library: 2 new, 0 changed, 0 unchanged, 5 bad" in done.output
    for line in (2, 3, 4, 6, 7):
        assert f"library.jsonl:{line}: " in done.output
    path.write_bytes(json.dumps(ROW).encode())
    assert CliRunner().invoke(command, ["import", str(path)]).output == (
        "library: 0 new, 0 changed, 1 unchanged, 0 bad\n"
    )


def test_import_over_http(client, key_for):
    """Good rows go in, bad ones are named; where all are bad the answer is 422 and nothing is stored."""
    headers = key_for("ani", Role.CHECKER)
    answer = client.post(
        "/v1/clarifications/import",
        json={"rows": [ROW, {"id": "x"}, ROW | {"id": "b", "topic": "gosip"}]},
        headers=headers,
    ).json()
    assert (answer["new"], [bad["line"] for bad in answer["rejected"]]) == (1, [2, 3])
    for body in ({"rows": [{}]}, {"rows": []}, {"rows": "x"}, {"rows": [ROW] * 501}):
        assert client.post("/v1/clarifications/import", json=body, headers=headers).status_code == 422
    listed = client.get("/v1/clarifications", headers=headers).json()
    assert [row["title"] for row in listed["clarifications"]] == [ROW["title"]]


def test_the_list_pages_and_searches(act, client, key_for):
    """Pages follow each other without a gap; words are found in any case and spelling, signs alone find nothing."""
    act(SERVICE, library.import_rows, [replace(ENTRY, external_id=f"n-{n}", title=f"Judul {n}") for n in range(5)])
    act(SERVICE, library.import_rows, [replace(ENTRY, external_id="p", title="Pajak 100% gratis")])
    headers = key_for("ani", Role.CHECKER)
    seen, after = [], None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = client.get("/v1/clarifications", params=query, headers=headers).json()
        seen += [row["id"] for row in page["clarifications"]]
        after = page["next_after"]
        if after is None:
            break
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 6
    for q, n in (("100%", 1), ("pajak gratiss", 1), ("%", 0), ("_", 0), ("JUDUL", 5)):
        found = client.get("/v1/clarifications", params={"q": q}, headers=headers).json()
        assert len(found["clarifications"]) == n
    for bad in ({"limit": 101}, {"after": 0}, {"state": "x"}, {"urut": "x"}, {"q": "a\x0bb"}):
        assert client.get("/v1/clarifications", params=bad, headers=headers).status_code == 422


# ---- who may read ----------------------------------------------------------------------------------------------


def test_only_the_desk_reads_proposals(act, client, published, people, key_for):
    """An influencer's key opens neither the list nor an entry with its proposals; a reader's key does."""
    act(people[0], library.propose, published.id, WORDS, 1)
    at = f"/v1/clarifications/{published.id}"
    outside = key_for("asn", Role.INFLUENCER)
    for path in ("/v1/clarifications", "/v1/clarifications?state=published", at):
        assert client.get(path, headers=outside).status_code == 403
    for role in (Role.CHECKER, Role.APPROVER, Role.MANAGER, Role.ENGINEER):
        headers = key_for(f"meja-{role.value}", role)
        assert client.get("/v1/clarifications", headers=headers).status_code == 200
        assert len(client.get(at, headers=headers).json()["revisions"]) == 1


def test_the_public_still_reads_what_is_public(act, client, published):
    """Without an account the public list, the page and ClaimReview stay open; anything else is refused."""
    for path in ("/klarifikasi", f"/klarifikasi/{published.slug}", f"/v1/clarifications/{published.id}/claimreview"):
        assert client.get(path).status_code == 200
    visitor = Actor(None, "publik")
    assert len(act(visitor, library.search, Search((ClarificationState.PUBLISHED,)))) == 1
    for wanted in (Search(), Search((ClarificationState.PUBLISHED, ClarificationState.LIBRARY))):
        with pytest.raises(ForbiddenError):
            act(visitor, library.search, wanted)


# ---- other words -----------------------------------------------------------------------------------------------


def test_other_words_need_a_second_human(act, service, published, people):
    """A proposal changes nothing until somebody else puts it into force; then it is the next version, on the log."""
    ani, citra = people
    proposal = act(ani, library.propose, published.id, WORDS, 1)
    assert len(_versions(service, published.id)) == 1
    version = act(citra, library.revise, proposal.id)
    assert (version.number, version.author_id, version.approver_id) == (2, ani.user_id, citra.user_id)
    assert _versions(service, published.id)[0] == WORDS.title
    assert _changes(service) == [("revised", "Menambah cara melapor")]


def test_nobody_revises_alone(act, published, people):
    """Whoever proposed cannot put it into force, in the rule and in the database."""
    citra = people[1]
    proposal = act(citra, library.propose, published.id, WORDS, 1)
    with pytest.raises(SameReviserError):
        act(citra, library.revise, proposal.id)
    with pytest.raises(ForbiddenError):
        act(people[0], library.revise, proposal.id)


def test_the_database_refuses_a_revision_by_one(act, service, published, people):
    """Written past the rules, an accepted revision without a second human is refused."""
    proposal = act(people[1], library.propose, published.id, WORDS, 1)
    for by in ("NULL", str(people[1].user_id)):
        with pytest.raises(IntegrityError), service.database.engine.begin() as connection:
            connection.execute(
                text(
                    f"UPDATE revisions SET outcome = 'accepted', settled_by_id = {by}, settled_at = proposed_at "
                    f"WHERE id = {proposal.id}"
                )
            )


def test_a_proposal_is_settled_once(act, published, people):
    """Settled or overtaken proposals are refused; the author may withdraw an open one."""
    ani, citra = people
    first = act(ani, library.propose, published.id, WORDS, 1)
    second = act(ani, library.propose, published.id, replace(WORDS, body="Lain."), 1)
    act(citra, library.revise, first.id)
    with pytest.raises(StaleRevisionError):
        act(citra, library.revise, first.id)
    with pytest.raises(StaleRevisionError):
        act(citra, library.revise, second.id)
    act(ani, library.decline, second.id)
    with pytest.raises(StaleRevisionError):
        act(ani, library.propose, published.id, WORDS, 1)


@pytest.mark.parametrize(
    "over",
    [
        {"title": "[SALAH] Bank membagikan kuota"},
        {"sources": TWO[:1]},
        {"sources": ()},
        {"body": " "},
    ],
    ids=str,
)
def test_the_rules_hold_for_other_words_too(act, published, people, over):
    """A revision keeps the evidence rule and the rule for titles."""
    with pytest.raises(NotReadyError):
        act(people[0], library.propose, published.id, replace(WORDS, **over), 1)


@pytest.fixture
def decided(act, people):
    """Publish a clarification of a claim whose questions were answered in some way."""
    ani, citra = people

    def make(gates, verdict=VerdictLabel.MISSING_CONTEXT):
        def fill(ctx):
            claim = factories.claim(ctx)
            ctx.session.add(
                Decision(
                    claim_id=claim.id,
                    verdict=verdict,
                    category=claim.category,
                    political_author=False,
                    gates={gate.value: gate in gates or gate is Gate.VERIFIABLE for gate in Gate},
                    author_id=ani.user_id,
                    approver_id=citra.user_id,
                    outcome="approved",
                    at=ctx.now,
                )
            )
            over = {"claim_id": claim.id, "claim_wording": claim.wording, "verdict": verdict}
            return factories.clarification(ctx, ani.user_id, citra.user_id, **over)

        return act(SERVICE, fill)

    return make


def test_other_words_do_not_accuse_a_critic(act, people, decided):
    """Where the claim was criticism of government, no revision calls it a lie."""
    head = decided({Gate.CRITICISM})
    with pytest.raises(NotReadyError, match="bohong"):
        act(people[0], library.propose, head.id, replace(WORDS, body="Keluhan itu bohong."), 1)
    assert act(people[0], library.propose, head.id, WORDS, 1).base_version == 1


@pytest.mark.parametrize("outcome", ["returned", "approved"])
def test_a_later_answer_does_not_unlock_accusing(act, people, decided, clock, outcome):
    """What was answered since, about another draft of the claim, says nothing about what was published."""
    ani, citra = people
    head = decided({Gate.CRITICISM})
    clock.forward(minutes=1)

    def later(ctx):
        ctx.session.add(
            Decision(
                claim_id=head.claim_id,
                verdict=head.verdict,
                category=head.category,
                political_author=False,
                gates={gate.value: False for gate in Gate},
                author_id=ani.user_id,
                approver_id=citra.user_id,
                outcome=outcome,
                at=ctx.now,
            )
        )

    act(SERVICE, later)
    with pytest.raises(NotReadyError, match="bohong"):
        act(ani, library.propose, head.id, replace(WORDS, body="Keluhan itu bohong."), 1)


def test_other_words_keep_a_private_person_out(act, people, decided):
    """Where the claim names a private person, whoever proposes other words confirms that they do not."""
    head = decided({Gate.PRIVATE_PERSON})
    with pytest.raises(NotReadyError, match="orang pribadi"):
        act(people[0], library.propose, head.id, WORDS, 1)
    assert act(people[0], library.propose, head.id, replace(WORDS, redacted=True), 1).base_version == 1


def test_differences_are_by_word():
    """What was added and removed is told apart word by word; joined again, both texts come back."""
    parts = differences("satu dua tiga", "satu dua empat lima")
    assert "".join(part.text for part in parts if part.kind != "added") == "satu dua tiga"
    assert "".join(part.text for part in parts if part.kind != "removed") == "satu dua empat lima"
    assert parts[0].kind == "kept"


# ---- taking back -----------------------------------------------------------------------------------------------


def test_retracting_is_public(act, service, published, people):
    """An approver retracts with a reason; the log says so, and it cannot be done twice."""
    ani, citra = people
    with pytest.raises(ForbiddenError):
        act(ani, library.retract, published.id, "x")
    with pytest.raises(InvalidInputError):
        act(citra, library.retract, published.id, "  ")
    act(citra, library.retract, published.id, "Sumber keliru")
    assert _changes(service) == [("retracted", "Sumber keliru")]
    with pytest.raises(IllegalStepError):
        act(citra, library.retract, published.id, "lagi")


def test_an_approver_sets_when_it_ends(act, service, published, people):
    """The day must lie ahead and is on record; past it the clarification no longer stands."""
    ani, citra = people
    until = service.clock.now() + timedelta(days=30)
    with pytest.raises(ForbiddenError):
        act(ani, library.set_expiry, published.id, until)
    with pytest.raises(InvalidInputError):
        act(citra, library.set_expiry, published.id, service.clock.now() - timedelta(seconds=1))
    head = act(citra, library.set_expiry, published.id, until)
    assert rows.valid(head, until - timedelta(seconds=1))
    assert not rows.valid(head, until)
    with service.database.read() as session:
        assert session.query(AuditRow).filter_by(action="clarification.expiry", entity_id=published.id).count() == 1
    act(citra, library.retract, published.id, "Sumber keliru")
    with pytest.raises(IllegalStepError):
        act(citra, library.set_expiry, published.id, until)


def test_the_end_over_http_and_for_the_public(client, published, key_for, service):
    """Over /v1 a moment with its zone; the public page says until when the clarification holds."""
    approver = key_for("eka", Role.APPROVER)
    at = f"/v1/clarifications/{published.id}/expiry"
    until = (service.clock.now() + timedelta(days=30)).replace(microsecond=0)
    for bad in ("2001-01-01T00:00:00Z", "2099-01-01T00:00:00", "besok", None):
        assert client.post(at, json={"until": bad}, headers=approver).status_code == 422
    answer = client.post(at, json={"until": until.isoformat()}, headers=approver)
    assert datetime.fromisoformat(answer.json()["valid_until"]) == until
    assert "Berlaku sampai" in client.get(f"/klarifikasi/{published.slug}").text
    assert client.post(at, json={"until": until.isoformat()}, headers=key_for("dewi", Role.CHECKER)).status_code == 403


def test_superseding(act, service, published, people):
    """One published clarification may stand for another; not for itself, and not for a withdrawn one."""
    ani, citra = people
    other = act(SERVICE, factories.clarification, ani.user_id, citra.user_id)
    with pytest.raises(InvalidInputError):
        act(citra, library.supersede, published.id, published.id, "x")
    with pytest.raises(NotFoundError):
        act(citra, library.supersede, published.id, 4_040, "x")
    head = act(citra, library.supersede, published.id, other.id, "Ada yang lebih lengkap")
    assert (head.state, head.superseded_by_id) == (ClarificationState.SUPERSEDED, other.id)
    with pytest.raises(IllegalStepError):
        act(citra, library.supersede, other.id, published.id, "x")
    assert _changes(service) == [("superseded", "Ada yang lebih lengkap")]


def test_the_same_over_http(client, published, key_for):
    """Proposing, accepting by another, retracting: over /v1, with the author refused."""
    author = key_for("dewi", Role.CHECKER, Role.APPROVER)
    other = key_for("eka", Role.APPROVER)
    at = f"/v1/clarifications/{published.id}"
    body = {
        "base_version": 1,
        "title": WORDS.title,
        "body": WORDS.body,
        "sources": [source.as_row() for source in TWO],
        "change_note": WORDS.change_note,
        "meaning_changed": True,
    }
    proposal = client.post(f"{at}/revisions", json=body, headers=author)
    assert proposal.status_code == 201
    accept = f"/v1/revisions/{proposal.json()['id']}/accept"
    own = client.post(accept, headers=author)
    assert (own.status_code, own.json()["title"]) == (403, "same-human")
    assert client.post(accept, headers=other).json()["version"] == 2
    detail = client.get(at, headers=author).json()
    assert [version["number"] for version in detail["versions"]] == [2, 1]
    assert client.post(f"{at}/revisions", json=body, headers=author).status_code == 409
    assert client.post(f"{at}/retract", json={"reason": "Keliru"}, headers=other).json()["state"] == "retracted"
    assert client.post(f"{at}/retract", json={"reason": "Keliru"}, headers=other).status_code == 409
    assert client.post("/v1/clarifications/4040/retract", json={"reason": "x"}, headers=other).status_code == 404
