"""Captions: drafted out of approved sentences only, each platform's apart, and never the same words twice.

They are drafted with the campaign, edited and approved with it, and every one is held against its source by
``restating.check``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product, takewhile

from serving.desk.outreach import restating
from serving.desk.outreach.posting import caption_budget, length_on
from serving.desk.outreach.restating import CLOSERS, OPENERS, RETELLS, Approved, CaptionError
from serving.i18n import mark
from serving.vocabulary import CampaignKind, Platform

N_VARIANTS = 6
NEAR_COPY = 0.8
SHINGLE = 3
# How many sentences of a text are looked through for what may be said, and how many one caption holds at most.
FACTS_MAX = 200
LONGEST_ORDER = 4

Shingles = frozenset[tuple[str, ...]]

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"\u201c(]?[A-Z0-9])")


@dataclass(frozen=True, slots=True)
class NearCopies:
    """How alike the captions of one platform are: 1 is the same words, 0 nothing shared."""

    n: int
    closest: float
    mean: float
    n_pairs_too_close: int


def sentences(text: str) -> list[str]:
    """Split approved text into sentences, each ending as it did."""
    flat = " ".join(text.split())
    return [part.strip() for part in _SENTENCE.split(flat) if part.strip()]


def _facts(approved: Approved) -> list[str]:
    """Give the sentences that may be used, the fact first.

    A title or sentence that retells the hoax is left out where anything else is said.
    """
    head = approved.title.strip()
    told = sentences(approved.body)
    if head:
        told.insert(0, head if head[-1:] in ".!?" else f"{head}.")
    return [sentence for sentence in told if not RETELLS.match(sentence)] or told


def sayable(approved: Approved) -> Iterator[str]:
    """Give the facts that a caption or a card may say, the first first: those that ``restating.check`` lets through."""
    return (fact for fact in _facts(approved)[:FACTS_MAX] if _passes(fact, approved))


def _passes(text: str, approved: Approved) -> bool:
    try:
        restating.check(text, approved)
    except CaptionError:
        return False
    return True


def _fitted(opener: str, facts: Sequence[str], closer: str, platform: Platform, budget: int) -> str | None:
    """Put one caption together from as many sentences as fit; none where not even the first does."""
    for n in range(len(facts), 0, -1):
        for end in dict.fromkeys((closer, "")):
            text = opener + " ".join(facts[:n]) + end
            if length_on(platform, text) <= budget:
                return text
    return None


def _shortened(fact: str, platform: Platform, budget: int) -> str:
    """Cut a sentence that is too long by itself at a word, and show that it was cut."""
    words = fact.split()

    def cut(n: int) -> str:
        return " ".join(words[:n]) + "\u2026"

    # Every word adds to the length, so the last cut that fits is found by halving.
    return cut(max(bisect_right(range(len(words) + 1), budget, key=lambda n: length_on(platform, cut(n))) - 1, 0))


def _orders(facts: Sequence[str], platform: Platform) -> list[list[str]]:
    """Give the sentences in orders that lead with one of the first two, short for X and longer elsewhere."""
    n = 2 if platform is Platform.X else LONGEST_ORDER
    first, rest = facts[0], list(facts[1:])
    orders = [[first, *rest[: n - 1]], [first]]
    if rest:
        orders += [[rest[0], first, *rest[1 : n - 1]], [rest[0]]]
    if len(rest) > 1:
        orders += [[first, rest[1]], [rest[0], rest[1]]]
    return orders


def _variants(kind: CampaignKind, facts: Sequence[str], platform: Platform, link: str) -> list[str]:
    budget = caption_budget(platform, link)
    chosen: dict[str, Shingles] = {}
    # What is too long by itself fits in no caption either: measured once, not in every frame.
    fits = {fact: length_on(platform, fact) <= budget for fact in facts}
    orders = [list(takewhile(fits.__getitem__, order)) for order in _orders(facts, platform)]
    # Step through openers, orders and closers together first, so that neighbours differ in all three.
    frames = list(product(OPENERS[kind], CLOSERS[kind]))
    diagonal = [(frames[(5 * i) % len(frames)], orders[i % len(orders)]) for i in range(len(frames))]
    for (opener, closer), order in [*diagonal, *product(frames, orders)]:
        text = _fitted(opener, order, closer, platform, budget)
        if text and text not in chosen:
            shingles = _shingles(text)
            if all(_jaccard(shingles, other) < NEAR_COPY for other in chosen.values()):
                chosen[text] = shingles
        if len(chosen) == N_VARIANTS:
            break
    return list(chosen) or [_shortened(facts[0], platform, budget)]


def draft(kind: CampaignKind, approved: Approved) -> dict[Platform, list[str]]:
    """Draft caption variants for each platform out of approved sentences only.

    Returns:
        One to six variants a platform, without disclosure and link. No two are near-copies (see ``similarity``).

    Raises:
        CaptionError: nothing is left once sentences that ``restating.check`` refuses are dropped.
    """
    facts = list(islice(sayable(approved), LONGEST_ORDER))
    if not facts:
        raise CaptionError(mark("Tidak ada kalimat dalam teks yang disetujui yang boleh menjadi takarir."))
    return {platform: _variants(kind, facts, platform, approved.link) for platform in Platform}


# ---- how alike -------------------------------------------------------------------------------------------------


def _shingles(text: str) -> Shingles:
    words = [word.casefold() for word in re.findall(r"\w+", text)]
    size = min(SHINGLE, len(words)) or 1
    return frozenset(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def _jaccard(left: Shingles, right: Shingles) -> float:
    return len(left & right) / len(left | right) if left | right else 1.0


def similarity(a: str, b: str) -> float:
    """Give the share of three-word sequences that two texts have in common (Jaccard), 0 to 1."""
    return _jaccard(_shingles(a), _shingles(b))


def near_copies(texts: Sequence[str]) -> NearCopies:
    """Measure how much a set of captions repeats itself."""
    pairs = [_jaccard(a, b) for a, b in combinations(map(_shingles, texts), 2)]
    return NearCopies(
        n=len(texts),
        closest=max(pairs, default=0.0),
        mean=sum(pairs) / len(pairs) if pairs else 0.0,
        n_pairs_too_close=sum(pair >= NEAR_COPY for pair in pairs),
    )
