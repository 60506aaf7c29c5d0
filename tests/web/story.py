"""The people of the whole story, and what the story is about: shared by the test over HTTP and the one in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import Any

from serving.deps import Service, context_for
from serving.desk.context import SERVICE
from serving.desk.incoming import intake
from serving.desk.incoming.machine import machine_for
from serving.desk.people import accounts
from serving.vocabulary import Role, Topic
from tests import factories

GATES = {
    "verifiable": True,
    "opinion": False,
    "satire": False,
    "press_product": False,
    "criticism": False,
    "private_person": False,
}
TITLE = "Bank hanya mengundi hadiah lewat aplikasi resmi dan tidak pernah meminta PIN"
BODY = (
    "Bank Contoh menyatakan tidak membuka pendaftaran hadiah lewat tautan di pesan berantai. "
    "Nasabah tidak pernah diminta PIN atau kode OTP. "
    "Laporkan tautan serupa ke layanan resmi bank."
)
SOURCES = (
    {
        "kind": "affected_agency",
        "url": "https://bank.example/pernyataan",
        "title": "Pernyataan Bank Contoh",
        "publisher": "Bank Contoh",
    },
    {
        "kind": "independent",
        "url": "https://periksa.example/telusur",
        "title": "Penelusuran tautan",
        "publisher": "Media Periksa (contoh)",
    },
)


def sample_posts() -> list[dict[str, Any]]:
    """Give the sample's posts with their ground truth."""
    text = (files("data") / "sample" / "posts.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def as_rows(posts: list[dict[str, Any]], service: Service) -> list[dict[str, Any]]:
    """Place the two days of posts in the four hours before now, as a feed in a rush would send them."""
    start = service.clock.now() - timedelta(hours=4)
    known = ("source", "external_id", "text", "engagement", "media", "url")
    return [
        {name: post[name] for name in known if name in post}
        | {"posted_at": (start + timedelta(seconds=post["offset_s"] / 12)).isoformat()}
        for post in posts
    ]


def take_everything_in(service: Service) -> None:
    """Do the worker's part: empty the inbox."""
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Iterator[Any]:
        with service.database.write() as session:
            yield context_for(service, session, SERVICE)

    intake.drain(opened, machine_for(service.settings))


def people(service: Service, password: str) -> dict[str, int]:
    """Make the six accounts, one ministry that is live, and five of its people: two eligible, three not."""
    roles = {
        "pemeriksa": Role.CHECKER,
        "penyetuju": Role.APPROVER,
        "manajer": Role.MANAGER,
        "asn": Role.INFLUENCER,
        "asn2": Role.INFLUENCER,
        "asn3": Role.INFLUENCER,
        "insinyur": Role.ENGINEER,
        "admin": Role.ADMIN,
    }
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        made = {name: accounts.create_user(ctx, name, password, [role]).id for name, role in roles.items()}
        home = factories.ministry(ctx)
        topics = [topic.value for topic in Topic]
        factories.influencer(ctx, home.id, user_id=made["asn"], topics=topics)
        factories.influencer(ctx, home.id, topics=topics)
        factories.influencer(ctx, home.id, (600, 499, 800), user_id=made["asn2"], topics=topics)
        factories.influencer(ctx, home.id, user_id=made["asn3"], topics=topics, paused_at=ctx.now)
        factories.influencer(ctx, home.id, topics=topics, evidence_age=timedelta(days=91))
    return made
