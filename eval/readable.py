"""What a model finds and where it errs, as one HTML file that a fact-checker can read.

In Indonesian, with an English sentence beside each part. No text of the data stands in it: the false flags that it
quotes are posts of `data/sample`, which were written for this project.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure as Picture

from data.sources.sample import sample_posts
from eval.behaviour import SWAPS, Behaviour, Change, behaviour, swaps
from eval.html import BLUE, RED, SLICE_NAMES, canvas, count, figure, image, page, percent, percents, table
from eval.report import precision_recall, reliability, unseen_sentences
from eval.run import Curves, Report, TopicFigures
from eval.slices import Topic
from models.artifact import Manifest, load, read_manifest
from models.score import Band, Scorer

_QUOTED: Final = 8
_HOAX: Final = "hoax"
_TWIN: Final = "twin."

_CHANGES: Final[Mapping[Change, str]] = {
    Change.PARTY: "partai ditukar",
    Change.RELIGION: "agama ditukar",
    Change.PLACE: "daerah ditukar",
    Change.PERSON: "nama orang ditukar",
    Change.UNLISTED_PERSON: "nama orang yang tidak ada dalam daftar",
    Change.LEETSPEAK: "huruf diganti angka (h0ax)",
    Change.ELONGATION: "huruf dipanjangkan (bangeeet)",
    Change.CAPITALS: "HURUF BESAR semua",
    Change.QUOTES: "kutip tipografis dan butir",
    Change.SLANG: "ejaan obrolan (yg, gak, skrg)",
    Change.QUESTION: "dijadikan pertanyaan",
    Change.NEGATION: "dibantah",
}
_TOPICS: Final[Mapping[Topic, str]] = {
    Topic.POLITICS: "politik",
    Topic.GOVERNMENT: "pemerintahan",
    Topic.SATIRE: "satire",
    Topic.HEALTH: "kesehatan",
    Topic.FRAUD: "penipuan",
    Topic.SHORT: "pendek",
    Topic.SLANG: "gaul",
}
_TRUTHS: Final = {"opinion": "opini", "satire": "satire", "news": "berita benar", "programme": "berita program"}


@dataclass(frozen=True, slots=True)
class SampleFlag:
    """A post of the sample that is no hoax, and what the model said of it."""

    text: str
    truth: str
    p_hoax: float
    band: Band


@dataclass(frozen=True, slots=True)
class Tried:
    """What a scorer did with texts of our own: changed sentences, and the sample's posts that are no hoaxes."""

    changes: tuple[Behaviour, ...]
    all_swaps: Behaviour
    flags: tuple[SampleFlag, ...]  # one a claim, highest first
    n_sample: int
    n_look: int


def tried(scorer: Scorer) -> Tried:
    """Ask `scorer` about the sentences of `eval.behaviour` and about the sample."""
    posts = [post for post in sample_posts() if post["truth"] != _HOAX]
    p_hoax = scorer.probabilities([post["text"] for post in posts])
    flags = [
        SampleFlag(post["text"], post["truth"], float(p), scorer.thresholds.band(float(p)))
        for post, p in zip(posts, p_hoax, strict=True)
    ]
    n_look = sum(flag.band is Band.LOOK for flag in flags)
    worst = _worst_of_each(zip((post["claim"] for post in posts), flags, strict=True))
    return Tried(tuple(behaviour(scorer)), swaps(scorer), worst[:_QUOTED], len(flags), n_look)


def _worst_of_each(flags: Iterable[tuple[str, SampleFlag]]) -> tuple[SampleFlag, ...]:
    """The highest of each claim, highest first: copies of one story are one mistake."""
    highest: dict[str, SampleFlag] = {}
    for claim, flag in flags:
        if claim not in highest or flag.p_hoax > highest[claim].p_hoax:
            highest[claim] = flag
    return tuple(sorted(highest.values(), key=lambda flag: (-flag.p_hoax, flag.text)))


def as_html(report: Report, own: Tried, manifest: Manifest, now: datetime) -> str:
    """The report as one HTML document; `now` is when it was made."""
    title = f"Model {report.model}: apa yang ditemukan, di mana keliru"
    parts = (
        _what_it_is(report, manifest, now),
        _bands(report, manifest),
        _ranking(report),
        _calibration(report),
        _slices(report.topics),
        _publishers(report),
        _false_flags(own),
        _behaviour(own),
        _WHAT_IT_IS_NOT,
    )
    return page(title, "\n".join(parts))


def write(report: Report, model: Path, now: datetime, folder: Path) -> Path:
    """Write report.html into `folder`, about the artefact in `model` that `report` measured; return its path."""
    path = folder / "report.html"
    path.write_text(as_html(report, tried(load(model)), read_manifest(model), now), encoding="utf-8")
    return path


