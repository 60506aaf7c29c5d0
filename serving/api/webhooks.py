"""Webhooks: which systems listen, what they were told, and telling it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import WebhookEndpoint
from serving.db.webhooks import Logged, Wanted
from serving.deps import ApiContext
from serving.desk import webhooks
from serving.desk.webhooks import Change, Issued, NewEndpoint
from serving.inputs import ID_MAX, Id, Input, Line, Moment, WebAddress
from serving.parts import Router
from serving.vocabulary import DeliveryState, WebhookEventType

router = Router(prefix="/webhooks", tags=["webhooks"])
PathId = Annotated[Id, Path(le=ID_MAX)]
Label = Annotated[Line, Field(max_length=120)]
Kinds = Annotated[list[WebhookEventType], Field(max_length=len(WebhookEventType))]


class WebhookIn(Input):
    """An address that is told what happens; https only."""

    url: WebAddress
    label: Label
    events: Kinds
    ministry: Annotated[str, Field(max_length=40)] = Field(
        default="", description="Code of the ministry whose own system this is: it alone may ask for `offer.*`."
    )


class WebhookChange(Input):
    """What changes; what is left out stays."""

    url: WebAddress | None = None
    label: Label | None = None
    events: Kinds | None = None
    active: bool | None = None


class WebhookOut(BaseModel):
    """An address that is told what happens."""

    id: int
    url: str
    label: str
    events: list[WebhookEventType]
    ministry_id: int | None = Field(description="Whose own system it is; none for everybody else's.")
    active: bool
    created_at: datetime
    old_until: datetime | None = Field(description="Until when the secret before the last change signs as well.")


class WebhooksOut(BaseModel):
    """Every address, oldest first."""

    webhooks: list[WebhookOut]


class IssuedOut(BaseModel):
    """An address with its new secret, which no other answer holds."""

    webhook: WebhookOut
    secret: str = Field(description="`whsec_` and base64, as Standard Webhooks asks.")


class ReplayIn(Input):
    """From when on everything is told again."""

    since: Moment


class ReplayedOut(BaseModel):
    """How many messages were put in line."""

    n: int


class TriedOut(BaseModel):
    """The trial message that was put in line."""

    key: str = Field(description="Its `webhook-id`.")


class WebhookDeliveryOut(BaseModel):
    """One event on its way to one address."""

    id: int
    webhook_id: int
    key: str = Field(description="`webhook-id`, the same at each attempt and replay.")
    type: WebhookEventType
    subject: str
    at: datetime = Field(description="When it happened.")
    state: DeliveryState
    attempts: int
    not_before: datetime
    sent_at: datetime | None
    status: int | None = Field(description="Code of the last answer; none where nobody answered.")
    last_error: str


class WebhookLogOut(BaseModel):
    """A page of the log, newest first."""

    items: list[WebhookDeliveryOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


class WebhookAttemptOut(BaseModel):
    """What came of one attempt."""

    number: int
    at: datetime
    took_ms: int
    status: int | None
    error: str


class WebhookDeliveryDetailOut(WebhookDeliveryOut):
    """One message, word for word, with every attempt."""

    body: str
    log: list[WebhookAttemptOut]


def _out(row: WebhookEndpoint) -> WebhookOut:
    return WebhookOut.model_validate(row, from_attributes=True)


def _issued(issued: Issued) -> IssuedOut:
    return IssuedOut(webhook=_out(issued.endpoint), secret=issued.secret)


def _logged(logged: Logged) -> WebhookDeliveryOut:
    row, event = logged.delivery, logged.event
    return WebhookDeliveryOut(
        id=row.id,
        webhook_id=row.endpoint_id,
        key=event.key,
        type=event.type,
        subject=event.subject,
        at=event.at,
        state=row.state,
        attempts=row.attempts,
        not_before=row.not_before,
        sent_at=row.sent_at,
        status=row.status,
        last_error=row.last_error,
    )


@router.get("", responses=problems(403))
def list_webhooks(ctx: ApiContext) -> WebhooksOut:
    """Give every address that is told what happens."""
    return WebhooksOut(webhooks=[_out(row) for row in webhooks.endpoints(ctx)])


@router.post("", status_code=201, responses=problems(403, 404, 409))
def add_webhook(ctx: ApiContext, body: WebhookIn) -> IssuedOut:
    """Let another system listen; the secret in the answer is shown this once."""
    return _issued(webhooks.add(ctx, NewEndpoint(body.url, body.label, tuple(body.events), body.ministry)))


# Before what takes a number in the same place.
@router.get("/deliveries", responses=problems(403))
def webhook_log(
    ctx: ApiContext,
    webhook: Annotated[Id | None, Query(description="Of one address only.")] = None,
    state: DeliveryState | None = None,
    after: Annotated[Id | None, Query(description="`next_after` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> WebhookLogOut:
    """List what was told to whom, newest first."""
    page = webhooks.log(ctx, Wanted(webhook, state, after, limit))
    return WebhookLogOut(items=[_logged(each) for each in page.rows], next_after=page.after)


@router.get("/deliveries/{delivery_id}", responses=problems(403, 404))
def webhook_delivery(ctx: ApiContext, delivery_id: PathId) -> WebhookDeliveryDetailOut:
    """Read one message, word for word, with every attempt."""
    told = webhooks.told(ctx, delivery_id)
    return WebhookDeliveryDetailOut(
        **_logged(told.logged).model_dump(),
        body=told.logged.event.body,
        log=[WebhookAttemptOut.model_validate(each, from_attributes=True) for each in told.attempts],
    )


@router.post("/deliveries/{delivery_id}/replay", responses=problems(403, 404, 409))
def replay_webhook_delivery(ctx: ApiContext, delivery_id: PathId) -> WebhookDeliveryOut:
    """Send one message again under the same `webhook-id`."""
    webhooks.replay(ctx, delivery_id)
    return _logged(webhooks.told(ctx, delivery_id).logged)


@router.patch("/{webhook_id}", responses=problems(403, 404, 409))
def change_webhook(ctx: ApiContext, webhook_id: PathId, body: WebhookChange) -> WebhookOut:
    """Change an address, its name or what it is told, or let it rest."""
    events = None if body.events is None else tuple(body.events)
    return _out(webhooks.change(ctx, webhook_id, Change(body.url, body.label, events, body.active)))


@router.delete("/{webhook_id}", status_code=204, responses=problems(403, 404))
def remove_webhook(ctx: ApiContext, webhook_id: PathId) -> None:
    """Tell an address nothing more; the log stays."""
    webhooks.remove(ctx, webhook_id)


@router.post("/{webhook_id}/rotate", responses=problems(403, 404))
def rotate_webhook(ctx: ApiContext, webhook_id: PathId) -> IssuedOut:
    """Give an address a new secret; for a day the one before signs as well."""
    return _issued(webhooks.rotate(ctx, webhook_id))


@router.post("/{webhook_id}/test", status_code=202, responses=problems(403, 404))
def test_webhook(ctx: ApiContext, webhook_id: PathId) -> TriedOut:
    """Send a trial message."""
    return TriedOut(key=webhooks.try_out(ctx, webhook_id).key)


@router.post("/{webhook_id}/replay", responses=problems(403, 404))
def replay_webhook(ctx: ApiContext, webhook_id: PathId, body: ReplayIn) -> ReplayedOut:
    """Tell an address everything again from a moment on, also what it was never told."""
    return ReplayedOut(n=webhooks.replay_since(ctx, webhook_id, body.since))
