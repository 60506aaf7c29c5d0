"""The registry that remembers: two people, a gate, a history that only grows, and exactly what served before."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from models import artifact
from models.artifact import CARD, MANIFEST, RELEASED, WEIGHTS, read_manifest
from serving.db import registry as rows
from serving.db.tables import ModelHistory, ModelProposal
from serving.deps import context_for
from serving.desk import audit
from serving.desk.context import SERVICE
from serving.desk.incoming.machine import holder_for
from serving.desk.learning import models_shadow, registry
from serving.desk.learning.models_gate import LIMITS
from serving.desk.learning.models_store import BadArtefactError, described
from serving.errors import ConflictError, ForbiddenError, NotFoundError, TooLargeError, UnavailableError
from serving.vocabulary import ModelAction, Role
from tests import factories
from tests.artefacts import small_artefact

CALM = "Jadwal perpustakaan keliling minggu depan berpindah ke lapangan kecamatan"
WHY = "angka lebih baik pada bulan terakhir"


def kept(ctx, folder):
    """Put an artefact into the store and write down who brought it; the doors do it in two transactions."""
    return registry.keep(ctx, registry.prepare_folder(ctx, folder))


@pytest.fixture
def artefact(tmp_path):
    """Make artefacts: ``artefact("satu", bias=1.0, **{"news.look": 0.5})``."""

    def make(name, bias=0.0, **metrics):
        return small_artefact(tmp_path / "made" / name, bias, **metrics)

    return make


@pytest.fixture
def people(sign_up):
    """Two engineers and a checker."""
    return {
        "ani": sign_up("ani", Role.ENGINEER),
        "beni": sign_up("beni", Role.ENGINEER),
        "cici": sign_up("cici", Role.CHECKER),
    }


@pytest.fixture
def step(service, people):
    """Take one step as somebody, in a transaction of its own: ``step("ani", registry.propose, name, WHY)``."""

    def do(who, use_case, *given):
        with service.database.write() as session:
            ctx = context_for(service, session, people[who])
            made = use_case(ctx, *given)
            session.flush()
            return made

    return do


@pytest.fixture
def promoted(step):
    """Bring an artefact all the way: kept, proposed by one, agreed to by the other; give its name in the store."""

    def do(folder):
        stored = step("ani", kept, folder)
        proposal = step("ani", registry.propose, stored.name, WHY)
        step("beni", registry.agree, proposal.id)
        return stored.name

    return do


@pytest.fixture
def serving(service):
    """Name the model that answers in this process, as a request would find it."""

    def ask():
        with service.database.read() as session:
            holder_for(service.settings).look(session, service.clock.now())
        return holder_for(service.settings).version

    return ask


# ---- two people ----------------------------------------------------------------------------------------------------


def test_a_promotion_by_two_serves_in_the_running_process(artefact, promoted, serving):
    """Nobody restarts anything: what was agreed on answers."""
    before = serving()
    name = promoted(artefact("satu"))
    assert serving() != before
    assert name.startswith(serving())


def test_whoever_proposed_cannot_agree(artefact, step, serving):
    """The same engineer is refused, and the model before goes on."""
    stored = step("ani", kept, artefact("satu"))
    proposal = step("ani", registry.propose, stored.name, WHY)
    with pytest.raises(registry.SamePersonError):
        step("ani", registry.agree, proposal.id)
    assert serving() == described(RELEASED / "linear").version


@pytest.mark.parametrize("use_case", [registry.propose, registry.challenge])
def test_only_engineers_change_models(artefact, step, use_case):
    """A checker proposes nothing and tries nothing."""
    stored = step("ani", kept, artefact("satu"))
    with pytest.raises(ForbiddenError):
        step("cici", use_case, stored.name, WHY)


def test_a_second_proposal_waits_for_the_first(artefact, step):
    """Two people speak of one change at a time; a declined one makes room."""
    stored = step("ani", kept, artefact("satu"))
    first = step("ani", registry.propose, stored.name, WHY)
    with pytest.raises(registry.OpenProposalError):
        step("beni", registry.propose, stored.name, WHY)
    step("beni", registry.decline, first.id, "belum perlu")
    second = step("beni", registry.propose, stored.name, WHY)
    assert step("ani", registry.agree, second.id).action is ModelAction.PROMOTE


def test_a_proposal_is_answered_once(artefact, step):
    """A second answer meets a conflict."""
    stored = step("ani", kept, artefact("satu"))
    proposal = step("ani", registry.propose, stored.name, WHY)
    step("beni", registry.agree, proposal.id)
    with pytest.raises(ConflictError):
        step("beni", registry.agree, proposal.id)


def _row(proposal, **over):
    """A row of the history that carries out a proposal."""
    names = ("artefact", "version", "kind", "manifest_sha256", "metrics", "reason", "proposed_by_id", "proposed_at")
    values = {name: getattr(proposal, name) for name in names}
    return ModelHistory(
        **values
        | {"proposal_id": proposal.id, "role": "champion", "action": proposal.action, "at": proposal.proposed_at}
        | over
    )


@pytest.fixture
def proposal(artefact, step):
    """A proposal of ani's that nobody has answered."""
    stored = step("ani", kept, artefact("satu"))
    return step("ani", registry.propose, stored.name, WHY)


