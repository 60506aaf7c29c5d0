"""Train the encoder: one body, three heads, batches of one task each in a shuffled order.

Every few minutes a checkpoint is written, whole or not at all; the same command goes on from it. On a
processor with bfloat16 the body computes in it (about twice as fast); weights and moments stay in float32.
"""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from data.reading import neutral_words, plain_words
from training.encoder_batches import Batch, Task, batches, check_batches
from training.encoder_model import (
    Encoder,
    base_model,
    fingerprint_of,
    hidden_size,
    keep_pieces,
    mean_of,
    set_dropout,
    trimmed,
)
from training.encoder_recipe import EncoderRecipe
from training.encoder_rows import Material
from training.order import Progress

_PAD: Final = 1
_CLIP: Final = 1.0
_TOLD_EVERY_S: Final = 30.0
_SMOOTHED: Final = 0.98
_CHECKPOINT: Final = "checkpoint.pt"
_BEST: Final = "best.pt"


@dataclass(frozen=True, slots=True)
class Trained:
    """What a fit leaves; the model is in evaluation mode. `base_sha256` tells which weights it began with."""

    model: Encoder
    tokenizer: Tokenizer
    n_steps: int
    base_sha256: str


def begin(material: Material, recipe: EncoderRecipe, base: str, folder: Path, progress: Progress) -> Trained:
    """A base model with the vocabulary of the texts and heads that know nothing yet; `folder` keeps the vocabulary."""
    torch.manual_seed(recipe.seed)
    body, whole = base_model(base)
    began_with = fingerprint_of(body)
    tokenizer, kept = _vocabulary(whole, material, recipe, folder, progress)
    keep_pieces(body, kept)
    return Trained(Encoder(body, hidden_size(body)), tokenizer, 0, began_with)


