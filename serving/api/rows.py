"""One collected post as it is sent: the shape that the API and the command line check row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from serving.desk.posts import AUTHOR_FIELDS, MEDIA_MAX, Media, NewPost, PostRefusedError
from serving.desk.trends import Engagement
from serving.i18n import mark
from serving.inputs import Count, Input, Moment, WebAddress, one_line, readable

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


def read_row(row: object) -> NewPost:
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
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = "/".join(str(part)[:40] for part in first["loc"])
        raise PostRefusedError("{where}: {why}", where=where, why=first["msg"]) from None
