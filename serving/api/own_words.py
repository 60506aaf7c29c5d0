"""Own words about a kit's approved text: checked, measured, and taken."""

from __future__ import annotations

from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext, LanguageDep
from serving.desk.outreach import own_words
from serving.desk.outreach.own_words import Checked
from serving.desk.outreach.restating import Departure, Finding
from serving.i18n import Language, translate
from serving.inputs import Id, Input, OptionalParagraph
from serving.parts import Router
from serving.vocabulary import Platform

router = Router(tags=["offers"])


class OwnWords(Input):
    """What somebody wrote, without disclosure and link, and where it is to stand."""

    platform: Platform
    text: OptionalParagraph


class FindingOut(BaseModel):
    """One departure from the approved text."""

    kind: Departure
    sentence: str


class CheckedOut(BaseModel):
    """What would become of own words."""

    platform: Platform
    stops: list[FindingOut] = Field(description="What keeps them from being used; empty where they may be.")
    warnings: list[FindingOut]
    distance: float = Field(ge=0, le=1, description="From the nearest wording of anybody else: 0 is the same words.")
    near_copy: bool = Field(description="Whether that is so near that the two count as copies.")
    text: str = Field(description="As it would be posted, disclosure and link included.")
    n_chars: int = Field(description="As the platform counts.")
    limit: int
    share_url: str | None


def _finding(found: Finding, language: Language) -> FindingOut:
    return FindingOut(kind=found.kind, sentence=translate(language, found.sentence, **found.params))


def _checked(found: Checked, language: Language) -> CheckedOut:
    return CheckedOut(
        platform=found.platform,
        stops=[_finding(each, language) for each in found.stops],
        warnings=[_finding(each, language) for each in found.warnings],
        distance=found.distance,
        near_copy=found.is_copy,
        text=found.text,
        n_chars=found.n_chars,
        limit=found.limit,
        share_url=found.share_url,
    )


@router.post("/offers/{offer_id}/wording/check", responses=problems(403, 404, 409))
def check_wording(ctx: ApiContext, language: LanguageDep, offer_id: Id, body: OwnWords) -> CheckedOut:
    """Say what would become of own words, while they are being written; nothing is kept."""
    return _checked(own_words.check(ctx, offer_id, body.platform, body.text), language)


@router.put("/offers/{offer_id}/wording", responses=problems(403, 404, 409, 503))
def take_wording(ctx: ApiContext, language: LanguageDep, offer_id: Id, body: OwnWords) -> CheckedOut:
    """Take own words for one platform; 422 names what the approved text does not have. The words are not kept."""
    return _checked(own_words.choose(ctx, offer_id, body.platform, body.text), language)
