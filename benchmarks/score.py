"""How long does one text take, in a call of its own: the linear model beside scikit-learn, the encoder beside torch?

    python -m benchmarks.score linear [--full]
    python -m benchmarks.score encoder [--full]

Times are processor seconds of this process, so that what else runs on the machine counts less; both sides use one
core, and their rounds alternate. The texts are the grammar's (`benchmarks.stream`), passed on as people do.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.kept import keep, ratios, versions
from benchmarks.stream import claims, copied
from data.normalise import normalise
from models import artifact

SEED = 41
ROUNDS = 7
N_TRAIN = 1_500
N_TOKENS = 64
VOCABULARY = 30_522  # of IndoBERT-base (indobenchmark/indobert-base-p1 has 50,000; indolem's has 31,923)


def seconds_a_call(call: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    """Call once with each input; give the processor seconds of one call."""
    began = time.process_time()
    for each in inputs:
        call(each)
    return (time.process_time() - began) / len(inputs)


def linear(*, full: bool) -> None:
    """The linear model: raw text to probability, and cleaned text to probability, one text a call."""
    from benchmarks.peers.sklearn_model import fitted  # noqa: PLC0415 - the peer of this part only

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


def encoder(*, full: bool) -> None:
    """The encoder: text of 64 tokens to class, one text a call, beside a pipeline and beside torch on our weights."""
    # What this part alone needs: the linear part runs where torch and ONNX Runtime are not loaded.
    import torch  # noqa: PLC0415 - as above

    from benchmarks.peers.torch_models import indobert_pipeline, our_shape  # noqa: PLC0415 - as above
    from models.encoder import open_encoder  # noqa: PLC0415 - as above

    torch.set_num_threads(1)
    ours = open_encoder(artifact.released_folder(artifact.JUDGE))
    texts = of_tokens(ours.tokenizer, 40 if full else 12)
    pipeline = indobert_pipeline(VOCABULARY, N_TOKENS, texts)
    body = our_shape(ours)

    def in_torch(text: str) -> object:
        ids = torch.tensor([ours.tokenizer.encode(text).ids])
        with torch.inference_mode():
            return body(ids, torch.ones_like(ids))

    raw: dict[str, list[float]] = {"ours": [], "pipeline": [], "torch fp32": []}
    for text in texts[:2]:
        ours.run([text]), pipeline(text), in_torch(text)
    for _ in tqdm(range(ROUNDS), desc="score_encoder", unit="round", leave=False):
        raw["ours"].append(seconds_a_call(lambda text: ours.run([text]), texts))
        raw["torch fp32"].append(seconds_a_call(in_torch, texts))
        raw["pipeline"].append(seconds_a_call(pipeline, texts[: max(4, len(texts) // 4)]))
    told = versions("torch", "transformers", "onnxruntime")
    milli = {f"ms, {name}": [round(each * 1e3, 2) for each in times] for name, times in raw.items()}
    keep(
        "score_encoder",
        "times as quick as the pipeline",
        ratios(raw["ours"], raw["pipeline"]),
        peer=told,
        **milli,
        tokens=N_TOKENS,
    )
    keep("score_encoder", "times as quick as torch fp32", ratios(raw["ours"], raw["torch fp32"]), peer=told)


def of_tokens(tokenizer: Any, n: int) -> list[str]:
    """Write n texts that our tokenizer reads as exactly 64 tokens."""
    draw = random.Random(SEED)
    found: list[str] = []
    while len(found) < n:
        words = normalise(" ".join(claims(6, draw))).split()
        for end in range(20, len(words)):
            text = " ".join(words[:end])
            if len(tokenizer.encode(text).ids) >= N_TOKENS:
                break
        if len(tokenizer.encode(text).ids) == N_TOKENS:
            found.append(text)
    return found


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="One text a call.")
    parser.add_argument("model", choices=["linear", "encoder"])
    parser.add_argument("--full", action="store_true")
    asked = parser.parse_args()
    {"linear": linear, "encoder": encoder}[asked.model](full=asked.full)


if __name__ == "__main__":
    main()
