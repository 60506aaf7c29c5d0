"""Posts become claims, once, whatever comes how often and from how many sides."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from importlib.resources import files

import pytest
from sqlalchemy import func, inspect, select, text

from serving.db.tables import AuditRow, Claim, ClaimSignature, Match, Post, Spread, Wording
from serving.deps import context_for
from serving.desk import audit
from serving.desk.context import SERVICE
from serving.desk.incoming import figures
from serving.desk.incoming.intake import take_in
from serving.desk.incoming.machine import Machine, machine_for, rematch, scorer_for
from serving.desk.incoming.posts import Media, NewPost, PostRefusedError
from serving.desk.incoming.trends import Engagement
from serving.desk.retention import forget_links
from serving.errors import NotFoundError, TooLargeError
from serving.vocabulary import Category, ClaimState, MatchStatus
from tests import factories
from tests.conftest import SECRET

FLOOD = "Bendungan Contoh Hulu jebol sore ini, air bah sedang menuju kota setinggi atap rumah, warga diminta lari"
PRIZE = "Bank Sampel Nusantara membagikan hadiah ulang tahun lima puluh juta rupiah, klik tautan pendaftaran sekarang"
CALM = "Jadwal perpustakaan keliling minggu depan berpindah ke lapangan kecamatan karena halaman kantor sedang dicat"


@pytest.fixture
def machine(service):
    """A machine of this test's own."""
    return Machine(scorer_for(service.settings))


@pytest.fixture
def take(service, machine, clock):
    """Take posts in, in a transaction of their own."""

    def do(*posts, by=machine):
        with service.database.write() as session:
            return take_in(context_for(service, session, SERVICE), by, posts)

    return do


@pytest.fixture
def post(clock):
    """Make a post of this moment."""

    def make(number, words=FLOOD, **over):
        values = {"source": "x", "external_id": str(number), "text": words, "posted_at": clock.now()}
        return NewPost(**values | over)

    return make


def test_copies_become_one_claim_with_everything_beside_it(take, ask, post):
    """Three copies and another text make two claims: worded, scored with reasons, categorised, counted, queued."""
    outcome = take(
        post(1, engagement=Engagement(views=500)),
        post(2, f"FWD: SEBARKAN!! {FLOOD} 🚨"),
        post(3, PRIZE),
        post(4, FLOOD.lower()),
    )
    assert (outcome.n_posts, outcome.n_claims) == (4, 2)
    assert outcome.claim_ids[0] == outcome.claim_ids[1] == outcome.claim_ids[3]
    flood, prize = ask(select(Claim).order_by(Claim.id))
    assert (flood.state, flood.n_posts, flood.reach) == (ClaimState.QUEUED, 3, 502)
    assert flood.wording.startswith("Bendungan Contoh Hulu jebol")
    assert flood.category is Category.DISASTER
    assert prize.category is Category.FRAUD
    assert flood.band in {"look", "abstain", "clear"}
    assert flood.model.startswith("linear-")
    assert flood.reasons[0].keys() == {"code", "words", "weight"}
    assert flood.posts_per_hour == pytest.approx(3, rel=0.2)
    assert len(ask(select(Wording))) == 2
    assert [row.n_posts for row in ask(select(Spread).where(Spread.claim_id == flood.id))] == [3]


def test_a_batch_leaves_one_row_in_the_audit(take, service, post):
    """However many posts: one row, and the chain holds."""
    take(*(post(n, f"{PRIZE} nomor {n}") for n in range(5)))
    with service.database.read() as session:
        actions = session.scalars(select(AuditRow.action)).all()
        assert actions.count("intake.batch") == 1
        assert audit.verify(session, service.vault.audit_key).intact


def test_sending_again_loses_and_doubles_nothing(take, ask, post):
    """The same posts twice, also within one batch, leave the same rows."""
    first = take(post(1), post(2, PRIZE), post(1))
    again = take(post(1), post(2, PRIZE))
    assert (first.n_posts, first.n_known, again.n_posts, again.n_known, again.n_claims) == (2, 1, 0, 2, 0)
    assert again.claim_ids == first.claim_ids[:2]
    assert sum(claim.n_posts for claim in ask(select(Claim))) == len(ask(select(Post))) == 2


