"""What a person sees and settles about themself: standing, topics, province, and the words they consent to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from serving.desk import influencers
from serving.desk.context import Context
from serving.desk.eligibility import CONSENT_VERSION
from serving.i18n import mark
from serving.vocabulary import Topic

# Written to be read: what happens, what never happens, and how to stop. A change of meaning raises the version.
CONSENT_TEXTS: dict[str, tuple[str, ...]] = {
    "1": (
        mark(
            "Saya ikut secara sukarela. Saya dapat menolak tawaran, menjeda, atau keluar kapan saja, tanpa alasan dan "
            "tanpa akibat bagi pekerjaan saya."
        ),
        mark(
            "Suluh menyimpan nama, instansi, provinsi, topik pilihan, alamat surel (disegel), dan jumlah pengikut saya "
            "di tiga platform beserta tanggalnya. Nomor pegawai hanya disimpan sebagai sidik berkunci."
        ),
        mark(
            "Suluh tidak pernah meminta kata sandi atau token akun media sosial saya dan tidak pernah mengunggah apa "
            "pun atas nama saya."
        ),
        mark(
            "Setiap unggahan saya memuat pernyataan bahwa saya ASN dan tautan ke sumber resminya. Saya tidak membalas "
            "atau menandai siapa pun."
        ),
        mark(
            "Bila sebuah klarifikasi ditarik, saya akan diberi tahu. Manajer hanya melihat angka kelompok, tidak "
            "pernah daftar siapa menolak."
        ),
        mark("Saya dapat mengunduh dan menghapus data saya sendiri di halaman ini."),
    )
}


@dataclass(frozen=True, slots=True)
class Consent:
    """The words that are consented to, as they stand now."""

    version: str
    paragraphs: tuple[str, ...]


def consent_text() -> Consent:
    """Give the words that somebody who agrees now agrees to."""
    return Consent(CONSENT_VERSION, CONSENT_TEXTS[CONSENT_VERSION])


def settle(ctx: Context, *, topics: Collection[Topic] | None = None, region: str | None = None) -> influencers.Profile:
    """Change the topics, the province, or both; what is not given stays. Both or none take hold."""
    if region is not None:
        influencers.move(ctx, region)
    if topics is not None:
        influencers.choose_topics(ctx, topics)
    return influencers.own_profile(ctx)
