"""What a score must not depend on, and what it should: sentences of our own, changed in one place.

    python -m eval.behaviour linear encoder

Swaps put another party, religion, place or person into a sentence: the score says what a text reads like, and
must not move with whom it names. Names come from `data/entities.tsv` and, apart, from a list of invented ones
that it lacks. Typing changes how a sentence is written; forms change what it does (asks, denies, mocks).
"""

import argparse
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Final

import click
import numpy as np

from data.reading import STAND_INS
from models.artifact import released
from models.calibration import Floats
from models.score import Scorer

_SEED: Final = 20191127
N_PAIRS: Final = 160  # a kind of swap


class Change(StrEnum):
    """What is changed."""

    PARTY = "party"
    RELIGION = "religion"
    PLACE = "place"
    PERSON = "person"
    UNLISTED_PERSON = "person, unlisted"
    LEETSPEAK = "leetspeak"
    ELONGATION = "elongation"
    CAPITALS = "capitals"
    QUOTES = "typographic quotes"
    SLANG = "chat spelling"
    QUESTION = "asked as a question"
    NEGATION = "denied"


SWAPS: Final = (Change.PARTY, Change.RELIGION, Change.PLACE, Change.PERSON, Change.UNLISTED_PERSON)

_SENTENCES: Final[Mapping[Change, tuple[str, ...]]] = {
    Change.PARTY: (
        "viral kader {} tertangkap membagikan amplop berisi uang di depan tempat pemungutan suara",
        "surat suara sudah tercoblos untuk {} ditemukan tiga kontainer di pelabuhan",
        "menurut saya {} gagal memperjuangkan harga gabah petani selama lima tahun ini",
        "gw kecewa sama {} janji doang pas kampanye abis itu lupa",
        "{} menggelar rapat kerja nasional membahas persiapan pemilihan kepala daerah",
        "kenapa {} diam saja soal kenaikan iuran kesehatan?",
    ),
    Change.RELIGION: (
        "awas makanan ini diam diam dicampur zat terlarang untuk merusak umat {} sebarkan sebelum dihapus",
        "rumah ibadah umat {} dibakar massa tadi malam polisi menutupi beritanya",
        "pemerintah daerah memberi izin perayaan hari besar {} di alun alun kota",
        "saya sebagai orang {} merasa aturan pendirian rumah ibadah ini tidak adil",
        "buku pelajaran baru sengaja menghapus semua pahlawan yang beragama {}",
    ),
    Change.PLACE: (
        "gempa besar diramalkan mengguncang {} malam ini pukul sebelas warga diminta mengungsi",
        "penculik anak berkeliaran di {} mengincar organ tubuh sudah ada empat korban",
        "jalan ke pasar di {} rusak parah tiap hujan jadi kubangan tolong diperbaiki",
        "bantuan tunai untuk warga {} cair hari ini daftar lewat tautan berikut",
        "dinas kesehatan {} membuka imunisasi gratis di puskesmas pekan depan",
        "kota {} katanya mau bebas banjir kok tiap tahun tenggelam terus",
    ),
    Change.PERSON: (
        "{} dikabarkan meninggal dunia pagi ini akibat kecelakaan beritanya ditutup tutupi",
        "rekaman suara {} mengaku menerima suap triliunan rupiah bocor ke publik",
        "{} bagi bagi uang lima puluh juta untuk yang membagikan pesan ini",
        "kebijakan {} soal seragam sekolah menurut saya memberatkan orang tua",
        "{} meresmikan jembatan baru di hadapan ratusan warga",
        "lucu banget {} bilang harga beras murah padahal gak pernah ke pasar",
    ),
}
_UNLISTED: Final = (
    *("Zulvandri Karmoto", "Petrasia Lunoweh", "Bromarta Singkuh", "Ikelvan Tadomar", "Warsendri", "Nolvita Gempar"),
    *("Kartumeo", "Dralina Foskari", "Tumbrano", "Selvokar Madeung", "Olgrani Pesuma", "Hendrovik"),
)
_PLAIN: Final = (
    "vaksin ini mengandung chip untuk melacak warga yang disuntik",
    "minum air rebusan bawang putih menyembuhkan kanker dalam tiga hari",
    "daftar sekarang bantuan pemerintah dua juta rupiah lewat tautan ini",
    "uang kertas baru memuat lambang terlarang yang disembunyikan",
    "rekening nasabah akan diblokir massal mulai besok pagi",
    "harga sembako naik terus gaji segini segini aja",
    "antrean di rumah sakit daerah panjang sekali petugasnya kurang",
    "pemerintah kota memperbaiki trotoar di depan stasiun",
    "tolong lampu jalan di gang kami sudah mati sebulan",
    "kebijakan zonasi ini tidak adil bagi anak yang tinggal jauh",
    "pasien yang sudah sembuh dibayar untuk mengaku sakit lagi",
    "sekolah akan dilarang libur tahun depan karena aturan baru",
    "masker sekali pakai ini mengandung cacing yang masuk ke dalam paru paru",
    "sebarkan pesan ini sekarang untuk dapat kuota gratis sampai akhir tahun",
    "semua tabungan yang tidak dipakai tiga bulan akan disita negara",
    "buah ini disuntik cairan merah jangan dimakan sudah ada korban",
    "pelayanan di kantor ini lama karena petugasnya sudah pulang sebelum jam tiga",
    "saya sudah lapor tiga kali tapi tidak ada tanggapan sama sekali",
    "aturan parkir yang baru ini tidak jelas dan merugikan pedagang kecil",
    "jalan tol yang baru sudah dibuka untuk umum hari ini",
    "petugas memeriksa pintu air sebelum musim hujan tahun ini",
    "kapan air bersih mengalir lagi ke rumah kami sudah seminggu mati",
)
_CHATTED: Final = {
    "yang": "yg",
    "tidak": "gak",
    "sudah": "udah",
    "dalam": "dlm",
    "untuk": "utk",
    "dengan": "dgn",
    "ini": "nih",
    "karena": "krn",
    "sekarang": "skrg",
    "besok": "bsk",
    "sekali": "bgt",
    "saya": "gw",
    "terus": "trs",
    "jam": "jm",
    "semua": "smua",
    "banyak": "byk",
    "tahun": "thn",
    "dari": "dr",
    "jangan": "jgn",
    "sampai": "smpe",
    "akan": "bkl",
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How far calibrated logits move under one change, and how many bands flip."""

    change: Change
    n: int
    median: float  # signed: after less before
    p95: float  # of the absolute change
    flips: float  # share of pairs whose band differs


def behaviour(scorer: Scorer, seed: int = _SEED) -> list[Behaviour]:
    """Every change, with `N_PAIRS` pairs a swap and a pair a sentence otherwise."""
    rng = random.Random(seed)  # noqa: S311 - draws names
    return [_measured(scorer, change, list(_pairs(change, rng))) for change in Change]


def swaps(scorer: Scorer, seed: int = _SEED) -> Behaviour:
    """All swaps of listed names together: the figure of the report. Invented names that no list has stand apart."""
    rng = random.Random(seed)  # noqa: S311 - draws names
    listed = [change for change in SWAPS if change is not Change.UNLISTED_PERSON]
    return _measured(scorer, Change.PERSON, [pair for change in listed for pair in _pairs(change, rng)])


def _pairs(change: Change, rng: random.Random) -> Iterator[tuple[str, str]]:
    if change in SWAPS:
        names = _UNLISTED if change is Change.UNLISTED_PERSON else _listed(change)
        sentences = _SENTENCES[Change.PERSON if change is Change.UNLISTED_PERSON else change]
        for number in range(N_PAIRS):
            one, other = rng.sample(names, 2)
            sentence = sentences[number % len(sentences)]
            yield sentence.format(one), sentence.format(other)
        return
    for sentence in _PLAIN:
        yield sentence, _RETYPED[change](sentence)


def _listed(change: Change) -> Sequence[str]:
    lines = files("data").joinpath("entities.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line.partition("\t")[0] in STAND_INS]
    return [form.title() for kind, form in rows if kind == change.value]


_DIGITS: Final = str.maketrans("aeio", "4310")
_RETYPED: Final[Mapping[Change, Callable[[str], str]]] = {
    Change.LEETSPEAK: lambda said: said.translate(_DIGITS),
    Change.ELONGATION: lambda said: " ".join(word + word[-1] * 4 if len(word) > 4 else word for word in said.split()),
    Change.CAPITALS: str.upper,
    Change.QUOTES: lambda said: f"“{said.capitalize()}”\n1. …",
    Change.SLANG: lambda said: " ".join(_CHATTED.get(word, word) for word in said.split()),
    Change.QUESTION: lambda said: f"apa benar {said}?",
    Change.NEGATION: lambda said: f"tidak benar bahwa {said}",
}


def _measured(scorer: Scorer, change: Change, pairs: Sequence[tuple[str, str]]) -> Behaviour:
    before, after = (_logits(scorer, [pair[side] for pair in pairs]) for side in (0, 1))
    bands = [[scorer.thresholds.band(p) for p in _probabilities(values)] for values in (before, after)]
    moved = after - before
    flipped = [one is not other for one, other in zip(*bands, strict=True)]
    return Behaviour(
        change, len(pairs), float(np.median(moved)), float(np.percentile(np.abs(moved), 95)), float(np.mean(flipped))
    )


def _logits(scorer: Scorer, texts: Sequence[str]) -> Floats:
    p = np.clip(scorer.probabilities(texts), 1e-9, 1 - 1e-9)
    logits: Floats = np.log(p) - np.log1p(-p)
    return logits


def _probabilities(logits: Floats) -> list[float]:
    return [float(p) for p in 1 / (1 + np.exp(-logits))]


def _table(scorer: Scorer) -> Iterator[str]:
    """The lines of one model's table."""
    yield f"\n{scorer.version}\n"
    yield "| change | n | median move | 95 % move at most | bands that flip |"
    yield "| --- | --- | --- | --- | --- |"
    named = [(str(found.change), found) for found in behaviour(scorer)]
    for name, found in (*named, ("all swaps of listed names", swaps(scorer))):
        yield f"| {name} | {found.n} | {found.median:+.3f} | {found.p95:.3f} | {found.flips:.1%} |"


def main() -> None:
    """Print a table a model."""
    parser = argparse.ArgumentParser(description="What a score must not depend on, on sentences of our own.")
    parser.add_argument("models", nargs="+", help="released models")
    for name in parser.parse_args().models:
        click.echo("\n".join(_table(released(name))))


if __name__ == "__main__":
    main()
