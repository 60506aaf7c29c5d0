"""The state machines, each one table and one pure function.

A step is a verb; the table says from where it may be taken and where it leads. Whatever is not in the table is
illegal, and the error names what would have been possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from serving.errors import IllegalStepError
from serving.i18n import mark
from serving.vocabulary import AppealState as Appeal
from serving.vocabulary import BreakerState as Breaker
from serving.vocabulary import CampaignState as Campaign
from serving.vocabulary import ClaimState as Claim
from serving.vocabulary import DeliveryState as Delivery
from serving.vocabulary import OfferState as Offer
from serving.vocabulary import SecondLookState as SecondLook


class ClaimStep(StrEnum):
    """What can be done to a claim."""

    ENQUEUE = "enqueue"
    TAKE = "take"
    HAND_OVER = "hand_over"
    RELEASE = "release"
    EXPIRE = "expire"
    DRAFT = "draft"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    CLOSE = "close"
    REOPEN = "reopen"
    RETRACT = "retract"
    HOLD = "hold"
    RESUME = "resume"
    ESCALATE = "escalate"
    # The end of a golden item, in the place of submitting or dismissing it.
    ANSWER = "answer"
    MERGE = "merge"
    UNMERGE = "unmerge"
    DISMISS = "dismiss"


class CampaignStep(StrEnum):
    """What can be done to a campaign."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    LAUNCH = "launch"
    FREEZE = "freeze"
    THAW = "thaw"
    END = "end"


class OfferStep(StrEnum):
    """What can be done to an offer."""

    OFFER = "offer"
    SNOOZE = "snooze"
    WAKE = "wake"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    RECALL = "recall"
    POST = "post"
    VERIFY = "verify"


class AppealStep(StrEnum):
    """What can be done to an appeal."""

    TAKE = "take"
    RELEASE = "release"
    UPHOLD = "uphold"
    OVERTURN = "overturn"


class BreakerStep(StrEnum):
    """What can be done to the circuit breaker."""

    TRIP = "trip"
    PROPOSE = "propose"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


class SecondLookStep(StrEnum):
    """What can be done to a dismissal that waits for a second look."""

    AGREE = "agree"
    REOPEN = "reopen"
    LAPSE = "lapse"


class WebhookStep(StrEnum):
    """What can become of a message to another system."""

    DELIVER = "deliver"
    GIVE_UP = "give_up"
    WITHDRAW = "withdraw"
    REPLAY = "replay"


# Drafted and awaiting work goes back to its draft, not to the queue, when a lease ends: nothing written is lost.
_WORKABLE = (Claim.QUEUED, Claim.CLAIMED, Claim.DRAFTED)

CLAIM_STEPS: Mapping[tuple[Claim, ClaimStep], Claim] = {
    (Claim.NEW, ClaimStep.ENQUEUE): Claim.QUEUED,
    (Claim.QUEUED, ClaimStep.TAKE): Claim.CLAIMED,
    (Claim.CLAIMED, ClaimStep.HAND_OVER): Claim.CLAIMED,
    (Claim.DRAFTED, ClaimStep.HAND_OVER): Claim.DRAFTED,
    (Claim.CLAIMED, ClaimStep.RELEASE): Claim.QUEUED,
    (Claim.CLAIMED, ClaimStep.EXPIRE): Claim.QUEUED,
    (Claim.CLAIMED, ClaimStep.DRAFT): Claim.DRAFTED,
    (Claim.DRAFTED, ClaimStep.DRAFT): Claim.DRAFTED,
    (Claim.DRAFTED, ClaimStep.SUBMIT): Claim.AWAITING_APPROVAL,
    (Claim.AWAITING_APPROVAL, ClaimStep.RETURN): Claim.DRAFTED,
    (Claim.AWAITING_APPROVAL, ClaimStep.APPROVE): Claim.PUBLISHED,
    (Claim.PUBLISHED, ClaimStep.CLOSE): Claim.CLOSED,
    (Claim.PUBLISHED, ClaimStep.RETRACT): Claim.RETRACTED,
    (Claim.CLOSED, ClaimStep.REOPEN): Claim.QUEUED,
    **{(state, ClaimStep.HOLD): Claim.ON_HOLD for state in _WORKABLE},
    (Claim.ON_HOLD, ClaimStep.RESUME): Claim.QUEUED,
    **{(state, ClaimStep.ESCALATE): Claim.ESCALATED for state in (*_WORKABLE, Claim.AWAITING_APPROVAL)},
    (Claim.ESCALATED, ClaimStep.RESUME): Claim.QUEUED,
    **{(state, ClaimStep.MERGE): Claim.MERGED for state in (Claim.NEW, *_WORKABLE, Claim.ON_HOLD)},
    (Claim.MERGED, ClaimStep.UNMERGE): Claim.QUEUED,
    **{(state, ClaimStep.DISMISS): Claim.DISMISSED for state in (*_WORKABLE, Claim.ESCALATED)},
    (Claim.DISMISSED, ClaimStep.REOPEN): Claim.QUEUED,
    **{(state, ClaimStep.ANSWER): Claim.CLOSED for state in (*_WORKABLE, Claim.ESCALATED)},
}

