"""An epoch as a list of batches: texts drawn, changed a little, cut to tokens and grouped by length.

The changes make uninformative what a keyboard or a collector chose: how long a text is (windows of long
ones, two short ones joined), whether it holds numbers or a question mark, and now and then a letter. They
are the same for every class.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from data.reading import NUMBER, neutral_words, plain_words
from data.schema import DataError
from training.encoder_recipe import EncoderRecipe
from training.encoder_rows import Judged, Material, Moderated, Paired

Encode = Callable[[Sequence[str]], list[list[int]]]

_WINDOWED_FROM: Final = 24  # words; a longer text may be read from its middle
_SHORT: Final = 20  # words; two texts up to that may be joined
_LONGEST_WINDOW: Final = 90
_P_WINDOW: Final = 0.5
_P_JOIN: Final = 0.12
_P_NUMBER: Final = 0.12
_P_NO_QUESTION: Final = 0.3
_P_TYPO: Final = 0.15
_P_NAMES: Final = 0.15  # texts that keep their names, so that an unlisted name is met as well
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_ANSWER_WORDS: Final = 80

Row = TypeVar("Row")


class Task(StrEnum):
    """Which head a batch teaches."""

    JUDGE = "judge"
    MODERATE = "moderate"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids of unequal length, and what they should answer.

    `targets` are classes (judge) or one tuple a text (moderate); a pair batch holds queries first, then the
    answers in the same order, and in `targets` the number of the group of each pair.
    """

    task: Task
    tokens: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...] | tuple[tuple[int, ...], ...]


