"""Webhooks for administrators: who listens, what they were told, and telling it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Path, Query, Request, Response
from pydantic import BaseModel

from serving.console.door import Door
from serving.console.forms import ADDRESS, LINE, attempt, fit
from serving.console.pages import redirect, render
from serving.db.tables import WebhookEndpoint
from serving.db.webhooks import Wanted
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk import webhooks
from serving.desk.webhooks import Change, NewEndpoint, Page, Told
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import DeliveryState, Role, WebhookEventType

router = Router(prefix="/admin/webhook")
PathId = Annotated[Id, Path(le=ID_MAX)]
LOG_PAGE = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """One address, and how many messages wait for it or were given up."""

    row: WebhookEndpoint
    n_waiting: int
    n_failed: int


class WebhookForm(BaseModel):
    """An address as it was typed."""

    url: str = ""
    label: str = ""
    events: list[str] = []
    kementerian: str = ""


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """Every address, the form for another, and the log of all."""

    listed: Sequence[Listed]
    typed: WebhookForm
    kinds: Sequence[WebhookEventType]
    ministries: Sequence[tuple[str, str]]
    log: Page
    log_href: str
    may_change: bool
    refusal: str


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """One address with its log; ``secret`` is shown in the one answer that made it."""

    row: WebhookEndpoint
    typed: WebhookForm
    kinds: Sequence[WebhookEventType]
    ministry: str
    log: Page
    log_href: str
    states: Sequence[DeliveryState]
    chosen: str
    days: int
    may_change: bool
    secret: str
    refusal: str


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """One message, word for word, with every attempt."""

    told: Told
    may_change: bool


@dataclass(frozen=True, slots=True)
class _Door(Door):
    @property
    def may_change(self) -> bool:
        return self.ctx.actor.may(Role.ADMIN)

    def all(
        self, after: int | None = None, typed: WebhookForm | None = None, error: SuluhError | None = None
    ) -> Response:
        """Show every address; after a refusal with what was typed."""
        counts = webhooks.counts(self.ctx)
        log = webhooks.log(self.ctx, Wanted(after=after, limit=LOG_PAGE))
        page = WebhooksPage(
            listed=[
                Listed(
                    row, counts.get((row.id, DeliveryState.PENDING), 0), counts.get((row.id, DeliveryState.FAILED), 0)
                )
                for row in webhooks.endpoints(self.ctx)
            ],
            typed=typed or WebhookForm(events=[kind.value for kind in webhooks.PUBLIC_KINDS]),
            kinds=webhooks.KINDS,
            ministries=[(each.code, each.name) for each in webhooks.ministries(self.ctx)],
            log=log,
            log_href=f"/admin/webhook?after={log.after}" if log.after else "",
            may_change=self.may_change,
            refusal=self.why(error),
        )
        return self.show("webhooks.html", page, error)

    def one(self, shown: _Shown) -> Response:
        """Show one address."""
        row = webhooks.endpoint(self.ctx, shown.endpoint_id)
        log = webhooks.log(self.ctx, Wanted(row.id, shown.state, shown.after, LOG_PAGE))
        state = shown.state.value if shown.state else ""
        more = urlencode({"keadaan": state, "after": log.after})
        page = WebhookPage(
            row=row,
            typed=shown.typed or WebhookForm(url=row.url, label=row.label, events=row.events),
            kinds=webhooks.PUBLIC_KINDS if row.ministry_id is None else webhooks.KINDS,
            ministry=next((each.name for each in webhooks.ministries(self.ctx) if each.id == row.ministry_id), ""),
            log=log,
            log_href=f"/admin/webhook/{row.id}?{more}" if log.after else "",
            states=tuple(DeliveryState),
            chosen=state,
            days=REPLAY_DAYS,
            may_change=self.may_change,
            secret=shown.secret,
            refusal=self.why(shown.error),
        )
        status = shown.error.status if shown.error else (201 if shown.secret else 200)
        return render(self.request, "webhook.html", page, visit=self.visit, status=status)

    def step(self, endpoint_id: int, work: Callable[[], object], done: str) -> Response:
        """Take one step on an address, whole or not at all."""
        if error := attempt(self.ctx, work):
            if error.status in {403, 404}:
                raise error
            return self.one(_Shown(endpoint_id, error=error))
        return redirect(self.request, f"/admin/webhook/{endpoint_id}", done)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which address, which part of its log, and what came of a step."""

    endpoint_id: int
    state: DeliveryState | None = None
    after: int | None = None
    typed: WebhookForm | None = None
    secret: str = ""
    error: SuluhError | None = None


REPLAY_DAYS = 1
REPLAY_DAYS_MAX = webhooks.KEPT.days


def door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Door:
    """Put together what a step needs to answer."""
    ctx.require(*webhooks.READERS)
    return _Door(request, ctx, visit, language)


DoorDep = Annotated[_Door, Depends(door)]
FormDep = Annotated[WebhookForm, Form()]