def _what_it_is(report: Report, manifest: Manifest, now: datetime) -> str:
    return f"""<p>Dibuat {now:%Y-%m-%d %H.%M} UTC. Model <code>{escape(report.model)}</code>, dilatih
{escape(manifest.created[:10])}, sidik data <code>{escape(manifest.data_fingerprint[:16])}</code>.</p>
<p><strong>Nilai model berarti <em>kemiripan dengan hoaks</em></strong>: seberapa mirip sebuah teks dengan yang biasa
diangkat dan dibantah pemeriksa fakta. Nilai itu hanya mengurutkan antrean; dua orang yang memutuskan.
<span lang="en">The score says how much a text resembles what fact-checkers take up and debunk. It orders a queue; two
people decide.</span></p>"""


def _bands(report: Report, manifest: Manifest) -> str:
    rows = [
        (_named(name), count(found.n), percents(found), percents(report.cleared[name]))
        for name, found in report.flagged.items()
    ]
    return f"""<h2>1. Berapa yang sampai ke meja</h2>
<p>Nilai {_number(report.look)} ke atas disebut <em>perlu dilihat</em>, di bawah {_number(report.clear)} <em>tidak
mirip</em>. Pada baris hoaks angka pertama adalah yang ditemukan; pada berita dan opini, yang keliru ditandai. Semua
teks lebih baru daripada yang dipelajari model. <span lang="en">Share of each slice at <code>look</code> and below
<code>clear</code>, with 95 % intervals; for news and opinions the first is false flags.</span></p>
{table(("bagian", "n", "perlu dilihat", "tidak mirip"), rows)}
{_unseen(report, manifest)}"""


def _unseen(report: Report, manifest: Manifest) -> str:
    """What the twin says of opinions that these weights have met."""
    sentences = "".join(f'<p lang="en">{escape(one)}</p>' for one in unseen_sentences(report) if one)
    twin = {
        name: manifest.metrics.get(f"{_TWIN}{name}.look") for name in ("unseen_opinion", "unseen_criticism", "posts")
    }
    if not sentences or not all(isinstance(value, float) for value in twin.values()):
        return sentences
    opinion, criticism, posts = (float(value or 0.0) for value in twin.values())
    return f"""{sentences}<p>Kembarannya, yang tidak pernah melihat opini itu, pada ambangnya sendiri menandai
{percent(opinion)} opini dan {percent(criticism)} kritik kepada pemerintah, dan menemukan {percent(posts)} kiriman
hoaks. <span lang="en">What the twin does, at its own threshold.</span></p>"""


def _ranking(report: Report) -> str:
    rows = [
        (
            f"{_named(row.positives)} ({count(row.auc.n)})",
            f"{_named(row.negatives)} ({count(row.n_negatives)})",
            _system(row.system, report.model),
            figure(row.auc),
            figure(row.recall_at_5),
            figure(row.recall_at_1),
        )
        for row in report.comparisons
    ]
    return f"""<h2>2. Seberapa baik hoaks naik ke atas</h2>
<p>AUC adalah peluang bahwa sebuah hoaks mendapat nilai lebih tinggi daripada teks lawannya; 0,5 berarti menebak. Kolom
berikutnya: berapa hoaks yang ditemukan bila 5 % atau 1 % lawan boleh keliru ditandai. <span lang="en">AUC and recall
at 5 % and 1 % false flags; baselines that read typing or year alone stand in the same table.</span></p>
{image(_draw_precision(report.curves), "Presisi menurut bagian hoaks yang ditemukan, pada campuran 10 % hoaks.")}
{table(("hoaks (n)", "lawan (n)", "sistem", "AUC", "ditemukan pada 5 %", "pada 1 %"), rows)}"""


def _calibration(report: Report) -> str:
    x, y = reliability(report.curves)
    rows = [(percent(one), percent(other)) for one, other in zip(x, y, strict=True)]
    return f"""<h2>3. Apakah angkanya jujur</h2>
<p>Dari teks yang diberi nilai 30 %, kira-kira tiga dari sepuluh seharusnya hoaks. Garis putus-putus adalah model yang
sempurna; rata-rata jaraknya {percent(report.ece_after)}. Campuran yang dianggap: 10 % hoaks, 45 % berita, 45 % opini
({escape(report.mix_opinion)}). <span lang="en">Reliability over the declared mix, and the expected calibration
error.</span></p>
{image(_draw_reliability(report.curves), "Bagian hoaks yang teramati menurut nilai; angkanya ada di tabel.")}
{table(("nilai rata-rata", "bagian hoaks sebenarnya"), rows)}"""


def _slices(topics: Sequence[TopicFigures]) -> str:
    rows = [
        (
            f"{_TOPICS[row.topic]} · {row.topic}",
            count(row.n_hoaxes),
            percents(row.found) if row.found else "–",
            count(row.n_others),
            percents(row.flagged) if row.flagged else "–",
            figure(row.auc) if row.auc else "–",
        )
        for row in topics
    ]
    return f"""<h2>4. Menurut isi dan cara menulis</h2>
<p>Daftar kata setiap baris terbuka (<code>eval/slices.py</code>). Tanda – berarti terlalu sedikit teks untuk sebuah
angka. <span lang="en">By topic; a dash stands where there are too few texts.</span></p>
{table(("isi", "hoaks", "ditemukan", "bukan hoaks", "keliru ditandai", "AUC"), rows)}"""