def test_higher_counts_raise_claim_and_spread_and_lower_ones_do_nothing(take, ask, post, clock):
    """A post that comes again later with more views adds the difference to where it was posted."""
    take(post(1, engagement=Engagement(likes=10, views=100)))
    earlier = clock.now()
    clock.forward(hours=3)
    later = take(post(1, engagement=Engagement(likes=4, views=900), posted_at=earlier))
    assert later.n_raised == 1
    [claim] = ask(select(Claim))
    [kept] = ask(select(Post))
    [quarter] = ask(select(Spread))
    assert (kept.likes, kept.views, kept.reach) == (10, 900, 900)
    assert (claim.n_posts, claim.reach, claim.engagement) == (1, 900, 10)
    assert (quarter.n_posts, quarter.reach, quarter.engagement) == (1, 900, 10)


def test_no_identity_is_stored_in_any_table(service, client, key_for, machine, post, take):
    """After files, API and inbox, no cell of any table holds a handle, id, profile, address, number or mail."""
    from serving.desk.incoming.intake import drain
    from serving.vocabulary import Role

    secrets = [
        "sampel_rinjani",
        "777000111",
        "812-0000",
        "81200002222",
        "surat@contoh.example",
        "facebook.com",
        "/status/",
    ]
    url = "https://x.com/sampel_rinjani/status/777000111"
    words = f"{FLOOD}. Kata @sampel_rinjani, telepon 0812-0000-2222 atau surat@contoh.example, {url} facebook.com/sampel_rinjani"
    media = (Media("video", "ab" * 8, "ikuti @sampel_rinjani di facebook.com/sampel_rinjani"),)
    take(post(777000111, words, url=url, media=media))
    body = {"source": "fb", "external_id": "777000111", "text": words, "posted_at": "2026-03-02T02:00:00Z", "url": url}
    answer = client.post("/v1/posts", json={"posts": [body]}, headers=key_for("budi", Role.CHECKER))
    assert answer.status_code == 202

    def dump():
        with service.database.engine.connect() as connection:
            for table in inspect(connection).get_table_names():
                for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                    for cell in row:
                        raw = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                        yield table, raw

    def leaks():
        return [(table, secret) for table, cell in dump() for secret in secrets if secret.encode() in cell]

    assert leaks() == []

    def begin():
        from contextlib import contextmanager

        @contextmanager
        def opened():
            with service.database.write() as session:
                yield context_for(service, session, SERVICE)

        return opened()

    assert drain(begin, machine).n_posts == 1
    assert leaks() == []


def test_one_bad_post_keeps_the_batch_out(take, ask, post, clock):
    """``take_in`` is all or nothing; doors check row by row before."""
    with pytest.raises(PostRefusedError):
        take(post(1), post(2, posted_at=clock.now() + timedelta(days=1)))
    assert ask(select(Claim)) == []


def test_too_many_at_once_are_refused(take, post):
    """A batch is one transaction, so it is bounded."""
    with pytest.raises(TooLargeError):
        take(*(post(n) for n in range(1_001)))


def test_a_rolled_back_batch_leaves_no_trace_in_the_index(service, machine, take, ask, post):
    """What was not committed is forgotten: the next copy founds the claim, and finds no claim that never was."""
    with pytest.raises(RuntimeError), service.database.write() as session:
        take_in(context_for(service, session, SERVICE), machine, [post(1)])
        raise RuntimeError
    outcome = take(post(2), post(3, PRIZE))
    assert outcome.n_claims == 2
    assert {claim.n_posts for claim in ask(select(Claim))} == {1}
    assert take(post(4)).claim_ids[0] == outcome.claim_ids[0]


def test_a_restart_finds_the_claims_again(service, take, post):
    """Another process, or this one after a restart, joins copies to the same claim."""
    first = take(post(1), post(2, PRIZE))
    fresh = Machine(scorer_for(service.settings))
    assert take(post(3, f"info {FLOOD}"), post(4, PRIZE.upper()), by=fresh).claim_ids == first.claim_ids


