"""The state machines, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.desk import states
from serving.desk.states import (
    AppealStep,
    BreakerStep,
    CampaignStep,
    ClaimStep,
    OfferStep,
    SecondLookStep,
    WebhookStep,
)
from serving.errors import IllegalStepError
from serving.vocabulary import (
    AppealState,
    BreakerState,
    CampaignState,
    ClaimState,
    DeliveryState,
    OfferState,
    SecondLookState,
)

MACHINES = [
    (states.next_claim_state, states.CLAIM_STEPS, ClaimState, ClaimStep),
    (states.next_campaign_state, states.CAMPAIGN_STEPS, CampaignState, CampaignStep),
    (states.next_offer_state, states.OFFER_STEPS, OfferState, OfferStep),
    (states.next_appeal_state, states.APPEAL_STEPS, AppealState, AppealStep),
    (states.next_breaker_state, states.BREAKER_STEPS, BreakerState, BreakerStep),
    (states.next_second_look_state, states.SECOND_LOOK_STEPS, SecondLookState, SecondLookStep),
    (states.next_webhook_state, states.WEBHOOK_STEPS, DeliveryState, WebhookStep),
]


@pytest.mark.parametrize(("advance", "table", "state_kind", "step_kind"), MACHINES)
def test_every_pair_is_a_step_or_a_typed_error(advance, table, state_kind, step_kind):
    """A pair in the table leads where the table says; any other raises and names what would be possible."""
    for state in state_kind:
        for step in step_kind:
            if (state, step) in table:
                assert advance(state, step) is table[state, step]
            else:
                with pytest.raises(IllegalStepError) as refused:
                    advance(state, step)
                for at, known in table:
                    if at is state:
                        assert known.value in str(refused.value)


@given(st.lists(st.sampled_from(list(ClaimStep)), max_size=40))
def test_published_is_reached_through_awaiting_approval_only(steps):
    """Whatever is tried in whatever order, the only way into published is an approval."""
    state = ClaimState.NEW
    for step in steps:
        before = state
        try:
            state = states.next_claim_state(state, step)
        except IllegalStepError:
            continue
        if state is ClaimState.PUBLISHED:
            assert (before, step) == (ClaimState.AWAITING_APPROVAL, ClaimStep.APPROVE)


@given(st.lists(st.sampled_from(list(CampaignStep)), max_size=40))
def test_live_needs_an_approval_first(steps):
    """A campaign is live only after it was approved."""
    state, approved = CampaignState.DRAFT, False
    for step in steps:
        try:
            state = states.next_campaign_state(state, step)
        except IllegalStepError:
            continue
        approved = approved or step is CampaignStep.APPROVE
        assert approved or state not in {CampaignState.APPROVED, CampaignState.LIVE, CampaignState.FROZEN}


@pytest.mark.parametrize(("advance", "table", "state_kind", "step_kind"), MACHINES)
def test_every_state_can_be_reached(advance, table, state_kind, step_kind):
    """No state is an island: from the first one, steps lead to each."""
    reached = {next(iter(state_kind))}
    for _ in state_kind:
        reached |= {table[state, step] for state, step in table if state in reached}
    assert reached == set(state_kind)