def test_the_database_refuses_one_person(service, people, proposal):
    """Whatever code runs, one person's promotion, or nobody's agreement, is no row."""
    for decided_by in (people["ani"].user_id, None):
        with pytest.raises(DBAPIError), service.database.write() as session:
            session.add(_row(proposal, decided_by_id=decided_by))


@pytest.mark.parametrize(
    "over", [{"version": "linear-00000000"}, {"manifest_sha256": "0" * 64}, {"action": "rollback"}]
)
def test_the_database_refuses_what_nobody_proposed(service, people, proposal, over):
    """A row that differs from its proposal is refused by the trigger, also where a proposer's name is put on it."""
    forged = {"proposed_by_id": people["cici"].user_id}
    for change in (over, forged):
        with pytest.raises(DBAPIError), service.database.write() as session:
            session.add(_row(proposal, decided_by_id=people["beni"].user_id, **change))


def test_the_database_takes_what_two_people_agreed_on(service, people, proposal):
    """The same row without a forgery goes in: the refusals above are not of something else."""
    with service.database.write() as session:
        session.add(_row(proposal, decided_by_id=people["beni"].user_id))


@pytest.mark.parametrize("table", [ModelHistory, ModelProposal])
def test_history_and_proposals_only_grow(service, artefact, promoted, table):
    """No row of either is changed or removed by ordinary means."""
    promoted(artefact("satu"))
    with pytest.raises(DBAPIError), service.database.write() as session:
        session.execute(update(table).values(reason="lain"))
    with pytest.raises(DBAPIError), service.database.write() as session:
        session.execute(text(f"DELETE FROM {table.__tablename__}"))


def test_every_step_is_in_the_audit(service, artefact, promoted):
    """Keeping, proposing and agreeing each leave a row, and the chain holds."""
    promoted(artefact("satu"))
    with service.database.read() as session:
        actions = [row.action for row in rows.audit.recent(session, entity="model")]
        assert actions == ["model.promote", "model.propose", "model.keep"]
        assert audit.verify(session, service.vault.audit_key).intact


# ---- the way back --------------------------------------------------------------------------------------------------


def test_a_rollback_brings_back_exactly_what_served(artefact, promoted, step, serving):
    """One promotion is taken back at a time, to the very bytes: two models, then the one of the installation."""
    shipped = serving()
    first = promoted(artefact("satu"))
    second = promoted(artefact("nomor-dua"))
    assert second.startswith(serving())
    for wanted in (first, described(RELEASED / "linear").name):
        proposal = step("beni", registry.propose_rollback, "banyak keliru malam ini")
        assert proposal.artefact == wanted
        step("ani", registry.agree, proposal.id)
        assert wanted.startswith(serving())
    assert serving() == shipped
    with pytest.raises(ConflictError):
        step("beni", registry.propose_rollback, "sekali lagi")


