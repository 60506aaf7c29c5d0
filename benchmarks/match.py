"""How long does a match take, beside TF-IDF in scikit-learn, and does it hold for larger libraries?

Libraries and queries are written by the grammar of `benchmarks.stream`: each record is a claim with three more
sentences, each query a copy as people pass it on. Seconds are those of the processor.

    python -m benchmarks.match
"""

import random
import time

from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.stream import claims, copied
from data.normalise import normalise
from models.matcher import Matcher
from models.retrieval import Record

_SIZES = (1_000, 12_800, 100_000)
_N_QUERIES = 500


def library(n: int, draw: random.Random) -> list[Record]:
    """Write n records."""
    written = claims(2 * n, draw)
    return [Record(str(row), written[row], f"{written[row]} {written[n + row]}") for row in range(n)]


def sklearn_best(records: list[Record], queries: list[str]) -> tuple[list[str], float, float]:
    """Return the best record of each query by letter TF-IDF, and the seconds of index and search."""
    start = time.process_time()
    vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    index = vectoriser.fit_transform([normalise(f"{record.title} {record.text}") for record in records]).T.tocsr()
    built = time.process_time()
    best = [records[(vectoriser.transform([normalise(query)]) @ index).toarray().argmax()].id for query in queries]
    return best, built - start, time.process_time() - built


def main() -> None:
    """Print build time, time a query and share of queries whose record comes first, for each size."""
    Matcher.build(library(10, random.Random(0))).search("percobaan")
    ratio = 0.0
    for n in _SIZES:
        draw = random.Random(n)
        records = library(n, draw)
        rows = [draw.randrange(n) for _ in range(_N_QUERIES)]
        queries = [copied(records[row].title, draw) for row in rows]
        start = time.process_time()
        matcher = Matcher.build(records)
        built = time.process_time() - start
        start = time.process_time()
        found = matcher.search_many(queries)
        ours = time.process_time() - start
        right = sum(bool(matches) and matches[0].id == str(row) for matches, row in zip(found, rows, strict=True))
        print(f"{n:>7,} records: built in {built:.1f} s, {ours / _N_QUERIES * 1000:.2f} ms a query,", end=" ")
        print(f"first is right {right / _N_QUERIES:.3f}")
        if n <= 12_800:
            best, their_build, theirs = sklearn_best(records, queries)
            right = sum(record_id == str(row) for record_id, row in zip(best, rows, strict=True))
            print(f"{'scikit-learn':>15}: built in {their_build:.1f} s, {theirs / _N_QUERIES * 1000:.2f} ms", end=" ")
            ratio = theirs / ours
            print(f"a query, first is right {right / _N_QUERIES:.3f}; ratio {ratio:.1f}")
    print(f"ratio queries a second against scikit-learn: {ratio:.1f}x (the largest library that both hold)")


if __name__ == "__main__":
    main()
