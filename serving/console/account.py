"""One's own account: password, personal keys, signing out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request, Response
from pydantic import BaseModel, field_validator

from serving.console.entry import keep_session
from serving.console.pages import redirect, render
from serving.deps import SESSION_COOKIE, LanguageDep, PageContext, VisitDep
from serving.desk.context import Context
from serving.desk.people import accounts, rest
from serving.desk.people.rest import Rest
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark, translate
from serving.inputs import Id, Line
from serving.parts import Router
from serving.security import PASSWORD_MIN_CHARS

router = Router()


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A personal key without its text; ``how`` is active, expired or withdrawn."""

    id: int
    label: str
    created_at: datetime
    expires_at: datetime
    how: str


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Who one is, one's keys, and the new key at the only moment when it can be read."""

    name: str
    display_name: str
    keys: Sequence[KeyRow]
    password_min: int
    key_days_max: int
    own_rest: Rest
    usual_rest_min: int
    rest_minutes: range
    pause_min: int
    heavy_min: int
    new_key: str = ""
    refusal: str = ""


def _page(ctx: Context, new_key: str = "", refusal: str = "") -> AccountPage:
    user = accounts.own_account(ctx)
    rows = [
        KeyRow(
            row.id,
            row.label,
            row.created_at,
            row.expires_at,
            "withdrawn" if row.revoked_at else "active" if row.expires_at > ctx.now else "expired",
        )
        for row in accounts.keys(ctx, user.id)
    ]
    return AccountPage(
        name=user.name,
        display_name=user.display_name,
        keys=rows,
        password_min=PASSWORD_MIN_CHARS,
        key_days_max=accounts.KEY_DAYS_MAX,
        own_rest=rest.rest_of(user, ctx.settings),
        usual_rest_min=rest.usual_min(ctx.settings),
        rest_minutes=rest.MINUTES,
        pause_min=rest.PAUSE_MIN,
        heavy_min=rest.HEAVY_MIN,
        new_key=new_key,
        refusal=refusal,
    )


@router.get("/akun")
def account(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show one's own account."""
    return render(request, "account.html", _page(ctx), visit=visit)


class PasswordForm(BaseModel):
    """The present password, and the next one twice."""

    current: str = ""
    new: str = ""
    again: str = ""


@router.post("/akun/sandi")
def change_password(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    form: Annotated[PasswordForm, Form()],
) -> Response:
    """Change one's own password; this browser stays signed in, every other one is signed out."""
    try:
        if form.new != form.again:
            raise InvalidInputError(mark("Kedua kata sandi baru tidak sama."))
        user = accounts.change_password(ctx, form.current, form.new)
    except SuluhError as refusal:
        sentence = translate(language, refusal.message, **refusal.params)
        return render(request, "account.html", _page(ctx, refusal=sentence), visit=visit, status=refusal.status)
    response = redirect(request, "/akun", mark("Kata sandi diganti. Peramban lain sudah dikeluarkan."))
    keep_session(request.app.state.service, response, user.id, user.session_epoch)
    return response


class RestForm(BaseModel):
    """When a break is suggested: never, after so many minutes, or, with neither, as the desk does."""

    mati: str = ""
    menit: int | None = None

    @field_validator("menit", mode="before")
    @classmethod
    def _left_empty(cls, value: object) -> object:
        return value or None

    def after_min(self) -> int | None:
        """Give it as the desk takes it."""
        return 0 if self.mati == "ya" else self.menit


@router.post("/akun/istirahat")
def choose_rest(
    request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, form: Annotated[RestForm, Form()]
) -> Response:
    """Choose when a break is suggested to oneself."""
    try:
        rest.choose(ctx, form.after_min())
    except InvalidInputError as refusal:
        sentence = translate(language, refusal.message, **refusal.params)
        return render(request, "account.html", _page(ctx, refusal=sentence), visit=visit, status=refusal.status)
    return redirect(request, "/akun#istirahat", mark("Pilihan Anda disimpan."))


@router.post("/akun/kunci")
def create_key(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    label: Annotated[Line, Form(max_length=120)],
    days: Annotated[int, Form(ge=1, le=accounts.KEY_DAYS_MAX)] = 90,
) -> Response:
    """Make a key and show it in this one answer: it is kept nowhere, so there is no page to be sent to."""
    made = accounts.create_key(ctx, accounts.own_account(ctx), label, days)
    return render(request, "account.html", _page(ctx, new_key=made.key), visit=visit, status=201)


@router.post("/akun/kunci/{key_id}/cabut")
def revoke_key(request: Request, ctx: PageContext, key_id: Id) -> Response:
    """Withdraw one of one's keys."""
    accounts.revoke_key(ctx, accounts.own_account(ctx).id, key_id)
    return redirect(request, "/akun", mark("Kunci dicabut dan tidak dapat dipakai lagi."))


@router.post("/akun/keluar-semua")
def end_sessions(request: Request, ctx: PageContext) -> Response:
    """Sign out in every browser, this one too."""
    accounts.end_sessions(ctx)
    return _out(request, mark("Anda sudah keluar di semua peramban."))


@router.post("/keluar")
def sign_out(request: Request) -> Response:
    """Sign out in this browser."""
    return _out(request, mark("Anda sudah keluar."))


def _out(request: Request, message: str) -> Response:
    response = redirect(request, "/masuk", message)
    response.delete_cookie(SESSION_COOKIE)
    return response