CAMPAIGN_STEPS: Mapping[tuple[Campaign, CampaignStep], Campaign] = {
    (Campaign.DRAFT, CampaignStep.SUBMIT): Campaign.AWAITING_APPROVAL,
    (Campaign.AWAITING_APPROVAL, CampaignStep.RETURN): Campaign.DRAFT,
    (Campaign.AWAITING_APPROVAL, CampaignStep.APPROVE): Campaign.APPROVED,
    (Campaign.APPROVED, CampaignStep.LAUNCH): Campaign.LIVE,
    (Campaign.LIVE, CampaignStep.FREEZE): Campaign.FROZEN,
    (Campaign.FROZEN, CampaignStep.THAW): Campaign.LIVE,
    **{(state, CampaignStep.END): Campaign.ENDED for state in (Campaign.APPROVED, Campaign.LIVE, Campaign.FROZEN)},
}

OFFER_STEPS: Mapping[tuple[Offer, OfferStep], Offer] = {
    (Offer.PLANNED, OfferStep.OFFER): Offer.OFFERED,
    (Offer.OFFERED, OfferStep.SNOOZE): Offer.SNOOZED,
    (Offer.SNOOZED, OfferStep.WAKE): Offer.OFFERED,
    (Offer.OFFERED, OfferStep.ACCEPT): Offer.ACCEPTED,
    (Offer.OFFERED, OfferStep.DECLINE): Offer.DECLINED,
    (Offer.ACCEPTED, OfferStep.POST): Offer.POSTED,
    (Offer.POSTED, OfferStep.VERIFY): Offer.VERIFIED,
    # An offer that was never answered ends with its campaign, whether it was planned, open or put off.
    **{(state, OfferStep.EXPIRE): Offer.EXPIRED for state in (Offer.OFFERED, Offer.SNOOZED)},
    **{(state, OfferStep.RECALL): Offer.RECALLED for state in (Offer.PLANNED, Offer.OFFERED, Offer.SNOOZED)},
}

APPEAL_STEPS: Mapping[tuple[Appeal, AppealStep], Appeal] = {
    (Appeal.OPEN, AppealStep.TAKE): Appeal.TAKEN,
    (Appeal.TAKEN, AppealStep.RELEASE): Appeal.OPEN,
    (Appeal.TAKEN, AppealStep.UPHOLD): Appeal.UPHELD,
    (Appeal.TAKEN, AppealStep.OVERTURN): Appeal.OVERTURNED,
}

