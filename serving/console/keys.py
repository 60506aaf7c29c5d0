"""The keys of the desk, in one list: the sheet that ``?`` opens and the page for readers without a script show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from serving.i18n import mark


@dataclass(frozen=True, slots=True)
class Key:
    """One key, or two beside each other, and what they do."""

    keys: tuple[str, ...]
    does: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Keys of one part of the desk."""

    title: str
    keys: tuple[Key, ...]


KEYS: Final = (
    KeyGroup(
        mark("Di antrean"),
        (
            Key(("j", "k"), mark("klaim berikutnya, klaim sebelumnya")),
            Key(("Enter",), mark("buka klaim ini")),
            Key(("a",), mark("ambil klaim ini dan buka")),
            Key(("h",), mark("tunda klaim ini, dengan alasan")),
            Key(("e",), mark("naikkan klaim ini ke penyetuju, dengan alasan")),
            Key(("x",), mark("pilih klaim ini untuk langkah sekaligus")),
        ),
    ),
    KeyGroup(
        mark("Di halaman klaim"),
        (
            Key(("a",), mark("ambil klaim ini")),
            Key(("j", "k"), mark("kiriman atau kecocokan berikutnya, sebelumnya")),
            Key(("p", "b", "r"), mark("kecocokan ini: pastikan, bukan ini, terkait")),
            Key(("y", "t"), mark("jawab ya, jawab tidak, lalu ke pertanyaan berikutnya")),
            Key(("1", "5"), mark("pilih putusan menurut urutannya")),
            Key(("Ctrl", "Enter"), mark("simpan dan lanjut ke langkah berikutnya")),
            Key(("s",), mark("simpan rancangan")),
            Key(("n",), mark("tulis catatan untuk rekan")),
            Key(("h",), mark("tunda, dengan alasan")),
            Key(("e",), mark("naikkan ke penyetuju, dengan alasan")),
            Key(("q",), mark("kembali ke antrean")),
        ),
    ),
    KeyGroup(
        mark("Di mana saja"),
        (
            Key(("/",), mark("cari")),
            Key(("?",), mark("buka atau tutup daftar ini")),
            Key(("Esc",), mark("tutup")),
        ),
    ),
)
