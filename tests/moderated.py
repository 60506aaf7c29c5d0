"""Comments from outside the tables, made up for a test: each file in the form that its reader expects."""

import csv
from collections.abc import Sequence
from pathlib import Path

from data.sources.originals import folder_of

_SUBJECTS = ("jembatan", "sekolah", "pasar", "sungai", "kereta", "pelabuhan", "museum", "taman", "kebun", "stasiun")
_TIMES = ("pagi", "siang", "sore", "malam", "kemarin", "besok")
_PLAIN = "obrolan {name} tentang {subject} waktu {time} nomor {number}"
_MARKED = "kata terlarang {name} menyebut {subject} waktu {time} nomor {number}"

_NETIFIER = ("original_text", "source", "pornografi", "sara", "radikalisme", "pencemaran_nama_baik")


def write_moderated(data: Path) -> None:
    """Write sixty made-up rows of each source to where it is read, every other one marked."""
    write_netifier(
        data,
        [
            (text, "kaskus", *(("1", "1", "0", "1") if marked else ("0", "0", "0", "0")))
            for text, marked in _texts("netifier")
        ],
    )
    write_csv(
        data,
        "smsreport",
        "dataset-sms-penipuan.csv",
        [
            ("type", "type_pred", "proba", "message", "sender"),
            *(
                ("Penipuan" if marked else "Lain-lain", "0" if marked else "3", "0.95", text, "contoh")
                for text, marked in _texts("laporan")
            ),
        ],
    )
    write_csv(
        data,
        "judolyt2025nov",
        "labeled_comments.csv",
        [("comment_text", "target"), *((text, str(int(marked))) for text, marked in _texts("video"))],
    )
    write_csv(
        data,
        "igcyber400",
        "dataset_komentar_instagram_cyberbullying.csv",
        [
            ("Id", "Sentiment", "Instagram Comment Text"),
            *(("1", "negative" if marked else "positive", text) for text, marked in _texts("foto")),
        ],
    )
    write_election(data, [("HS" if marked else "Non_HS", text) for text, marked in _texts("pemilihan")])
    write_csv(
        data,
        "porn500",
        "dataset500.csv",
        [("text", "label"), *((text, "negatif" if marked else "positif") for text, marked in _texts("cerita"))],
    )


def write_netifier(data: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write `rows` as the forum posts' first file; the second has none."""
    write_csv(data, "netifier", "train.csv", [_NETIFIER, *rows])
    write_csv(data, "netifier", "test.csv", [_NETIFIER])


def write_election(data: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write label and tweet a line, with the line ends of the original."""
    folder = folder_of(data, "idhsd2017")
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["Label\tTweet", *("\t".join(row) for row in rows)]
    (folder / "IDHSD_RIO_unbalanced_713_2017.txt").write_bytes("\r".join(lines).encode("cp1252"))


def write_csv(data: Path, source: str, name: str, rows: Sequence[Sequence[str]]) -> None:
    """Write `rows`, the header first, as one file of a source."""
    folder = folder_of(data, source)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def _texts(name: str) -> list[tuple[str, bool]]:
    pairs = [(subject, time) for subject in _SUBJECTS for time in _TIMES]
    return [
        ((_MARKED if at % 2 else _PLAIN).format(name=name, subject=subject, time=time, number=at), bool(at % 2))
        for at, (subject, time) in enumerate(pairs)
    ]
