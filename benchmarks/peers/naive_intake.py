"""A feed taken in the way that most first services do it: one post, one transaction, and a library for each step.

scikit-learn scores, datasketch finds near-duplicates in memory, psycopg writes. What would come on top is left out in
its favour: no masking of identities, no sealed link, no audit row, no trend, and nothing survives a restart.
`naive_service` puts the HTTP around it that such a service has.
"""

import json
from collections.abc import Iterable
from datetime import datetime

import psycopg
from datasketch import MinHash, MinHashLSH
from sklearn.pipeline import Pipeline

from benchmarks.peers.sklearn_model import fitted

_TABLES = """
CREATE TABLE claims (id bigserial PRIMARY KEY, wording text NOT NULL, score float8 NOT NULL, n_posts bigint NOT NULL,
    reach bigint NOT NULL, first_seen_at timestamptz NOT NULL, last_seen_at timestamptz NOT NULL);
CREATE TABLE posts (id bigserial PRIMARY KEY, claim_id bigint NOT NULL REFERENCES claims (id), source text NOT NULL,
    external_id text NOT NULL, text text NOT NULL, posted_at timestamptz NOT NULL, views bigint NOT NULL,
    score float8 NOT NULL, UNIQUE (source, external_id));
CREATE INDEX ON posts (claim_id);
"""
N_TRAIN = 1_500
_THRESHOLD = 0.4  # the best of those that `benchmarks.cluster` tries
_PERMUTATIONS = 64
_SHINGLE = 5


def trained_on(lines: Iterable[str]) -> Pipeline:
    """Fit the model on the texts of lines of JSON."""
    return fitted([json.loads(line)["text"] for line in lines])


class NaiveIntake:
    """Takes posts in one by one."""

    def __init__(self, address: str, model: Pipeline) -> None:
        self._connection = psycopg.connect(address)
        self._connection.execute(_TABLES)
        self._connection.commit()
        self._model = model
        self._lsh = MinHashLSH(threshold=_THRESHOLD, num_perm=_PERMUTATIONS)

    def take_in(self, source: str, external_id: str, text: str, posted_at: datetime, views: int) -> int | None:
        """Take one post in, commit, and give its claim; nothing where it was known."""
        plain = " ".join(text.lower().split())
        with self._connection.transaction():
            known = self._connection.execute(
                "SELECT 1 FROM posts WHERE source = %s AND external_id = %s", [source, external_id]
            ).fetchone()
            if known:
                return None
            score = float(self._model.predict_proba([plain])[0, 1])
            claim_id = self._claim_of(plain, score, posted_at)
            self._connection.execute(
                "INSERT INTO posts (claim_id, source, external_id, text, posted_at, views, score) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [claim_id, source, external_id, text, posted_at, views, score],
            )
            self._connection.execute(
                "UPDATE claims SET n_posts = n_posts + 1, reach = reach + %s, "
                "last_seen_at = greatest(last_seen_at, %s) WHERE id = %s",
                [views, posted_at, claim_id],
            )
        return claim_id

    def _claim_of(self, text: str, score: float, posted_at: datetime) -> int:
        sketch = MinHash(num_perm=_PERMUTATIONS)
        sketch.update_batch([text[i : i + _SHINGLE].encode() for i in range(max(1, len(text) - _SHINGLE + 1))])
        if near := self._lsh.query(sketch):
            return int(near[0])
        row = self._connection.execute(
            "INSERT INTO claims (wording, score, n_posts, reach, first_seen_at, last_seen_at) "
            "VALUES (%s, %s, 0, 0, %s, %s) RETURNING id",
            [text, score, posted_at, posted_at],
        ).fetchone()
        assert row is not None
        self._lsh.insert(str(row[0]), sketch)
        return int(row[0])

    def take_all(self, lines: Iterable[str]) -> None:
        """Take lines of JSON in, one after another."""
        for line in lines:
            row = json.loads(line)
            posted_at, views = datetime.fromisoformat(row["posted_at"]), row["engagement"]["views"]
            self.take_in(row["source"], row["external_id"], row["text"], posted_at, views)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()
