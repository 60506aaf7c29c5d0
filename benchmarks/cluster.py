"""Does our near-duplicate clustering find more and run faster than datasketch, on streams whose truth is known?

Both sides get the same cleaned texts. datasketch gets what is fair: 64 permutations, its own LSH at each of several
thresholds over shingles of letters and of words, the best setting chosen on the tuning seed; a post joins the cluster
of the candidate with the highest estimated Jaccard similarity, as ours does with its verified one. Seconds are those
of the processor, so that what else the machine does decides nothing.

    python -m benchmarks.cluster                  # quality and speed on the grammar's stream
    python -m benchmarks.cluster --data DATA_DIR  # also on real circulated posts of later months, edited the same way
    python -m benchmarks.cluster --groups DATA_DIR   # agreement with the near-duplicate groups of the tables
    python -m benchmarks.cluster --scale 1000000  # look-up among that many remembered claims instead
"""

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasketch import MinHash, MinHashLSH
from tqdm import tqdm

from benchmarks.kept import keep, versions
from benchmarks.stream import claims, noisy_stream
from data.duplicates import NearDuplicateIndex, b_cubed, cluster
from data.normalise import normalise
from data.sources.tables import rows, table_path, text_of

_TUNE_SEED, _SEEDS = 4, (21, 22, 23)
_N_CLAIMS, _N_POSTS = 1500, 6000
_TEST_FROM = "2025-06"


@dataclass(frozen=True, slots=True)
class Setting:
    """How datasketch is used: letters or words a shingle, and the threshold of its LSH."""

    unit: str
    size: int
    threshold: float

    def shingles(self, text: str) -> set[bytes]:
        """Return the shingles of a text, at least one."""
        parts: Sequence[str] = text.split() if self.unit == "words" else text
        joiner = " " if self.unit == "words" else ""
        n = max(1, len(parts) - self.size + 1)
        return {joiner.join(parts[i : i + self.size]).encode() for i in range(n)}


_SETTINGS = [
    Setting(unit, size, threshold)
    for unit, sizes in (("letters", (4, 5, 7)), ("words", (1, 2)))
    for size in sizes
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7)
]


def datasketch_clusters(texts: Sequence[str], setting: Setting) -> list[int]:
    """Cluster a stream with datasketch."""
    lsh = MinHashLSH(threshold=setting.threshold, num_perm=64)
    sketches: list[MinHash] = []
    labels: list[int] = []
    for row, text in enumerate(texts):
        sketch = MinHash(num_perm=64)
        sketch.update_batch(list(setting.shingles(text)))
        near = [(sketch.jaccard(sketches[other]), -other) for other in lsh.query(sketch)]
        best = max(near, default=(0.0, 0))
        labels.append(labels[-best[1]] if best[0] >= setting.threshold else row)
        lsh.insert(row, sketch)
        sketches.append(sketch)
    return labels


def stream(originals: Sequence[str] | None, seed: int) -> tuple[list[str], list[int]]:
    """Return cleaned posts and the claim of each, from the grammar or from given originals."""
    draw = random.Random(seed)
    chosen = claims(_N_CLAIMS, draw) if originals is None else draw.sample(originals, min(_N_CLAIMS, len(originals)))
    noisy = noisy_stream(chosen, _N_POSTS, draw)
    return [normalise(text) for text in noisy.texts], noisy.truth


def real_posts(folder: Path) -> list[str]:
    """Return circulated posts of later months, one a near-duplicate group."""
    found = {
        row["dup_cluster"]: text_of(row["post_text"])
        for row in rows(table_path(folder, "claims"), ("post_text", "dup_cluster", "date"))
        if text_of(row["date"]) >= _TEST_FROM and len(text_of(row["post_text"]).split()) >= 6
    }
    return list(found.values())


def _measured(method: Callable[[list[str]], Sequence[int]], texts: list[str], truth: list[int]) -> tuple[float, ...]:
    start = time.process_time()
    found = method(texts)
    seconds = time.process_time() - start
    return (*b_cubed(truth, list(found)), len(texts) / seconds)


