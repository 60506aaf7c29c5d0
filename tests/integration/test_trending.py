"""The board of trends through both doors: what is on it, how it is filtered, and how it comes live."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, select

from serving import streams
from serving.db import claims as claim_rows
from serving.db.claims import OPEN_STATES, Filters
from serving.db.tables import Claim, ClaimPlace, ClaimSource, PostReading, Spread
from serving.db.trends import Wanted
from serving.deps import SESSION_COOKIE, acting, context_for, session_token
from serving.desk.context import SERVICE
from serving.desk.incoming import trending
from serving.desk.incoming.trends import quarter_of
from serving.vocabulary import Category, ClaimState, Role
from tests import factories
from tests.conftest import START

FLOOD = "Air bah sampai atap di Bandung, kata pesan berantai."
CODES = ("ID-JK", "ID-JB", "ID-PA")
SOURCES = ("x", "whatsapp", "rss")
PRIZE = "Undian kendaraan gratis di Kota Malang, isi data sekarang."


@pytest.fixture
def make(service):
    """Make a claim with posts in the given quarters before now: ``{0: 12}`` is twelve in the running one."""

    def do(quarters, **over):
        with service.database.write() as session:
            ctx = context_for(service, session, SERVICE)
            born = ctx.now - timedelta(minutes=15 * max(quarters))
            row = factories.claim(ctx, **{"first_seen_at": born} | over)
            now = quarter_of(ctx.now)
            session.add_all(
                Spread(claim_id=row.id, quarter=now - ago, n_posts=n, reach=10 * n, engagement=n)
                for ago, n in quarters.items()
            )
            return row.id

    return do


def read(service):
    """Let the worker's part read what is new."""
    return trending.read_posts(lambda: acting(service))


def words(answer):
    """What a page says, on one line."""
    assert answer.status_code == 200, answer.text[:300]
    return re.sub(r"\s+", " ", BeautifulSoup(answer.text, "html.parser").get_text(" "))


def test_the_board_puts_bursts_first_and_says_why(client, key_for, make):
    """A slow claim that bursts stands above a faster one that runs as ever; both with figures, forecast and past."""
    steady = make(dict.fromkeys(range(600), 10), posts_per_hour=40.0, wording=PRIZE)
    burst = make({0: 25, **dict.fromkeys(range(40, 600, 16), 1)}, posts_per_hour=9.0, wording=FLOOD)
    old = START - timedelta(hours=8)
    still = make({500: 1}, posts_per_hour=0.0, created_at=old)
    key = key_for("budi", Role.CHECKER)
    found = client.get("/v1/trends", headers=key).json()
    assert [row["claim_id"] for row in found["trends"]] == [burst, steady]
    assert found["n_moving"] == 2
    first, second = found["trends"]
    assert (first["bursts"], second["bursts"]) == (True, False)
    assert first["chance"] < 1e-9
    assert first["times_usual"] > 10 > 2 > second["times_usual"]
    assert second["usual_per_hour"] == pytest.approx(40, rel=0.1)
    assert [window["n_posts"] for window in second["windows"]] == [40, 240, 960, 6_000]
    assert second["next_hours"]["low"] <= 240 <= second["next_hours"]["high"]
    assert len(second["coming"]) == trending.AHEAD_H
    assert (second["peak_posts"], second["half_life_h"]) == (40, None)
    assert (found["forecasts_checked"], found["forecasts_inside"]) == (1, 1)
    assert sum(first["spark"]) == sum(
        n for ago, n in {0: 25, **dict.fromkeys(range(40, 600, 16), 1)}.items() if ago < 96
    )
    assert client.get(f"/v1/trends/{still}", headers=key).json()["bursts"] is False
    assert client.get("/v1/trends/999999", headers=key).status_code == 404
    assert client.get("/v1/trends", headers=key_for("ani", Role.INFLUENCER)).status_code == 403