def test_two_processes_take_turns_and_double_no_claim(service, post, ask):
    """Two machines taking in the same claims at once make each claim once."""
    themes = [f"{FLOOD} wilayah {word}" for word in ("timur", "barat")] + [PRIZE, CALM]
    machines = [Machine(scorer_for(service.settings)) for _ in range(2)]
    failures = []

    def work(which):
        try:
            for turn in range(6):
                with service.database.write() as session:
                    ctx = context_for(service, session, SERVICE)
                    take_in(
                        ctx, machines[which], [post(f"{which}-{turn}-{i}", words) for i, words in enumerate(themes)]
                    )
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    claims = ask(select(Claim))
    assert sum(claim.n_posts for claim in claims) == 2 * 6 * len(themes)
    assert len({claim.wording for claim in claims}) == len(claims)
    assert len(claims) <= len(themes)


@pytest.mark.parametrize("state", [ClaimState.DISMISSED, ClaimState.CLOSED, ClaimState.ON_HOLD, ClaimState.CLAIMED])
def test_copies_join_a_claim_in_any_state(service, take, ask, post, state):
    """A decided claim goes on counting its copies and stays as it was decided."""
    first = take(post(1))
    with service.database.write() as session:
        claim = session.get(Claim, first.claim_ids[0])
        claim.state = state
        claim.dismiss_reason = "opinion" if state is ClaimState.DISMISSED else None
    assert take(post(2)).claim_ids == first.claim_ids
    [claim] = ask(select(Claim))
    assert (claim.state, claim.n_posts) == (state, 2)


def test_copies_of_a_merged_claim_join_what_took_it_over(service, take, ask, post):
    """A merged claim leads on."""
    merged, kept = take(post(1), post(2, PRIZE)).claim_ids
    with service.database.write() as session:
        claim = session.get(Claim, merged)
        claim.state, claim.merged_into_id = ClaimState.MERGED, kept
    assert take(post(3)).claim_ids == (kept,)
    assert {claim.id: claim.n_posts for claim in ask(select(Claim))} == {merged: 1, kept: 2}


def test_a_person_s_work_is_not_written_over(service, take, ask, post):
    """Category, wording and lease that people set stay when copies come."""
    number = take(post(1)).claim_ids[0]
    with service.database.write() as session:
        claim = session.get(Claim, number)
        claim.category, claim.wording, claim.version = Category.SECURITY, "Kalimat pemeriksa.", 7
    take(post(2))
    [claim] = ask(select(Claim))
    assert (claim.category, claim.category_suggested) == (Category.SECURITY, Category.DISASTER)
    assert (claim.wording, claim.version) == ("Kalimat pemeriksa.", 7)


def test_a_claim_fades_when_nothing_new_comes(service, take, ask, post, clock):
    """Hours later its speed and its place have sunk without a single new post."""
    take(*(post(n) for n in range(10)))
    [before] = ask(select(Claim))
    clock.forward(hours=6)
    with service.database.write() as session:
        assert figures.refresh(context_for(service, session, SERVICE)) == 1
    [after] = ask(select(Claim))
    assert after.posts_per_hour < 0.1 < before.posts_per_hour
    assert after.priority < before.priority


def test_the_library_answers_a_new_claim_as_a_suggestion(service, take, ask, post):
    """A claim that a clarification answers gets a match that only a human can confirm."""
    with service.database.write() as session:
        factories.clarification(context_for(service, session, SERVICE))
    take(post(1, "Bank Contoh membagikan kuota gratis, isi data lewat tautan pendaftaran ini sebelum besok pagi"))
    [match] = ask(select(Match))
    assert match.status is MatchStatus.SUGGESTED
    assert match.machine_status in {"suggested", "confirmed"}
    assert 0 < match.score <= 1
    assert match.machine_version
    assert match.decided_by_id is None


def test_a_clarification_that_comes_later_is_found_when_asked_again(service, take, ask, post, machine, sign_up):
    """``rematch`` adds new suggestions and leaves alone what a human decided."""
    number = take(
        post(1, "Bank Contoh membagikan kuota gratis, isi data lewat tautan pendaftaran ini sebelum besok")
    ).claim_ids[0]
    person = sign_up("wati")
    with service.database.write() as session:
        factories.clarification(context_for(service, session, SERVICE))
    for expected in (MatchStatus.SUGGESTED, MatchStatus.REJECTED):
        with service.database.write() as session:
            rematch(context_for(service, session, SERVICE), machine, number)
        [match] = ask(select(Match))
        assert match.status is (MatchStatus.SUGGESTED if expected is MatchStatus.SUGGESTED else MatchStatus.REJECTED)
        with service.database.write() as session:
            row = session.get(Match, match.id)
            row.status, row.decided_by_id = MatchStatus.REJECTED, person.user_id
    with service.database.write() as session, pytest.raises(NotFoundError):
        rematch(context_for(service, session, SERVICE), machine, 10**9)


