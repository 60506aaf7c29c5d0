"""What administrators see: accounts, official accounts, and the record of every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from serving.console.pages import redirect, render
from serving.db.tables import OfficialAccount, User
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk import trail
from serving.desk.audit import Report
from serving.desk.outreach import official
from serving.desk.people import staff
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark, translate
from serving.inputs import Id, Line, OptionalLine
from serving.parts import Router
from serving.security import PASSWORD_MIN_CHARS
from serving.vocabulary import Platform, Role

router = Router(prefix="/admin")

ROLES = tuple(Role)
# A form sends an empty field as an empty text.
EmptyOrId = Annotated[Id | None, BeforeValidator(lambda given: given or None)]


class NewUserForm(BaseModel):
    """What was typed into the form for a new account; a password is never sent back."""

    name: OptionalLine = ""
    display_name: Annotated[OptionalLine, Field(max_length=120)] = ""
    password: str = ""
    roles: tuple[Role, ...] = ()


class TrailFilter(BaseModel):
    """Which steps are asked for, and whether the whole chain is to be checked."""

    jenis: Annotated[OptionalLine, Field(max_length=40)] = ""
    nomor: EmptyOrId = None
    sebelum: EmptyOrId = None
    periksa: OptionalLine = ""


@dataclass(frozen=True, slots=True)
class UsersPage:
    """Accounts by name, and the form for a new one."""

    rows: Sequence[User]
    starts: str
    more_href: str
    all_roles: Sequence[Role]
    password_min: int
    typed: NewUserForm
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class UserPage:
    """One account."""

    user: User
    all_roles: Sequence[Role]
    password_min: int


class NewOfficialForm(BaseModel):
    """What was typed into the form for a new official account."""

    platform: OptionalLine = ""
    situs: OptionalLine = ""
    awalan: OptionalLine = ""


@dataclass(frozen=True, slots=True)
class OfficialPage:
    """The accounts whose posts a campaign may offer to share again, and the form for a new one."""

    rows: Sequence[OfficialAccount]
    platforms: Sequence[Platform]
    typed: NewOfficialForm
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Steps, newest first, and what checking the chain found where it was asked for."""

    rows: Sequence[trail.Step]
    entity: str
    entity_id: int | None
    more_href: str
    report: Report | None


def _users_page(
    ctx: PageContext, starts: str = "", after: str = "", typed: NewUserForm | None = None, refusal: str = ""
) -> UsersPage:
    found = staff.listed(ctx, after=after, starts=starts)
    more = f"/admin/akun?{urlencode({'awal': starts, 'setelah': found.after})}" if found.after else ""
    return UsersPage(found.rows, starts, more, ROLES, PASSWORD_MIN_CHARS, typed or NewUserForm(), refusal)


@router.get("/akun")
def users(
    request: Request, ctx: PageContext, visit: VisitDep, awal: OptionalLine = "", setelah: OptionalLine = ""
) -> Response:
    """List accounts by name."""
    return render(request, "admin_users.html", _users_page(ctx, awal, setelah), visit=visit)


@router.post("/akun")
def add_user(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    form: Annotated[NewUserForm, Form()],
) -> Response:
    """Create an account, or say why not with what was typed still there."""
    try:
        made = staff.add(ctx, staff.NewUser(form.name, form.password, frozenset(form.roles), form.display_name))
    except SuluhError as refusal:
        page = _users_page(ctx, typed=form, refusal=translate(language, refusal.message, **refusal.params))
        return render(request, "admin_users.html", page, visit=visit, status=refusal.status)
    return redirect(request, f"/admin/akun/{made.id}", mark("Akun {name} dibuat."), name=made.name)


@router.get("/akun/{user_id}")
def user(request: Request, ctx: PageContext, visit: VisitDep, user_id: Id) -> Response:
    """Show one account."""
    page = UserPage(staff.found(ctx, user_id), ROLES, PASSWORD_MIN_CHARS)
    return render(request, "admin_user.html", page, visit=visit)


