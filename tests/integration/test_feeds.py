"""Feeds over a real HTTP server on loopback: RSS, Atom, unchanged, broken, slow, endless, misleading."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from serving.db.tables import Claim, Feed, Post
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.incoming import feeds
from serving.desk.incoming.feeds import FeedError, entries, fetch, poll_due
from serving.desk.incoming.machine import Machine, scorer_for
from serving.errors import InvalidInputError
from serving.settings import Settings
from serving.vocabulary import Role

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Contoh</title>
<item><title>Bendungan Contoh Hulu jebol</title><author>penulis@contoh.example (Sampel Penulis)</author>
<description>&lt;p&gt;Air bah menuju &lt;b&gt;kota&lt;/b&gt; sore ini&lt;/p&gt;</description>
<link>https://contoh.example/a</link><guid>a-1</guid><pubDate>Mon, 02 Mar 2026 02:00:00 GMT</pubDate></item>
<item><title>Pasar kecamatan pindah ke lapangan minggu depan</title><link>https://contoh.example/b</link></item>
<item><description></description></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Contoh</title>
<entry><id>tag:contoh,1</id><title>Jadwal imunisasi puskesmas contoh berubah</title>
<author><name>Sampel Penulis</name></author><updated>2099-01-01T00:00:00Z</updated>
<link href="https://contoh.example/c"/><summary>Mulai Senin pukul delapan</summary></entry></feed>"""


class _Server(BaseHTTPRequestHandler):
    asked: list[tuple[str, dict[str, str]]] = []

    def do_GET(self):
        self.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        getattr(self, "_" + self.path.strip("/").split("/")[0])()

    def _send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _rss(self):
        if self.headers.get("if-none-match") == '"v1"':
            self._send(304)
        else:
            self._send(200, RSS.encode(), etag='"v1"', last_modified="Mon, 02 Mar 2026 02:00:00 GMT")

    def _atom(self):
        self._send(200, ATOM.encode())

    def _fault(self):
        self._send(500, b"sorry")

    def _garbage(self):
        self._send(200, b"\x00\xff not a feed at all")

    def _around(self):
        self._send(302, location="/around")

    def _away(self):
        self._send(302, location="file:///etc/hostname")

    def _slow(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"<")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    def _endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(1_000):
                self.wfile.write(b" " * 65_536)
        except OSError:
            pass

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture(scope="module")
def server():
    """A server of every kind of feed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as made:
        made.daemon_threads = True
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        _Server.asked.clear()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.fixture
def settings(settings):
    """The same configuration, with feeds of this machine allowed."""
    return settings.model_copy(update={"feeds_allow_private": True})


@pytest.fixture
def begin(service):
    """Open one writing transaction."""

    @contextmanager
    def opened():
        with service.database.write() as session:
            yield context_for(service, session, SERVICE)

    return opened


@pytest.fixture
def poll(service, begin):
    """Read what is due, with a machine of this test's own."""
    machine = Machine(scorer_for(service.settings))
    return lambda: poll_due(begin, machine)


def _feed(service):
    with service.database.read() as session:
        return session.scalars(select(Feed)).one()


def test_entries_become_posts_once(server, service, begin, poll, clock):
    """RSS in, unchanged the second time, and no author anywhere."""
    with begin() as ctx:
        feeds.add(ctx, f"{server}/rss", "rss")
    assert poll().intake.n_posts == 2
    assert poll().n_feeds == 0
    clock.forward(minutes=16)
    again = poll()
    assert (again.n_feeds, again.n_failed, again.intake.n_posts) == (1, 0, 0)
    assert _Server.asked[-1][1]["if-none-match"] == '"v1"'
    with service.database.read() as session:
        texts = session.scalars(select(Post.text).order_by(Post.id)).all()
        assert texts[0] == "Bendungan Contoh Hulu jebol\nAir bah menuju kota sore ini"
        assert "Sampel Penulis" not in " ".join(texts)
        assert len(session.scalars(select(Claim)).all()) == 2
    assert _feed(service).last_error is None


