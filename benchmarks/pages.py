"""How long the server takes for each page and the main operations of ``/v1``, with a desk's years of claims behind it.

Made-up claims, posts, quarters, clarifications and steps of the record are written in bulk, drawn from a seed, into
SQLite and into a PostgreSQL of its own. Then each address is asked through the whole application, one request after
another, so that what is measured is the server's own time: middleware, rules, statements and template. Beside each
stands the number of statements that one request sends. Search has a benchmark of its own and is not asked here.

    python -m benchmarks.pages                                   # a tenth of the goal's size, SQLite
    python -m benchmarks.pages --full                            # 100,000 claims, 1,000,000 posts, both databases
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from sqlalchemy import text
from tqdm import tqdm

from benchmarks.kept import keep
from serving.app import create_app
from serving.db import bulk
from serving.db.tables import (
    AuditRow,
    Base,
    Claim,
    ClaimPlace,
    ClaimSource,
    Clarification,
    ClarificationVersion,
    Match,
    Post,
    SourceTotal,
    Spread,
)
from serving.db.upgrade import migrate
from serving.deps import Service, acting, context_for
from serving.desk.context import SERVICE
from serving.desk.incoming.search_index import indexer_for
from serving.desk.people import accounts
from serving.desk.regions import regions
from serving.settings import Settings
from serving.vocabulary import (
    Category,
    ClaimState,
    ClarificationState,
    DismissReason,
    MatchStatus,
    Role,
    VerdictLabel,
)
from tests.integration.counting import statements
from tests.postgres import running

NOW: Final = datetime(2026, 3, 2, 3, tzinfo=UTC)
SECRET: Final = "a-secret-of-benchmarks-only-0123456789"
PASSWORD: Final = "sandi-percobaan-pages-1"
SEED: Final = 11
DAYS: Final = 60
CHUNK: Final = 20_000
POSTS_EACH: Final = 10
QUARTERS_EACH: Final = 4
ROUNDS: Final = 20
SOURCES: Final = ("x", "facebook", "whatsapp", "rss", "laporan-warga")
# Of a hundred claims: what became of them. Open ones are the backlog of a desk that cannot keep up.
STATES: Final = (
    *(ClaimState.QUEUED,) * 44,
    *(ClaimState.DRAFTED,) * 2,
    *(ClaimState.ON_HOLD,) * 2,
    *(ClaimState.AWAITING_APPROVAL,) * 2,
    *(ClaimState.PUBLISHED,) * 20,
    *(ClaimState.DISMISSED,) * 25,
    *(ClaimState.CLOSED,) * 5,
)
SUBJECTS: Final = ("bank contoh", "pasar contoh", "rumah sakit contoh", "bendungan contoh", "sekolah contoh")
TOLD: Final = ("membagikan kuota gratis", "tutup sebulan penuh", "jebol malam ini", "meminta data pribadi")

# Who asks, and what; {claim} and {slug} are filled in.
ASKED: Final = (
    ("pemeriksa", "/antrean"),
    ("pemeriksa", "/antrean?category=penipuan&band=look"),
    ("pemeriksa", "/antrean?state=drafted"),
    ("pemeriksa", "/antrean?region=ID-JK"),
    ("pemeriksa", "/antrean?source=x"),
    ("pemeriksa", "/antrean/baru?sejak={claim}"),
    ("pemeriksa", "/klaim/{claim}"),
    ("pemeriksa", "/klaim/{claim}/gabung"),
    ("pemeriksa", "/sebutan"),
    ("pemeriksa", "/tren"),
    ("pemeriksa", "/tren/{claim}"),
    ("pemeriksa", "/papan"),
    ("pemeriksa", "/papan?jam=168"),
    ("pemeriksa", "/pustaka"),
    ("pemeriksa", "/pustaka/pengingat"),
    ("pemeriksa", "/periksa/tanpa-label"),
    ("pemeriksa", "/uji-mutu/saya"),
    ("penyetuju", "/klaim/{waiting}"),
    ("penyetuju", "/periksa/keberatan"),
    ("insinyur", "/uji-mutu"),
    ("insinyur", "/model/pelajaran"),
    ("insinyur", "/admin/jejak"),
    ("insinyur", "/admin/jejak?jenis=claim&nomor={claim}"),
    ("", "/klarifikasi"),
    ("", "/klarifikasi?q=kuota"),
    ("", "/klarifikasi/{slug}"),
    ("", "/koreksi"),
    ("", "/transparansi"),
    ("key", "/v1/claims"),
    ("key", "/v1/claims/counts"),
    ("key", "/v1/claims/{claim}"),
    ("key", "/v1/claims/{claim}/draft"),
    ("key", "/v1/claims/{claim}/history"),
    ("key", "/v1/deadlines?hours=168"),
    ("key", "/v1/trends"),
    ("key", "/v1/clarifications"),
)


class _Clock:
    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True, slots=True)
class Answered:
    """What asking one address came to: milliseconds of each round, and statements of one request."""

    who: str
    path: str
    ms: tuple[float, ...]
    n_statements: int

    def p(self, share: float) -> float:
        """Give a percentile of the rounds."""
        return float(np.quantile(self.ms, share))


# ---- what is in the database -------------------------------------------------------------------------------------


def fill(service: Service, n_claims: int) -> None:
    """Write ``n_claims`` claims with what belongs to them, the same on both databases."""
    dice = np.random.default_rng(SEED)
    with service.database.write() as session:
        ids = {
            name: accounts.create_user(context_for(service, session, SERVICE), name, PASSWORD, [role]).id
            for name, role in (
                ("pemeriksa", Role.CHECKER),
                ("penyetuju", Role.APPROVER),
                ("insinyur", Role.ENGINEER),
            )
        }
    with tqdm(total=n_claims, desc="claims", unit="claim", leave=False) as bar:
        for low in range(1, n_claims + 1, CHUNK):
            numbers = range(low, min(low + CHUNK, n_claims + 1))
            with service.database.write() as session:
                for model, names, rows in _drawn(numbers, dice, ids["pemeriksa"], ids["penyetuju"]):
                    bulk.add_rows(session, model, names, rows)
            bar.update(len(numbers))
    with service.database.write() as session:
        totals = [(source, n_claims * POSTS_EACH // len(SOURCES)) for source in SOURCES]
        bulk.add_rows(session, SourceTotal, ("source", "n_posts"), totals)
        if not service.database.is_sqlite:
            for table in ("claims", "posts", "clarifications", "clarification_versions", "matches"):
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}','id'), max(id)) FROM {table}"))
    with service.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As a server does by itself: rows known to be seen by all are answered from an index alone.
        connection.execute(text("ANALYZE" if service.database.is_sqlite else "VACUUM (ANALYZE)"))
    # As the worker keeps it; words alone, because nothing here asks for meaning.
    indexer_for(service.settings).rebuild(service.database.read, lambda: None)


Table = tuple[type[Base], tuple[str, ...], list[bulk.Row]]


def _drawn(numbers: Sequence[int], dice: np.random.Generator, author: int, approver: int) -> Iterator[Table]:
    """Give the rows of some claims, table by table, in the order in which they can be written."""
    n = len(numbers)
    age_s = dice.uniform(0, DAYS * 86_400, n)
    made = [NOW - timedelta(seconds=float(each)) for each in age_s]
    states = [STATES[at] for at in dice.integers(0, len(STATES), n)]
    p_hoax, categories = dice.random(n), dice.integers(0, len(Category), n)
    took_s = dice.lognormal(8.5, 1.0, n)
    speed = np.where(age_s < 3 * 86_400, dice.exponential(2.0, n), 0.0)
    priority = p_hoax * 5 + age_s / 21_600 + dice.random(n)
    claims, posts, spread, places, sources, matches, heads, words, steps = ([] for _ in range(9))
    codes = [region.code for region in regions().values()]
    for at, number in enumerate(numbers):
        state, category = states[at], list(Category)[categories[at]]
        decided = state in {ClaimState.PUBLISHED, ClaimState.DISMISSED, ClaimState.CLOSED}
        labelled = state in {ClaimState.PUBLISHED, ClaimState.CLOSED}
        seen = made[at] + timedelta(seconds=float(took_s[at]) / 10)
        done = made[at] + timedelta(seconds=float(took_s[at]))
        wording = f"Pesan {number} menyebut {SUBJECTS[number % 5]} {TOLD[number % 4]} di wilayah contoh {number % 97}."
        claims.append(
            (
                number, state, wording, category, category, float(p_hoax[at]),
                "look" if p_hoax[at] > 0.7 else "abstain" if p_hoax[at] > 0.3 else "clear",
                [{"code": "words", "words": "kuota gratis", "weight": 1.2}], "linear-contoh", made[at],
                POSTS_EACH, 5_000, 200, float(speed[at]), made[at], made[at], made[at], float(priority[at]), made[at],
                seen if decided or number % 2 else None, done if decided else None,
                author if labelled else None, approver if labelled else None,
                DismissReason.OPINION if state is ClaimState.DISMISSED else None,
                VerdictLabel.FALSE if labelled else None, False if labelled else None, 3,
            )
        )  # fmt: skip
        quarter = int(made[at].timestamp()) // 900
        spread.extend((number, quarter + k, 3, 1_000, 50) for k in range(QUARTERS_EACH))
        places.append((number, codes[number % len(codes)], 4))
        sources.append((number, SOURCES[number % len(SOURCES)], POSTS_EACH))
        posts.extend(
            (
                (number - 1) * POSTS_EACH + k + 1, number, SOURCES[number % len(SOURCES)], f"{number:x}-{k}",
                f"{wording} Sebarkan ke semua grup, kiriman {k}.", made[at], made[at], 10, 5, 2, 100 * k, 100 * k, [],
                float(p_hoax[at]),
            )
            for k in range(POSTS_EACH)
        )  # fmt: skip
        if labelled:
            heads.append(
                (
                    number, f"contoh-{number}", ClarificationState.PUBLISHED, number, wording, "Humas Contoh",
                    VerdictLabel.FALSE, category, False, 1, author, approver, done, done, "",
                )
            )  # fmt: skip
            title = f"{SUBJECTS[number % 5]} tidak {TOLD[number % 4]} (contoh {number})"
            words.append((number, number, 1, title, "Keterangan resmi contoh. " * 12, [], "", author, approver, done))
            matches.append((number, number, 0.8, "suggested", "contoh", MatchStatus.SUGGESTED, done))
        steps.extend(_steps(number, made[at], author))
    yield Claim, CLAIM, claims
    yield Post, POST, posts
    yield Spread, ("claim_id", "quarter", "n_posts", "reach", "engagement"), spread
    yield ClaimPlace, ("claim_id", "region", "n_posts"), places
    yield ClaimSource, ("claim_id", "source", "n_posts"), sources
    yield Clarification, HEAD, heads
    yield ClarificationVersion, WORDS, words
    yield Match, MATCH, [(number, *row) for number, row in zip((row[0] for row in heads), matches, strict=True)]
    yield AuditRow, STEP, steps


def _steps(number: int, made: datetime, author: int) -> Iterator[tuple[Any, ...]]:
    """Give three rows of the record; their chain is not what is measured."""
    first = number * 3 + 1_000
    for k, action in enumerate(("claim.see", "claim.take", "claim.draft")):
        yield first + k, made.isoformat(), author, action, "claim", number, "{}", "0" * 64, "0" * 64


CLAIM: Final = (
    "id", "state", "wording", "category", "category_suggested", "p_hoax", "band", "reasons", "model", "scored_at",
    "n_posts", "reach", "engagement", "posts_per_hour", "measured_at", "first_seen_at", "last_seen_at", "priority",
    "created_at", "seen_at", "decided_at", "author_id", "approver_id", "dismiss_reason", "verdict", "political",
    "version",
)  # fmt: skip
POST: Final = (
    "id", "claim_id", "source", "external_hash", "text", "posted_at", "collected_at", "likes", "shares", "comments",
    "views", "reach", "media", "p_hoax",
)  # fmt: skip
HEAD: Final = (
    "id", "slug", "state", "claim_id", "claim_wording", "issuer", "verdict", "category", "political", "current_version",
    "author_id", "approver_id", "created_at", "published_at", "retract_reason",
)  # fmt: skip
WORDS: Final = (
    "id", "clarification_id", "number", "title", "body", "sources", "change_note", "author_id", "approver_id", "at",
)  # fmt: skip
MATCH: Final = (
    "id", "claim_id", "clarification_id", "score", "machine_status", "machine_version", "status", "created_at",
)  # fmt: skip
STEP: Final = ("seq", "at", "actor_id", "action", "entity", "entity_id", "detail", "previous", "hash")


# ---- asking ------------------------------------------------------------------------------------------------------


class Askers:
    """A signed-in browser for each account, one of nobody, and a program with a key."""

    def __init__(self, app: Any, opened: ExitStack) -> None:
        self.service: Service = app.state.service
        self._app = app
        self._clients = {"": opened.enter_context(self._client())}
        for name in ("pemeriksa", "penyetuju", "insinyur"):
            client = self._clients[name] = opened.enter_context(self._client())
            page = BeautifulSoup(client.get("/masuk").text, "html.parser")
            token = page.select_one('main form[method="post"] input[name="csrf"]')
            fields = {"csrf": str(token["value"]) if token else "", "name": name, "password": PASSWORD}
            assert client.post("/masuk", data=fields, follow_redirects=False).status_code == 303
        with acting(self.service) as ctx:
            user = accounts.people.user_by_name(ctx.session, "pemeriksa")
            assert user is not None
            key = accounts.create_key(ctx, user, "pages").key
        self._clients["key"] = opened.enter_context(self._client())
        self._clients["key"].headers["authorization"] = f"Bearer {key}"

    def _client(self) -> TestClient:
        return TestClient(self._app, headers={"accept-language": "id"})

    def ask(self, who: str, path: str, rounds: int) -> Answered:
        """Ask one address: once unmeasured, once counted, then ``rounds`` times."""
        client = self._clients[who]
        answer = client.get(path)
        assert answer.status_code == 200, (who, path, answer.status_code, answer.text[:300])
        with statements(self.service) as sent:
            client.get(path)
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            client.get(path)
            times.append(1_000 * (time.perf_counter() - began))
        return Answered(who, path, tuple(times), len(sent))


def measured(address: str, folder: Path, n_claims: int, rounds: int) -> list[Answered]:
    """Fill one database and ask every address of it."""
    settings = Settings(var_dir=folder, database_url=address, secret_key=SECRET, requests_per_minute=10**9)
    app = create_app(settings, _Clock())
    service: Service = app.state.service
    migrate(service.database)
    fill(service, n_claims)
    with service.database.read() as session:
        waiting = session.scalar(text("SELECT min(id) FROM claims WHERE state = 'awaiting_approval'"))
        queued = session.scalar(text("SELECT max(id) FROM claims WHERE state = 'queued'"))
        published = session.scalar(text("SELECT max(id) FROM clarifications"))
    filled = {"claim": queued, "waiting": waiting, "slug": f"contoh-{published}"}
    with ExitStack() as opened:
        askers = Askers(app, opened)
        found = [
            askers.ask(who, path.format(**filled), rounds) for who, path in tqdm(ASKED, desc="addresses", leave=False)
        ]
    service.database.close()
    return found


def show(name: str, found: Sequence[Answered]) -> None:
    """Print a line an address, slowest first."""
    print(f"{name}: milliseconds p50, p95, statements")
    for each in sorted(found, key=lambda one: -one.p(0.5)):
        print(f"  {each.p(0.5):8.1f} {each.p(0.95):8.1f} {each.n_statements:4d}  {each.who or '-':10} {each.path}")


def keep_all(name: str, found: Sequence[Answered], n_claims: int) -> None:
    """Keep the queue's times and those of the slowest address, with every other beside them."""
    raw = {f"{each.who} {each.path}".strip(): [each.p(0.5), each.p(0.95), each.n_statements] for each in found}
    queue = next(each for each in found if each.path == "/antrean")
    slowest = max(found, key=lambda each: each.p(0.95))
    keep("pages", f"ms of the queue p95, {name}", [queue.p(0.95)], claims=n_claims, **raw)
    keep("pages", f"ms of the slowest page p95, {name}", [slowest.p(0.95)], slowest=slowest.path)


def main() -> None:
    """Fill, ask, print and keep."""
    parser = argparse.ArgumentParser(description="Server time of each page with many claims.")
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--full", action="store_true", help="100,000 claims and 1,000,000 posts, both databases")
    parser.add_argument("--on", choices=("sqlite", "postgresql", "both"), default="both")
    asked = parser.parse_args()
    n_claims = 100_000 if asked.full else asked.claims
    with tempfile.TemporaryDirectory() as folder:
        if asked.on != "postgresql":
            found = measured(f"sqlite:///{folder}/suluh.db", Path(folder), n_claims, asked.rounds)
            show("SQLite", found)
            keep_all("SQLite", found, n_claims)
        if asked.on != "sqlite":
            with running(shared_buffers="512MB", fsync="off") as server:
                server.run("CREATE DATABASE {}", "pages")
                found = measured(server.address("pages"), Path(folder), n_claims, asked.rounds)
            show("PostgreSQL", found)
            keep_all("PostgreSQL", found, n_claims)


if __name__ == "__main__":
    main()
