"""A small multilingual transformer through ONNX Runtime, without torch.

One pass over a text gives class logits (hoax, news, opinion) and a claim vector. What is judged is read with
names taken out (`data.reading.neutral_words`); what is compared keeps them. A pass costs milliseconds where
the linear model costs microseconds, so posts meet the linear model and claims meet this one. Weights are int8
in blocks of 64, and activations are rounded a block at a time, so a text's answer does not depend on its
neighbours in a batch; how far it is from the float model's, the card says.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from data.reading import neutral_words, plain_words
from models.artifact import NETWORK, TOKENIZER

Floats32 = npt.NDArray[np.float32]

HOAX, NEWS, OPINION = 0, 1, 2
_PAD: Final = 1
_HEADS: Final = ("judged", "vectors")
_BATCH_TOKENS: Final = 2048  # with padding; bounds memory for any number of texts
_SLOWER_FUSED: Final = "SkipLayerNormFusion"  # sum and normalisation in one take a sixth more time than apart
_CHARACTERS_A_TOKEN: Final = 40  # at most; a longer text is cut before it is cleaned


class Answers(NamedTuple):
    """What one pass gives: class logits (n, 3) and unit vectors (n, width)."""

    judged: Floats32
    vectors: Floats32


@dataclass(frozen=True, slots=True)
class Encoder:
    """Session and tokenizer; safe for several threads."""

    session: onnxruntime.InferenceSession
    tokenizer: Tokenizer
    max_tokens: int

    def judged(self, texts: Sequence[str]) -> Floats32:
        """Class logits of texts read without names, float32 (n, 3): hoax, news, opinion."""
        return self.run([neutral_words(self._cut(text)) for text in texts]).judged

    def vectors(self, texts: Sequence[str]) -> Floats32:
        """Unit vectors for comparing claims, float32 (n, width)."""
        return self.run([plain_words(self._cut(text)) for text in texts]).vectors

    def run(self, read: Sequence[str]) -> Answers:
        """Both answers for texts that are cleaned already, in their order; lengths are grouped inside."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(read))]
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        parts = [self._pass([tokens[at] for at in batch]) for batch in _grouped(order, tokens)]
        if not parts:
            return Answers(*(np.empty((0, width), np.float32) for width in self._widths()))
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return Answers(*(np.concatenate(part)[back] for part in zip(*parts, strict=True)))

    def _cut(self, text: str) -> str:
        return text[: self.max_tokens * _CHARACTERS_A_TOKEN]

    def _pass(self, tokens: Sequence[Sequence[int]]) -> Answers:
        ids = np.full((len(tokens), max(map(len, tokens))), _PAD, dtype=np.int64)
        mask = np.zeros_like(ids)  # by length: which id pads is the vocabulary's own affair
        for row, met, own in zip(ids, mask, tokens, strict=True):
            row[: len(own)] = own
            met[: len(own)] = 1
        return Answers(*self.session.run(_HEADS, {"ids": ids, "mask": mask}))

    def by_word(self, read: str) -> Floats32:
        """What each word of a cleaned text gives to the class logits, float32 (words, 3); truncated words give 0.

        The class is linear in the mean of the tokens' last layer, so a word's share is that of its tokens; exact for
        the sum, but each token has seen the others.
        """
        encoding = self.tokenizer.encode(read)
        ids = np.array([encoding.ids], dtype=np.int64)
        (tokens,) = self.session.run(["tokens"], {"ids": ids, "mask": np.ones_like(ids)})
        ends = np.cumsum([len(word) + 1 for word in read.split(" ")])
        shares = np.zeros((len(ends), tokens.shape[2]), np.float32)
        for (start, end), token in zip(encoding.offsets, tokens[0], strict=True):
            if end > start:
                shares[min(int(np.searchsorted(ends, end - 1, side="right")), len(ends) - 1)] += token / len(ids[0])
        return shares

    def _widths(self) -> Iterator[int]:
        return (int(output.shape[1]) for output in self.session.get_outputs() if output.name in _HEADS)


def open_encoder(folder: Path, n_threads: int = 1) -> Encoder:
    """The encoder of `folder`; one thread, because a service runs a process a core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        folder / NETWORK, options, providers=["CPUExecutionProvider"], disabled_optimizers=[_SLOWER_FUSED]
    )
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    truncation = json.loads(tokenizer.to_str())["truncation"]
    return Encoder(session, tokenizer, int(truncation["max_length"]))


def _grouped(order: Sequence[int], tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    batch: list[int] = []
    for at in order:  # shortest first, so the newest is the longest
        if batch and (len(batch) + 1) * len(tokens[at]) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
