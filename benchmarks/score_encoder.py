"""How long does one text of 64 tokens take the encoder, beside a pipeline and beside torch on our own weights?

python -m benchmarks.score_encoder [--full]
"""

import random
from typing import Any

import torch
from tqdm import tqdm

from benchmarks.calls import ROUNDS, SEED, run, seconds_a_call
from benchmarks.kept import keep, ratios, versions
from benchmarks.peers.torch_models import indobert_pipeline, our_shape
from benchmarks.stream import claims
from data.normalise import normalise
from models import artifact
from models.encoder import open_encoder

N_TOKENS = 64
VOCABULARY = 30_522  # of IndoBERT-base (indobenchmark/indobert-base-p1 has 50,000; indolem's has 31,923)


def measured(*, full: bool) -> None:
    """The encoder: text of 64 tokens to class, one text a call, beside a pipeline and beside torch on our weights."""
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


if __name__ == "__main__":
    run(measured, "One text a call, encoder.")