def test_atom_is_read_and_a_time_in_the_future_is_now(server, begin, poll, service, clock):
    """A feed that dates its entries ahead does not put posts into the future."""
    with begin() as ctx:
        feeds.add(ctx, f"{server}/atom", "rss")
    assert poll().intake.n_posts == 1
    with service.database.read() as session:
        assert session.scalars(select(Post.posted_at)).one() == clock.now()


def test_failures_are_kept_and_wait_longer_each_time(server, begin, poll, service, clock):
    """The sentence is on the row; the waits double; a success forgets them."""
    with begin() as ctx:
        feeds.add(ctx, f"{server}/fault", "rss", 600)
    waits = []
    for _ in range(3):
        assert poll().n_failed == 1
        row = _feed(service)
        assert "500" in (row.last_error or "")
        waits.append((row.next_poll_at - clock.now()).total_seconds())
        clock.moment = row.next_poll_at
    assert waits == [1200, 2400, 4800]
    with begin() as ctx:
        ctx.session.get(Feed, row.id).url = f"{server}/rss"
    assert poll().n_failed == 0
    assert (_feed(service).n_failures, _feed(service).last_error) == (0, None)


def test_one_broken_feed_does_not_hold_up_the_others(server, begin, poll):
    """Each is read by itself."""
    with begin() as ctx:
        for path in ("garbage", "rss", "around", "away"):
            feeds.add(ctx, f"{server}/{path}", "rss")
    outcome = poll()
    assert (outcome.n_feeds, outcome.n_failed, outcome.intake.n_posts) == (4, 3, 2)


LOCAL = Settings(feeds_allow_private=True)


def test_a_slow_or_endless_server_is_left(server, monkeypatch):
    """Neither time nor memory is without bound."""
    monkeypatch.setattr(feeds, "WHOLE_TIMEOUT_S", 0.5)
    monkeypatch.setattr(feeds, "BODY_MAX_BYTES", 500_000)
    with pytest.raises(FeedError):
        fetch(f"{server}/slow", LOCAL)
    with pytest.raises(FeedError):
        fetch(f"{server}/endless", LOCAL)


def test_nobody_there_is_a_feed_error():
    """A closed port is a sentence, not a fault."""
    with pytest.raises(FeedError):
        fetch("http://127.0.0.1:9/rss", LOCAL)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://[::1]/x",
        "http://10.1.2.3/x",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/x",
        "http://[::ffff:127.0.0.1]/x",
        "ftp://contoh.example/x",
        "file:///etc/hostname",
    ],
)
def test_addresses_inside_the_network_are_refused(address):
    """Private, loopback and link-local addresses, by number or by name, and other schemes."""
    with pytest.raises(InvalidInputError):
        fetch(address, Settings())


def test_bytes_that_name_a_file_are_not_opened(clock, tmp_path):
    """What a server sends is read as a feed and never as the name of a file."""
    file = tmp_path / "feed.xml"
    file.write_text(RSS)
    with pytest.raises(FeedError):
        entries(str(file).encode(), "rss", clock.now())


def test_feeds_over_the_api(client, key_for):
    """Add, list, change and remove; private addresses and others' roles are refused."""
    headers = key_for("budi", Role.CHECKER)
    made = client.post("/v1/feeds", headers=headers, json={"url": "https://contoh.example/rss"})
    assert (made.status_code, made.json()["every_s"]) == (201, 900)
    path = f"/v1/feeds/{made.json()['id']}"
    assert client.post("/v1/feeds", headers=headers, json={"url": "https://contoh.example/rss"}).status_code == 409
    assert client.patch(path, headers=headers, json={"active": False}).json()["active"] is False
    assert client.patch(path, headers=headers, json={"every_s": 1}).status_code == 422
    assert [feed["source"] for feed in client.get("/v1/feeds", headers=headers).json()["feeds"]] == ["rss"]
    assert client.get("/v1/feeds", headers=key_for("asn", Role.INFLUENCER)).status_code == 403
    assert client.delete(path, headers=headers).status_code == 204
    assert client.delete(path, headers=headers).status_code == 404
    assert client.post("/v1/feeds", headers=headers, json={"url": "javascript:x"}).status_code == 422
