"""A stream of posts whose truth is known: made-up claims, and copies of them as people pass messages on.

Everything is drawn from one seeded generator, so a stream is the same on every machine. The words stand in
`stream.toml`; names of places, people and firms are invented from syllables or plainly made up.
"""

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_EMOJI = "😭🙏🔥😡‼️🇮🇩💰"
_LETTERS = "abcdefghijklmnoprstuwy"


@dataclass(frozen=True, slots=True)
class Stream:
    """Raw posts in the order in which they come, and the claim that each copies."""

    texts: list[str]
    truth: list[int]


def _one(draw: random.Random, kind: str) -> str:
    return str(draw.choice(_WORDS[kind]))


def _name(draw: random.Random) -> str:
    """Invent a name for a village, a person, a company."""
    return "".join(draw.choices(_WORDS["syllables"], k=draw.randint(2, 4))).capitalize() + draw.choice(
        ("", "n", "ng", "s", "r")
    )


def _place(draw: random.Random) -> str:
    return f"{_one(draw, 'kinds_of_place')} {_name(draw)}"


def _deed(draw: random.Random) -> str:
    return f"{_one(draw, 'verbs')} {_one(draw, 'things')} {_one(draw, 'manners')}"


def _incident(draw: random.Random) -> str:
    who, deed, result = _one(draw, "who"), _deed(draw), _one(draw, "results")
    place, when = _place(draw), _one(draw, "when")
    return draw.choice((
        f"{who} {deed} di {place} {when}. {result}.",
        f"{result}, kata {_name(draw)} dari {place}, setelah {who.lower()} {deed} {when}.",
        f"Beredar rekaman {who.lower()} bernama {_name(draw)} yang {deed}. Kejadian di {place}, {when}. {result}!",
        f"{when.capitalize()} {place} geger, {who.lower()} {deed}. {result}.",
    ))  # fmt: skip


def _remedy(draw: random.Random) -> str:
    result, food, other, ill = _one(draw, "results"), _one(draw, "foods"), _one(draw, "foods"), _one(draw, "ills")
    doctor, place = _name(draw), _place(draw)
    return draw.choice((
        f"{food.capitalize()} terbukti menyembuhkan {ill} menurut profesor {doctor} dari {place}. {result}.",
        f"Penderita {ill} tidak perlu obat pabrik. Cukup {food} dicampur {other}, resep {doctor} dari {place}.",
        f"Rumah sakit di {place} merahasiakan {food} lebih ampuh daripada suntikan {ill}, kata {doctor}.",
        f"Jangan minum {food} bersama {other}! {doctor} warga {place} meninggal karena {ill}.",
    ))  # fmt: skip


def _policy(draw: random.Random) -> str:
    what, change, when = _one(draw, "policies"), _one(draw, "changes"), _one(draw, "when")
    place, who = _place(draw), _one(draw, "who")
    return draw.choice(
        (
            f"{when.capitalize()} {what} {change} di {place}. {_one(draw, 'results')}. {who} mengadu.",
            f"Bupati {_name(draw)} diam-diam mengesahkan aturan: {what} {change} {when}. {who} di {place} menolak.",
            f"{who} asal {place} kaget, {what} ternyata {change}. {_one(draw, 'results')}.",
        )
    )


def _long(draw: random.Random) -> str:
    parts = draw.sample((_incident, _remedy, _policy, _incident, _policy, _remedy), draw.randint(2, 5))
    return " ".join(part(draw) for part in parts)


def _scams(draw: random.Random) -> list[str]:
    """Write each scam template once for each brand: the words around the brand and the prize are the same."""
    return [
        template.format(brand=brand, prize=prize)
        for template in _WORDS["scam_templates"]
        for brand, prize in zip(_WORDS["brands"], draw.sample(_WORDS["prizes"], len(_WORDS["brands"])), strict=True)
    ]


def claims(n: int, draw: random.Random) -> list[str]:
    """Write n different claims: incidents, remedies, policies, long chain letters, and scams under many brands."""
    written = dict.fromkeys(_scams(draw))
    kinds = (_incident, _remedy, _policy, _long)
    while len(written) < n:
        written[draw.choice(kinds)(draw)] = None
    shuffled = list(written)
    draw.shuffle(shuffled)
    return shuffled[:n]


def mistyped(word: str, draw: random.Random) -> str:
    """Return a word with one slip: a letter less, another letter, one twice, or two that changed places."""
    place = draw.randrange(len(word))
    kind = draw.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + draw.choice(_LETTERS) + word[place + 1 :]
    if kind == 2:
        return word[: place + 1] + word[place:]
    return word[:place] + word[place : place + 2][::-1] + word[place + 2 :]


def copied(text: str, draw: random.Random) -> str:
    """Return the text as somebody passes it on: between nothing and nearly everything done to it."""
    words = text.split()
    if draw.random() < 0.25:
        words = words[: max(8, int(len(words) * draw.uniform(0.5, 0.95)))]
    p_typo = draw.choice((0.0, 0.0, 0.03, 0.08, 0.12))
    p_slang = draw.choice((0.0, 0.5, 1.0))
    p_lost = draw.choice((0.0, 0.0, 0.05))
    kept: list[str] = []
    for plain in words:
        word = _WORDS["chat"].get(plain, plain) if draw.random() < p_slang else plain
        if len(word) > 3 and draw.random() < p_typo:
            word = mistyped(word, draw)
        if draw.random() >= p_lost:
            kept.append(word)
        if draw.random() < 0.02:
            kept.append(draw.choice(_EMOJI))
    if draw.random() < 0.4:
        kept.insert(0, _one(draw, "openings"))
    if draw.random() < 0.4:
        kept.append(_one(draw, "endings"))
    passed_on = " ".join(kept)
    return passed_on.upper() if draw.random() < 0.1 else passed_on


def noisy_stream(originals: Sequence[str], n_posts: int, draw: random.Random) -> Stream:
    """Copy claims with a long tail: few spread widely, many are seen once or twice."""
    weights = [1.0 / (rank + 3) ** 0.8 for rank in range(len(originals))]
    truth = draw.choices(range(len(originals)), weights, k=n_posts)
    return Stream([copied(originals[claim], draw) for claim in truth], truth)