def test_a_burst_names_its_window_at_both_doors(client, service, sign_up, key_for, make):
    """A wave that ended an hour ago: page and ``/v1`` say four hours and what was usual of them, not the quiet hour."""
    hour = dict.fromkeys(range(600), 1)
    claim = make(hour | dict.fromkeys(range(4, 16), 12), posts_per_hour=9.0, wording=FLOOD)
    found = client.get(f"/v1/trends/{claim}", headers=key_for("budi", Role.CHECKER)).json()
    assert found["bursts"]
    assert (found["surge"]["hours"], found["surge"]["n_posts"]) == (4.0, 12 * 12 + 4)
    assert found["surge"]["expected"] == pytest.approx(16, rel=0.2)
    client.cookies.set(SESSION_COOKIE, session_token(service, sign_up("ani", Role.CHECKER).user_id, 0))
    assert "148 kiriman dalam empat jam; biasanya sekitar" in words(client.get(f"/tren/{claim}"))


def test_places_and_sources_are_read_once_and_found_by(client, service, key_for, make):
    """A filter by province, source, category or band finds what was read; a second reading adds nothing."""
    flood = make({0: 3}, wording=FLOOD, category=Category.DISASTER)
    prize = make({0: 2}, wording=PRIZE, band="abstain")
    assert read(service) == 2
    assert read(service) == 0
    key = key_for("budi", Role.CHECKER)

    def ids(path, **asked):
        answer = client.get(path, params=asked, headers=key).json()
        return {row.get("claim_id") or row["id"] for row in answer.get("trends") or answer["claims"]}

    for path in ("/v1/trends", "/v1/claims"):
        assert ids(path, region="ID-JB") == {flood}
        assert ids(path, region="ID-JI") == {prize}
        assert ids(path, source="sample") == {flood, prize}
        assert ids(path, category="bencana") == {flood}
        assert ids(path, band="abstain", region="ID-JI") == {prize}
        assert client.get(path, params={"region": "Jawa"}, headers=key).status_code == 422
        assert client.get(path, params={"region": "ID-ZZ"}, headers=key).status_code == 200
    row = client.get(f"/v1/trends/{flood}", headers=key).json()
    assert (row["regions"], row["sources"]) == (["ID-JB"], ["sample"])


def test_a_board_can_be_asked_for_a_topic(client, service, sign_up, key_for, make):
    """Words bound the board of page and operation, in any spelling, with the other filters, in the order of the speed."""
    slow = make({0: 2}, wording=FLOOD, posts_per_hour=3.0)
    fast = make({0: 5}, wording="Air bah di Semarang menelan pasar.", posts_per_hour=9.0)
    make({0: 3}, wording=PRIZE, posts_per_hour=99.0)
    make({0: 3}, wording=FLOOD, posts_per_hour=0.0)
    read(service)
    key = key_for("budi", Role.CHECKER)

    def ids(**asked):
        found = client.get("/v1/trends", params=asked, headers=key).json()
        assert found["n_moving"] == 3
        return [row["claim_id"] for row in found["trends"]]

    assert ids(q="air bahh") == [fast, slow]
    assert ids(q="air bah", region="ID-JB") == [slow]
    assert ids(q="kapal selam") == []
    client.cookies.set(SESSION_COOKIE, session_token(service, sign_up("ani", Role.CHECKER).user_id, 0))
    page = BeautifulSoup(client.get("/tren", params={"q": "air bah"}).text, "html.parser")
    assert [row["id"] for row in page.select("li.desk-row")] == [f"tren-{fast}", f"tren-{slow}"]
    assert page.select_one("main form input[name=q]")["value"] == "air bah"
    assert page.select_one("#tren-papan")["data-stream"] == "/tren/aliran?q=air+bah"


def test_what_a_merged_claim_named_leads_to_the_one_that_stands(client, service, key_for, make):
    """A filter finds the claim that took another over by what the other named; the merged one is on no board."""
    taker = make({0: 3}, wording=PRIZE)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        factories.claim(ctx, wording=FLOOD, state=ClaimState.MERGED, merged_into_id=taker)
    read(service)
    key = key_for("budi", Role.CHECKER)
    found = client.get("/v1/trends", params={"region": "ID-JB"}, headers=key).json()["trends"]
    assert [row["claim_id"] for row in found] == [taker]