@router.post("/akun/{user_id}/peran")
def set_roles(
    request: Request, ctx: PageContext, user_id: Id, roles: Annotated[Sequence[Role], Form()] = ()
) -> Response:
    """Give somebody other roles."""
    staff.set_roles(ctx, user_id, roles)
    return redirect(request, f"/admin/akun/{user_id}", mark("Peran disimpan."))


@router.post("/akun/{user_id}/nama")
def rename(
    request: Request, ctx: PageContext, user_id: Id, display_name: Annotated[Line, Form(max_length=120)]
) -> Response:
    """Change the name that colleagues see."""
    staff.rename(ctx, user_id, display_name)
    return redirect(request, f"/admin/akun/{user_id}", mark("Nama disimpan."))


@router.post("/akun/{user_id}/tutup")
def close(request: Request, ctx: PageContext, user_id: Id) -> Response:
    """Close an account."""
    staff.set_active(ctx, user_id, active=False)
    return redirect(request, f"/admin/akun/{user_id}", mark("Akun ditutup; sesi dan kuncinya berhenti sekarang."))


@router.post("/akun/{user_id}/buka")
def reopen(request: Request, ctx: PageContext, user_id: Id) -> Response:
    """Open a closed account again."""
    staff.set_active(ctx, user_id, active=True)
    return redirect(request, f"/admin/akun/{user_id}", mark("Akun dibuka kembali."))


@router.post("/akun/{user_id}/sandi")
def reset_password(request: Request, ctx: PageContext, user_id: Id, password: Annotated[str, Form()] = "") -> Response:
    """Give somebody another password."""
    staff.reset_password(ctx, user_id, password)
    return redirect(request, f"/admin/akun/{user_id}", mark("Kata sandi diganti; orang itu perlu masuk lagi."))


def _official_page(ctx: PageContext, typed: NewOfficialForm | None = None, refusal: str = "") -> OfficialPage:
    return OfficialPage(official.listed(ctx), tuple(Platform), typed or NewOfficialForm(), refusal)


@router.get("/akun-resmi")
def official_accounts(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """List official accounts."""
    ctx.require(Role.ADMIN)
    return render(request, "admin_official.html", _official_page(ctx), visit=visit)


def _add_official(ctx: PageContext, form: NewOfficialForm) -> OfficialAccount:
    if form.platform not in set(Platform):
        raise InvalidInputError(mark("Pilih satu platform."))
    return official.add(ctx, Platform(form.platform), form.situs, form.awalan)


@router.post("/akun-resmi")
def add_official(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    form: Annotated[NewOfficialForm, Form()],
) -> Response:
    """Put an account on the list, or say why not with what was typed still there."""
    ctx.require(Role.ADMIN)
    try:
        row = _add_official(ctx, form)
    except SuluhError as refusal:
        page = _official_page(ctx, form, translate(language, refusal.message, **refusal.params))
        return render(request, "admin_official.html", page, visit=visit, status=refusal.status)
    place = str(official.place_of_row(row))
    return redirect(request, "/admin/akun-resmi", mark("{place} kini akun resmi."), place=place)


@router.post("/akun-resmi/{account_id}/hapus")
def remove_official(request: Request, ctx: PageContext, account_id: Id) -> Response:
    """Take an account off the list."""
    official.remove(ctx, account_id)
    return redirect(request, "/admin/akun-resmi", mark("Akun itu tidak lagi resmi."))


@router.get("/jejak")
def audit_trail(
    request: Request, ctx: PageContext, visit: VisitDep, wanted: Annotated[TrailFilter, Query()]
) -> Response:
    """List steps, newest first; with ``periksa``, check the whole chain as well."""
    found = trail.steps(ctx, entity=wanted.jenis or None, entity_id=wanted.nomor, before=wanted.sebelum)
    kept = {"jenis": wanted.jenis, "nomor": wanted.nomor or "", "sebelum": found.before}
    page = AuditPage(
        rows=found.rows,
        entity=wanted.jenis,
        entity_id=wanted.nomor,
        more_href=f"/admin/jejak?{urlencode(kept)}" if found.before else "",
        report=trail.check(ctx) if wanted.periksa else None,
    )
    return render(request, "admin_audit.html", page, visit=visit)
