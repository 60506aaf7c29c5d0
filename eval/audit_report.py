"""The leak audit as one HTML file that a fact-checker can read: words in Indonesian and English, pictures inside.

The file holds no text of the data.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final

from matplotlib.figure import Figure as Picture

from data.checks import Check
from data.schema import MEANING, Label
from data.split import PROTOCOL, Part
from eval.audit import CLEANED_STYLE, LeakReport, Trap, mixed_sources
from eval.html import BLUE, RED, SLICE_NAMES, canvas, count, figure, image, page, percent, table
from eval.metrics import Figure

_COLOURS: Final = {
    Label.HOAX: RED,
    Label.NOT_HOAX: BLUE,
    Label.OPINION: "#8a6d00",
    Label.UNKNOWN: "#777777",
}
_CHANCE: Final = 0.5
_SYSTEMS: Final = {
    "style only": "hanya gaya mengetik",
    "style only, cleaned text": "hanya gaya, teks bersih",
    "length only, cleaned text": "hanya panjang, teks bersih",
    "cleaned style without length": "gaya tanpa panjang, teks bersih",
    "debunk wording only": "hanya kata pemeriksa fakta",
    "tweet artefacts only": "hanya sisa pengumpulan cuitan",
    "year only": "hanya tahun",
}
_CHECKS: Final = {
    "verdict before the text": "putusan di depan teks",
    "debunk wording in hoaxes": "kata pemeriksa fakta dalam hoaks",
    "tweet artefacts after cleaning": "sisa cuitan setelah dibersihkan",
    "texts in training and in a later part": "teks yang sama di bagian latih dan sesudahnya",
    "near-duplicates of training in tune": "salinan teks latih di bagian setel",
    "near-duplicates of training in test": "salinan teks latih di bagian uji",
    "near-duplicates of training in unseen_opinion": "salinan teks latih di opini tak terlihat",
    "near-duplicates of training in collected_tune": "salinan teks latih di kumpulan umum yang menyetel",
    "near-duplicates of training in never_met": "salinan teks latih di kumpulan umum yang mengukur",
}


def as_html(report: LeakReport, now: datetime) -> str:
    """The report as one HTML document; `now` is when it was made."""
    body = _BODY.format(
        made=f"{now:%Y-%m-%d %H.%M} UTC",
        fingerprint=escape(report.fingerprint),
        parts=_parts(report),
        tune_from=PROTOCOL.tune_from,
        test_from=PROTOCOL.test_from,
        unseen=escape(", ".join(sorted(PROTOCOL.unseen_sources))),
        verdict=_verdict(report),
        checks=table(("pemeriksaan · check", "ditemukan", "batas", "n", "hasil"), map(_check_row, report.audit.checks)),
        traps_picture=image(_draw_traps(report), "AUC dari model yang tidak membaca klaim; angkanya ada di tabel."),
        traps=table(
            ("yang dibaca · what is read", "hoaks (n)", "lawan (n)", "AUC", "ditemukan pada 5 % salah tanda"),
            map(_trap_row, report.traps),
        ),
        own_wording=_own_wording(report.own_wording),
        sources_picture=image(_draw_sources(report), "Banyak baris setiap label menurut sumber; angkanya di tabel."),
        sources=table(("sumber", *(MEANING[label][0] for label in Label), "label tersering"), _source_rows(report)),
        label_from_source=percent(report.label_from_source),
        mixed=escape(", ".join(mixed_sources(report)) or "–"),
        years_picture=image(_draw_years(report), "Bagian hoaks menurut tahun dalam bagian latih."),
        typing=table(
            (
                "bagian",
                "n",
                "kutip tipografis",
                "ganti baris",
                "di luar ASCII",
                "tanda putusan",
                "sisa cuitan",
                "halaman",
            ),
            _typing_rows(report),
        ),
    )
    return page("Audit kebocoran data", body)


def as_text(report: LeakReport) -> str:
    """The checks, and the strongest baseline of each pair, for a terminal."""
    lines = [_check_line(check) for check in report.audit.checks]
    lines.append(f"\n{report.label_from_source:.1%} of the labels follow from the source alone.")
    lines.extend(f"{_pair(trap)}: {trap.system}, AUC {trap.auc}" for trap in _strongest(report.traps))
    return "\n".join(lines)


def _check_line(check: Check) -> str:
    mark = "FAIL" if check.failed else "ok"
    return f"{mark:<5}{check.name:<45}{check.found:>8.2%}  limit {check.limit:.2%}  n {check.n:,}"


def _strongest(traps: Sequence[Trap]) -> list[Trap]:
    """For each pair of slices, the baseline that ranks it best; the year aside, which a missing date gives away."""
    best: dict[tuple[str, str], Trap] = {}
    for trap in traps:
        key = (trap.positives, trap.negatives)
        if trap.system != "year only" and (key not in best or trap.auc.value > best[key].auc.value):
            best[key] = trap
    return list(best.values())


def _pair(trap: Trap) -> str:
    return f"{trap.positives} (n {trap.auc.n:,}) against {trap.negatives} (n {trap.n_negatives:,})"


def _verdict(report: LeakReport) -> str:
    if not report.audit.failures:
        return (
            '<p class="ok"><strong>Lulus.</strong> Tidak ada kebocoran yang menghentikan pelatihan. '
            '<span lang="en">Passed: nothing found stops training.</span></p>'
        )
    reasons = "".join(f'<li lang="en">{escape(check.sentence)}</li>' for check in report.audit.failures)
    return (
        '<div class="fail"><p><strong>Tidak lulus.</strong> Pelatihan ditolak, kecuali dengan alasan tertulis. '
        f'<span lang="en">Failed: training is refused unless told why not.</span></p><ul>{reasons}</ul></div>'
    )


def _own_wording(found: Figure | None) -> str:
    if found is None:
        return ""
    return (
        "<p>Di antara judul pemeriksa fakta sendiri, kata-kata itu saja sudah membedakan klaim yang dibantah dari yang "
        f"benar dengan AUC {figure(found)} (n = {count(found.n)} hoaks). "
        '<span lang="en">Among the fact-checker’s own titles, wording alone tells debunked from true claims.</span></p>'
    )


def _parts(report: LeakReport) -> str:
    names = {
        Part.TRAIN: "latih",
        Part.TUNE: "setel",
        Part.TEST: "uji",
        Part.UNSEEN_OPINION: "opini tak terlihat",
        Part.COLLECTED_TRAIN: "latih dari kumpulan umum",
        Part.COLLECTED_TUNE: "setel dari kumpulan umum",
        Part.NEVER_MET: "uji dari kumpulan yang tak pernah ditemui",
        Part.LEFT_OUT: "disisihkan",
    }
    return ", ".join(f"{names[part]} {count(n)}" for part, n in report.n_by_part.items())


def _check_row(check: Check) -> tuple[str, ...]:
    result = "✗ tidak lulus" if check.failed else "✓ lulus"
    return (
        f"{_CHECKS[check.name]} · {check.name}",
        percent(check.found),
        percent(check.limit),
        count(check.n),
        result,
    )


def _trap_row(trap: Trap) -> tuple[str, ...]:
    return (
        f"{_SYSTEMS[trap.system]} · {trap.system}",
        f"{SLICE_NAMES[trap.positives]} ({count(trap.auc.n)})",
        f"{SLICE_NAMES[trap.negatives]} ({count(trap.n_negatives)})",
        figure(trap.auc),
        figure(trap.recall_at_5),
    )


def _source_rows(report: LeakReport) -> Iterable[tuple[str, ...]]:
    for one in report.sources:
        yield one.source, *(count(one.n_by_label.get(label, 0)) for label in Label), percent(one.purity)


def _typing_rows(report: LeakReport) -> Iterable[tuple[str, ...]]:
    for one in report.typing:
        shares = (
            one.typographic_quotes,
            one.line_breaks,
            one.other_than_ascii,
            one.tags,
            one.artefacts,
            one.page_names,
        )
        yield f"{SLICE_NAMES[one.slice]} · {one.slice}", count(one.n), *map(percent, shares)


def _draw_traps(report: LeakReport) -> Picture:
    """One panel a system, one bar a pair: how far from 0.5 a model comes that reads no claim."""
    systems = list(dict.fromkeys(trap.system for trap in report.traps))
    n_pairs = max(Counter(trap.system for trap in report.traps).values())
    picture, panels = canvas(8.0, 1.6 + (0.4 + 0.16 * n_pairs) * len(systems), len(systems))
    for panel, system in zip(panels, systems, strict=True):
        traps = [trap for trap in report.traps if trap.system == system]
        places = range(len(traps))
        values = [trap.auc.value for trap in traps]
        spans = [[trap.auc.value - trap.auc.low for trap in traps], [trap.auc.high - trap.auc.value for trap in traps]]
        colour = BLUE if system == CLEANED_STYLE or "cleaned" in system else RED
        panel.barh(places, [value - _CHANCE for value in values], left=_CHANCE, xerr=spans, color=colour)
        panel.axvline(_CHANCE, color="#333333", linewidth=0.8)
        panel.set(xlim=(0, 1), title=_SYSTEMS[system])
        panel.set_yticks(
            places, [f"{SLICE_NAMES[trap.positives]} – {SLICE_NAMES[trap.negatives]}" for trap in traps], fontsize=7
        )
        panel.invert_yaxis()
    return picture


def _draw_sources(report: LeakReport) -> Picture:
    picture, (panel,) = canvas(8.0, 4.0, 1)
    names = [one.source for one in report.sources]
    left = [0] * len(names)
    for label in Label:
        counts = [one.n_by_label.get(label, 0) for one in report.sources]
        if any(counts):
            panel.barh(names, counts, left=left, color=_COLOURS[label], label=MEANING[label][0])
            left = [before + n for before, n in zip(left, counts, strict=True)]
    panel.invert_yaxis()
    panel.set(xlabel="baris")
    panel.legend(fontsize=8)
    return picture


def _draw_years(report: LeakReport) -> Picture:
    picture, (panel,) = canvas(8.0, 2.8, 1)
    shares = report.audit.hoax_share_by_year
    panel.bar([year or "tanpa" for year in shares], list(shares.values()), color=_COLOURS[Label.HOAX])
    panel.set(ylim=(0, 1), ylabel="bagian hoaks", xlabel="tahun")
    return picture


_BODY: Final = """<p>Dibuat {made}. Sidik data <code>{fingerprint}</code>. Baris: {parts}.
Bagian latih sebelum {tune_from}, bagian setel
sampai {test_from}, bagian uji sesudahnya; sumber opini yang tidak pernah dilatih: {unseen}.</p>
<p>Laporan ini menjawab satu pertanyaan: <strong>apa yang dapat dipelajari sebuah model selain isi klaim?</strong>
Kalau jawabannya banyak, angka yang tinggi tidak berarti model memahami hoaks.
<span lang="en">What could a model learn instead of the claim? Where that is much, a high figure means
little.</span></p>
{verdict}