@pytest.fixture
def noted(service):
    """Made-up claims, a third of them merged, some twice over, with provinces and sources drawn from a seed."""
    dice = random.Random(5)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        rows = [factories.claim(ctx, priority=float(dice.randrange(8))) for _ in range(60)]
        for row in rows[1:]:
            if dice.random() < 1 / 3:
                row.state, row.merged_into_id = ClaimState.MERGED, dice.choice(rows[: rows.index(row)]).id
        for row in rows:
            session.add_all(ClaimPlace(claim_id=row.id, region=each, n_posts=1) for each in dice.sample(CODES, 2))
            session.add_all(ClaimSource(claim_id=row.id, source=each, n_posts=1) for each in dice.sample(SOURCES, 1))


@pytest.mark.parametrize("states", [OPEN_STATES, (ClaimState.MERGED,)], ids=["open", "merged"])
def test_page_and_counts_of_a_filter_are_what_looking_at_each_claim_gives(service, noted, states):
    """A claim fits by itself where it stands, and by what was merged into it: page, count and number agree."""
    with service.database.read() as session:
        claims = session.scalars(select(Claim)).all()
        for name, table in (("region", ClaimPlace), ("source", ClaimSource)):
            for value in (*CODES, *SOURCES, "tidak-ada"):
                named = set(session.scalars(select(table.claim_id).where(getattr(table, name) == value)))
                fits = {row.merged_into_id or row.id for row in claims if row.id in named}
                wanted = [row for row in claims if row.id in fits and row.state in states]
                filters = Filters(states=states, **{name: value})
                page = claim_rows.queue_page(session, filters, None, 100)
                order = sorted(wanted, key=lambda row: (-row.priority, row.id))
                assert [row.id for row, _ in page] == [row.id for row in order], (name, value)
                assert claim_rows.count_claims(session, filters) == len(wanted), (name, value)
                assert sum(claim_rows.count_by_state(session, filters).values()) == len(wanted), (name, value)


def test_reading_that_fails_in_the_middle_is_read_again_once(service, make, monkeypatch):
    """A page is one transaction: what was counted and how far it was read stand or fall together."""
    make({0: 1}, wording=FLOOD)

    def fail(*_given):
        raise OSError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(trending.rows, "note_read", fail)
        with pytest.raises(OSError, match="killed"):
            read(service)
    assert read(service) == 1
    with service.database.read() as session:
        assert session.get(PostReading, 1).last_post_id > 0
        assert trending.rows.sources(session) == ["sample"]
        hour = quarter_of(service.clock.now()) // 4
        assert dict(trending.rows.hour_totals(session, hour, hour)) == {hour: 1}


