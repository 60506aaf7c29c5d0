"""How long somebody waits for their inbox: the page and the API's list, through the whole application.

The application is asked as a server asks it (ASGI), so each answer goes through limits, session or key, rules,
database and template; only the socket is left out.
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence

import httpx
from sqlalchemy import select
from tqdm import tqdm

from benchmarks.kept import keep
from benchmarks.people import World
from serving.app import create_app
from serving.db.tables import Campaign, Influencer, Offer, User
from serving.deps import SESSION_COOKIE, session_token
from serving.desk.people import accounts
from serving.vocabulary import OfferState, Role, Topic

N_INBOXES = 300
WARM = 20
ROUNDS = 3
PAGE, LIST = "/kotak", "/v1/me/offers"


def measure(world: World, row: str) -> None:
    """Keep the 99th percentile of both doors, in milliseconds; the worse one is the figure."""
    headers = _signed_in(world)
    with world.watch.timed():
        rounds = [asyncio.run(_asked(world, headers)) for _ in range(ROUNDS)]
    n_asked = ROUNDS * (len(headers) + WARM) * 2
    p99 = {path: [_percentile(0.99, times[path]) for times in rounds] for path in (PAGE, LIST)}
    p50 = {f"ms p50 {path}": [_percentile(0.5, times[path]) for times in rounds] for path in (PAGE, LIST)}
    used = {"processor ms a request": 1_000 * world.watch.spent[-1].processor_s / n_asked}
    raw = {f"ms p99 {path}": found for path, found in p99.items()} | p50 | used
    keep(row, "ms p99", [max(both) for both in zip(*p99.values(), strict=True)], people=world.n_people, **raw)


def _percentile(p: float, times: Sequence[float]) -> float:
    return sorted(times)[math.ceil(p * len(times)) - 1]


def _signed_in(world: World) -> list[Mapping[str, str]]:
    """Give accounts to some who have an open offer; give the headers of each, a session's and a key's.

    Pages know the vocabulary's topics only, so nobody is taken who was asked about one that is made up here.
    """
    about = select(Offer.influencer_id).join(Campaign, Campaign.id == Offer.campaign_id)
    open_ = about.where(Offer.state == OfferState.OFFERED).distinct()
    asked = open_.except_(about.where(Campaign.topic.not_in(list(Topic)))).limit(N_INBOXES)
    headers = []
    with world.acting() as ctx:
        people = ctx.session.scalars(select(Influencer).where(Influencer.id.in_(asked))).all()
        for person in tqdm(people, desc="accounts", unit="person", leave=False):
            user = User(
                name=f"asn{person.id}",
                display_name="Contoh",
                password_hash="-",
                roles=[Role.INFLUENCER.value],
                created_at=ctx.now,
            )
            ctx.session.add(user)
            ctx.session.flush()
            person.user_id = user.id
            headers.append(
                {
                    "cookie": f"{SESSION_COOKIE}={session_token(world.service, user.id, user.session_epoch)}",
                    "authorization": f"Bearer {accounts.create_key(ctx, user, 'uji').key}",
                }
            )
    return headers


async def _asked(world: World, headers: Sequence[Mapping[str, str]]) -> dict[str, list[float]]:
    """Open every inbox by both doors; give the milliseconds of each."""
    app = create_app(world.settings, world.clock)
    times: dict[str, list[float]] = {PAGE: [], LIST: []}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        for mine in tqdm([*headers[:WARM], *headers], desc="inboxes", unit="inbox", leave=False):
            for path, found in times.items():
                began = time.perf_counter()
                answer = await client.get(path, headers=mine)
                found.append(1_000 * (time.perf_counter() - began))
                assert answer.status_code == httpx.codes.OK, answer.text
    app.state.service.database.close()
    return {path: found[WARM:] for path, found in times.items()}
