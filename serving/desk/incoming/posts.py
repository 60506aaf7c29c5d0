"""A post as it is collected, and the same post with everything taken out that points to a person.

``anonymous`` stands between the two: what it gives back is all that is ever written, in whatever table. The external id
becomes a keyed hash, the address is sealed for a checker to open in an audited step until ``link_until``, and handles,
profile links, telephone numbers and e-mail addresses in the text and in transcripts become placeholders. Names stay:
they are part of what is claimed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from data._plain_text import cleaned_plain
from data.normalise import mask_identities, normalise
from serving.desk.incoming.trends import NOTHING_YET, Engagement
from serving.desk.incoming.wording import n_content_words
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.security import Vault

SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
# How far another machine's clock may be ahead of ours.
CLOCK_SKEW: Final = timedelta(minutes=5)
MEDIA_KINDS: Final = ("image", "video", "audio")
MEDIA_MAX: Final = 20
# Below this many words a transcript that came along is read with the text: the text alone says too little.
FEW_WORDS: Final = 8
# Below this many words of content a text goes with anything: only equal ones would be copies (``data.duplicates``).
_SAYING: Final = 3
_NAMED: Final = {"image": "Gambar tanpa kata", "video": "Video tanpa kata", "audio": "Rekaman tanpa kata"}
_NAME_CHARS: Final = 16
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")

# Fields that would say who wrote a post. The API refuses them, files have them dropped; neither stores them.
AUTHOR_FIELDS: Final = frozenset(
    {
        "account", "account_id", "account_name", "account_url", "akun", "author", "author_id", "author_name",
        "author_url", "avatar", "channel", "channel_id", "creator", "display_name", "email", "from", "full_name",
        "handle", "name", "nama", "nick", "nickname", "owner", "owner_id", "page_name", "pengguna", "penulis",
        "phone", "poster", "profile", "profile_image", "profile_url", "screen_name", "sender", "sender_id",
        "uploader", "user", "user_id", "user_name", "userid", "username", "written_by",
    }
)  # fmt: skip


class PostRefusedError(InvalidInputError):
    """One post cannot be taken; the others can."""

    code = "post-refused"


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, video or recording that a post carries: only its perceptual hash and what is said in it."""

    kind: str
    phash: str | None = None
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class NewPost:
    """A public message as somebody collected it, not yet checked and not yet anonymous.

    Attributes:
        source: where it comes from: a short word of small letters, such as ``x`` or ``whatsapp_tip``.
        external_id: its number there; with ``source`` it tells a post from every other.
        text: what it says.
        posted_at: aware.
        engagement: what it has drawn so far.
        media: what it carries.
        url: where it stands, if anywhere.
    """

    source: str
    external_id: str
    text: str
    posted_at: datetime
    engagement: Engagement = NOTHING_YET
    media: Sequence[Media] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class AnonymousPost:
    """What is kept of a post: no author, no number that can be looked up, no readable address.

    Attributes:
        reading: the cleaned words by which it is clustered; never empty, and not stored.
    """

    source: str
    external_hash: str
    text: str
    posted_at: datetime
    engagement: Engagement
    media: tuple[Media, ...]
    sealed_link: bytes | None
    reading: str

    def as_row(self) -> dict[str, Any]:
        """Give it as plain JSON, for the inbox."""
        return {
            "source": self.source,
            "external_hash": self.external_hash,
            "text": self.text,
            "posted_at": self.posted_at.isoformat(),
            "engagement": [
                self.engagement.likes,
                self.engagement.shares,
                self.engagement.comments,
                self.engagement.views,
            ],
            "media": media_rows(self.media),
            "sealed_link": base64.b64encode(self.sealed_link).decode() if self.sealed_link else None,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> AnonymousPost:
        """Read what ``as_row`` wrote; raise ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
        media = tuple(Media(**item) for item in row["media"])
        sealed = row["sealed_link"]
        return cls(
            source=row["source"],
            external_hash=row["external_hash"],
            text=row["text"],
            posted_at=datetime.fromisoformat(row["posted_at"]),
            engagement=Engagement(*row["engagement"]),
            media=media,
            sealed_link=base64.b64decode(sealed) if sealed else None,
            reading=reading_of(row["text"], media),
        )


def media_rows(media: Sequence[Media]) -> list[dict[str, Any]]:
    """Give media references as plain JSON."""
    return [{"kind": item.kind, "phash": item.phash, "transcript": item.transcript} for item in media]


def readable_text(text: str, media: Sequence[Media]) -> str:
    """Give what a model should read: the text, and where that is short the transcripts that came along."""
    transcripts = [item.transcript for item in media if item.transcript]
    if transcripts and len(text.split()) < FEW_WORDS:
        return "\n".join([text, *transcripts])
    return text


def reading_of(text: str, media: Sequence[Media]) -> str:
    """Give the cleaned words of a post, by which near-duplicates are found."""
    readable = readable_text(text, media)
    plain = cleaned_plain(readable)
    return normalise(readable) if plain is None else plain


def telling_hashes(media: Sequence[Media]) -> list[str]:
    """Give the perceptual hashes of what a post carries; one of equal digits is a blank picture and says nothing."""
    hashes = (item.phash.lower() for item in media if item.phash)
    return [phash for phash in hashes if len(set(phash)) > 1]


def says_something(reading: str) -> bool:
    """Tell whether cleaned words hold any beside handles."""
    return any(not word.startswith("@") for word in reading.split())


def says_little(reading: str) -> bool:
    """Tell whether cleaned words are so few that a picture beside them tells more of what is claimed."""
    return len(reading.split()) < FEW_WORDS


def goes_with_anything(reading: str) -> bool:
    """Tell whether cleaned words name nothing by themselves, as "bantu sebar" does."""
    words = reading.split()
    return len(words) < FEW_WORDS and n_content_words(words) < _SAYING


def name_for(vault: Vault, kind: str, value: str) -> str:
    """Give one word for a value, unlike that of any other value.

    Letters alone, as sixteen digits would be taken for a telephone number and masked; and of a keyed hash, as words of
    which one letter differs are taken for one word that was mistyped.
    """
    return vault.pseudonym(kind, value)[:_NAME_CHARS].translate(_LETTERS)


def _named(media: Sequence[Media], vault: Vault) -> str | None:
    """Name what came without words by its picture, so that copies of it, and nothing else, become one claim."""
    for item in media:
        for phash in telling_hashes([item]):
            return f"{_NAMED[item.kind]} {name_for(vault, 'tip-picture', phash)}"
    return None


def _masked(text: str, url: str | None) -> str:
    """Mask what points to a person; a post's own address leads to its author, so it goes as well."""
    return mask_identities(text.replace(url, "@akun") if url else text)


def anonymous(post: NewPost, vault: Vault, now: datetime, max_chars: int) -> AnonymousPost:
    """Check one post and take every identity out of it.

    Args:
        post: as collected.
        vault: keys the hash of the external id and seals the address.
        now: the time of collection.
        max_chars: the longest text that is taken.

    Raises:
        PostRefusedError: it says and shows nothing, says too much, or says it at an impossible time.
    """
    if not SOURCE.fullmatch(post.source):
        raise PostRefusedError(mark("source: satu kata huruf kecil, angka, titik atau garis, paling panjang 40."))
    if not post.external_id.strip():
        raise PostRefusedError(mark("external_id: kosong."))
    if post.posted_at < EARLIEST or post.posted_at > now + CLOCK_SKEW:
        raise PostRefusedError(mark("posted_at: di masa depan atau sebelum tahun 2000."))
    if len(post.text) + sum(len(item.transcript) for item in post.media) > max_chars:
        raise PostRefusedError(mark("text: lebih dari {n} huruf."), n=max_chars)
    media = tuple(Media(item.kind, item.phash, _masked(item.transcript, post.url)) for item in post.media[:MEDIA_MAX])
    text = _masked(post.text, post.url)
    reading = reading_of(text, media)
    if not says_something(reading):
        named = _named(media, vault)
        if named is None:
            raise PostRefusedError(mark("text: tidak berisi kata yang dapat dibaca."))
        text, reading = named, reading_of(named, media)
    return AnonymousPost(
        source=post.source,
        external_hash=vault.pseudonym("post", post.source, post.external_id),
        text=text,
        posted_at=post.posted_at,
        engagement=post.engagement,
        media=media,
        sealed_link=vault.seal(post.url) if post.url else None,
        reading=reading,
    )