def test_a_board_costs_the_same_however_many_claims_are_on_it(client, service, key_for, make):
    """No statement a claim: thirteen rows cost what one costs."""
    key = key_for("budi", Role.CHECKER)
    seen: list[str] = []
    event.listen(service.database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

    def n_statements():
        seen.clear()
        assert client.get("/v1/trends", headers=key).status_code == 200
        return len(seen)

    make({0: 3})
    n_statements()
    before = n_statements()
    for _ in range(12):
        make({0: 3})
    assert n_statements() == before


def test_the_page_says_it_in_words(client, service, sign_up, make):
    """Wording, burst, speed against usual, forecast, height, places and a sparkline with its text; filters stay."""
    burst = make({0: 25, **dict.fromkeys(range(40, 600, 16), 1)}, wording=FLOOD, category=Category.DISASTER)
    read(service)
    client.cookies.set(SESSION_COOKIE, session_token(service, sign_up("budi", Role.MANAGER).user_id, 0))
    said = words(client.get("/tren"))
    for expected in (
        "melonjak",
        "25 kiriman dalam seperempat jam; biasanya sekitar",
        "6 jam ke depan",
        "sedang di puncaknya",
        "menyebut Jawa Barat",
        "sumber: sample",
        "paling banyak 25 dalam satu jam",
    ):
        assert expected in said
    page = BeautifulSoup(client.get("/tren?region=ID-JB&category=bencana").text, "html.parser")
    assert page.select_one("#region option[selected]")["value"] == "ID-JB"
    assert page.select_one("#tren-papan")["data-stream"] == "/tren/aliran?category=bencana&region=ID-JB"
    assert page.select_one(f"#tren-{burst} svg title")
    assert "Tidak ada yang sedang menyebar" in words(client.get("/tren?region=ID-PA"))
    one = BeautifulSoup(client.get(f"/tren/{burst}").text, "html.parser")
    assert one.select_one("svg[role=img] title")
    assert len(one.select("table tbody tr")) >= trending.AHEAD_H
    assert client.get("/tren/999999").status_code == 404


def test_the_queue_is_filtered_by_place_and_source_and_shows_its_weights(client, service, sign_up, make):
    """The same filters as the trends, and the one table of weights."""
    make({0: 3}, wording=FLOOD)
    make({0: 3}, wording=PRIZE)
    read(service)
    client.cookies.set(SESSION_COOKIE, session_token(service, sign_up("budi", Role.CHECKER).user_id, 0))
    page = BeautifulSoup(client.get("/antrean?region=ID-JI").text, "html.parser")
    assert [row.a.get_text() for row in page.select("li.desk-row")] == [PRIZE]
    assert "region=ID-JI" in page.select_one("[hx-get]")["hx-get"]
    assert len(BeautifulSoup(client.get("/antrean?source=sample").text, "html.parser").select("li.desk-row")) == 2
    assert "kategori: bencana" in words(client.get("/antrean"))


# ---- live --------------------------------------------------------------------------------------------------------


def played(story: Coroutine[Any, Any, None]) -> None:
    """Run a story of several tasks in a thread of its own: the browser's tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()


class Browser:
    """Opens a stream on the application itself and reads its events, as a server would let it."""

    def __init__(self, app, path, headers):
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.status = 0
        self.kind = ""
        self._gone = asyncio.Event()
        self._asked = False
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": query.encode(),
            "headers": [(b"host", b"testserver"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
        }
        self._task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self):
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.kind = dict(message["headers"])[b"content-type"].decode()
        elif message["type"] == "http.response.body" and message["body"]:
            if self._gone.is_set():
                raise OSError("the reader has left")
            await self.events.put(message["body"].decode())

    async def next(self):
        """Give the next event."""
        return await asyncio.wait_for(self.events.get(), 20)

    async def leave(self):
        """Close the connection."""
        self._gone.set()
        await asyncio.wait_for(asyncio.gather(self._task, return_exceptions=True), 20)


def data_of(event):
    """What an event carries."""
    return "\n".join(line.removeprefix("data: ") for line in event.splitlines() if line.startswith("data: "))


def test_a_board_comes_at_once_and_again_when_it_changed(client, service, key_for, make, clock, monkeypatch):
    """One reader for all listeners: two of them get the same event, and a third round only after something came."""
    monkeypatch.setattr(streams, "EVERY_S", 0.02)
    reads = []
    measure = trending.measure
    monkeypatch.setattr(
        trending, "measure", lambda ctx, wanted, desk: reads.append(wanted) or measure(ctx, wanted, desk)
    )
    claim = make({0: 3}, wording=FLOOD, measured_at=clock.now())
    key = key_for("budi", Role.CHECKER)

    async def follow():
        one = Browser(client.app, "/v1/trends/stream", key)
        assert (await one.next()).startswith("retry: ")
        first = await one.next()
        assert one.kind.startswith("text/event-stream")
        assert "event: papan" in first
        assert json.loads(data_of(first))["trends"][0]["claim_id"] == claim
        two = Browser(client.app, "/v1/trends/stream", key)
        await two.next()
        assert data_of(await two.next()) == data_of(first)
        assert len(reads) == 1
        new = make({0: 9}, wording=PRIZE, posts_per_hour=99.0, measured_at=clock.forward(seconds=1))
        for browser in (one, two):
            told = json.loads(data_of(await browser.next()))
            assert new in {row["claim_id"] for row in told["trends"]}
        assert len(reads) == 2
        assert len(streams.broadcast_for(service)) == 2
        for browser in (one, two):
            await browser.leave()
        assert len(streams.broadcast_for(service)) == 0

    played(follow())


def test_the_page_streams_its_own_rows_in_its_language(client, service, sign_up, make, monkeypatch):
    """The event holds the rows that the page includes, filtered as the page was; a stranger gets none."""
    monkeypatch.setattr(streams, "EVERY_S", 0.02)
    make({0: 3}, wording=FLOOD)
    wanted = make({0: 3}, wording=PRIZE)
    read(service)
    cookie = session_token(service, sign_up("budi", Role.CHECKER).user_id, 0)

    async def follow():
        browser = Browser(
            client.app,
            "/tren/aliran?region=ID-JI&q=undian",
            {"cookie": f"{SESSION_COOKIE}={cookie}", "accept-language": "id"},
        )
        await browser.next()
        rows = BeautifulSoup(data_of(await browser.next()), "html.parser")
        assert [row["id"] for row in rows.select("li")] == [f"tren-{wanted}"]
        await browser.leave()

    played(follow())
    client.cookies.clear()
    assert client.get("/tren/aliran", follow_redirects=False).status_code == 303
    assert client.get("/v1/trends/stream").status_code == 401


def test_there_is_room_for_so_many_and_no_more():
    """A person has four connections, a process 200 and 32 questions; whoever leaves makes room."""

    async def crowd():
        broadcast = streams.Broadcast(lambda _wanted, known: known, every_s=0.01)
        mine = [broadcast.join(1, Wanted()) for _ in range(streams.PER_PERSON)]
        with pytest.raises(streams.TooManyListenersError):
            broadcast.join(1, Wanted())
        broadcast.leave(mine[0])
        broadcast.leave(mine[0])
        mine.append(broadcast.join(1, Wanted()))
        asked = [broadcast.join(n, Wanted(source=f"s{n}")) for n in range(2, streams.QUESTIONS_MAX + 1)]
        with pytest.raises(streams.TooManyListenersError):
            broadcast.join(99, Wanted(source="other"))
        others = [broadcast.join(1_000 + n, Wanted()) for n in range(streams.LISTENERS_MAX - len(broadcast))]
        with pytest.raises(streams.TooManyListenersError):
            broadcast.join(5_000, Wanted())
        for listener in (*mine, *asked, *others):
            broadcast.leave(listener)
        assert len(broadcast) == 0

    played(crowd())


def test_a_page_that_nobody_asks_for_any_more_is_forgotten():
    """What was written for those who left is not kept while others listen on."""
    board = trending.Board(START, (), 0, 0.1, trending.Looked(0, 0), None)
    tongue = streams.Tongue("json", lambda _board: "x" * 1_000)

    async def come_and_go():
        broadcast = streams.Broadcast(lambda wanted, _known: dict.fromkeys(wanted, board), every_s=0.01)
        stays = broadcast.join(1, Wanted())
        broadcast.written(stays, board, tongue)
        for number in range(200):
            guest = broadcast.join(2, Wanted(source=f"s{number}"))
            broadcast.written(guest, board, tongue)
            broadcast.leave(guest)
        assert len(broadcast._written) == 1
        broadcast.leave(stays)

    played(come_and_go())


def test_a_fault_of_the_database_ends_no_stream():
    """What cannot be read now is read at the next round; those who listen notice nothing but the wait."""
    rounds = []

    def read_badly(wanted, known):
        rounds.append(wanted)
        if len(rounds) == 1:
            raise OSError("gone")
        return dict.fromkeys(wanted, board)

    board = trending.Board(START, (), 0, 0.1, trending.Looked(0, 0), None)

    async def follow():
        broadcast = streams.Broadcast(read_badly, every_s=0.01)
        listener = broadcast.join(1, Wanted())
        assert await listener.next(5) is board
        assert await listener.next(0.05) is None
        broadcast.leave(listener)

    played(follow())
    assert len(rounds) >= 2
