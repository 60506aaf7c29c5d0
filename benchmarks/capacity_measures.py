"""Processor time and bytes a post of what `docs/capacity.md` adds up and no benchmark gives, on PostgreSQL.

    python -m benchmarks.capacity_measures [--posts 4000]     # prints the figures of `capacity.toml` by their names

One process, one run: posts go in through `POST /v1/posts`, are taken in from the inbox, read for trends, and put into a
search index, words first and then the vectors of claims. Each step is warmed with two hundred posts, which are not
counted. Processor seconds are those of this process: without PostgreSQL's, and with the little that the client takes.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import func, select
from starlette.testclient import TestClient

from benchmarks.intake import SECRET, SERVER, migrated, written
from serving.app import create_app
from serving.db.tables import Claim
from serving.deps import Service, acting
from serving.desk.incoming import intake, search_index, trending
from serving.desk.incoming.machine import machine_for
from serving.desk.people import accounts
from serving.settings import Settings
from serving.vocabulary import Role
from tests.postgres import running

PASSWORD = "only-for-benchmarks"
WARM = 200
BATCH = 500


def _processor_s(step: Callable[[], object]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


class _Path:
    """One service and the way of a post through it."""

    def __init__(self, service: Service, client: TestClient, key: str) -> None:
        self.service, self.client = service, client
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
        self.indexer = search_index.indexer_for(service.settings)
        self.folder = search_index.folder_of(service.settings)

    def push(self, lines: Sequence[str]) -> None:
        for first in range(0, len(lines), BATCH):
            sent = self.client.post("/v1/posts", content="".join(lines[first : first + BATCH]), headers=self.headers)
            sent.raise_for_status()

    def take_in(self) -> None:
        while intake.drain(lambda: acting(self.service), machine_for(self.service.settings)).n_posts:
            pass

    def read_for_trends(self) -> None:
        while trending.read_posts(lambda: acting(self.service)):
            pass

    def index_words(self) -> None:
        self.indexer.follow(self.service.database.read, lambda: None, until_done=True)

    def index_vectors(self) -> None:
        encoder = search_index.encoder_of(self.service.settings)
        self.indexer.follow(self.service.database.read, lambda: encoder, until_done=True)

    def n_claims(self) -> int:
        with self.service.database.read() as session:
            return session.scalar(select(func.count()).select_from(Claim)) or 0

    def index_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())


def measured(path: _Path, lines: Sequence[str]) -> dict[str, float]:
    """Take posts the whole way and give each figure by its name in `capacity.toml`."""
    warm, lines = lines[:WARM], lines[WARM:]
    path.push(warm)
    for step in (path.take_in, path.read_for_trends, path.index_words, path.index_vectors):
        step()
    n_claims, n_bytes = path.n_claims(), path.index_bytes()
    spent = {
        "push_us": _processor_s(lambda: path.push(lines)),
        "inbox_us": _processor_s(path.take_in),
        "trends_us": _processor_s(path.read_for_trends),
        "index_us": _processor_s(path.index_words),
    }
    found = {name: 1e6 * seconds / len(lines) for name, seconds in spent.items()}
    n_claims = path.n_claims() - n_claims
    found["index_bytes"] = (path.index_bytes() - n_bytes) / (len(lines) + n_claims)
    found["embed_ms"] = 1e3 * _processor_s(path.index_vectors) / n_claims
    return found | {"posts": len(lines), "claims": n_claims}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=4_000)
    asked = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="suluh-capacity-") as name,
        running(**SERVER) as server,
        migrated(server) as address,
    ):
        folder = Path(name)
        settings = Settings(var_dir=folder, database_url=address, secret_key=SECRET, requests_per_minute=1_000_000)
        lines = written(folder / "posts.jsonl", asked.posts + WARM).read_text("utf-8").splitlines(keepends=True)
        app = create_app(settings)
        service: Service = app.state.service
        with TestClient(app) as client:
            with acting(service) as ctx:
                user = accounts.create_user(ctx, "mesin", PASSWORD, [Role.ENGINEER])
                key = accounts.create_key(ctx, user, "kapasitas", 1).key
            found = measured(_Path(service, client, key), lines)
            service.database.close()
    print(json.dumps({name: round(value, 2) for name, value in found.items()}))


if __name__ == "__main__":
    main()