def test_a_rollback_needs_two_as_well(artefact, promoted, step):
    """Whoever asks for it cannot grant it."""
    promoted(artefact("satu"))
    proposal = step("beni", registry.propose_rollback, "banyak keliru")
    with pytest.raises(registry.SamePersonError):
        step("beni", registry.agree, proposal.id)


def test_the_history_says_who_what_and_when(service, people, artefact, promoted, step, clock):
    """Newest first: version, both people, the reason, the checksum, and what was replaced."""
    name = promoted(artefact("satu"))
    clock.forward(hours=1)
    step("ani", registry.agree, step("beni", registry.propose_rollback, "keliru").id)
    with service.database.read() as session:
        back, there = registry.history(context_for(service, session, people["ani"])).rows
    assert (there.action, there.artefact, there.proposed_by, there.decided_by) == ("promote", name, "ani", "beni")
    assert (back.action, back.replaces, back.proposed_by, back.decided_by) == ("rollback", name, "beni", "ani")
    assert there.replaces == back.artefact
    assert back.at - there.at == timedelta(hours=1)
    assert len(there.manifest_sha256) == 64
    assert there.metrics["posts.look"] == read_manifest(RELEASED / "linear").metrics["posts.look"]


# ---- the gate and the store ----------------------------------------------------------------------------------------


def test_a_candidate_that_is_worse_on_one_slice_is_refused_by_name(artefact, step):
    """The sentence names the slice and both figures."""
    stored = step("ani", kept, artefact("satu", **{"posts_vs_news.auc": 0.5}))
    wanted = read_manifest(RELEASED / "linear").metrics["posts_vs_news.auc"]
    with pytest.raises(registry.GateRefusedError, match=rf"posts_vs_news\.auc: 0\.500 .* ↔ {wanted:.3f}"):
        step("ani", registry.propose, stored.name, WHY)


def test_a_candidate_that_flags_more_criticism_is_refused(artefact, step):
    """Criticism over the budget and over the champion's own share stops a candidate."""
    stored = step("ani", kept, artefact("satu", **{"twin.unseen_criticism.look": 0.2}))
    with pytest.raises(registry.GateRefusedError, match=r"unseen_criticism\.look: 0\.200"):
        step("ani", registry.propose, stored.name, WHY)


@pytest.mark.parametrize("name", [WEIGHTS, CARD])
def test_a_tampered_artefact_is_not_kept(artefact, step, settings, name):
    """One changed byte, and nothing stands in the store."""
    folder = artefact("satu")
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BadArtefactError, match=name):
        step("ani", kept, folder)
    assert list(settings.models.glob("[!.]*")) == []


def test_an_artefact_that_was_changed_in_the_store_is_not_agreed_to(artefact, step, settings, proposal):
    """Between proposal and agreement the files are checked again."""
    (settings.models / proposal.artefact / CARD).write_text("lain")
    with pytest.raises(BadArtefactError, match=r"card\.md"):
        step("beni", registry.agree, proposal.id)


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"posts.look": float("nan")}, "not finite"),
        ({"besides": float("inf")}, "not finite"),
        ({"besides": [{"inside": "\0"}]}, "NUL"),
        ({"besides": "\ud800"}, "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        ({"posts.look": int("9" * 400)}, "posts.look"),
        ({"posts.look": 0.4, "posts.look.low": "abc", "posts.look.high": 0.5}, "posts.look"),
    ],
)
def test_a_manifest_that_no_database_takes_is_not_kept(artefact, step, settings, stated, why):
    """It is refused with a sentence when it comes, not with a fault when it is proposed."""
    with pytest.raises(BadArtefactError, match=why):
        step("ani", kept, artefact("satu", **stated))
    assert list(settings.models.glob("[!.]*")) == []


