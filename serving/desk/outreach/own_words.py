"""Own words: what somebody writes about the approved text instead of a ready caption.

Disclosure and link are added here, whatever is written. A matter of fact that the text does not have stops it, any
other difference is said. The meter compares with the approved captions and with what others wrote, by signatures; the
words themselves are never kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from serving.db import offers as offer_rows
from serving.db import wordings as rows
from serving.db.tables import PostWording
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.incoming import likeness
from serving.desk.learning import moderation
from serving.desk.outreach import kits, restating
from serving.desk.outreach.posting import LIMITS, length_on, share_url
from serving.desk.outreach.restating import Finding
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.vocabulary import Platform, WordingSource

COMPARED = 1_000
"""With so many of the others' newest wordings a text is compared: each costs 256 bytes of reading."""


class OwnWordsError(InvalidInputError):
    """Own words hold a number, name, date or link that the approved text does not have, or speak to somebody."""

    code = "own-words"


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of own words for one platform.

    Attributes:
        stops: what keeps them from being used.
        warnings: how else they depart from the approved text.
        likeness: how alike they are to the most alike wording of anybody else, 0 to 1.
        text: as it would be posted, disclosure and link included.
        n_chars: its length as the platform counts.
        share_url: opens the platform's composer with it; nothing where there is none, or where it is stopped.
    """

    platform: Platform
    stops: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    likeness: float
    text: str
    n_chars: int
    limit: int
    share_url: str | None

    @property
    def distance(self) -> float:
        """Give how far they are from the nearest wording of anybody else, 0 to 1."""
        return 1 - self.likeness

    @property
    def is_copy(self) -> bool:
        """Tell whether they count as a near-copy of somebody else's."""
        return self.likeness >= likeness.NEAR


def check(ctx: Context, offer_id: int, platform: Platform, text: str) -> Checked:
    """Say what would become of own words; nothing is kept.

    Raises:
        NotFoundError, KitNotTakenError, KitWithdrawnError: as ``kits.kit_for``.
        InvalidInputError: the kit has nothing for this platform.
    """
    kit = kits.kit_for(ctx, offer_id)
    if platform not in {caption.platform for caption in kit.captions}:
        raise InvalidInputError(mark("Materi ini tidak untuk platform itu."))
    carried = kits.carried_for(ctx, offer_id)
    # Whoever starts from a ready caption has its end in their text already.
    own = text.strip().removesuffix(kit.disclosure).strip()
    approved = kits.approved(carried, kit.link)
    found = tuple(restating.findings(own, approved, platform))
    whole = f"{own}\n\n{kit.disclosure}"
    stops = tuple(each for each in found if each.blocks(approved))
    return Checked(
        platform=platform,
        stops=stops,
        warnings=tuple(each for each in found if not each.blocks(approved)),
        likeness=_likeness(ctx, carried, own) if own else 0.0,
        text=whole,
        n_chars=length_on(platform, whole),
        limit=LIMITS[platform],
        share_url=None if stops else share_url(platform, whole, kit.link),
    )


def _likeness(ctx: Context, carried: offer_rows.Carried, own: str) -> float:
    texts = offer_rows.captions(ctx.session, carried.campaign_id).values()
    ready = {text for variants in texts for text in variants}
    written = rows.of_others(ctx.session, carried.campaign_id, not_of=carried.influencer_id, limit=COMPARED)
    return likeness.closest(likeness.signature(own), [*map(likeness.signature, ready), *written])


def choose(ctx: Context, offer_id: int, platform: Platform, text: str) -> Checked:
    """Take own words for one platform: their signature is kept for the comparison of what was posted.

    Raises:
        OwnWordsError: they hold what the approved text does not have; the first of it is named.
        FlaggedCaptionError: they read like hate, abuse, gambling or sexual content.
        NotFoundError, KitNotTakenError, KitWithdrawnError, InvalidInputError: as ``check``.
    """
    checked = check(ctx, offer_id, platform, text)
    for stop in checked.stops:
        raise OwnWordsError(stop.sentence, **stop.params)
    moderation.refuse_flagged([checked.text])
    minhash = likeness.signature(checked.text.rpartition("\n\n")[0])
    wording = PostWording(offer_id=offer_id, platform=platform, source=WordingSource.OWN, minhash=minhash, at=ctx.now)
    rows.put(ctx.session, wording)
    audit.append(ctx, "offer.words", "offer", offer_id, platform=platform.value)
    return checked
