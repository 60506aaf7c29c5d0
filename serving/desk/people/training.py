"""The training: a few plain lessons on the rules, one short check, and a badge for whoever answered all of it right.

Lessons and check are words in this module, with one version (``eligibility.TRAINING_VERSION``): whoever passed an older
one is asked again where their ministry demands the training. Wrong answers are explained and kept nowhere; only that
somebody passed, and when, is on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from serving.db.tables import Influencer
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.people import influencers
from serving.desk.people.eligibility import TRAINING_VERSION
from serving.errors import ConflictError, InvalidInputError
from serving.i18n import mark


class TrainingVersionError(ConflictError):
    """The lessons have changed since the check was opened."""

    code = "training-version"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One rule, in a minute: a title and what to do."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the check; ``right`` is the key of the one answer that keeps to the rules.

    ``why`` is read by whoever answered otherwise.
    """

    key: str
    text: str
    options: Mapping[str, str]
    right: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check: the questions to look at again, none where it was passed."""

    again: tuple[Question, ...]

    @property
    def passed(self) -> bool:
        """Tell whether everything was right."""
        return not self.again


LESSONS = (
    Lesson(
        mark("Terbuka, dengan nama sendiri"),
        (
            mark("Anda mengunggah sendiri, dari akun sendiri, dengan nama sendiri. Suluh tidak pernah mengunggah."),
            mark("Jangan membuat akun lain, jangan meminjam akun, dan jangan menyuruh bawahan ikut mengunggah."),
            mark(
                "Suluh tidak pernah meminta kata sandi atau token media sosial Anda. Siapa pun yang memintanya menipu."
            ),
        ),
    ),
    Lesson(
        mark("Selalu mengaku"),
        (
            mark("Setiap materi memuat kalimat bahwa Anda ASN, nama instansi Anda, dan tautan ke sumber resminya."),
            mark("Kata-katanya boleh Anda ubah. Kalimat pengakuan dan tautannya tidak boleh dihapus."),
            mark("Mulailah dari faktanya. Jangan mengulang judul hoaks, juga tidak untuk mengejeknya."),
        ),
    ),
    Lesson(
        mark("Jangan mendatangi orangnya"),
        (
            mark("Jangan membalas, menandai, menyebut, atau menautkan siapa pun yang menyebarkan klaim itu."),
            mark(
                "Kita meluruskan klaim, bukan menghadapi orang. Keramaian di bawah unggahan warga adalah perundungan."
            ),
            mark("Bila ada yang marah di unggahan Anda, Anda tidak perlu menjawab."),
        ),
    ),
    Lesson(
        mark("Menolak itu biasa"),
        (
            mark(
                "Setiap tawaran boleh dilewati dengan satu ketukan, tanpa alasan. Tidak ada akibat bagi pekerjaan Anda."
            ),
            mark("Manajer tidak pernah melihat siapa menolak, dan pemilihan berikutnya tidak membacanya."),
            mark("Izin, jeda, dan keluar dari program ada di halaman profil dan berlaku seketika."),
        ),
    ),
    Lesson(
        mark("Bila ada yang salah"),
        (
            mark(
                "Bila klarifikasi ditarik atau diganti, Anda mendapat koreksi. Ikuti langkahnya, tandai sudah dibaca."
            ),
            mark("Anda dan siapa pun dapat menyanggah atau mengeluh lewat halaman klarifikasi itu sendiri."),
            mark("Bila Anda ditekan untuk ikut atau mengunggah, adukan; ikut program tidak boleh dipaksakan."),
        ),
    ),
)

QUESTIONS = (
    Question(
        "account",
        mark("Dari akun mana Anda mengunggah?"),
        {
            "own": mark("Dari akun saya sendiri, dengan nama saya."),
            "new": mark("Dari akun baru tanpa nama, supaya lebih aman."),
            "office": mark("Saya berikan kata sandi saya, biar Suluh yang mengunggah."),
        },
        "own",
        mark("Hanya dari akun sendiri, dengan nama sendiri. Suluh tidak mengunggah dan tidak meminta kata sandi."),
    ),
    Question(
        "disclosure",
        mark("Apa yang boleh Anda ubah pada takarir?"),
        {
            "all": mark("Semuanya, termasuk membuang kalimat bahwa saya ASN."),
            "words": mark("Kata-katanya; kalimat bahwa saya ASN dan tautan resminya tetap."),
            "link": mark("Tautannya saja, supaya lebih pendek."),
        },
        "words",
        mark("Kalimat bahwa Anda ASN dan tautan resminya harus tetap ada."),
    ),
    Question(
        "author",
        mark("Tetangga Anda menyebarkan klaim yang salah. Apa yang Anda lakukan?"),
        {
            "reply": mark("Membalas unggahannya dengan klarifikasi."),
            "tag": mark("Mengunggah sendiri dan menandai namanya."),
            "self": mark("Mengunggah di halaman saya sendiri, tanpa menyebut siapa pun."),
        },
        "self",
        mark("Jangan membalas, menandai, atau menautkan penyebarnya; cukup di halaman Anda sendiri."),
    ),
    Question(
        "decline",
        mark("Anda tidak nyaman dengan sebuah tawaran. Lalu?"),
        {
            "skip": mark("Saya lewati; tidak ada akibatnya."),
            "must": mark("Saya unggah juga, karena ini tugas."),
            "ask": mark("Saya minta izin atasan dahulu untuk menolak."),
        },
        "skip",
        mark("Ikut serta sukarela. Melewati tawaran tidak perlu alasan dan tidak perlu izin."),
    ),
    Question(
        "correction",
        mark("Anda menerima koreksi untuk materi yang sudah Anda unggah. Lalu?"),
        {
            "ignore": mark("Saya biarkan; unggahan lama tidak penting."),
            "follow": mark("Saya ikuti langkahnya, lalu menandai sudah dibaca."),
            "argue": mark("Saya berdebat di kolom komentar."),
        },
        "follow",
        mark("Ikuti langkah pada koreksi itu dan tandai sudah dibaca; dari sana Anda juga bisa menyanggah."),
    ),
)


def has_badge(row: Influencer) -> bool:
    """Tell whether somebody passed the training as it stands now."""
    return row.trained_version == TRAINING_VERSION


def passed_at(ctx: Context) -> datetime | None:
    """Give when whoever is signed in passed the training as it stands now; none where they did not."""
    row = influencers.own(ctx, lock=False)
    return row.trained_at if has_badge(row) else None


def check(answers: Mapping[str, str]) -> Result:
    """Look at answers by the question's key; what is not answered is to be looked at again.

    Raises:
        InvalidInputError: an answer is to no question, or is none of its options.
    """
    options = {question.key: question.options for question in QUESTIONS}
    if any(answer not in options.get(key, {}) for key, answer in answers.items()):
        raise InvalidInputError(mark("Jawaban itu bukan salah satu pilihannya."))
    return Result(tuple(question for question in QUESTIONS if answers.get(question.key) != question.right))


def take(ctx: Context, version: str, answers: Mapping[str, str]) -> Result:
    """Take the check; whoever answers everything right gets the badge at once, and keeps the day they first had it.

    Raises:
        TrainingVersionError: the lessons are others by now.
        InvalidInputError: an answer is to no question, or is none of its options.
    """
    if version != TRAINING_VERSION:
        raise TrainingVersionError(mark("Pelatihannya sudah berganti; baca pelajarannya sekali lagi."))
    result = check(answers)
    row = influencers.own(ctx)
    if result.passed and not has_badge(row):
        row.trained_version, row.trained_at = version, ctx.now
        audit.append(ctx, "influencer.trained", "influencer", row.id, version=version)
    return result