def _read(form: WebhookForm) -> NewEndpoint:
    known = {kind.value for kind in webhooks.KINDS}
    kinds = tuple(WebhookEventType(name) for name in form.events if name in known)
    label = fit(LINE, form.label, "label")
    if len(label) > LABEL_MAX_CHARS:
        raise InvalidInputError(mark("Nama paling panjang {n} huruf."), n=LABEL_MAX_CHARS)
    return NewEndpoint(fit(ADDRESS, form.url, "url"), label, kinds, form.kementerian[:MINISTRY_MAX_CHARS])


LABEL_MAX_CHARS = 120
MINISTRY_MAX_CHARS = 40
DAYS = re.compile(r"[0-9]{1,3}")


@router.get("")
def read_webhooks(at: DoorDep, after: Annotated[Id | None, Query()] = None) -> Response:
    """List who listens, and what they were told."""
    return at.all(after)


@router.post("")
def add_webhook(at: DoorDep, form: FormDep) -> Response:
    """Let another system listen, and show its secret in this one answer."""
    made: list[webhooks.Issued] = []
    if error := attempt(at.ctx, lambda: made.append(webhooks.add(at.ctx, _read(form)))):
        if error.status == 403:
            raise error
        return at.all(typed=form, error=error)
    return at.one(_Shown(made[0].endpoint.id, secret=made[0].secret))


@router.get("/pesan/{delivery_id}")
def read_delivery(at: DoorDep, delivery_id: PathId) -> Response:
    """Show one message with every attempt."""
    page = DeliveryPage(webhooks.told(at.ctx, delivery_id), at.may_change)
    return render(at.request, "webhook_delivery.html", page, visit=at.visit)


@router.post("/pesan/{delivery_id}/ulang")
def replay(at: DoorDep, delivery_id: PathId) -> Response:
    """Send one message again."""
    webhooks.replay(at.ctx, delivery_id)
    return redirect(at.request, f"/admin/webhook/pesan/{delivery_id}", mark("Pesan itu dikirim lagi sebentar lagi."))


@router.get("/{endpoint_id}")
def read_webhook(
    at: DoorDep,
    endpoint_id: PathId,
    keadaan: Annotated[str, Query()] = "",
    after: Annotated[Id | None, Query()] = None,
) -> Response:
    """Show one address with its log."""
    state = DeliveryState(keadaan) if keadaan in set(DeliveryState) else None
    return at.one(_Shown(endpoint_id, state, after))


@router.post("/{endpoint_id}/ubah")
def change(at: DoorDep, endpoint_id: PathId, form: FormDep) -> Response:
    """Change an address, its name or what it is told."""

    def work() -> None:
        new = _read(form)
        webhooks.change(at.ctx, endpoint_id, Change(new.url, new.label, new.events))

    if (error := attempt(at.ctx, work)) and error.status not in {403, 404}:
        return at.one(replace(_Shown(endpoint_id), typed=form, error=error))
    if error:
        raise error
    return redirect(at.request, f"/admin/webhook/{endpoint_id}", mark("Perubahan disimpan."))


@router.post("/{endpoint_id}/aktif")
def set_active(at: DoorDep, endpoint_id: PathId, aktif: Annotated[str, Form()] = "") -> Response:
    """Let an address rest, or start it again."""
    to = Change(active=aktif == "ya")
    said = mark("Pengiriman berjalan lagi.") if to.active else mark("Pengiriman berhenti; yang menunggu disimpan.")
    return at.step(endpoint_id, lambda: webhooks.change(at.ctx, endpoint_id, to), said)


@router.post("/{endpoint_id}/kunci")
def rotate(at: DoorDep, endpoint_id: PathId) -> Response:
    """Give an address a new secret, and show it in this one answer."""
    return at.one(_Shown(endpoint_id, secret=webhooks.rotate(at.ctx, endpoint_id).secret))


@router.post("/{endpoint_id}/coba")
def try_out(at: DoorDep, endpoint_id: PathId) -> Response:
    """Send a trial message."""
    return at.step(endpoint_id, lambda: webhooks.try_out(at.ctx, endpoint_id), mark("Kiriman percobaan masuk barisan."))


@router.post("/{endpoint_id}/ulang")
def replay_since(at: DoorDep, endpoint_id: PathId, hari: Annotated[str, Form()] = "") -> Response:
    """Tell an address everything of the last days again."""
    return at.step(
        endpoint_id,
        lambda: webhooks.replay_since(at.ctx, endpoint_id, _since(at.ctx.now, hari)),
        mark("Peristiwa sejak waktu itu masuk barisan lagi."),
    )


def _since(now: datetime, days: str) -> datetime:
    if not DAYS.fullmatch(days) or not 1 <= int(days) <= REPLAY_DAYS_MAX:
        raise InvalidInputError(mark("Isi jumlah hari dari 1 sampai {n}."), n=REPLAY_DAYS_MAX)
    return now - timedelta(days=int(days))


@router.post("/{endpoint_id}/lepas")
def remove(at: DoorDep, endpoint_id: PathId) -> Response:
    """Tell an address nothing more."""
    webhooks.remove(at.ctx, endpoint_id)
    return redirect(at.request, "/admin/webhook", mark("Alamat dilepas dan kuncinya dilupakan; catatannya tetap."))