def batches(material: Material, recipe: EncoderRecipe, encode: Encode, seed: int) -> list[Batch]:
    """One epoch, in the order of training; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - draws rows, keeps no secret
    made = [
        *_judging(material, recipe, encode, rng),
        *_moderating(material, recipe, encode, rng),
        *_pairing(material, recipe, encode, rng),
    ]
    rng.shuffle(made)
    return made


def check_batches(material: Material, recipe: EncoderRecipe, encode: Encode) -> list[Batch]:
    """The texts that say when a fit stops gaining, read as they are served."""
    tokens = encode([neutral_words(row.text) for row in material.checked])
    shortest_first = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
    return list(_cut(shortest_first, Task.JUDGE, tokens, [row.label for row in material.checked], recipe))


def drawn(rows: Sequence[Row], n: int, rng: random.Random) -> list[Row]:
    """`n` of `rows` without repeats; where there are fewer, all of them and some again."""
    if not rows:
        return []
    whole, rest = divmod(n, len(rows))
    return [*(row for _ in range(whole) for row in rows), *rng.sample(list(rows), rest)]


def drawn_evenly(rows: Sequence[Judged], n: int, rng: random.Random) -> list[Judged]:
    """About `n` of `rows`, of each source in proportion to the root of its size: no subject drowns the others."""
    by_source: dict[str, list[Judged]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    roots = {source: math.sqrt(len(members)) for source, members in by_source.items()}
    whole = sum(roots.values())
    return [
        row for source, members in by_source.items() for row in drawn(members, round(n * roots[source] / whole), rng)
    ]


def _judging(material: Material, recipe: EncoderRecipe, encode: Encode, rng: random.Random) -> Iterator[Batch]:
    sizes = recipe.drawn
    chosen: list[Judged] = []
    for rows, n in (
        (material.hoaxes, sizes.hoaxes),
        (material.news, sizes.news),
        (material.articles, sizes.articles),
        (material.opinions, sizes.opinions),
        (material.comments, sizes.comments),
        (material.spoken, sizes.spoken),
    ):
        chosen.extend(drawn(rows, n, rng))
    chosen.extend(drawn_evenly(material.collected, sizes.collected, rng))
    by_source: dict[tuple[int, str], list[Judged]] = {}
    for row in chosen:
        by_source.setdefault((row.label, row.source), []).append(row)
    texts = [_changed(row, by_source[row.label, row.source], rng) for row in chosen]
    yield from _by_length(Task.JUDGE, encode(texts), [row.label for row in chosen], recipe, rng)


def _changed(row: Judged, alike: Sequence[Judged], rng: random.Random) -> str:
    read = plain_words if rng.random() < _P_NAMES else neutral_words
    words = read(row.text).split()
    if len(words) <= _SHORT and rng.random() < _P_JOIN:
        words += read(rng.choice(alike).text).split()[:_SHORT]
    if len(words) > _WINDOWED_FROM and rng.random() < _P_WINDOW:
        words = _window(words, rng)
    if rng.random() < _P_NUMBER:
        words.insert(rng.randint(0, len(words)), NUMBER)
    if rng.random() < _P_NO_QUESTION:
        words = [word for word in words if word != "?"]
    if rng.random() < _P_TYPO and words:
        at = rng.randrange(len(words))
        words[at] = _mistyped(words[at], rng)
    return " ".join(words)


def _window(words: list[str], rng: random.Random) -> list[str]:
    size = rng.randint(_WINDOWED_FROM // 2, min(len(words), _LONGEST_WINDOW))
    start = rng.randint(0, len(words) - size)
    return words[start : start + size]


def _mistyped(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    match rng.randrange(3):
        case 0:
            return word[:at] + word[at + 1 :] if len(word) > 1 else word
        case 1:
            return word[:at] + rng.choice(_LETTERS) + word[at:]
        case _:
            return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


def _moderating(material: Material, recipe: EncoderRecipe, encode: Encode, rng: random.Random) -> Iterator[Batch]:
    chosen = _to_moderate(material.moderated, recipe, rng)
    texts = [plain_words(row.text) for row in chosen]
    yield from _by_length(Task.MODERATE, encode(texts), [row.labels for row in chosen], recipe, rng)


def _to_moderate(rows: Sequence[Moderated], recipe: EncoderRecipe, rng: random.Random) -> list[Moderated]:
    if not recipe.moderated:
        return drawn(rows, recipe.drawn.moderated, rng)
    by_source = {name: [row for row in rows if row.source == name] for name in recipe.moderated}
    missing = [name for name, found in by_source.items() if not found]
    if missing:
        raise DataError(f"[moderated] asks for texts of {', '.join(missing)}, of which there are none to moderate.")
    return [row for name, n in recipe.moderated.items() for row in drawn(by_source[name], n, rng)]


def _by_length(
    task: Task, tokens: list[list[int]], targets: Sequence[object], recipe: EncoderRecipe, rng: random.Random
) -> Iterator[Batch]:
    """Batches of about equal length, so that little is padded; texts of one length in a drawn order."""
    order = sorted(range(len(tokens)), key=lambda at: (len(tokens[at]), rng.random()))
    yield from _cut(order, task, tokens, targets, recipe)


def _cut(
    order: Sequence[int], task: Task, tokens: list[list[int]], targets: Sequence[object], recipe: EncoderRecipe
) -> Iterator[Batch]:
    """`order`, shortest first, as batches of at most `tokens_a_batch` with padding."""
    batch: list[int] = []
    for at in order:
        if batch and (len(batch) + 1) * len(tokens[at]) > recipe.steps.tokens_a_batch:
            yield _batch(task, batch, tokens, targets)
            batch = []
        batch.append(at)
    if batch:
        yield _batch(task, batch, tokens, targets)


def _batch(task: Task, members: list[int], tokens: list[list[int]], targets: Sequence[object]) -> Batch:
    return Batch(task, tuple(tuple(tokens[at]) for at in members), tuple(targets[at] for at in members))  # type: ignore[arg-type]


def _pairing(material: Material, recipe: EncoderRecipe, encode: Encode, rng: random.Random) -> Iterator[Batch]:
    """Pairs beside pairs that share their words: the wrong answers of a batch are the hard ones.

    Sorted by the rarest words of the answer, with a random start, neighbours tell of one topic.
    """
    chosen = _neighbours(drawn(material.paired, recipe.drawn.paired, rng), rng)
    queries = encode([" ".join(plain_words(pair.query).split()[:_LONGEST_WINDOW]) for pair in chosen])
    answers = encode([" ".join(plain_words(pair.answer).split()[:_ANSWER_WORDS]) for pair in chosen])
    groups = {group: number for number, group in enumerate(sorted({pair.group for pair in chosen}))}
    size = recipe.steps.pairs_a_batch
    for start in range(0, len(chosen) - size + 1, size):
        part = range(start, start + size)
        yield Batch(
            Task.PAIR,
            (*(tuple(queries[at]) for at in part), *(tuple(answers[at]) for at in part)),
            tuple(groups[chosen[at].group] for at in part),
        )


def _neighbours(pairs: Sequence[Paired], rng: random.Random) -> list[Paired]:
    """`pairs` in an order where those of one rare word stand together; the word is drawn for each epoch."""
    counts: dict[str, int] = {}
    words = [set(neutral_words(pair.answer).split()[:15]) for pair in pairs]
    for members in words:
        for word in members:
            counts[word] = counts.get(word, 0) + 1
    keys = []
    for members in words:
        usable = sorted(word for word in members if 4 <= counts[word] <= len(pairs) // 40)
        keys.append((rng.choice(usable) if usable else "", rng.random()))
    return [pairs[at] for at in sorted(range(len(pairs)), key=lambda at: keys[at])]
