"""The leak audit: what a model could learn instead of the claim, measured before it is trained.

Style alone separates these sources with AUC 0.90 and the year alone with 0.84, so both stand beside every figure
(`eval.audit` fits and draws them). Here stands what needs no fit and stops training: a verdict that is left in a text,
the fact-checker's narrative in place of the claim, what a collector left behind, and a text that crosses the split.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from data.duplicates import NearDuplicateIndex
from data.normalise import normalise
from data.schema import Example, Label
from data.split import LATER, LeakError, Part, Split, refuse_shared_groups, without_texts_of

_VERDICTS: Final = "salah|hoaks|hoax|disinformasi|misinformasi|fitnah|klarifikasi|benar|fakta|cek fakta|false"

TAGS: Final = re.compile(rf"[\[(](?:{_VERDICTS})\W{{0,3}}[\])]", re.IGNORECASE)
"""A verdict in brackets in a text as published."""

VERDICT_LEADS: Final = re.compile(rf"(?:{_VERDICTS}|keliru|menyesatkan)\b")
"""A verdict as the first word of a cleaned text: what is left of a tag whose brackets are gone."""

DEBUNK_WORDING: Final = re.compile(
    r"\b(?:hoaks|cek fakta|periksa fakta|faktanya|tidak benar|klarifikasi|disinformasi|misinformasi|hasil penelusuran|"
    r"berdasarkan penelusuran|dengan demikian|unggahan tersebut|klaim tersebut|informasi tersebut|video tersebut|"
    r"konten yang menyesatkan|konten palsu|tidak terbukti|tidak berdasar|adalah salah|adalah palsu)\b"
)
"""How fact-checkers speak of a claim, in a cleaned text; who makes the claim rarely speaks so."""

ARTEFACTS: Final = re.compile(r"\b(?:RT|USER|URL|USERNAME)\b|\\x[0-9a-f]{2}|\[(?:USERNAME|URL)\]")
"""What collectors of tweets left in a text as published."""

CLEANED_ARTEFACTS: Final = re.compile(r"\b(?:rt|user|url|username|x[0-9a-f]{2})\b")
"""The same, where it survived cleaning."""

STYLE: Final = (
    "log_characters",
    "capitals",
    "digits",
    "punctuation",
    "other_than_ascii",
    "typographic_quotes",
    "line_breaks",
)
_TYPOGRAPHIC: Final = frozenset("“”‘’„«»")
_BATCH_TEXTS: Final = 4096

# The limits. Each stands well above what the clean tables show (docs/experiments.md) and well below what the leak
# itself does: every title of the fact-checker began with a tag, and nine in ten of his narratives use his wording.
_MOST_LED_BY_VERDICT: Final = 0.02
_MOST_DEBUNK_WORDING: Final = 0.05
_MOST_ARTEFACTS: Final = 0.01
_MOST_COPIED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """One way in which rows could give their label away: the worst share found, and the share that is too much.

    `n` is the number of texts that `found` is a share of.
    """

    name: str
    found: float
    limit: float
    n: int
    sentence: str

    @property
    def failed(self) -> bool:
        """True where training on these rows would teach the leak."""
        return self.found > self.limit


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit found on the rows that will be trained on."""

    n_train: int
    checks: tuple[Check, ...]
    hoax_share_by_year: Mapping[str, float]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that refuse these rows."""
        return tuple(check for check in self.checks if check.failed)

    def refuse(self, despite: str = "") -> None:
        """Raise LeakError where a check failed, unless `despite` says why these rows are trained on all the same."""
        if self.failures and not despite.strip():
            reasons = " ".join(check.sentence for check in self.failures)
            raise LeakError(f"{reasons} To train on these rows all the same, say why: --despite REASON.")


def audit(divided: Split, training: Sequence[Example], cleaned: Mapping[str, str]) -> Audit:
    """Audit the rows that will be trained on; `cleaned` maps each id to its normalised text.

    Raises LeakError at once where one group stands in two parts: no reason allows that.
    """
    refuse_shared_groups(divided)
    later = {cleaned[row.id] for part in LATER for row in divided[part]}
    n_repeated = sum(cleaned[row.id] in later for row in training)
    return Audit(
        n_train=len(training),
        checks=(
            *_wording(training, cleaned),
            Check(
                "texts in training and in a later part",
                n_repeated / max(len(training), 1),
                0.0,
                len(training),
                f"{n_repeated} texts stand in training and in a later part.",
            ),
            *_copies(divided, training, cleaned),
        ),
        hoax_share_by_year=hoax_share_by_year(training),
    )


def audit_split(divided: Split, max_characters: int) -> Audit:
    """Audit the training part of a split, less the texts that stand again in a later part, as a recipe would train."""
    later = [row for part in LATER for row in divided[part]]
    cleaned = cleaned_texts((*divided[Part.TRAIN], *later), max_characters)
    return audit(divided, without_texts_of(divided[Part.TRAIN], later, cleaned), cleaned)


def _wording(training: Sequence[Example], cleaned: Mapping[str, str]) -> tuple[Check, ...]:
    hoaxes = [cleaned[row.id] for row in training if row.label is Label.HOAX]
    others = [cleaned[row.id] for row in training if row.label is not Label.HOAX]
    led = max((hoaxes, others), key=lambda texts: share_matching(VERDICT_LEADS, texts, at_start=True))
    led_share = share_matching(VERDICT_LEADS, led, at_start=True)
    wording = share_matching(DEBUNK_WORDING, hoaxes)
    left = share_matching(CLEANED_ARTEFACTS, [*hoaxes, *others])
    return (
        Check(
            "verdict before the text",
            led_share,
            _MOST_LED_BY_VERDICT,
            len(led),
            f"{led_share:.1%} of the {'hoaxes' if led is hoaxes else 'other texts'} still begin with a verdict.",
        ),
        Check(
            "debunk wording in hoaxes",
            wording,
            _MOST_DEBUNK_WORDING,
            len(hoaxes),
            f"{wording:.1%} of the hoaxes speak as a fact-checker does, so a narrative stands in place of the claim.",
        ),
        Check(
            "tweet artefacts after cleaning",
            left,
            _MOST_ARTEFACTS,
            len(training),
            f"{left:.1%} of the cleaned texts still carry what a collector of tweets left in them.",
        ),
    )


def _copies(divided: Split, training: Sequence[Example], cleaned: Mapping[str, str]) -> Iterable[Check]:
    """Near-duplicates of training rows in later parts, found as the live intake finds copies of a post."""
    index = NearDuplicateIndex()
    known = set(_clusters(index, "t", [cleaned[row.id] for row in training]))
    for part in filter(divided.parts.get, LATER):
        rows = divided[part]
        met = _clusters(index, part, [cleaned[row.id] for row in rows])
        copied = sum(cluster in known for cluster in met) / max(len(rows), 1)
        sentence = f"{copied:.1%} of the texts of {part} are near-duplicates of training texts."
        yield Check(f"near-duplicates of training in {part}", copied, _MOST_COPIED, len(rows), sentence)


def _clusters(index: NearDuplicateIndex, prefix: str, texts: Sequence[str]) -> list[str]:
    found: list[str] = []
    for begin in range(0, len(texts), _BATCH_TEXTS):
        batch = texts[begin : begin + _BATCH_TEXTS]
        names = [f"{prefix}{begin + place}" for place in range(len(batch))]
        found.extend(assignment.cluster for assignment in index.add(names, batch))
    return found


def share_matching(pattern: re.Pattern[str], texts: Sequence[str], *, at_start: bool = False) -> float:
    """Share of `texts` that hold the pattern, or begin with it; 0 for no texts."""
    test = pattern.match if at_start else pattern.search
    return sum(test(text) is not None for text in texts) / len(texts) if texts else 0.0


def hoax_share_by_year(rows: Iterable[Example]) -> dict[str, float]:
    """Share of hoaxes a year, "" for rows without a date: the year-only baseline."""
    total: Counter[str] = Counter()
    hoaxes: Counter[str] = Counter()
    for row in rows:
        year = str(row.date.year) if row.date else ""
        total[year] += 1
        hoaxes[year] += row.label is Label.HOAX
    return {year: hoaxes[year] / total[year] for year in sorted(total)}


def style_features(text: str) -> npt.NDArray[np.float64]:
    """How a text is typed and nothing of what it says: float64 (len(STYLE),), shares but for the first."""
    n = max(len(text), 1)
    return np.array(
        [
            np.log1p(len(text)),
            sum(character.isupper() for character in text) / n,
            sum(character.isdigit() for character in text) / n,
            sum(not (character.isalnum() or character.isspace()) for character in text) / n,
            sum(not character.isascii() for character in text) / n,
            sum(character in _TYPOGRAPHIC for character in text) / n,
            text.count("\n") / n,
        ]
    )


def cleaned_texts(rows: Iterable[Example], max_characters: int) -> dict[str, str]:
    """Each row's id with its text as a model reads it: truncated, then normalised."""
    return {row.id: normalise(row.text[:max_characters]) for row in rows}
