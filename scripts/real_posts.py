"""Write real posts from the consolidated tables as JSONL for ``suluh ingest``; nothing of them stays in the project.

A seeded sample over every label: circulated posts where the table has them, titles and tweets otherwise. Times are
spread over two days that end now, because the tables know days only.

    python scripts/real_posts.py DATA_DIR 20000 > posts.jsonl
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20_191_127
SPAN_S = 48 * 3600


def sampled(folder: Path, n: int) -> pd.DataFrame:
    """Give ``n`` rows with ``id`` and ``text``, in a seeded random order."""
    claims = pd.read_parquet(folder / "claims.parquet", columns=["id", "text", "post_text"])
    claims["text"] = claims["post_text"].where(claims["post_text"].fillna("").str.strip() != "", claims["text"])
    return claims.sample(min(n, len(claims)), random_state=SEED)


def write(rows: pd.DataFrame) -> None:
    """Print one post a line, oldest first."""
    random = np.random.default_rng(SEED)
    ages_s = np.sort(random.integers(0, SPAN_S, len(rows)))[::-1]
    views = np.floor(random.lognormal(5.0, 1.5, len(rows))).astype(int)
    now = datetime.now(UTC)
    for row, age_s, seen in zip(rows.itertuples(), ages_s, views, strict=True):
        post = {
            "source": "tables",
            "external_id": str(row.id),
            "text": row.text,
            "posted_at": (now - timedelta(seconds=int(age_s))).isoformat(),
            "engagement": {"views": int(seen)},
        }
        print(json.dumps(post, ensure_ascii=False))


def main(arguments: list[str]) -> None:
    """Read the command line."""
    if len(arguments) != 2:
        raise SystemExit("usage: python scripts/real_posts.py DATA_DIR N > posts.jsonl")
    write(sampled(Path(arguments[0]), int(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
