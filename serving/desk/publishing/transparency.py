"""The monthly transparency report: one list of figures, which the page, the file and ``/v1`` all show.

What stands on a public page one by one (labels, their reversals, answers to appeals) is counted in full: hiding the
count would hide nothing. What speaks of people goes through the house rule of ``suppression``: civil servants who take
part, and whoever was told of a correction. Times and second looks speak of the few who work at the desk and complaints
of the few who sent them, so they are shown only over enough cases.

These rows go on changing: people join, leave, ask to be forgotten. Figures of people and complaints are therefore shown
only once the month is over, and people are rounded down to tens. A month read twice, or two months compared, then
rarely tell of one person; they still can where somebody knows the exact count from elsewhere and it crosses a ten.

A month is one of Jakarta's; the present one can be read and says that it is not over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from serving.db import transparency as rows
from serving.db.transparency import Span
from serving.desk.checking import second_look
from serving.desk.context import Context
from serving.desk.learning.models_gate import figures_of
from serving.desk.suppression import Cells, Funnel
from serving.errors import NotFoundError
from serving.i18n import ZONES, mark
from serving.vocabulary import LABELS, AppealState, ComplaintReason

_ZONE = ZoneInfo(ZONES["WIB"])
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
PEOPLE_STEP: Final = 10
"""Figures of people are rounded down to a multiple of this."""


class Section(StrEnum):
    """A part of the report, in its order."""

    VERDICTS = "verdicts"
    CATEGORIES = "categories"
    AGENCIES = "agencies"
    POLITICS = "politics"
    DISMISSALS = "dismissals"
    SECOND_LOOKS = "second_looks"
    TIMES = "times"
    REVERSALS = "reversals"
    APPEALS = "appeals"
    COMPLAINTS = "complaints"
    FREEZES = "freezes"
    PEOPLE = "people"
    MODELS = "models"
    MODEL_FIGURES = "model_figures"


TITLES: Mapping[Section, str] = {
    Section.VERDICTS: mark("Klarifikasi terbit menurut putusan"),
    Section.CATEGORIES: mark("Klarifikasi terbit menurut kategori"),
    Section.AGENCIES: mark("Klarifikasi terbit menurut instansi penerbit"),
    Section.POLITICS: mark("Yang menyangkut politik"),
    Section.DISMISSALS: mark("Ditutup tanpa label"),
    Section.SECOND_LOOKS: mark("Penutupan yang dilihat orang kedua"),
    Section.TIMES: mark("Berapa lama"),
    Section.REVERSALS: mark("Yang ditarik, diganti, atau diperbaiki"),
    Section.APPEALS: mark("Keberatan"),
    Section.COMPLAINTS: mark("Keluhan tentang cara penyebaran"),
    Section.FREEZES: mark("Pembekuan semua penyaluran"),
    Section.PEOPLE: mark("ASN yang ikut"),
    Section.MODELS: mark("Model yang membaca klaim"),
    Section.MODEL_FIGURES: mark("Angka pada kartu model"),
}


class Unit(StrEnum):
    """What a figure counts in."""

    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the report.

    Attributes:
        name: for programs: the word of the vocabulary, or the issuer's own name.
        label: for people, to be translated.
        value: none where it is hidden because it would speak of few people or cases, or of people in a month that is
            not over, or where there are no cases.
    """

    section: Section
    name: str
    label: str
    unit: Unit
    value: float | None


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month in Jakarta; an earlier one is less than a later one."""

    year: int
    month: int

    @classmethod
    def read(cls, text: str) -> Month:
        """Read ``2026-03``; raise ``NotFoundError`` for anything else."""
        found = _MONTH.fullmatch(text)
        if found is None:
            raise NotFoundError(mark("Tidak ada laporan untuk bulan itu."))
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """Give the month in which a moment lies."""
        local = moment.astimezone(_ZONE)
        return cls(local.year, local.month)

    def __str__(self) -> str:
        """Write it as ``2026-03``."""
        return f"{self.year:04}-{self.month:02}"

    def next(self) -> Month:
        """Give the month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def span(self) -> Span:
        """Give its first moment and that of the next month, in UTC."""
        return Span(_first(self), _first(self.next()))


def _first(month: Month) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=_ZONE).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """One month's figures, section by section."""

    month: Month
    is_over: bool
    figures: tuple[Figure, ...]

    def sections(self) -> list[tuple[str, list[Figure]]]:
        """Give each section's title with its figures, in order; one without figures is left out."""
        grouped = [(TITLES[part], [each for each in self.figures if each.section is part]) for part in Section]
        return [(title, figures) for title, figures in grouped if figures]


