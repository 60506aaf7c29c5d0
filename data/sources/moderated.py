"""Further public comments with labels of moderation, each read from its own folder, `DATA_DIR/originals/NAME`.

They stand in no table. A label is None where its source did not look for it, or where what it looked for is wider than
the label. Telephone numbers and handles are masked here, because a file of its own kind brings them as they were
typed, and what a post quotes of another author is taken out. A text comes once; where two copies contradict each
other, neither comes. Near-duplicates share a group, as the live intake finds them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from data.normalise import ACCOUNT, NUMBER, normalise
from data.schema import Comment, DataError, Example, Kind, Label
from data.sources.delimited import Form, Row, delimited_rows
from data.sources.originals import folder_of, grouped, has_files
from data.sources.tweets import without_artefacts

_FEWEST_WORDS: Final = 3
_QUOTED: Final = re.compile(r"\[quote[^\]]*\](?:(?!\[quote).)*?\[/quote\]", re.IGNORECASE | re.DOTALL)
_MARKUP: Final = re.compile(r"\[img\].*?\[/img\]|\[/?[a-z]+(?:=[^\]]*)?\]", re.IGNORECASE | re.DOTALL)
_ESCAPES: Final = re.compile(r"\\[nrt]")
_USERNAME: Final = re.compile(r"<username>", re.IGNORECASE)
_LOST: Final = re.compile(r"\?{2,}")  # what became of emoji
_HANDLE: Final = re.compile(r"(?<![\w@])@\w[\w.]*")
_PHONE: Final = re.compile(r"(?<!\d)(?:(?:\+?62|0)[\s.-]?\d(?:[\s.-]?\d){6,12}|\d{9,})(?!\d)")
# Whoever chose the kinds of a report called many such messages fraud.
_GAMBLING: Final = re.compile(
    r"togel|toto\b|cas[i1]n[o0]|kasino|sportsbook|poker|domino ?qq|kiu ?kiu|\bqq\b|sbobet|taruhan|judi|bandarq"
    r"|dingdong",
    re.IGNORECASE,
)
_SURE: Final = 0.9  # of the probability that came with a report's kind
_BRAND: Final = re.compile(r"[a-z]{3,}\d{2,4}[a-z]?|[a-z]*toto\b")
_MOST_OF_BRAND: Final = 50  # two brands make nine in ten of the promotions
_IN_TABLES: Final = frozenset({"squad777", "pulau777"})  # brands that the tables' promotions name too
_ELECTION: Final = Form(separator="\t", encoding="cp1252")


@dataclass(frozen=True, slots=True)
class _Marks:
    """What a source says of one text; None where it did not look."""

    hate: bool | None = None
    abusive: bool | None = None
    gambling: bool | None = None
    scam: bool | None = None
    sexual: bool | None = None


_Row = tuple[str, str, _Marks]  # where it stands, the text as it was typed, its marks


def _forum_posts(folder: Path) -> Iterator[_Row]:
    """Netifier: Kaskus, X and Instagram, marked for pornography, SARA, radicalism and insult.

    Its radicalism goes by single words, and insults of a faith or a people stand there or under insult, so that only
    posts without any mark are negatives of hate and abuse.
    """
    columns = ("original_text", "pornografi", "sara", "radikalisme", "pencemaran_nama_baik")
    for part in ("train", "test"):
        for row in delimited_rows(folder / f"{part}.csv", columns):
            sexual, sara, radical, insult = (_mark(row, name, "1", "0") for name in columns[1:])
            marks = _Marks(
                hate=True if sara else (None if radical or insult else False),
                abusive=True if insult else (None if sexual or sara or radical else False),
                sexual=sexual,
            )
            yield f"{part}{row.number}", row["original_text"], marks


def _reported_messages(folder: Path) -> Iterator[_Row]:
    """Text messages that people reported: fraud where kind and second opinion agree; loans and gambling are left out.

    Its negatives are adverts and services, unwanted all the same, so they are the hard ones.
    """
    for row in delimited_rows(folder / "dataset-sms-penipuan.csv", ("type", "type_pred", "proba", "message")):
        kind, second, text = row["type"], row["type_pred"].partition(".")[0], row["message"]
        if _GAMBLING.search(text):
            continue
        if kind == "Penipuan" and second == "0" and _number(row["proba"], row.where) > _SURE:
            yield str(row.number), text, _Marks(scam=True)
        elif kind == "Lain-lain" and second != "0":
            yield str(row.number), text, _Marks(scam=False)


def _video_comments(folder: Path) -> Iterator[_Row]:
    """YouTube comments of November 2025: those in ASCII, since the others lost half of each styled letter.

    Promotions of a brand that the tables know are left out, and of each other brand so many are taken.
    """
    brands: Counter[str] = Counter()
    seen: set[str] = set()
    for row in delimited_rows(folder / "labeled_comments.csv", ("comment_text", "target")):
        text = row["comment_text"]
        key = _key(text)
        if not text.isascii() or key in seen:
            continue
        seen.add(key)
        is_promotion = _mark(row, "target", "1", "0")
        if is_promotion:
            brand = _BRAND.search(text.casefold())
            name = brand.group() if brand else ""
            brands[name] += 1
            if name in _IN_TABLES or brands[name] > _MOST_OF_BRAND:
                continue
        yield str(row.number), text, _Marks(gambling=is_promotion)


def _cyberbullying(folder: Path) -> Iterator[_Row]:
    """Comments under celebrities' pictures, bullying or praise."""
    name = "dataset_komentar_instagram_cyberbullying.csv"
    for row in delimited_rows(folder / name, ("Sentiment", "Instagram Comment Text")):
        text = _LOST.sub(" ", _USERNAME.sub(ACCOUNT, row["Instagram Comment Text"]))
        yield str(row.number), text, _Marks(abusive=_mark(row, "Sentiment", "negative", "positive"))