BREAKER_STEPS: Mapping[tuple[Breaker, BreakerStep], Breaker] = {
    (Breaker.RUNNING, BreakerStep.TRIP): Breaker.FROZEN,
    (Breaker.FROZEN, BreakerStep.PROPOSE): Breaker.REOPENING,
    # What trips it again meanwhile takes the proposal with it: it was made without knowing.
    (Breaker.REOPENING, BreakerStep.TRIP): Breaker.FROZEN,
    (Breaker.REOPENING, BreakerStep.WITHDRAW): Breaker.FROZEN,
    (Breaker.REOPENING, BreakerStep.REOPEN): Breaker.RUNNING,
}

SECOND_LOOK_STEPS: Mapping[tuple[SecondLook, SecondLookStep], SecondLook] = {
    (SecondLook.WAITING, SecondLookStep.AGREE): SecondLook.AGREED,
    (SecondLook.WAITING, SecondLookStep.REOPEN): SecondLook.REOPENED,
    (SecondLook.WAITING, SecondLookStep.LAPSE): SecondLook.LAPSED,
}


WEBHOOK_STEPS: Mapping[tuple[Delivery, WebhookStep], Delivery] = {
    (Delivery.PENDING, WebhookStep.DELIVER): Delivery.SENT,
    (Delivery.PENDING, WebhookStep.GIVE_UP): Delivery.FAILED,
    (Delivery.PENDING, WebhookStep.WITHDRAW): Delivery.WITHDRAWN,
    **{(state, WebhookStep.REPLAY): Delivery.PENDING for state in (Delivery.SENT, Delivery.FAILED, Delivery.WITHDRAWN)},
}


# What another claim may be merged into: whatever a human may still work on or has answered. A claim that was put aside
# without a label or taken back answers nobody, and one that was merged itself leads on to another.
TAKES_OVER = frozenset(
    {
        Claim.NEW,
        *_WORKABLE,
        Claim.AWAITING_APPROVAL,
        Claim.ON_HOLD,
        Claim.ESCALATED,
        Claim.PUBLISHED,
        Claim.CLOSED,
    }
)

State = TypeVar("State", bound=StrEnum)
Step = TypeVar("Step", bound=StrEnum)


def _next(table: Mapping[tuple[State, Step], State], state: State, step: Step) -> State:
    try:
        return table[state, step]
    except KeyError:
        possible = sorted(known for at, known in table if at == state)
        raise IllegalStepError(
            mark("Langkah {step} tidak dapat diambil dari keadaan {state}; yang mungkin: {possible}."),
            step=step.value,
            state=state.value,
            possible=", ".join(possible) or "-",
        ) from None


def next_claim_state(state: Claim, step: ClaimStep) -> Claim:
    """Give the state that ``step`` leads to; raise ``IllegalStepError`` where there is no such step."""
    return _next(CLAIM_STEPS, state, step)


def next_campaign_state(state: Campaign, step: CampaignStep) -> Campaign:
    """Give the state that ``step`` leads to; raise ``IllegalStepError`` where there is no such step."""
    return _next(CAMPAIGN_STEPS, state, step)


def next_offer_state(state: Offer, step: OfferStep) -> Offer:
    """Give the state that ``step`` leads to; raise ``IllegalStepError`` where there is no such step."""
    return _next(OFFER_STEPS, state, step)


def next_appeal_state(state: Appeal, step: AppealStep) -> Appeal:
    """Give the state that ``step`` leads to; raise ``IllegalStepError`` where there is no such step."""
    return _next(APPEAL_STEPS, state, step)


def next_breaker_state(state: Breaker, step: BreakerStep) -> Breaker:
    """Give the state that ``step`` leads to; raise ``IllegalStepError`` where there is no such step."""
    return _next(BREAKER_STEPS, state, step)


def next_second_look_state(state: SecondLook, step: SecondLookStep) -> SecondLook:
    """Give the state that ``step`` leads to; raise ``IllegalStepError`` where there is no such step."""
    return _next(SECOND_LOOK_STEPS, state, step)


def next_webhook_state(state: Delivery, step: WebhookStep) -> Delivery:
    """Give the state that ``step`` leads to; raise ``IllegalStepError`` where there is no such step."""
    return _next(WEBHOOK_STEPS, state, step)