def months(ctx: Context) -> list[Month]:
    """Give the months that have a report, newest first: from the first label to the present month."""
    newest = Month.of(ctx.now)
    first = rows.first_published(ctx.session)
    # A label of a later month was written by a clock that ran ahead of this one.
    found = [min(Month.of(first), newest) if first else newest]
    while found[-1] < newest:
        found.append(found[-1].next())
    return found[::-1]


def report(ctx: Context, month: Month) -> Report:
    """Give one month's report to anybody; raise where there is none."""
    if month not in months(ctx):
        raise NotFoundError(mark("Tidak ada laporan untuk bulan itu."))
    span = month.span()
    return Report(month, _is_over(ctx, span), tuple(_figures(ctx, span)))


def newest_over(ctx: Context) -> Month:
    """Give the last month that is over and has a report, else the present one."""
    found = months(ctx)
    return found[1] if len(found) > 1 else found[0]


# ---- figures ---------------------------------------------------------------------------------------------------


def _is_over(ctx: Context, span: Span) -> bool:
    return span.until <= ctx.now


def _figures(ctx: Context, span: Span) -> Iterator[Figure]:
    session = ctx.session
    published = rows.published(session, span)
    n_published = sum(published.verdicts.values())
    yield from _counts(Section.VERDICTS, published.verdicts.items())
    yield from _counts(Section.CATEGORIES, published.categories.items())
    for issuer, n in published.issuers.items():
        yield Figure(Section.AGENCIES, issuer, issuer, Unit.COUNT, n)
    yield from _politics(published.n_political, n_published)
    yield from _counts(Section.DISMISSALS, rows.dismissals(session, span).items())
    yield from _second_looks(ctx, span)
    yield from _times(ctx, span)
    yield from _reversals(ctx, span, n_published)
    yield from _appeals(ctx, span)
    yield from _complaints(ctx, span)
    yield from _freezes(ctx, span)
    yield from _people(ctx, span)
    yield from _models(ctx, span)


def _counts(section: Section, found: Iterable[tuple[StrEnum | None, int]]) -> Iterator[Figure]:
    for word, n in found:
        if word is not None:
            yield Figure(section, word.value, LABELS[word], Unit.COUNT, n)


def _share(n: int, of: int) -> float | None:
    return n / of if of else None


def _politics(n: int, n_published: int) -> Iterator[Figure]:
    label, share = mark("klarifikasi politik, tidak disalurkan lewat ASN"), mark("bagian dari semua klarifikasi")
    yield Figure(Section.POLITICS, "political", label, Unit.COUNT, n)
    yield Figure(Section.POLITICS, "political_share", share, Unit.SHARE, _share(n, n_published))


def _second_looks(ctx: Context, span: Span) -> Iterator[Figure]:
    """Give by category in how many of the looks the second person agreed."""
    for category, found in second_look.shown(rows.second_looks(ctx.session, span), ctx.settings.min_group).items():
        yield Figure(Section.SECOND_LOOKS, category.value, LABELS[category], Unit.SHARE, found.share)


def _times(ctx: Context, span: Span) -> Iterator[Figure]:
    for name, median, slow, taken in (
        (
            "seen",
            mark("sampai dilihat, separuhnya dalam"),
            mark("sampai dilihat, 95 % dalam"),
            rows.until_seen(ctx.session, span, is_over=_is_over(ctx, span)),
        ),
        (
            "decided",
            mark("sampai diputus, separuhnya dalam"),
            mark("sampai diputus, 95 % dalam"),
            rows.until_decided(ctx.session, span, is_over=_is_over(ctx, span)),
        ),
        (
            "appeal_answered",
            mark("sampai keberatan dijawab, separuhnya dalam"),
            mark("sampai keberatan dijawab, 95 % dalam"),
            rows.until_answered(ctx.session, span),
        ),
    ):
        enough = taken.n >= ctx.settings.min_group
        for suffix, label, value in (("p50", median, taken.p50_s), ("p95", slow, taken.p95_s)):
            yield Figure(Section.TIMES, f"{name}_{suffix}", label, Unit.SECONDS, value if enough else None)


def _reversals(ctx: Context, span: Span, n_published: int) -> Iterator[Figure]:
    found = rows.changes(ctx.session, span)
    for kind, label in (
        ("retracted", mark("ditarik")),
        ("superseded", mark("diganti")),
        ("revised", mark("diperbaiki")),
    ):
        yield Figure(Section.REVERSALS, kind, label, Unit.COUNT, found.get(kind, 0))
    share = mark("ditarik, dibanding yang terbit bulan ini")
    yield Figure(Section.REVERSALS, "reversal_rate", share, Unit.SHARE, _share(found.get("retracted", 0), n_published))
    table = Funnel({"": rows.told(ctx.session, span)}, n_ours=1, smallest=ctx.settings.min_group).shown()
    sent, read = _tens(table.total) if _is_over(ctx, span) else (None, None)
    yield Figure(Section.REVERSALS, "told", mark("orang yang diberi tahu, dibulatkan ke bawah"), Unit.COUNT, sent)
    read_label = mark("di antaranya sudah membaca, dibulatkan ke bawah")
    yield Figure(Section.REVERSALS, "told_read", read_label, Unit.COUNT, read)


