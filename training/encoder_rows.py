"""What the encoder learns from: three tasks, each with its own texts, drawn anew for each epoch.

`judged` texts carry a class (hoax, news, opinion) and are read with names taken out; `moderated` texts carry
labels, some of them not annotated; `paired` texts are wordings of one claim beside the fact-check that
answers it. Everything is drawn from the training part of the protocol; the opinions that set thresholds, the
unseen opinions, the tuning months and the linked pairs are never among them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from data.collected import named_with_measures
from data.corpus import dealt, require, sampled
from data.reading import neutral_words, plain_words
from data.schema import Comment, DataError, Example, Kind, Label
from data.sources.matching import match_pairs
from data.sources.moderation import comments
from data.sources.tables import rows, table_path, text_of
from data.split import LATER, PROTOCOL, Part, Split
from models.moderation import ModerationLabel
from training.encoder_recipe import EncoderRecipe
from training.spoken import Speech, speech

CLASSES: Final = (Label.HOAX, Label.NOT_HOAX, Label.OPINION)
LABELS: Final = tuple(ModerationLabel)
SPOKEN: Final = "spoken"  # the source of this project's own sentences
_INSIDE_TEST_SHARE: Final = 5  # one group in five of the only source of a label is kept for its figure
_MOST_CHECKED: Final = 300  # texts of a class that a check of the loss reads


@dataclass(frozen=True, slots=True)
class Judged:
    """A text with its class, the position in `CLASSES`; `source` so that two of one source may be joined."""

    text: str
    label: int
    source: str


@dataclass(frozen=True, slots=True)
class Moderated:
    """A text with one value a label of `LABELS`: 1, 0, or -1 where the source did not annotate it."""

    text: str
    labels: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Paired:
    """A wording of a claim, the text of the fact-check that answers it, and the fact-check's group."""

    query: str
    answer: str
    group: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that may be drawn, by part; `divided` is the split for the figures."""

    divided: Split
    hoaxes: tuple[Judged, ...]
    news: tuple[Judged, ...]
    articles: tuple[Judged, ...]
    opinions: tuple[Judged, ...]
    comments: tuple[Judged, ...]
    collected: tuple[Judged, ...]
    spoken: tuple[Judged, ...]
    checked: tuple[Judged, ...]
    moderated: tuple[Moderated, ...]
    paired: tuple[Paired, ...]

    def texts(self) -> Iterator[str]:
        """Every text, for the vocabulary."""
        for part in (self.hoaxes, self.news, self.articles, self.opinions, self.comments, self.collected, self.spoken):
            yield from (row.text for row in part)
        yield from (row.text for row in self.moderated)
        for pair in self.paired:
            yield pair.query
            yield pair.answer


def material_for(recipe: EncoderRecipe, folder: Path, divided: Split | None = None) -> Material:
    """Read and divide the tables, unless they were divided before; DataError where they do not allow it."""
    require(folder, named_with_measures((*recipe.collections, *recipe.held_out)))
    divided = divided or dealt(folder)
    gathered = [row for row in divided[Part.COLLECTED_TRAIN] if row.source in recipe.collections]
    learned = [row for row in divided[Part.UNSEEN_OPINION] if row.source in recipe.learns_unseen]
    train = [row for row in (*divided[Part.TRAIN], *learned) if row.source not in recipe.held_out]
    later = (row for part in LATER for row in divided[part] if row.source not in recipe.learns_unseen)
    unseen = {plain_words(row.text) for row in later}
    said = [row for row in comments(folder) if not row.conflict and plain_words(row.text) not in unseen]
    return Material(
        divided=divided,
        hoaxes=_distinct(_judged((*train, *gathered), Label.HOAX)),
        news=_distinct(_judged((*train, *gathered), Label.NOT_HOAX)),
        articles=tuple(_articles(folder, {row.id for row in train})),
        opinions=_distinct(_judged(train, Label.OPINION)),
        comments=_distinct(_comments(said, recipe)),
        collected=_distinct(one for one in _judged(gathered, Label.OPINION) if plain_words(one.text) not in unseen),
        spoken=tuple(_spoken(recipe)),
        checked=_checked(divided, recipe),
        moderated=tuple(_moderated(said, recipe)),
        paired=tuple(_paired(folder, train)),
    )


def kept_for_figures(comment: Comment) -> bool:
    """True for the fifth of the groups of a label's only source that neither trains nor tunes."""
    return blake2b(comment.group.encode(), digest_size=4).digest()[0] % _INSIDE_TEST_SHARE == 0