def _publishers(report: Report) -> str:
    if not report.flagged_by_publisher:
        return ""
    rows = [(name, count(one.n), percents(one)) for name, one in sorted(report.flagged_by_publisher.items())]
    return f"""<h2>5. Berita menurut penerbit</h2>
<p>Bagian berita yang keliru ditandai. Ini tentang model, bukan tentang penerbit. <span lang="en">News flagged, by
outlet: a figure about the model and not about the outlet.</span></p>
{table(("penerbit", "n", "keliru ditandai"), rows)}"""


def _false_flags(own: Tried) -> str:
    quotes = "".join(
        f"<blockquote>{escape(flag.text)}<br><small>{_TRUTHS[flag.truth]} · nilai "
        f"{_number(flag.p_hoax)} · {_BANDS[flag.band]}</small></blockquote>"
        for flag in own.flags
    )
    return f"""<h2>6. Yang paling keliru</h2>
<p>Dari {count(own.n_sample)} kiriman contoh yang bukan hoaks, {count(own.n_look)} dinilai perlu dilihat. Inilah yang
nilainya tertinggi, satu dari setiap klaim. Semua kalimat dibuat untuk proyek ini. <span lang="en">The sample’s posts
that are no hoaxes and score highest, one a claim; all of them were written for this project.</span></p>
{quotes}"""


def _behaviour(own: Tried) -> str:
    named = [(_CHANGES[one.change], one) for one in own.changes]
    rows = [
        (name, count(one.n), _signed(one.median), _number(one.p95), percent(one.flips))
        for name, one in (*named, ("semua pertukaran nama dalam daftar", own.all_swaps))
    ]
    swapped = ", ".join(_CHANGES[change] for change in SWAPS if change is not Change.UNLISTED_PERSON)
    return f"""<h2>7. Yang tidak boleh mengubah nilai, dan yang boleh</h2>
<p>Kalimat buatan kami diubah di satu tempat. Pertukaran ({escape(swapped)}) dan cara mengetik seharusnya tidak
mengubah apa pun; bertanya dan membantah boleh menurunkan nilai. <span lang="en">Own sentences changed in one place:
how far the logit moves (median, and at most for 95 %), and how many bands flip.</span></p>
{table(("perubahan", "n", "gerak tengah", "95 % bergerak paling jauh", "pita berganti"), rows)}"""


def _draw_precision(curves: Curves) -> Picture:
    picture, (panel,) = canvas(6.0, 3.6)
    recall, precision = precision_recall(curves)
    panel.plot(recall, precision, color=RED)
    panel.set(xlabel="hoaks yang ditemukan", ylabel="presisi", xlim=(0, 1), ylim=(0, 1))
    return picture


def _draw_reliability(curves: Curves) -> Picture:
    picture, (panel,) = canvas(6.0, 3.6)
    predicted, observed = reliability(curves)
    panel.plot((0, 1), (0, 1), linestyle="--", color="#888888")
    panel.plot(predicted, observed, marker="o", color=BLUE)
    panel.set(xlabel="nilai", ylabel="bagian hoaks sebenarnya", xlim=(0, 1), ylim=(0, 1))
    return picture


def _named(slice_name: str) -> str:
    return f"{SLICE_NAMES[slice_name]} · {slice_name}"


def _system(system: str, model: str) -> str:
    return {"style only": "hanya gaya mengetik", "year only": "hanya tahun", model: "model ini"}.get(system, system)


def _number(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace(".", ",")


_BANDS: Final = {Band.LOOK: "perlu dilihat", Band.ABSTAIN: "ragu", Band.CLEAR: "tidak mirip"}
_WHAT_IT_IS_NOT: Final = """<h2>8. Yang bukan arti nilai ini</h2>
<ul>
<li>Bukan kemungkinan bahwa sesuatu itu salah: model tidak tahu apa yang benar. <span lang="en">Not the probability that
something is false.</span></li>
<li>Bukan putusan, dan bukan alasan untuk memberi label. Yang paling kuat tetap kecocokan dengan klarifikasi yang sudah
diperiksa orang. <span lang="en">No verdict; a confirmed match is the strongest evidence.</span></li>
<li>Bukan penilaian atas orang, akun, atau media. <span lang="en">No judgement of a person, account or
outlet.</span></li>
<li>Kritik, keluhan, dan satire bukan hoaks, berapa pun nilainya. <span lang="en">Criticism, grievance and satire are
never hoaxes, whatever the score.</span></li>
<li>Nilai rendah bukan tanda benar: hoaks berbentuk berita biasa sering lolos. <span lang="en">A low score is no sign of
truth.</span></li>
</ul>"""