def _election_tweets(folder: Path) -> Iterator[_Row]:
    """Tweets on the election of Jakarta's governor, hateful or not; harsh mockery counts as hate there."""
    path = folder / "IDHSD_RIO_unbalanced_713_2017.txt"
    for row in delimited_rows(path, ("Label", "Tweet"), _ELECTION):
        yield str(row.number), row["Tweet"], _Marks(hate=_mark(row, "Label", "HS", "Non_HS"))


def _stories_and_advice(folder: Path) -> Iterator[_Row]:
    """Sentences of erotic stories, and of advice on health and marriage."""
    for row in delimited_rows(folder / "dataset500.csv", ("text", "label")):
        yield str(row.number), row["text"], _Marks(sexual=_mark(row, "label", "negatif", "positif"))


_ROWS: Final[Mapping[str, Callable[[Path], Iterator[_Row]]]] = MappingProxyType(
    {
        "netifier": _forum_posts,
        "smsreport": _reported_messages,
        "judolyt2025nov": _video_comments,
        "igcyber400": _cyberbullying,
        "idhsd2017": _election_tweets,
        "porn500": _stories_and_advice,
    }
)

NAMES: Final = tuple(_ROWS)
"""The sources that are read here, by their short names in `data.catalogue`."""
ONLY_MEASURE: Final = frozenset({"idhsd2017", "igcyber400"})
"""Those that train nothing and set no threshold, as was settled before the first fit."""


def moderated_present(data: Path) -> list[str]:
    """The sources whose folder is there and not empty."""
    return [name for name in NAMES if has_files(folder_of(data, name))]


def moderated(data: Path, names: Iterable[str]) -> Iterator[Comment]:
    """Yield the comments of the named sources; DataError for an unknown name, and for one that is not there."""
    for name in names:
        if name not in _ROWS:
            raise DataError(f"No reader for {name!r}; there is: {', '.join(NAMES)}.")
        folder = folder_of(data, name)
        if not folder.is_dir():
            raise DataError(f"{folder} is missing; `suluh data pull {name}` fetches it.")
        yield from _grouped(_once(name, _ROWS[name](folder)))


def masked(raw: str) -> str:
    """`raw` on one line without quoted authors, markup and a collector's marks, its handles and numbers masked."""
    text, n_taken = raw, 1
    while n_taken:  # from the innermost outwards
        text, n_taken = _QUOTED.subn(" ", text)
    text = _ESCAPES.sub(" ", _MARKUP.sub(" ", text).replace("\\/", "/"))
    return " ".join(_PHONE.sub(NUMBER, _HANDLE.sub(ACCOUNT, without_artefacts(text))).split())


def _once(name: str, rows: Iterable[_Row]) -> list[Comment]:
    """Each text once, by its letters; none of those that stand there with different marks."""
    kept: dict[str, tuple[_Marks, Comment]] = {}
    contradicted: set[str] = set()
    for place, raw, marks in rows:
        text = masked(raw)
        key = _key(text)
        if len(key.split()) < _FEWEST_WORDS:
            continue
        comment = _comment(name, f"{name}-{place}", text, marks)
        if kept.setdefault(key, (marks, comment))[0] != marks:
            contradicted.add(key)
    return [comment for key, (_, comment) in kept.items() if key not in contradicted]


def _comment(name: str, row_id: str, text: str, marks: _Marks) -> Comment:
    return Comment(
        id=row_id,
        text=text,
        hate=marks.hate,
        abusive=marks.abusive,
        gambling=marks.gambling,
        scam=marks.scam,
        sexual=marks.sexual,
        source=name,
        year=None,
        group=row_id,
        conflict=False,
    )


def _grouped(rows: list[Comment]) -> Iterator[Comment]:
    texts = (Example(row.id, row.text, Label.UNKNOWN, Kind.COMMENT, row.source, "", row.group) for row in rows)
    for row, text in zip(rows, grouped(texts), strict=True):
        yield replace(row, group=text.group)


def _key(text: str) -> str:
    return " ".join(word for word in normalise(text).split() if not word.startswith("@"))


def _mark(row: Row, column: str, yes: str, no: str) -> bool:
    """What a cell says; DataError for any other word, because an unread mark is no negative."""
    cell = row[column].strip()
    if cell not in (yes, no):
        raise DataError(f"{row.where}: {column} is {cell!r}, not {yes!r} or {no!r}.")
    return cell == yes


def _number(cell: str, where: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise DataError(f"{where}: {cell!r} is no probability.") from error