def test_links_are_forgotten_after_their_time(service, take, ask, post, clock):
    """Sealed until the day, gone after it, told in the audit once."""
    take(post(1, url="https://contoh.example/kiriman/1"), post(2, PRIZE))
    clock.forward(days=89)
    with service.database.write() as session:
        assert forget_links(context_for(service, session, SERVICE)) == 0
    clock.forward(days=2)
    with service.database.write() as session:
        assert forget_links(context_for(service, session, SERVICE)) == 1
    assert all(row.sealed_link is None for row in ask(select(Post)))
    assert ask(select(func.count()).select_from(AuditRow).where(AuditRow.action == "post.forget_links")) == [1]


def test_signatures_of_another_version_are_written_anew(service, take, post):
    """After an upgrade that reads texts otherwise, copies still find their claim."""
    first = take(post(1), post(2, PRIZE))
    with service.database.write() as session:
        session.execute(text("UPDATE claim_signatures SET payload = :other"), {"other": b"of another version"})
    fresh = Machine(scorer_for(service.settings))
    assert take(post(3), post(4, PRIZE), by=fresh).claim_ids == first.claim_ids


def test_a_quiet_claim_leaves_memory_and_comes_back_with_its_first_copy(service, take, post, ask):
    """A machine that remembers few claims finds an old one by its keys, and then remembers it again."""
    small = Machine(scorer_for(service.settings), remembered_max=6)
    first = take(post(1), by=small).claim_ids
    for turn in range(4):
        take(*(post(f"{turn}-{n}", _different(10 * turn + n)) for n in range(10)), by=small)
    assert small.n_remembered < 25
    again = take(post(2, f"INFO PENTING: {FLOOD} 🙏"), post(3, FLOOD), by=small)
    assert again.claim_ids == first * 2
    assert take(post(4, f"{FLOOD} sebarkan"), by=small).claim_ids == first
    assert len(ask(select(Claim))) == 41


def test_a_quiet_claim_comes_back_by_any_wording_that_it_keeps(service, take, post, ask):
    """An exact copy of a later wording, which the first one has little in common with, finds its claim again."""
    small = Machine(scorer_for(service.settings), remembered_max=12)
    chain = [f"{FLOOD}, minta lari ke bukit timur sebelum malam membawa surat obat makanan selimut senter".split()]
    for step in range(8):
        chain.append([f"ganti{step}x{at}" if at % 15 == 2 * step % 15 else word for at, word in enumerate(chain[-1])])
    texts = [" ".join(wording) for wording in chain]
    drifted = [take(post(f"c{n}", wording), by=small).claim_ids[0] for n, wording in enumerate(texts)]
    last = max(n for n, claim in enumerate(drifted) if claim == drifted[0])
    assert last >= 4
    assert len(ask(select(ClaimSignature))) > 1
    for turn in range(5):
        take(*(post(f"{turn}-{n}", _different(10 * turn + n)) for n in range(10)), by=small)
    assert take(post("again", texts[last]), by=small).claim_ids[0] == drifted[0]


def test_unlike_wordings_of_a_quiet_claim_in_one_batch_find_it_each(service, take, post, ask, monkeypatch):
    """However few texts are looked up at once: the one that came back first does not hide the claim from the next."""
    monkeypatch.setattr("serving.desk.incoming.machine._RECALLED_AT_ONCE", 1)
    home = take(post(1), post(2, PRIZE)).claim_ids[0]
    with service.database.write() as session:
        session.execute(text("UPDATE claim_bands SET claim_id = :home"), {"home": home})
        session.execute(text("UPDATE claim_signatures SET claim_id = :home"), {"home": home})
    take(*(post(f"a{n}", _different(n)) for n in range(10)))
    fresh = Machine(scorer_for(service.settings), remembered_max=4)
    assert take(post(3, PRIZE), post(4, FLOOD), by=fresh).claim_ids == (home, home)


