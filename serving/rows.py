"""One row of a file or a batch, checked one by one: a collected post, or a clarification from elsewhere.

Both doors and the commands read the same shapes here, so that a file which one of them takes is taken by all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from serving.desk.incoming.posts import AUTHOR_FIELDS, MEDIA_MAX, Media, NewPost, PostRefusedError
from serving.desk.incoming.trends import Engagement
from serving.desk.publishing.library import NewEntry, SourceWords
from serving.errors import InvalidInputError, SuluhError, TooLargeError
from serving.i18n import mark
from serving.inputs import Count, Input, Line, Moment, Paragraph, WebAddress, misfit, one_line, readable
from serving.vocabulary import Category, EvidenceKind, Topic, VerdictLabel

LIBRARY_ROWS_MAX = 500
SOURCES_MAX = 50

ExternalId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(one_line)
]
Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
PerceptualHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8,64}$")]
# How long a text may be is a setting and is checked where the post is taken in; this only bounds the work.
Words = Annotated[str, StringConstraints(max_length=100_000), AfterValidator(readable)]


class EngagementIn(Input):
    """What a post has drawn so far."""

    likes: Count = 0
    shares: Count = 0
    comments: Count = 0
    views: Count = 0


class MediaIn(Input):
    """A picture, video or recording: its perceptual hash and what is said in it, never the file."""

    kind: Literal["image", "video", "audio"]
    phash: PerceptualHash | None = Field(default=None, description="A perceptual hash in hexadecimal.")
    transcript: Words = ""


class PostIn(BaseModel):
    """One public message. A field that would say who wrote it is refused."""

    model_config = ConfigDict(extra="forbid", title="Post")

    source: Source = Field(description="Where it comes from.", examples=["x", "whatsapp_tip"])
    external_id: ExternalId = Field(description="Its number there; kept only as a keyed hash.")
    text: Words = Field(description="What it says. Handles, numbers and addresses of people are masked.")
    posted_at: Moment = Field(description="With a zone, and not in the future.")
    engagement: EngagementIn = EngagementIn()
    media: list[MediaIn] = Field(default=[], max_length=MEDIA_MAX)
    url: WebAddress | None = Field(
        default=None, description="Sealed for a checker, forgotten after 90 days, in no response."
    )

    def collected(self) -> NewPost:
        """Give it as the desk takes it."""
        counts = self.engagement
        return NewPost(
            source=self.source,
            external_id=self.external_id,
            text=self.text,
            posted_at=self.posted_at,
            engagement=Engagement(counts.likes, counts.shares, counts.comments, counts.views),
            media=tuple(Media(item.kind, item.phash, item.transcript) for item in self.media),
            url=self.url,
        )


def author_fields(row: Mapping[str, Any]) -> list[str]:
    """Name the fields of a row that would say who wrote it."""
    return sorted(name for name in row if name.strip().casefold().replace("-", "_") in AUTHOR_FIELDS)


def read_post(row: object) -> NewPost:
    """Check one row.

    Raises:
        PostRefusedError: with a sentence that names the field and what is wrong with it.
    """
    if not isinstance(row, dict):
        raise PostRefusedError(mark("bukan objek JSON."))
    if names := author_fields(row):
        raise PostRefusedError(
            mark("penulis tidak diterima; hapus: {names}."), names=", ".join(name[:40] for name in names)
        )
    try:
        return PostIn.model_validate(row).collected()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(part)[:40] for part in first["loc"])
        raise PostRefusedError("{where}: {why}", where=where, why=misfit(first)) from None


# ---- clarifications from elsewhere -------------------------------------------------------------------------------


class SourceIn(Input):
    """A source as the public reads it."""

    url: WebAddress
    title: Line
    publisher: Annotated[Line, Field(max_length=200)]
    kind: EvidenceKind

    def words(self) -> SourceWords:
        """Give it as the desk takes it."""
        return SourceWords(self.url, self.title, self.publisher, self.kind)


class LibraryRow(BaseModel):
    """One clarification from elsewhere. Fields that are not named here are passed over."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: Annotated[Line, Field(max_length=255)]
    title: Line
    text: Paragraph
    issuer: Annotated[Line, Field(max_length=200)]
    sources: Annotated[list[SourceIn], Field(max_length=SOURCES_MAX)] = []
    category: Category = Category.OTHER
    topic: Topic | None = None
    verdict: VerdictLabel | None = None
    published_at: Moment | None = None


def read_entry(raw: object) -> NewEntry:
    """Check one row of a library file; raise ``ValueError`` with one sentence where it does not fit."""
    try:
        row = LibraryRow.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {misfit(first)}" if where else str(misfit(first))) from None
    return NewEntry(
        external_id=row.id,
        title=row.title,
        text=row.text,
        issuer=row.issuer,
        sources=tuple(source.words() for source in row.sources),
        category=row.category,
        topic=row.topic,
        verdict=row.verdict,
        published_at=row.published_at,
    )


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken, by its line from 1, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Entries:
    """The rows of a library file that can be taken, each with its line in ``at``, and those that cannot."""

    good: Sequence[NewEntry]
    bad: Sequence[BadRow]
    at: Sequence[int] = ()


def read_entries(rows: Iterable[tuple[int, Any]]) -> Entries:
    """Check rows by their lines; raise ``InvalidInputError`` where none of them is good, so that nothing is stored."""
    good: list[NewEntry] = []
    bad: list[BadRow] = []
    at: list[int] = []
    for line, raw in rows:
        if isinstance(raw, SuluhError):
            bad.append(BadRow(line, str(raw)))
            continue
        try:
            good.append(read_entry(raw))
            at.append(line)
        except ValueError as error:
            bad.append(BadRow(line, str(error)))
    if not good:
        reason = bad[0].why if bad else "-"
        raise InvalidInputError(mark("Tidak ada baris yang cocok; baris pertama: {reason}"), reason=reason)
    if len(good) > LIBRARY_ROWS_MAX:
        raise TooLargeError(mark("Paling banyak {n} baris sekaligus."), n=LIBRARY_ROWS_MAX)
    return Entries(good, bad, at)


# ---- lines -------------------------------------------------------------------------------------------------------


class UnreadableError(SuluhError):
    """The body is not what its media type says."""

    status = 400
    code = "unreadable"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number out of range")
    return number


def read_json(text: str) -> Any:
    """Read JSON as the standard has it: no NaN, no Infinity, and no depth that exhausts the reader."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(mark("JSON tidak dapat dibaca: {why}"), why=str(error)[:200]) from None


def as_text(body: bytes) -> str:
    """Give UTF-8 as text, without the mark that some editors put first."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(mark("Isi harus UTF-8.")) from None


def lines(text: str) -> Iterator[tuple[int, Any]]:
    """Give each row of NDJSON with its line, from 1; a line that cannot be read is given as its error."""
    # Only line feeds end a line of NDJSON; str.splitlines would also break at marks inside a text.
    for line, row in enumerate(text.split("\n"), start=1):
        if row.strip():
            try:
                yield line, read_json(row)
            except UnreadableError as error:
                yield line, error


def listed(document: object, name: str) -> list[Any]:
    """Give the one list that a JSON object holds under ``name``."""
    rows = document.get(name) if isinstance(document, dict) else None
    if not isinstance(rows, list) or not isinstance(document, dict) or set(document) != {name}:
        raise InvalidInputError(mark("Isi harus berbentuk: {name}, sebuah daftar."), name=name)
    return rows