def _checked(divided: Split, recipe: EncoderRecipe) -> tuple[Judged, ...]:
    """Texts of the tuning months, as many of each class, that say when a fit stops gaining; none where none asks."""
    if not recipe.steps.check_batches:
        return ()
    said = (*divided[Part.TUNE], *divided[Part.COLLECTED_TUNE])
    by_class = [_distinct(_judged(said, label)) for label in CLASSES]
    n = min(_MOST_CHECKED, *map(len, by_class))
    if not n:
        raise DataError("check_batches needs hoaxes, news and opinions in the tuning months; one of them is not there.")
    return tuple(row for rows_of_class in by_class for row in sampled(rows_of_class, n, _text_of))


def _text_of(row: Judged) -> str:
    return row.text


def _judged(train: Iterable[Example], label: Label) -> Iterator[Judged]:
    return (Judged(row.text, CLASSES.index(label), row.source) for row in train if row.label is label)


def _distinct(found: Iterable[Judged]) -> tuple[Judged, ...]:
    first: dict[str, Judged] = {}
    for row in found:
        first.setdefault(neutral_words(row.text), row)
    return tuple(row for key, row in first.items() if len(key.split()) > 2)


def _articles(folder: Path, train: set[str]) -> Iterator[Judged]:
    """The beginnings of news articles: true and formal, and as long as a post."""
    for row in rows(table_path(folder, "claims"), ("id", "body", "label")):
        body = text_of(row["body"]).strip()
        if body and str(row["id"]) in train and row["label"] == Label.NOT_HOAX:
            yield Judged(" ".join(body.split()[:200]), CLASSES.index(Label.NOT_HOAX), "news body")


def _comments(said: Iterable[Comment], recipe: EncoderRecipe) -> Iterator[Judged]:
    opinion = CLASSES.index(Label.OPINION)
    for row in said:
        if row.source in recipe.comments and not row.is_promotion:
            yield Judged(row.text, opinion, row.source)


def _spoken(recipe: EncoderRecipe) -> Iterator[Judged]:
    for said in speech(recipe.seed, recipe.n_spoken):
        label = Label.NOT_HOAX if said.kind is Speech.PROGRAMME else Label.OPINION
        yield Judged(said.text, CLASSES.index(label), SPOKEN)


def _moderated(said: Iterable[Comment], recipe: EncoderRecipe) -> Iterator[Moderated]:
    for row in said:
        if row.source in recipe.moderation and not kept_for_figures(row):
            yield Moderated(row.text, tuple(_value(getattr(row, label)) for label in LABELS), row.source)
    nothing = (0,) * len(LABELS)
    for one in speech(recipe.seed + 1, recipe.n_clean):
        yield Moderated(one.text, nothing, SPOKEN)


def _value(annotated: bool | None) -> int:  # noqa: FBT001 - a table's cell
    return -1 if annotated is None else int(annotated)


def _paired(folder: Path, train: Sequence[Example]) -> Iterator[Paired]:
    """Posts and other wordings with title and clarification of their fact-check, all before the tuning months."""
    answers = _answers(folder)
    train_ids = {row.id for row in train}
    for row in train:
        if row.label is Label.HOAX and row.kind is Kind.CIRCULATED_POST:
            answer = answers.get(row.id.removesuffix("#post"))
            if answer:
                yield Paired(row.text, answer, row.group)
    for pair in match_pairs(folder):
        if pair.pair_type == "mined_lexical" and pair.query_id in train_ids and pair.target_id in answers:
            yield Paired(pair.query, answers[pair.target_id], pair.target_id)


def _answers(folder: Path) -> Mapping[str, str]:
    """Title and clarification of each fact-check dated before the tuning months, by id."""
    found = {}
    ends = PROTOCOL.tune_from.isoformat()
    for row in rows(table_path(folder, "claims"), ("id", "text", "clarification", "date")):
        if str(row["date"] or "") < ends:
            found[str(row["id"])] = f"{text_of(row['text'])}. {text_of(row['clarification'])}".strip()
    return found