def test_a_manifest_names_few_files(artefact, step):
    """A list of a thousand files is refused before the first of them is read."""
    folder = artefact("satu")
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"] |= {f"{number}.txt": "0" for number in range(1000)}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(TooLargeError):
        step("ani", kept, folder)


def test_no_model_is_opened_while_something_is_written(artefact, step, service, people, monkeypatch):
    """What a first agreement replaces is proven beforehand; the agreement itself only reads checksums."""
    proposal = step("ani", registry.propose, step("ani", kept, artefact("satu")).name, WHY)
    with service.database.read() as session:
        registry.prepare_agreement(context_for(service, session, people["beni"]), proposal.id)

    def opened(folder):
        raise AssertionError(f"{folder} was opened")

    monkeypatch.setattr(artifact, "load", opened)
    assert step("beni", registry.agree, proposal.id).replaces == described(RELEASED / "linear").name


def test_without_a_readable_base_nothing_is_compared(artefact, step, settings, service, people, tmp_path):
    """The page still says what stands; a proposal is refused with the reason."""
    stored = step("ani", kept, artefact("satu"))
    broken = replace(service, settings=settings.model_copy(update={"model_dir": tmp_path / "tidak-ada"}))
    with broken.database.read() as session:
        serving = registry.overview(context_for(broken, session, people["ani"])).serving
    assert "tidak-ada" in serving.fault
    assert (serving.version, serving.figures) == ("", {})
    for use_case in (registry.propose, registry.challenge):
        with broken.database.write() as session, pytest.raises(UnavailableError, match="tidak-ada"):
            use_case(context_for(broken, session, people["ani"]), stored.name, WHY)


def test_only_named_files_are_copied(artefact, step, settings):
    """A program that lies beside the weights stays where it is."""
    folder = artefact("satu")
    (folder / "__init__.py").write_text("raise SystemExit")
    stored = step("ani", kept, folder)
    assert sorted(path.name for path in (settings.models / stored.name).iterdir()) == sorted(
        [MANIFEST, *read_manifest(folder).files]
    )


def test_keeping_twice_keeps_one(artefact, step, settings):
    """The name is the content, so the same artefact is there once; a damaged one is put aside and made whole."""
    folder = artefact("satu")
    stored = step("ani", kept, folder)
    (settings.models / stored.name / CARD).write_text("rusak")
    assert step("beni", kept, folder) == stored
    assert (settings.models / stored.name / CARD).read_bytes() == (folder / CARD).read_bytes()


def test_an_artefact_outside_the_store_cannot_be_named(step):
    """A name that leads elsewhere is no artefact."""
    for name in ("../linear", ".incoming-x", "linear-00000000-000000000000", ""):
        with pytest.raises(NotFoundError):
            step("ani", registry.propose, name, WHY)


# ---- what goes wrong afterwards ------------------------------------------------------------------------------------


def test_a_broken_artefact_never_replaces_a_working_one(service, settings, artefact, step, proposal, serving, people):
    """The weights rot after the agreement: the model before goes on, and the engineer's page says so."""
    before = serving()
    step("beni", registry.agree, proposal.id)
    (settings.models / proposal.artefact / WEIGHTS).write_bytes(b"rusak")
    assert serving() == before
    with service.database.write() as session:
        holder_for(service.settings).look(session, service.clock.now())
    with service.database.read() as session:
        [alert] = registry.overview(context_for(service, session, people["ani"])).alerts
    assert WEIGHTS in alert.why
    assert alert.process