def test_a_fresh_machine_reads_only_what_it_may_remember(service, take, post):
    """After a restart the newest claims are remembered and the others are found by their keys."""
    first = take(post(1), post(2, PRIZE)).claim_ids
    take(*(post(f"a{n}", _different(n)) for n in range(10)))
    fresh = Machine(scorer_for(service.settings), remembered_max=4)
    found = take(post(3, FLOOD.upper()), post(4, _different(9)), post(5, PRIZE), by=fresh)
    assert found.n_claims == 0
    assert (found.claim_ids[0], found.claim_ids[2]) == first


def _different(number):
    """A text that shares no phrase with another number's."""
    words = ["kapal", "sawah", "pasar", "jembatan", "gudang", "terminal", "taman", "pabrik", "sekolah", "menara"]
    tens, ones = words[number // 10 % 10], words[number % 10]
    return (
        f"{tens}{number}a roboh dekat {ones}{number}b lalu warga{number}c mengungsi menuju balai{number}d desa{number}e"
    )


def test_the_same_picture_joins_posts_to_one_claim(take, post, ask):
    """Posts whose words differ but whose picture is the same are one claim, in one batch and in a later one."""
    picture = (Media("image", "c3" * 8),)
    blank = (Media("image", "0" * 16),)
    first = take(
        post(1, "Lihat foto kejadian kemarin malam di dermaga lama", media=picture),
        post(2, "Bukti bahwa pejabat contoh itu berbohong soal anggaran", media=picture),
        post(3, PRIZE, media=blank),
        post(4, CALM, media=blank),
    )
    assert (first.n_claims, first.claim_ids[0]) == (3, first.claim_ids[1])
    later = take(post(5, "Sungguh memilukan kabar yang satu ini kawan", media=(Media("image", "C3" * 8),)))
    assert later.claim_ids == first.claim_ids[:1]
    words = take(post(6, PRIZE, media=picture))
    assert words.claim_ids == first.claim_ids[2:3]


def test_a_picture_that_a_copy_brings_counts_in_the_same_batch(take, post, ask):
    """A copy of a known claim brings a picture; other words under it are that claim, in one batch as in two."""
    picture, other = (Media("image", "c3a5" * 4),), (Media("image", "b4d2" * 4),)
    first = take(post(1)).claim_ids
    assert take(post(2, media=picture), post(3, PRIZE, media=picture), post(4, PRIZE)).claim_ids == first * 3
    # The copy of a claim that is new in the batch brings one as well.
    new = take(post(5, CALM), post(6, CALM, media=other), post(7, _different(7), media=other)).claim_ids
    assert new == new[:1] * 3
    assert new[0] != first[0]
    assert take(post(8, _different(8), media=other)).claim_ids == new[:1]


def test_under_a_picture_a_few_words_say_less_than_it(take, post, ask):
    """A caption that goes with anything joins by its picture alone: a known one leads home, another founds a claim."""
    fish, fire = (Media("image", "c3a5" * 4),), (Media("image", "b4d2" * 4),)
    flood, captioned = take(post(1, media=fire), post(2, "bantu sebar", media=fish)).claim_ids
    assert flood != captioned
    assert take(post(3, "bantu sebar", media=fire)).claim_ids == (flood,)
    unknown = (Media("image", "1234" * 4),)
    again = take(post(4, "Tolong bantu sebar 🙏", media=unknown), post(5, "bantu sebar", media=unknown))
    assert again.claim_ids[0] == again.claim_ids[1]
    assert again.claim_ids[0] not in (flood, captioned)
    assert take(post(6, _different(6), media=unknown), post(7, _different(6))).claim_ids == again.claim_ids
    # Without a picture the words are all there is, and they are no picture's.
    assert take(post(8, "bantu sebar")).claim_ids[0] not in (flood, captioned, again.claim_ids[0])
    assert len(ask(select(Claim))) == 4


def test_a_short_claim_with_a_picture_goes_with_its_picture(take, post):
    """Short words that say something join what they copy, unless the picture is known to belong elsewhere."""
    fire, new = (Media("image", "b4d2" * 4),), (Media("image", "1234" * 4),)
    short = "Bendungan contoh jebol sore ini"
    calm, dam = take(post(1, CALM, media=fire), post(2, short)).claim_ids
    assert take(post(3, short, media=fire), post(4, short, media=new)).claim_ids == (calm, dam)


def test_a_restart_finds_what_a_picture_alone_founded(service, take, post):
    """A claim without a wording of its own is found by its picture, by this machine and by a fresh one."""
    picture = (Media("image", "c3a5" * 4),)
    first = take(post(1, "bantu sebar", media=picture)).claim_ids
    assert take(post(2, "bantu sebar", media=picture), post(3, media=picture)).claim_ids == first * 2
    fresh = Machine(scorer_for(service.settings))
    assert take(post(4, "🙏", media=picture), post(5), by=fresh).claim_ids == first * 2


def test_a_known_picture_without_words_joins_its_claim(take, post, ask):
    """Empty, or an emoji alone: the picture says where it belongs, and an unknown one founds a claim that its copies join."""
    picture, other = (Media("image", "c3a5" * 4),), (Media("image", "B4D2" * 4),)
    first = take(post(1, media=picture)).claim_ids
    assert take(post(2, "", media=picture), post(3, "🙏🔥", media=picture)).claim_ids == first * 2
    unknown = take(post(4, "", media=other)).claim_ids
    assert unknown != first
    assert (
        take(post(5, "👀", media=(Media("image", "b4d2" * 4),)), post(6, PRIZE, media=other)).claim_ids == unknown * 2
    )
    assert len(ask(select(Claim))) == 2


def test_signatures_are_kept_for_representatives_only(take, ask, post):
    """A hundred copies do not make a hundred signatures."""
    take(*(post(n) for n in range(100)))
    assert len(ask(select(ClaimSignature))) < 20


def test_the_sample_feed_gathers_into_claims(take, ask, clock):
    """Of the sample's 406 posts most land with their kind: pure claims, and no hoax torn into crumbs."""
    rows = [json.loads(line) for line in files("data").joinpath("sample/posts.jsonl").read_text("utf-8").splitlines()]
    start = clock.now() - timedelta(days=2)
    posts = [
        NewPost(row["source"], row["external_id"], row["text"], start + timedelta(seconds=row["offset_s"]))
        for row in rows
    ]
    found = take(*posts).claim_ids
    members = {}
    for row, claim_id in zip(rows, found, strict=True):
        members.setdefault(claim_id, []).append(row["claim"])
    pure = sum(max(names.count(name) for name in names) for names in members.values())
    assert pure / len(rows) > 0.97
    for name in {row["claim"] for row in rows if row["truth"] == "hoax"}:
        sizes = [names.count(name) for names in members.values()]
        assert max(sizes) >= 5


def test_the_sample_feed_gives_the_claims_that_it_always_gave(take, ask, clock):
    """In batches of 100: the same 101 claims with the same posts as before intake was made columnar."""
    rows = [json.loads(line) for line in files("data").joinpath("sample/posts.jsonl").read_text("utf-8").splitlines()]
    start = clock.now() - timedelta(days=2)
    posts = [
        NewPost(row["source"], row["external_id"], row["text"], start + timedelta(seconds=row["offset_s"]))
        for row in rows
    ]
    found = [claim for at in range(0, len(posts), 100) for claim in take(*posts[at : at + 100]).claim_ids]
    assert hashlib.sha256(json.dumps(found).encode()).hexdigest().startswith("df15e83d22695a5e")
    assert len(ask(select(Claim))) == 101


def test_two_worker_processes_double_no_claim(service, tmp_path, ask):
    """Two real processes that take the same claims in at the same time make each of them once and lose no post."""
    themes = [_different(n) for n in range(12)]
    commands = []
    for which in ("kiri", "kanan"):
        file = tmp_path / f"{which}.jsonl"
        rows = [{"id": f"{which}{n}", "text": themes[n % 12], "time": "2026-03-01T08:00:00+07:00"} for n in range(240)]
        file.write_text("\n".join(map(json.dumps, rows)))
        commands.append([sys.executable, "-c", "from serving.cli import main; main()", "ingest", str(file)])
    settings = service.settings
    environment = os.environ | {
        "SULUH_DATABASE_URL": settings.database,
        "SULUH_SECRET_KEY": SECRET,
        "SULUH_VAR_DIR": str(settings.var_dir),
    }
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for command in commands
    ]
    for process in processes:
        out, error = process.communicate(timeout=120)
        assert process.returncode == 0, out + error
    claims = ask(select(Claim))
    assert (len(claims), sum(claim.n_posts for claim in claims)) == (12, 480)


def test_machines_are_made_once_a_process(service):
    """The same settings give the same machine."""
    assert machine_for(service.settings) is machine_for(service.settings)