def fit(before: Trained, material: Material, recipe: EncoderRecipe, folder: Path, progress: Progress) -> Trained:
    """Train what an earlier stage left, with moments of its own, or go on with what `folder` holds of the same recipe.

    Further seeds are fitted beside the first, each in a folder of its own and with its share of the processor's cores;
    their mean is what is left.
    """
    if not recipe.further_seeds:
        return _fit_once(before, material, recipe, folder, progress)
    alone = [replace(recipe, seed=seed, further_seeds=()) for seed in (recipe.seed, *recipe.further_seeds)]

    n_cores = torch.get_num_threads()

    def fitted(one: EncoderRecipe) -> Trained:
        torch.set_num_threads(max(1, n_cores // len(alone)))
        told = f"seed {one.seed}: "
        beginning = replace(before, model=deepcopy(before.model), tokenizer=deepcopy(before.tokenizer))
        return _fit_once(beginning, material, one, folder / str(one.seed), lambda said: progress(told + said))

    with ThreadPoolExecutor(len(alone)) as threads:
        fits = list(threads.map(fitted, alone))
    torch.set_num_threads(n_cores)
    return replace(fits[0], model=mean_of([one.model for one in fits]))


def _fit_once(before: Trained, material: Material, recipe: EncoderRecipe, folder: Path, progress: Progress) -> Trained:
    torch.manual_seed(recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    model, tokenizer = before.model.to(_device()), before.tokenizer
    set_dropout(model, recipe.steps.dropout)
    plan = _plan(material, recipe, tokenizer)
    progress(f"{len(plan):,} batches, {sum(_size(batch) for batch in plan):,} tokens with padding")
    checks = check_batches(material, recipe, encoder_of(tokenizer, recipe.max_tokens))
    run = _Run(model, *_optimiser(model, recipe, len(plan)), recipe, folder, progress, checks)
    n_steps = run.go_on(plan)
    return Trained(model.eval().cpu(), tokenizer, before.n_steps + n_steps, before.base_sha256)


def encoder_of(tokenizer: Tokenizer, max_tokens: int) -> Callable[[Any], list[list[int]]]:
    """Texts → token ids with the marks of beginning and end, at most `max_tokens` of them."""
    tokenizer.enable_truncation(max_tokens)

    def encode(texts: Any) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

    return encode


def padded(tokens: tuple[tuple[int, ...], ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids (n, longest) with padding, and the mask of what is not."""
    longest = max(map(len, tokens))
    ids = torch.tensor([[*row, *[_PAD] * (longest - len(row))] for row in tokens], device=device)
    mask = torch.tensor([[*[1] * len(row), *[0] * (longest - len(row))] for row in tokens], device=device)
    return ids, mask


def _vocabulary(
    whole: Tokenizer, material: Material, recipe: EncoderRecipe, folder: Path, progress: Progress
) -> tuple[Tokenizer, list[int]]:
    folder.mkdir(parents=True, exist_ok=True)
    stored, positions = folder / "tokenizer.json", folder / "pieces.pt"
    if stored.is_file() and positions.is_file():
        return Tokenizer.from_file(str(stored)), torch.load(positions)
    progress("counting pieces of the vocabulary")
    texts = (read(text) for text in material.texts() for read in (plain_words, neutral_words))
    tokenizer, kept = trimmed(whole, texts, recipe.vocabulary)
    tokenizer.save(str(stored))
    torch.save(kept, positions)
    return tokenizer, kept


def _plan(material: Material, recipe: EncoderRecipe, tokenizer: Tokenizer) -> list[Batch]:
    encode = encoder_of(tokenizer, recipe.max_tokens)
    whole = int(recipe.steps.epochs)
    plan = [one for epoch in range(whole) for one in batches(material, recipe, encode, recipe.seed + epoch)]
    rest = recipe.steps.epochs - whole
    if rest > 0:
        last = batches(material, recipe, encode, recipe.seed + whole)
        plan += last[: round(rest * len(last))]
    return plan


def _size(batch: Batch) -> int:
    return len(batch.tokens) * max(map(len, batch.tokens))


def _optimiser(
    model: Encoder, recipe: EncoderRecipe, n_steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    steps = recipe.steps
    named = [(name, weights) for name, weights in model.named_parameters() if weights.requires_grad]
    flat = [weights for name, weights in named if weights.ndim < 2]
    deep = [weights for name, weights in named if weights.ndim >= 2 and name.startswith("body")]
    heads = [weights for name, weights in named if weights.ndim >= 2 and not name.startswith("body")]
    optimiser = torch.optim.AdamW(
        [
            {"params": flat, "weight_decay": 0.0},
            {"params": deep, "weight_decay": steps.weight_decay},
            {"params": heads, "weight_decay": steps.weight_decay, "lr": 5 * steps.learning_rate},
        ],
        lr=steps.learning_rate,
        fused=True,
    )
    warm = max(1, round(steps.warmup * n_steps))

    def rate(step: int) -> float:
        return min((step + 1) / warm, max(0.0, (n_steps - step) / max(1, n_steps - warm)))

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, rate)


@dataclass(slots=True)
class _Run:
    """A training run: what moves, by which rule, and where it is kept."""

    model: Encoder
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    recipe: EncoderRecipe
    folder: Path
    progress: Progress
    checks: list[Batch]
    least: float = math.inf  # the least loss that a check found
    n_worse: int = 0  # checks since then

    def go_on(self, plan: list[Batch]) -> int:
        """Train on what the checkpoint has not met, telling how far it is and writing checkpoints; how many batches.

        Where checks are asked for, the weights of the best one are what is left.
        """
        start = self._resume()
        if start:
            self.progress(f"goes on at batch {start:,}")
        if self._is_over:
            return self._best(start)
        self.model.train()
        losses = dict.fromkeys(Task, 0.0)
        began = told = saved = time.monotonic()
        for at in range(start, len(plan)):
            loss = self._step(plan[at])
            before = losses[plan[at].task] or loss
            losses[plan[at].task] = _SMOOTHED * before + (1 - _SMOOTHED) * loss
            now = time.monotonic()
            if now - told > _TOLD_EVERY_S:
                told = now
                left = (now - began) / (at + 1 - start) * (len(plan) - at - 1) / 60
                shown = " ".join(f"{task}={value:.3f}" for task, value in losses.items())
                self.progress(f"batch {at + 1:,} of {len(plan):,}, {left:.0f} minutes left, {shown}")
            if self.checks and ((at + 1) % self.recipe.steps.check_batches == 0 or at + 1 == len(plan)):
                self._check(at + 1)
            if self._is_over:
                self._keep(at + 1)
                return self._best(at + 1)
            if now - saved > self.recipe.steps.checkpoint_minutes * 60:
                saved = now
                self._keep(at + 1)
        self._keep(len(plan))
        return self._best(len(plan))

    @property
    def _is_over(self) -> bool:
        return bool(self.checks) and self.n_worse >= self.recipe.steps.patience

    def _check(self, step: int) -> None:
        """Ask for the loss on what is held back, and keep the weights where it was never less."""
        self.model.eval()
        with torch.no_grad():
            losses = [(self._loss(batch).item(), len(batch.tokens)) for batch in self.checks]
        self.model.train()
        loss = sum(value * n for value, n in losses) / sum(n for _, n in losses)
        self.n_worse = 0 if loss < self.least else self.n_worse + 1
        self.progress(f"batch {step:,}: loss on the tuning months {loss:.4f}, least so far {min(loss, self.least):.4f}")
        if loss < self.least:
            self.least = loss
            _write(self.folder / _BEST, self.model.state_dict())

    def _best(self, step: int) -> int:
        """Put the weights of the best check back, if there was one."""
        if math.isfinite(self.least):
            self.progress(f"after batch {step:,} the weights of the least loss, {self.least:.4f}, are kept")
            self.model.load_state_dict(torch.load(self.folder / _BEST, map_location=_device()))
        return step

    def _loss(self, batch: Batch) -> Tensor:
        device = _device()
        with torch.autocast(device.type, dtype=torch.bfloat16):
            pooled = self.model.pooled(*padded(batch.tokens, device))
        return _loss(self.model, pooled.float(), batch, self.recipe)

    def _step(self, batch: Batch) -> float:
        loss = self._loss(batch)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
        self.optimiser.step()
        self.schedule.step()
        self.optimiser.zero_grad(set_to_none=True)
        return loss.item()

    def _keep(self, step: int) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": step,
            "checked": (self.least, self.n_worse),
            "random": (torch.get_rng_state(), torch.cuda.get_rng_state_all()),
        }
        _write(self.folder / _CHECKPOINT, state)

    def _resume(self) -> int:
        path = self.folder / _CHECKPOINT
        if not path.is_file():
            return 0
        state = torch.load(path, map_location=_device())
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.least, self.n_worse = state.get("checked", (math.inf, 0))
        if "random" in state:  # not in checkpoints of versions before; those go on with other dropout
            here, devices = state["random"]
            torch.set_rng_state(here.cpu())
            torch.cuda.set_rng_state_all([one.cpu() for one in devices])
        return int(state["step"])


def _write(path: Path, state: Any) -> None:
    """Write a file of torch whole or not at all."""
    unfinished = path.with_name(f".{path.name}")
    torch.save(state, unfinished)
    unfinished.replace(path)


def _loss(model: Encoder, pooled: Tensor, batch: Batch, recipe: EncoderRecipe) -> Tensor:
    match batch.task:
        case Task.JUDGE:
            return nn.functional.cross_entropy(model.judge(pooled), torch.tensor(batch.targets, device=pooled.device))
        case Task.MODERATE:
            return _masked_loss(model.moderate(pooled), torch.tensor(batch.targets, device=pooled.device))
        case Task.PAIR:
            return _contrastive(model.vectors(pooled), batch.targets, recipe.steps.temperature)


def _masked_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy over what was annotated."""
    known = (targets >= 0).float()
    loss = nn.functional.binary_cross_entropy_with_logits(logits, targets.clamp(min=0).float(), reduction="none")
    return (loss * known).sum() / known.sum().clamp(min=1)


def _contrastive(vectors: Tensor, groups: Any, temperature: float) -> Tensor:
    """InfoNCE both ways over the batch; another pair of the same group is no wrong answer."""
    queries, answers = vectors.chunk(2)
    logits = queries @ answers.T / temperature
    group = torch.tensor(groups, device=vectors.device)
    same = (group[:, None] == group[None, :]) & ~torch.eye(len(group), dtype=torch.bool, device=vectors.device)
    logits = logits.masked_fill(same, -1e4)
    own = torch.arange(len(group), device=vectors.device)
    both = nn.functional.cross_entropy(logits, own) + nn.functional.cross_entropy(logits.T, own)
    return both / 2


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
