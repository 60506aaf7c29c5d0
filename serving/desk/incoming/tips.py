"""Tips: anybody sends what goes round, as words, a link or a picture, and nothing is kept of who sent it.

A tip is a post of the source ``laporan-warga`` and goes the way of every post: masked here, kept in the inbox, taken in
by the worker (``desk.incoming.tips_counting`` says how it counts). It has no number of its own, its link is sealed as
every post's is, its picture is sixteen digits (``desk.incoming.tips_picture``), and neither account nor address is
asked for, also not of somebody who is signed in.

The receipt names a clarification only where people made the link: the claim that the tip copies was published, or
somebody confirmed that a published clarification answers it. Everybody else reads one neutral sentence, so that the
form tells nobody what lies in the queue.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

from data.duplicates import NearDuplicateIndex, SignatureFormatError, signatures
from data.normalise import mask_identities, normalise
from serving.db import claims as claim_rows
from serving.db import inbox, merging
from serving.db import library as library_rows
from serving.db import tips as rows
from serving.db.library import Entry
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.incoming.machine import claims_like
from serving.desk.incoming.posts import (
    AnonymousPost,
    Media,
    NewPost,
    anonymous,
    goes_with_anything,
    name_for,
    says_little,
    says_something,
    telling_hashes,
)
from serving.desk.incoming.tips_counting import SOURCE
from serving.errors import InvalidInputError
from serving.i18n import mark

TEXT_MAX_CHARS: Final = 4_000
_NAME_CHARS: Final = 16
_BARE_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)

RECEIVED: Final = mark(
    "Laporan diterima. Sistem mengelompokkannya dengan kiriman serupa, lalu petugas memeriksa klaim yang paling "
    "mendesak dahulu. Hasil pemeriksaan terbit di halaman klarifikasi resmi."
)
ANSWERED: Final = mark("Klaim seperti ini sudah pernah kami periksa. Ini klarifikasi resminya:")
EMPTY: Final = mark("Isi pesannya, tautannya, atau gambarnya: sedikitnya satu.")


class EmptyTipError(InvalidInputError):
    """A tip without words, link and picture."""

    code = "tip-empty"


def refuse_blank(text: str, link: str | None, *, has_picture: bool) -> None:
    """Raise ``EmptyTipError`` for a form sent before it was filled in: a slip, told before it is counted."""
    if not (text.strip() or link or has_picture):
        raise EmptyTipError(EMPTY)


@dataclass(frozen=True, slots=True)
class Tip:
    """What somebody sends; at least one of the three says something.

    Attributes:
        text: the message, or what stands in the picture.
        link: a web address where it goes round.
        phash: the perceptual hash of a picture.
    """

    text: str = ""
    link: str | None = None
    phash: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender reads: the published clarification that answers the tip, where people have linked one."""

    answer: Entry | None

    @property
    def sentence(self) -> str:
        """What happens next, in Indonesian."""
        return RECEIVED if self.answer is None else ANSWERED


def send(ctx: Context, tip: Tip) -> Receipt:
    """Keep a tip until the worker takes it in.

    Args:
        ctx: the step's surroundings, of nobody: a tip has no sender.
        tip: bounded by the door that took it.

    Raises:
        EmptyTipError: it says nothing.
        PostRefusedError: it says more than ``TEXT_MAX_CHARS``.
    """
    post = anonymous(_collected(ctx, tip), ctx.vault, ctx.now, TEXT_MAX_CHARS)
    receipt = Receipt(_answer(ctx, post))
    inbox.put(ctx.session, SOURCE, [post.as_row()], ctx.now)
    audit.append(ctx, "tip.send", "tip", link=post.sealed_link is not None, picture=bool(post.media))
    return receipt


def _collected(ctx: Context, tip: Tip) -> NewPost:
    text, link = tip.text.strip(), tip.link
    sent = (Media("image", tip.phash),) if tip.phash else ()
    media = sent if telling_hashes(sent) else ()
    if link is None and _BARE_LINK.fullmatch(text):
        text, link = "", text
    # A picture without words is named where posts are made anonymous.
    if not media and not says_something(normalise(mask_identities(text))):
        if sent and not link:
            raise EmptyTipError(mark("Gambar itu satu warna saja, jadi tidak dapat dikenali; ketik apa isinya."))
        if not link:
            raise EmptyTipError(EMPTY)
        text = f"Tautan tanpa kata {name_for(ctx.vault, 'tip-link', link)}"
    return NewPost(
        source=SOURCE,
        # Replaced where it is taken in; until then it only tells two tips of one batch apart.
        external_id=secrets.token_hex(_NAME_CHARS),
        text=text,
        posted_at=ctx.now,
        media=media,
        url=link,
    )


# ---- what is known of it already ---------------------------------------------------------------------------------


def _answer(ctx: Context, post: AnonymousPost) -> Entry | None:
    claim_id = _claim_like(ctx, post)
    if claim_id is None:
        return None
    found = rows.answering(ctx.session, merging.chain(ctx.session, claim_id), ctx.now)
    return library_rows.entry(ctx.session, found) if found is not None else None


def _claim_like(ctx: Context, post: AnonymousPost) -> int | None:
    """Find the claim that a post copies, by words and picture in the order of intake, without taking it in."""
    phashes = telling_hashes(post.media)
    shown = next(iter(claim_rows.claims_by_media(ctx.session, phashes).values()), None) if phashes else None
    if phashes and (goes_with_anything(post.reading) or (shown is not None and says_little(post.reading))):
        return shown
    spoken = _claim_of_words(ctx, post.reading)
    return shown if spoken is None else spoken


def _claim_of_words(ctx: Context, reading: str) -> int | None:
    signed = signatures([reading])
    kept = claim_rows.signatures_of(ctx.session, claims_like(ctx.session, signed.keys()))
    if not kept:
        return None
    index = NearDuplicateIndex()
    try:
        index.restore([str(found.claim_id) for found in kept], [found.payload for found in kept])
    except SignatureFormatError:
        return None  # of another version; the worker signs them anew when it next reads them
    [home] = index.find(signed)
    return int(home) if home is not None else None