def compare(name: str, originals: list[str] | None) -> None:
    """Print quality and posts a second of both, seed by seed."""
    texts, truth = stream(originals, _TUNE_SEED)
    cluster(texts[:100])
    tuned = {
        setting: _measured(lambda t, s=setting: datasketch_clusters(t, s), texts, truth)
        for setting in tqdm(_SETTINGS, desc="settings of datasketch", unit="setting", leave=False)
    }
    best = max(tuned, key=lambda setting: tuned[setting][2])
    print(f"{name}: {_N_POSTS} posts a stream; datasketch at {best}, best of {len(_SETTINGS)} on seed {_TUNE_SEED}")
    found: dict[str, list[tuple[float, ...]]] = {"ours": [], "datasketch": []}
    for seed in tqdm(_SEEDS, desc="cluster", unit="stream", leave=False):
        texts, truth = stream(originals, seed)
        found["ours"].append(_measured(lambda t: cluster(t).tolist(), texts, truth))
        found["datasketch"].append(_measured(lambda t: datasketch_clusters(t, best), texts, truth))
        for who, measured in found.items():
            precision, recall, f1, rate = measured[-1]
            print(f"  seed {seed} {who:<10} P {precision:.3f} R {recall:.3f} F1 {f1:.4f} {rate:>9,.0f} posts/s")
    if originals is None:
        _keep(found)


def _keep(found: dict[str, list[tuple[float, ...]]]) -> None:
    ours, theirs = found["ours"], found["datasketch"]
    raw = {f"posts/s, {who}": [round(each[3]) for each in measured] for who, measured in found.items()}
    times = [own[3] / their[3] for own, their in zip(ours, theirs, strict=True)]
    keep("cluster", "times the posts/s", times, peer=versions("datasketch"), **raw)
    keep("cluster", "B-cubed F1", [each[2] for each in ours])
    keep("cluster", "B-cubed F1 less the peer's", [own[2] - their[2] for own, their in zip(ours, theirs, strict=True)])


def agreement(folder: Path) -> None:
    """Print how far clusters of all texts agree with the groups of the tables, which another method found."""
    found = [
        (text_of(row["text"]), str(row["dup_cluster"]))
        for row in rows(table_path(folder, "claims"), ("text", "dup_cluster"))
    ]
    start = time.perf_counter()
    labels = cluster([normalise(text) for text, _ in found]).tolist()
    seconds = time.perf_counter() - start
    groups = [group for _, group in found]
    joint = Counter(zip(groups, labels, strict=True))
    in_groups, in_clusters = _pairs(Counter(groups)), _pairs(Counter(labels))
    print(f"{len(found):,} texts in {seconds:.1f} s: {in_groups} pairs in groups of the tables,", end=" ")
    print(f"{in_clusters} in clusters, {_pairs(joint)} in both")


def _pairs(sizes: Counter[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def scale(n: int) -> None:
    """Print how long 1,000 posts take against n remembered claims."""
    draw = random.Random(31)
    index = NearDuplicateIndex(capacity=n)
    done = 0
    while done < n:
        texts = [normalise(text) for text in claims(20_000, draw)]
        index.add([f"{done + row}" for row in range(len(texts))], texts)
        done += len(texts)
        print(f"\r{index.n_representatives:,} wordings remembered", end="", flush=True)
    copies = noisy_stream(claims(1000, draw), 1000, draw).texts
    fresh = [normalise(text) for text in copies]
    times = []
    for batch in range(10):
        start = time.perf_counter()
        index.add([f"batch {batch} {row}" for row in range(len(fresh))], fresh)
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n1,000 posts: median {np.median(times) * 1000:.1f} ms, first {times[0] * 1000:.1f} ms; tables", end=" ")
    print(
        f"{index.size_bytes / 2**20:,.0f} MiB, {index.size_bytes / index.n_representatives:,.0f} B a wording", end="; "
    )
    print(f"peak memory of the process {peak:,.0f} MiB")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Near-duplicate clustering beside datasketch.")
    parser.add_argument("--data", type=Path, default=None, help="folder of the tables")
    parser.add_argument("--groups", type=Path, default=None, help="folder of the tables, to compare with their groups")
    parser.add_argument("--scale", type=int, default=0, help="remembered claims to look up among")
    chosen = parser.parse_args()
    if chosen.scale:
        scale(chosen.scale)
        return
    if chosen.groups:
        agreement(chosen.groups)
        return
    compare("grammar", None)
    if chosen.data:
        compare("real posts of later months", real_posts(chosen.data))


if __name__ == "__main__":
    main()