<h2>1. Yang menghentikan pelatihan</h2>
<p>Setiap baris adalah satu cara teks membocorkan labelnya, diukur pada teks yang sudah dibersihkan.
<span lang="en">Each row is one way in which texts give their label away, measured after cleaning.</span></p>
{checks}

<h2>2. Sejauh mana orang bisa menebak tanpa membaca klaim</h2>
<p>Setiap batang adalah model yang hanya melihat satu hal, misalnya cara mengetik. AUC 0,5 berarti menebak; makin jauh
dari 0,5, makin banyak yang bocor. Batang biru dibuat dari teks yang sudah dibersihkan seperti yang dibaca model.
<span lang="en">Each bar is a model that sees one thing only, fitted for that pair by boosted trees. 0.5 is guessing.
Blue bars read the cleaned text. A value well below 0.5 is a pattern that turned round in later months.</span></p>
{traps_picture}
{traps}
{own_wording}

<h2>3. Sumber menentukan label</h2>
<p>{label_from_source} label dapat ditebak dari nama sumbernya saja. Hanya sumber berikut yang memberi hoaks dan bukan
hoaks sekaligus: {mixed}. Karena itu nilai model berarti <em>mirip dengan yang biasa dibantah pemeriksa fakta</em>,
bukan kemungkinan bahwa sesuatu itu salah. Ini tidak dapat dihapus dari data, hanya dikatakan.
<span lang="en">The source is the label nearly everywhere. It cannot be removed, only said.</span></p>
{sources_picture}
{sources}

<h2>4. Tahun terbit</h2>
<p>Bagian hoaks per tahun dalam bagian latih. Model tidak membaca tanggal; kata-kata suatu tahun tetap membocorkannya.
<span lang="en">Share of hoaxes a year. The model reads no date, but the words of a year remain.</span></p>
{years_picture}

<h2>5. Cara mengetik, sebelum dibersihkan</h2>
<p>Bagian teks yang memuat tanda kutip tipografis, ganti baris, huruf di luar ASCII, tanda putusan seperti [SALAH], sisa
pengumpulan cuitan, atau nama halaman di depan kiriman.
<span lang="en">Share of texts with each mark, as published. Cleaning takes all but the page name away.</span></p>
{typing}"""
