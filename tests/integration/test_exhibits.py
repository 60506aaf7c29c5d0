"""Files beside sources: of few kinds, bounded, kept with their hash, never changed and never run."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from serving.db.dialect import is_postgresql
from serving.db.tables import AuditRow, Exhibit
from serving.desk import audit
from serving.desk.checking import evidence, exhibits, review
from serving.desk.checking.evidence import NewSource
from serving.desk.checking.exhibits import ExchangedError, NotTakenError
from serving.desk.checking.gates import Prepared
from serving.desk.checking.leases import HeldByAnotherError
from serving.desk.context import SERVICE
from serving.errors import ConflictError, ForbiddenError, NotFoundError
from serving.vocabulary import EvidenceKind, Gate, Role
from tests import factories
from tests.conftest import PASSWORD
from tests.web.browsing import sign_in, soup, token

PDF = b"%PDF-1.7\n" + b"pernyataan bank contoh " * 20


@pytest.fixture
def at(act, ani):
    """A claim that Ani holds, and a source beside it."""
    claim_id = act(SERVICE, factories.claim).id
    act(ani, review.take, claim_id)
    source = NewSource(EvidenceKind.INDEPENDENT, "https://media.example/a", "Penelusuran", "Media Contoh")
    evidence_id = act(ani, evidence.add, claim_id, source).id
    act(ani, review.save_draft, claim_id, Prepared(gates={gate: gate is Gate.VERIFIABLE for gate in Gate}), 0)
    return claim_id, evidence_id


def test_a_file_is_kept_with_its_hash_and_handed_out_as_it_was(act, ani, at):
    """Bytes, type, size and SHA-256; the audit has the hash as well."""
    kept = act(ani, exhibits.attach, *at, PDF)
    assert (kept.media_type, kept.size_bytes) == ("application/pdf", len(PDF))
    assert kept.sha256 == hashlib.sha256(PDF).hexdigest()
    handed = act(ani, exhibits.read, *at)
    assert (handed.content, handed.name) == (PDF, f"sumber-{at[1]}.pdf")
    detail = act(ani, lambda ctx: ctx.session.query(AuditRow).filter_by(action="evidence.attach").one().detail)
    assert kept.sha256 in detail


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"Catatan: tidak ada kuota.\n", "text/plain"),
    ],
)
def test_the_first_bytes_tell_the_kind(content, media_type):
    """Not its name, and not what the sender says."""
    assert exhibits.kind_of(content).media_type == media_type


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04zip\x00", b"MZ\x90\x00", b"\x00\x01", b"GIF89a\xff", b"a" * (exhibits.SIZE_MAX_BYTES + 1)],
    ids=["empty", "zip", "program", "bytes", "gif", "large"],
)
def test_anything_else_is_refused(content):
    """Empty, too large, or of a kind that is not on the list."""
    with pytest.raises(NotTakenError):
        exhibits.kind_of(content)


def test_a_source_has_one_file_and_the_holder_adds_it(act, ani, at, sign_up):
    """A second one is refused, and so is whoever does not hold the claim; whoever does not read the desk reads none."""
    with pytest.raises(HeldByAnotherError):
        act(sign_up("budi", Role.CHECKER), exhibits.attach, *at, PDF)
    with pytest.raises(NotFoundError):
        act(ani, exhibits.read, *at)
    act(ani, exhibits.attach, *at, PDF)
    with pytest.raises(ConflictError):
        act(ani, exhibits.attach, *at, PDF)
    with pytest.raises(ForbiddenError):
        act(sign_up("asn", Role.INFLUENCER), exhibits.read, *at)


def test_a_file_cannot_be_exchanged(act, ani, at):
    """The database refuses it; and a file whose bytes are not those of its hash is not handed out."""
    act(ani, exhibits.attach, *at, PDF)
    for statement in ("UPDATE exhibits SET sha256 = 'x'", "DELETE FROM exhibits"):
        with pytest.raises(DBAPIError):
            act(SERVICE, lambda ctx, words: ctx.session.execute(text(words)), statement)
    source = NewSource(EvidenceKind.INDEPENDENT, "https://media.example/b", "Lain", "Media Contoh")
    other = act(ani, evidence.add, at[0], source).id

    def forge(ctx):
        ctx.session.add(
            Exhibit(
                evidence_id=other,
                media_type="text/plain",
                size_bytes=3,
                sha256="0" * 64,
                content=b"abc",
                added_by_id=ani.user_id,
                added_at=ctx.now,
            )
        )

    act(SERVICE, forge)
    with pytest.raises(ExchangedError):
        act(ani, exhibits.read, at[0], other)


def test_a_file_that_was_exchanged_with_its_hash_breaks_the_chain(service, act, ani, at):
    """Whoever gets past the trigger and changes bytes and hash together is found by verifying the record."""
    act(ani, exhibits.attach, *at, PDF)

    def verified():
        with service.database.read() as session:
            return audit.verify(session, service.vault.audit_key)

    def forge(ctx):
        if is_postgresql(ctx.session):
            ctx.session.execute(text("ALTER TABLE exhibits DISABLE TRIGGER exhibits_stand"))
        else:
            ctx.session.execute(text("DROP TRIGGER exhibits_stand_update"))
        forged = b"%PDF-1.7 lain"
        ctx.session.execute(
            update(Exhibit).values(content=forged, size_bytes=len(forged), sha256=hashlib.sha256(forged).hexdigest())
        )

    assert verified().intact
    act(SERVICE, forge)
    [found] = verified().breaks
    assert found.what == f"exhibit {at[1]} is no longer what was recorded here"


def test_both_doors_take_and_hand_out_a_file(client, act, ani, at, key_for):
    """As a download with its own type, never shown in place; a refused file is one sentence."""
    claim_id, evidence_id = at
    path = f"/klaim/{claim_id}"
    assert sign_in(client, "ani", PASSWORD).status_code == 303
    form = {"csrf": token(client, path)}
    to = f"{path}/sumber/{evidence_id}/berkas"
    refused = client.post(to, data=form, files={"berkas": ("a.pdf", b"PK\x03\x04\x00", "application/pdf")})
    assert (refused.status_code, "Berkas harus PDF" in refused.text) == (422, True)
    done = client.post(to, data=form, files={"berkas": ("a.pdf", PDF, "text/html")}, follow_redirects=False)
    assert done.status_code == 303
    assert soup(client.get(path)).select_one(f'a[href="{to}"]')
    shown = client.get(to)
    assert (shown.content, shown.headers["content-type"]) == (PDF, "application/pdf")
    assert shown.headers["content-disposition"].startswith("attachment")
    assert shown.headers["x-content-type-options"] == "nosniff"
    headers = key_for("citra", Role.APPROVER)
    api = f"/v1/claims/{claim_id}/evidence/{evidence_id}/file"
    assert client.get(api, headers=headers).content == PDF
    sent = client.post(api, headers=headers, files={"file": ("a.pdf", PDF, "application/pdf")})
    assert sent.status_code == 403
    draft = client.get(f"/v1/claims/{claim_id}/draft", headers=headers).json()
    assert draft["evidence"][0]["file"]["sha256"] == hashlib.sha256(PDF).hexdigest()
