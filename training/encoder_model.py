"""The encoder as a torch module: one BERT-family body with a trimmed vocabulary, and three heads."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedModel

from training.encoder_rows import CLASSES, LABELS

_SPECIAL: Final = 4  # <s> <pad> </s> <unk>: XLM-R's first four pieces, kept in place
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0?"


class Encoder(nn.Module):
    """Token ids → mean of the last layer → class logits, moderation logits, unit vector."""

    def __init__(self, body: PreTrainedModel, hidden: int) -> None:
        super().__init__()
        self.body = body
        self.judge = nn.Linear(hidden, len(CLASSES))
        self.moderate = nn.Linear(hidden, len(LABELS))
        self.project = nn.Linear(hidden, hidden, bias=False)
        nn.init.eye_(self.project.weight)

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Mean over the tokens of the last hidden layer, float32 (n, hidden)."""
        return self._mean(self._hidden(ids, mask), mask)

    def _hidden(self, ids: Tensor, mask: Tensor) -> Tensor:
        hidden: Tensor = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden

    def _mean(self, hidden: Tensor, mask: Tensor) -> Tensor:
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)

    def vectors(self, pooled: Tensor) -> Tensor:
        """Unit vectors of claims, float32 (n, hidden)."""
        return nn.functional.normalize(self.project(pooled), dim=-1)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Class logits (n, 3), moderation logits (n, 5), unit vectors (n, hidden), and class logits of each token.

        The classes are linear in the mean, so what the tokens (n, length, 3) give, without the bias, averages to them.
        """
        hidden = self._hidden(ids, mask)
        pooled = self._mean(hidden, mask)
        tokens = hidden @ self.judge.weight.T
        return self.judge(pooled), self.moderate(pooled), self.vectors(pooled), tokens


def base_model(base: str) -> tuple[PreTrainedModel, Tokenizer]:
    """Body and tokenizer of `base`, a Hub name or a folder."""
    body = AutoModel.from_pretrained(base, add_pooling_layer=False, attn_implementation="eager")
    return body, AutoTokenizer.from_pretrained(base).backend_tokenizer


def set_dropout(model: nn.Module, share: float) -> None:
    """Leave out `share` of the inputs at every place of `model` where some are left out in training."""
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = share


def mean_of(models: Sequence[Encoder]) -> Encoder:
    """The first of `models`, in place, with the mean of the weights of all.

    Fits that began with the same weights lie near one another, and their mean errs less on texts of another source than
    each (Wortsman et al. 2022, "Model soups").
    """
    states = [one.state_dict() for one in models]
    means = {
        name: torch.stack([one[name] for one in states]).mean(0)
        for name, weights in states[0].items()
        if weights.is_floating_point()
    }
    models[0].load_state_dict({**states[0], **means})
    return models[0]


def fingerprint_of(body: PreTrainedModel) -> str:
    """SHA-256 over names and values of all weights, in the order of their names; the same wherever they lie."""
    digest = sha256()
    for name, weights in sorted(body.state_dict().items()):
        digest.update(name.encode() + weights.float().numpy().tobytes())
    return digest.hexdigest()


def trimmed(tokenizer: Tokenizer, texts: Iterable[str], size: int) -> tuple[Tokenizer, list[int]]:
    """A tokenizer with the `size` pieces that `texts` use most, and the old position of each.

    Only for Unigram vocabularies (XLM-R and its kin); another kind is kept whole. The texts are lower-case words
    between blanks (`data.reading`), so the pieces left out would never be met.
    """
    content = json.loads(tokenizer.to_str())
    if content["model"]["type"] != "Unigram":
        return tokenizer, list(range(tokenizer.get_vocab_size()))
    pieces = content["model"]["vocab"]
    used: Counter[int] = Counter()
    chunk: list[str] = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == 4096:
            _count(tokenizer, chunk, used)
            chunk = []
    _count(tokenizer, chunk, used)
    letters = {tokenizer.token_to_id(form) for letter in _ALPHABET for form in (letter, f"▁{letter}", "▁")}
    always = {*range(_SPECIAL), *(at for at in letters if at is not None)}
    frequent = [at for at, _ in used.most_common() if at not in always]
    kept = sorted((*always, *frequent[: size - len(always)]))
    content["model"]["vocab"] = [pieces[at] for at in kept]
    position = {old: new for new, old in enumerate(kept)}
    content["added_tokens"] = [
        {**token, "id": position[token["id"]]} for token in content["added_tokens"] if token["id"] in position
    ]
    return Tokenizer.from_str(json.dumps(content)), kept


def _count(tokenizer: Tokenizer, texts: list[str], used: Counter[int]) -> None:
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        used.update(encoding.ids)


def hidden_size(body: PreTrainedModel) -> int:
    """Width of the hidden layers of a Hugging Face model."""
    return int(body.config.hidden_size)


def keep_pieces(body: PreTrainedModel, kept: list[int]) -> None:
    """Shrink the word embeddings of `body` to the pieces `kept`, in place; they stay as they are in training.

    Each piece is met too rarely for its vector to be moved well, and the moments of so many would double the memory.
    """
    old = body.get_input_embeddings().weight
    if not isinstance(old, Tensor):
        raise TypeError(f"{type(body).__name__} has no table of word embeddings")
    new = nn.Embedding(len(kept), old.shape[1], padding_idx=1)
    with torch.no_grad():
        new.weight.copy_(old[torch.tensor(kept)])
    new.weight.requires_grad_(False)
    body.set_input_embeddings(new)
    body.config.vocab_size = len(kept)