def _appeals(ctx: Context, span: Span) -> Iterator[Figure]:
    found = rows.answers(ctx.session, span)
    filed = rows.n_filed(ctx.session, span)
    waiting = rows.n_open_at(ctx.session, min(span.until, ctx.now))
    yield Figure(Section.APPEALS, "filed", mark("diajukan"), Unit.COUNT, filed)
    for state in (AppealState.UPHELD, AppealState.OVERTURNED):
        yield Figure(Section.APPEALS, state.value, LABELS[state], Unit.COUNT, found.get(state, 0))
    yield Figure(Section.APPEALS, "open", mark("belum dijawab pada akhir bulan"), Unit.COUNT, waiting)


def _complaints(ctx: Context, span: Span) -> Iterator[Figure]:
    """Give each reason, with its count where the month is over and enough minded; none looks like few."""
    found = rows.complaints(ctx.session, span)
    for reason in ComplaintReason:
        n = found.get(reason, 0)
        enough = _is_over(ctx, span) and n >= ctx.settings.min_group
        yield Figure(Section.COMPLAINTS, reason.value, LABELS[reason], Unit.COUNT, n if enough else None)


def _freezes(ctx: Context, span: Span) -> Iterator[Figure]:
    found = rows.freezes(ctx.session, span)
    itself = sum(row.frozen_by_id is None for row in found)
    yield Figure(Section.FREEZES, "by_service", mark("oleh sistem sendiri"), Unit.COUNT, itself)
    yield Figure(Section.FREEZES, "by_people", mark("oleh seseorang"), Unit.COUNT, len(found) - itself)


def _people(ctx: Context, span: Span) -> Iterator[Figure]:
    """Give how many civil servants took part at the end of the month, by ministry, in tens; few are hidden."""
    everybody = mark("semua kementerian, dibulatkan ke bawah")
    if not _is_over(ctx, span):
        yield Figure(Section.PEOPLE, "all", everybody, Unit.COUNT, None)
        return
    found = rows.consenting(ctx.session, span.until)
    if not found:
        yield Figure(Section.PEOPLE, "all", everybody, Unit.COUNT, 0)
        return
    table = Funnel({name: (n,) for name, n in found.items()}, n_ours=1, smallest=ctx.settings.min_group).shown()
    yield Figure(Section.PEOPLE, "all", everybody, Unit.COUNT, *_tens(table.total))
    for name, cells in table.groups.items():
        yield Figure(Section.PEOPLE, name, name, Unit.COUNT, *_tens(cells))


def _tens(cells: Cells) -> Cells:
    """Round what is shown of people down, so that one more or less is seldom seen."""
    return tuple(None if n is None else n - n % PEOPLE_STEP for n in cells)


def _models(ctx: Context, span: Span) -> Iterator[Figure]:
    """Give which models judged the month's claims, and the figures with which each was promoted."""
    found = rows.models_read_with(ctx.session, span)
    for version, n in found.items():
        yield Figure(Section.MODELS, version, version, Unit.COUNT, n)
    for version, metrics in rows.metrics_of(ctx.session, list(found)).items():
        for name, measured in sorted(figures_of(metrics).items()):
            label = f"{version} · {name}"
            yield Figure(Section.MODEL_FIGURES, f"{version}/{name}", label, Unit.VALUE, measured.value)


# ---- as a file -------------------------------------------------------------------------------------------------

_FORMULA = re.compile(r"(^|[;\r\n] *)(?=[=+\-@\t\r])")
COLUMNS = ("month", "section", "name", "unit", "value")


def as_csv(found: Report) -> str:
    """Write a report as CSV (RFC 4180), every field in quotes; a hidden value is empty."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(found))
    return out.getvalue()


def _cells(found: Report) -> Iterable[tuple[str, ...]]:
    for each in found.figures:
        value = "" if each.value is None else f"{each.value:.10g}"
        yield str(found.month), each.section.value, inert(each.name), each.unit.value, value


def inert(text: str) -> str:
    """Write a name so that no spreadsheet reads it as a formula, nor what follows a semicolon.

    Where the comma is the decimal sign, as in Indonesia, spreadsheets split at semicolons.
    """
    return _FORMULA.sub(r"\1'", text)