def test_a_broken_artefact_is_tried_again_once_it_is_whole(service, settings, artefact, step, proposal):
    """Half a minute later, with the file back, the process has what was agreed on and the alert is gone."""
    from serving.desk.learning.models_holder import ModelHolder
    from serving.desk.learning.models_store import ModelStore

    seconds = [0.0]
    shipped = holder_for(settings)
    holder = ModelHolder(ModelStore(settings.models), shipped.current, lambda: seconds[0])
    before = holder.version
    step("beni", registry.agree, proposal.id)
    weights = settings.models / proposal.artefact / WEIGHTS
    whole = weights.read_bytes()
    weights.write_bytes(b"rusak")
    with service.database.read() as session:
        holder.look(session, service.clock.now())
    assert holder.version == before
    weights.write_bytes(whole)
    assert holder.version == before  # not yet: a broken file is not read again for every score
    seconds[0] = 31.0
    assert proposal.artefact.startswith(holder.version)
    assert holder.faults == ()


# ---- the challenger in shadow --------------------------------------------------------------------------------------


@pytest.fixture
def read(service):
    """Let the challenger read what is new, as the worker does."""

    def do():
        def begin():
            return _acting(service)

        return models_shadow.read_new(begin, holder_for(service.settings))

    return do


def _acting(service):
    from serving.deps import acting

    return acting(service)


def test_a_challenger_reads_new_claims_and_no_old_ones(service, artefact, step, read, clock, people):
    """What it says stands beside the champion's answer to the same words; claims keep the champion's score."""
    stored = step("ani", kept, artefact("satu", bias=20.0))
    with service.database.write() as session:
        factories.claim(context_for(service, session, SERVICE))
    clock.forward(minutes=1)
    step("ani", registry.challenge, stored.name, "coba dulu")
    clock.forward(minutes=1)
    with service.database.write() as session:
        claim = factories.claim(context_for(service, session, SERVICE), wording=CALM)
    assert (read(), read()) == (1, 0)
    with service.database.read() as session:
        found = registry.disagreements(context_for(service, session, people["ani"]))
    [row] = found.rows
    assert (row.claim_id, row.wording, row.version) == (claim.id, claim.wording, stored.version)
    assert (row.band, row.champion_band) == ("look", "clear")
    assert row.p_hoax > 0.9 > 0.1 > row.champion_p_hoax
    assert found.trial.counts.n_claims == 1


def test_agreeing_models_leave_no_disagreement(service, tmp_path, step, read, clock, people):
    """A challenger with the same weights and another card reads all and differs on none."""
    folder = shutil.copytree(RELEASED / "linear", tmp_path / "same")
    manifest = json.loads((folder / MANIFEST).read_text()) | {"created": "2026-03-01T00:00:00+00:00"}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    stored = step("ani", kept, folder)
    step("ani", registry.challenge, stored.name, "coba dulu")
    with service.database.write() as session:
        factories.claim(context_for(service, session, SERVICE))
    assert read() == 1
    with service.database.read() as session:
        assert registry.disagreements(context_for(service, session, people["ani"])).rows == []


def test_a_withdrawn_challenger_reads_nothing_more(service, artefact, step, read):
    """What it said stays; new claims are the champion's alone."""
    stored = step("ani", kept, artefact("satu"))
    step("ani", registry.challenge, stored.name, "coba dulu")
    step("ani", registry.withdraw, "cukup")
    with service.database.write() as session:
        factories.claim(context_for(service, session, SERVICE))
    assert read() == 0


def test_a_promoted_challenger_is_no_challenger(service, artefact, promoted, step):
    """Once it serves there is nothing left to compare."""
    folder = artefact("satu")
    stored = step("ani", kept, folder)
    step("ani", registry.challenge, stored.name, "coba dulu")
    promoted(folder)
    with service.database.read() as session:
        assert rows.standing(session).challenger is None


def test_the_limits_are_one_object():
    """The gate, the page and the documents read the same frozen values."""
    with pytest.raises(AttributeError):
        LIMITS.criticism_budget = 0.5
    assert replace(LIMITS, apart=0.2).criticism_budget == LIMITS.criticism_budget
