"""How long does a search take and what does it find, beside SQLite FTS5, PostgreSQL full-text and brute force?

Items are claims written by the grammar of `benchmarks.stream`. Questions are made of items in two ways: a whole text
as it is passed on, and five of its words as somebody types them, every third with a slip; the item itself is the
truth. All three read the same cleaned texts and the peers' questions leave out light words, which is more than they get
in most hands; they are asked for any of the words (OR) and the best ten by their own ranking. Ours is the index as the
service keeps it, in several segments on disk, and its time includes the cleaning. Times are those of the processor (of
PostgreSQL its server process), so that what else the machine does decides nothing.

Vectors are 384 numbers made of each text's words by a fixed random projection, because an encoder would take hours for
a million; `--encoder N` takes those of the released encoder for N texts instead. The peer is one matrix product in
numpy on one core, which is exact, so its ten are the truth.

    python -m benchmarks.search                   # 100,000 items
    python -m benchmarks.search --items 1000000
    python -m benchmarks.search --encoder 20000   # vectors only, of the released encoder
"""

import argparse
import os
import random
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psycopg
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from benchmarks.kept import keep, ratios, versions
from benchmarks.stream import claims, copied, mistyped
from data.normalise import normalise
from models import artifact
from models.encoder_scorer import EncoderScorer
from models.search_index import Reader, View, Writer, locked
from models.search_segment import Document
from models.search_text import words_of
from models.search_vectors import nearest, part_of
from tests.postgres import running

K = 10
STEP = 20_000  # documents in one commit, as in the service
ROUNDS = 5
N_QUESTIONS = 20  # of each kind a round
TYPED_WORDS = 5
P_SLIP = 1 / 3
WIDTH = 384
_PROJECTED = 1 << 16

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

Search = Callable[[str], Sequence[int]]
Spent = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions of one kind, and the item that each was made of."""

    kind: str
    questions: list[str]
    truth: list[int]


def typed(text: str, draw: random.Random) -> str:
    """Give a few words of a text as somebody types them into a box."""
    words = [word for word in words_of(text) if word.isalpha()]
    places = sorted(draw.sample(range(len(words)), min(TYPED_WORDS, len(words))))
    return " ".join(
        mistyped(words[place], draw) if len(words[place]) > 3 and draw.random() < P_SLIP else words[place]
        for place in places
    )


def asked(texts: list[str], n: int, draw: random.Random) -> list[Asked]:
    """Make n questions of each kind."""
    rows = [draw.randrange(len(texts)) for _ in range(2 * n)]
    return [
        Asked("passed on", [copied(texts[row], draw) for row in rows[:n]], rows[:n]),
        Asked("typed", [typed(texts[row], draw) for row in rows[n:]], rows[n:]),
    ]


# ---- the three -------------------------------------------------------------------------------------------------


def ours(texts: list[str], folder: Path) -> View:
    """Index texts in steps, as the service does."""
    with locked(folder):
        writer = Writer(folder)
        for start in tqdm(range(0, len(texts), STEP), desc="ours", unit=" steps"):
            writer.add(Document(row, words_of(texts[row])) for row in range(start, min(start + STEP, len(texts))))
            writer.commit({})
            writer.tidy()
    return Reader(folder).view()


def fts5(cleaned: list[str], path: Path) -> Search:
    """Index texts in SQLite's full-text search, in one segment."""
    database = sqlite3.connect(path)
    database.execute("CREATE VIRTUAL TABLE items USING fts5(words)")
    database.executemany("INSERT INTO items (rowid, words) VALUES (?, ?)", enumerate(cleaned))
    database.execute("INSERT INTO items (items) VALUES ('optimize')")
    database.commit()
    statement = f"SELECT rowid FROM items WHERE items MATCH ? ORDER BY rank LIMIT {K}"

    def search(question: str) -> list[int]:
        wanted = " OR ".join(f'"{word}"' for word in dict.fromkeys(words_of(question)))
        return [row for (row,) in database.execute(statement, (wanted,))]

    return search


def postgres(cleaned: list[str], connection: psycopg.Connection[Any]) -> Search:
    """Index texts in PostgreSQL's full-text search, with its own Indonesian stemmer."""
    connection.execute("CREATE TABLE raw (id bigint, words text)")
    with connection.cursor() as cursor, cursor.copy("COPY raw FROM STDIN") as copy:
        for row in enumerate(cleaned):
            copy.write_row(row)
    connection.execute("CREATE TABLE items AS SELECT id, to_tsvector('indonesian', words) AS words FROM raw")
    connection.execute("CREATE INDEX ON items USING gin (words)")
    connection.execute("VACUUM ANALYZE items")
    statement = (
        "SELECT id FROM items, to_tsquery('indonesian', %s) AS wanted WHERE words @@ wanted "
        f"ORDER BY ts_rank(words, wanted) DESC LIMIT {K}"
    )

    def search(question: str) -> list[int]:
        wanted = " | ".join(f"'{word}'" for word in dict.fromkeys(words_of(question)))
        return [row for (row,) in connection.execute(statement, (wanted,))]

    return search


# ---- measuring -------------------------------------------------------------------------------------------------


