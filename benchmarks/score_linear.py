"""How long does one text take the linear model, in a call of its own, beside scikit-learn?

python -m benchmarks.score_linear [--full]
"""

import random

import numpy as np
from tqdm import tqdm

from benchmarks.calls import ROUNDS, SEED, run, seconds_a_call
from benchmarks.kept import keep, ratios, versions
from benchmarks.peers.sklearn_model import fitted
from benchmarks.stream import claims, copied
from data.normalise import normalise
from models import artifact

N_TRAIN = 1_500


def measured(*, full: bool) -> None:
    """The linear model: raw text to probability, and cleaned text to probability, one text a call."""
    draw = random.Random(SEED)
    n = 3_000 if full else 600
    texts = [copied(claim, draw) for claim in claims(N_TRAIN + n, draw)]
    train, asked = [normalise(text) for text in texts[:N_TRAIN]], texts[N_TRAIN:]
    peer = fitted(train)
    scorer = artifact.released(artifact.QUICK)
    cleaned = [scorer.cleaned(text) for text in asked]
    few = slice(0, max(100, n // 10))
    for warmed in (scorer.probabilities, scorer.score_many):
        warmed(asked[:1])
    scorer.probabilities_of_cleaned(cleaned[:1])
    raw: dict[str, list[float]] = {"ours": [], "ours, cleaned": [], "ours, with reasons": [], "scikit-learn": []}
    for _ in tqdm(range(ROUNDS), desc="score_linear", unit="round", leave=False):
        raw["ours"].append(seconds_a_call(lambda text: scorer.probabilities([text]), asked))
        raw["ours, cleaned"].append(seconds_a_call(lambda text: scorer.probabilities_of_cleaned([text]), cleaned))
        raw["ours, with reasons"].append(seconds_a_call(lambda text: scorer.score_many([text]), asked))
        raw["scikit-learn"].append(seconds_a_call(lambda text: peer.predict_proba([text]), asked[few]))
    told = versions("scikit-learn")
    micro = {f"µs, {name}": [round(each * 1e6, 2) for each in times] for name, times in raw.items()}
    letters = float(np.mean([len(text) for text in asked]))
    keep(
        "score_linear",
        "times as quick, text as it comes",
        ratios(raw["ours"], raw["scikit-learn"]),
        peer=told,
        **micro,
        letters_a_text=round(letters),
    )
    keep("score_linear", "times as quick, cleaned text", ratios(raw["ours, cleaned"], raw["scikit-learn"]), peer=told)
    keep("score_linear", "with reasons", ratios(raw["ours, with reasons"], raw["scikit-learn"]), peer=told)


if __name__ == "__main__":
    run(measured, "One text a call, linear.")