def of_process(pid: int) -> float:
    """Give the seconds of processor that a process has used; counted in hundredths."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS_A_SECOND


def compare_words(texts: list[str], draw: random.Random) -> None:
    """Print time and recall of the three, kind by kind, and the ratio."""
    cleaned = [normalise(text) for text in texts]
    with tempfile.TemporaryDirectory() as folder, running() as server:
        server.run("CREATE DATABASE {}", "bench")
        with psycopg.connect(server.address("bench"), autocommit=True) as connection:
            view = ours(texts, Path(folder) / "index")
            contenders: dict[str, Search] = {
                "ours": lambda question: view.searchable().search(question, K).refs.tolist(),
                "SQLite FTS5": fts5(cleaned, Path(folder) / "fts.db"),
                "PostgreSQL": postgres(cleaned, connection),
            }
            size = sum(path.stat().st_size for path in (Path(folder) / "index").iterdir())
            print(
                f"{len(texts):,} items; ours in {len(view.shards)} segments, {size / len(texts):.0f} bytes an item;",
                end=" ",
            )
            print(f"SQLite {sqlite3.sqlite_version}, PostgreSQL {connection.info.server_version // 10_000}")
            backend = connection.info.backend_pid
            spent: dict[str, Spent] = dict.fromkeys(contenders, time.process_time)
            spent["PostgreSQL"] = lambda: time.process_time() + of_process(backend)
            kinds = asked(texts, ROUNDS * N_QUESTIONS, draw)
            every = [found for questions in kinds for found in _compared(contenders, spent, questions)]
            peers = f"SQLite {sqlite3.sqlite_version}, PostgreSQL {connection.info.server_version // 10_000}"
    # The smallest of both peers and both kinds of questions.
    keep("search_lexical", "search_lexical", min(every, key=median), peer=peers, items=len(texts))


def _compared(contenders: dict[str, Search], spent: dict[str, Spent], questions: Asked) -> list[list[float]]:
    """Print what each contender took and found; give for each peer its time beside ours, round by round."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    hits = dict.fromkeys(contenders, 0)
    for search in contenders.values():  # each once for nothing, so that what can be kept in memory is
        search(questions.questions[0])
    rows = list(zip(questions.questions, questions.truth, strict=True))
    for start in range(0, len(rows), N_QUESTIONS):
        for name, search in contenders.items():
            before = spent[name]()
            hits[name] += sum(truth in search(question) for question, truth in rows[start : start + N_QUESTIONS])
            times[name].append((spent[name]() - before) / N_QUESTIONS)
    every: list[list[float]] = []
    for name, rounds in times.items():
        recall = hits[name] / len(rows)
        line = f"  {questions.kind:<9} {name:<12} {median(rounds) * 1000:>9.2f} ms, recall@{K} {recall:.3f}"
        if name != "ours":
            every.append(ratios(times["ours"], rounds))
            line += f"; {median(every[-1]):.0f} times ours ({min(every[-1]):.0f} to {max(every[-1]):.0f})"
        print(line)
    return every


# ---- vectors ---------------------------------------------------------------------------------------------------


def projected(texts: Sequence[str]) -> np.ndarray:
    """Return unit vectors of texts: the sum of a fixed random vector for each word, rarer words longer."""
    table = np.random.default_rng(17).standard_normal((_PROJECTED, WIDTH), dtype=np.float32)
    places = [[zlib.crc32(word.encode()) % _PROJECTED for word in words_of(text)] or [0] for text in texts]
    said = np.bincount(np.fromiter((p for row in places for p in set(row)), np.int64), minlength=_PROJECTED)
    table *= np.log(1 + len(texts) / (1 + said)).astype(np.float32)[:, None]
    vectors = np.stack([table[row].sum(axis=0) for row in places])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def encoded(texts: Sequence[str]) -> np.ndarray:
    """Return the released encoder's vectors of texts."""
    scorer = artifact.released(artifact.JUDGE)
    assert isinstance(scorer, EncoderScorer)
    parts = [
        scorer.blend.encoder.vectors(texts[start : start + 256])
        for start in tqdm(range(0, len(texts), 256), desc="encoder", unit=" batches")
    ]
    return np.concatenate(parts)


def compare_vectors(name: str, vectors: np.ndarray, questions: np.ndarray) -> None:
    """Print time and recall beside one matrix product in float32, and the ratio."""
    part = part_of(np.arange(len(vectors)), np.zeros(len(vectors), np.uint32), vectors)
    mine: list[float] = []
    theirs: list[float] = []
    n_found = 0
    nearest(part, questions[0], K)
    with threadpool_limits(1):
        for start in range(0, len(questions), N_QUESTIONS):
            some = questions[start : start + N_QUESTIONS]
            began = time.thread_time()
            exact = [np.argpartition(-(vectors @ question), K)[:K] for question in some]
            between = time.thread_time()
            found = [nearest(part, question, K)[0] for question in some]
            ended = time.thread_time()
            theirs.append((between - began) / len(some))
            mine.append((ended - between) / len(some))
            n_found += sum(len(np.intersect1d(*both)) for both in zip(exact, found, strict=True))
    recall = n_found / (K * len(questions))
    print(
        f"{len(vectors):,} vectors of {vectors.shape[1]} numbers, {name}: ours {median(mine) * 1000:.3f} ms,", end=" "
    )
    print(f"numpy {median(theirs) * 1000:.2f} ms on one core, recall@{K} {recall:.3f}")
    figures = {"vectors": len(vectors), "recall": recall}
    keep("search_vector", "search_vector", ratios(mine, theirs), peer=versions("numpy"), **figures)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Search beside SQLite, PostgreSQL and brute force.")
    parser.add_argument("--items", type=int, default=100_000, help="how many items to search")
    parser.add_argument("--encoder", type=int, default=0, help="compare vectors of the released encoder instead")
    chosen = parser.parse_args()
    draw = random.Random(41)
    texts = claims(chosen.encoder or chosen.items, draw)
    questions = [copied(draw.choice(texts), draw) for _ in range(ROUNDS * N_QUESTIONS)]
    if chosen.encoder:
        compare_vectors("of the released encoder", encoded(texts), encoded(questions))
        return
    compare_words(texts, draw)
    both = projected([*texts, *questions])
    compare_vectors("projected words", both[: len(texts)], both[len(texts) :])


if __name__ == "__main__":
    main()
