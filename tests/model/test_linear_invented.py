"""The released model on texts invented for this test: criticism of a policy that does not exist, and classic hoaxes.

The texts were written before any of them was scored, and are not changed to please a model.
"""

import numpy as np
import pytest

from models.artifact import released
from models.score import Band

CRITICISM = [
    "“Kartu Cerah” katanya untuk rakyat kecil, tapi yang dapat malah keluarga pejabat. Adil dari mana?",
    "KENAPA IURAN KARTU CERAH NAIK LAGI??? GAJI SAYA TIDAK NAIK-NAIK PAK MENTERI!!!",
    "Menurut saya Kartu Cerah salah sasaran: 1) datanya lama, 2) antreannya panjang, 3) petugasnya tidak ramah.",
    "gw udh 3x ke kelurahan urus kartu cerah, disuruh balik mulu, capek bgt sumpah",
    "Selamat kepada pemerintah, berkat Kartu Cerah kini kami bisa antre dari subuh sampai lupa rasanya sarapan.",
    "Pak Bupati Misal, kapan jembatan desa kami diperbaiki? Anak-anak sudah dua tahun menyeberang pakai rakit.",
    "Anggaran Kartu Cerah 4,2 triliun setahun, sementara puskesmas kami kehabisan obat sejak Maret.",
    "Saya bukan oposisi, cuma bertanya: siapa yang mengawasi penyaluran Kartu Cerah di daerah?",
    "Lucu ya negeri ini, jalan rusak dibiarkan, baliho Kartu Cerah dipasang tiap tikungan 😂",
    "Tolong dong yang bikin kebijakan coba sekali-sekali naik angkot, biar tahu rasanya ongkos naik 40 persen.",
    "Kebijakan Kartu Cerah ini terburu-buru. Tanpa uji coba, tanpa kajian, tanpa bicara dengan warga.",
    "Presiden kita janjinya apa, pelaksanaannya apa. Saya kecewa memilih beliau.",
    "DPR rapat soal Kartu Cerah cuma dihadiri 12 orang. Gaji jalan terus ya, enak.",
    "Ibu saya ditolak rumah sakit karena Kartu Cerahnya belum aktif, padahal sudah daftar sejak Januari.",
    "Mohon maaf, tapi Kartu Cerah tidak menjawab masalah utama kami yaitu harga pupuk.",
    "Oke gas, potong terus subsidi kami, toh yang di atas masih bisa liburan. Mantap 👍",
    "Polisi sibuk urus poster protes Kartu Cerah, laporan motor saya hilang tiga bulan tidak ada kabar",
    "Bukannya saya anti program ini. Tapi kok laporannya tidak pernah dibuka ke publik ya?",
    "Pajak warung saya naik dua kali lipat tahun ini. Katanya mau bantu UMKM?",
    "‘Transparan’ kata juru bicara. Coba unggah daftar penerimanya kalau berani.",
    "Rapat warga RT 04 sepakat menolak Kartu Cerah karena: iuran wajib, sanksi denda, dan tidak ada pilihan keluar.",
    "Yth. Menteri Contoh, kami guru honorer belum digaji 4 bulan. Apakah Kartu Cerah lebih penting dari kami?",
    "ga ngerti lg sm pemda sini, lampu jalan mati seminggu dibiarin, pas pawai kartu cerah terang benderang",
    "Apakah benar Kartu Cerah wajib bagi pedagang kaki lima? Ada yang tahu aturannya di mana?",
    "Rezim boleh ganti, antrean sembako tetap sama. Kartu Cerah cuma ganti nama dari program lama.",
    "Sebagai penerima Kartu Cerah saya bersyukur, tapi uangnya selalu telat dan potongannya tidak jelas.",
    "Kami mahasiswa menuntut Kartu Cerah dicabut! Dana pendidikan jangan dipotong untuk pencitraan!",
    "Habis nonton debat soal kartu cerah. Jujur, dua-duanya tidak menjawab pertanyaan. Rakyat disuruh menebak.",
    "Kalau begini terus lebih baik menterinya mundur saja. Sudah tiga kali salah data dan tidak pernah minta maaf.",
    "Breaking: Kementerian Segala Urusan umumkan warga miskin dihapus mulai besok, cukup dihapus dari data. (satir)",
    "utang negara nambah, proyek mangkrak, eh bikin kartu baru lagi. mikir ga sih",
    "Sudah lapor lewat aplikasi Kartu Cerah, nomor 88120, statusnya ‘diproses’ sejak 90 hari lalu. Terima kasih lho.",
]
HOAXES = [
    "Selamat! Anda terpilih menerima bantuan tunai Rp3.000.000 dari pemerintah. Segera daftar: http://contoh.example/daftar",
    "Rebusan daun misal campur garam dapat menyembuhkan kanker dalam 3 hari, dokter menyembunyikan ini. Sebarkan!",
    "BMKG memastikan gempa besar 9,2 SR dan tsunami akan terjadi tanggal 17 bulan depan, warga pesisir segera mengungsi",
    "Mulai 1 Januari uang kertas Rp100.000 lama tidak berlaku, bank hanya menukar sampai akhir bulan ini",
    "Awas penculikan anak! Mobil putih keliling kampung Contoh mengambil anak SD untuk diambil organnya. Share ke semua grup",
    "Vaksin baru terbukti mengandung microchip dan membuat orang mandul, ini pengakuan ilmuwan luar negeri",
    "Telur palsu dari plastik beredar di pasar, kalau dibakar meleleh seperti karet. Hati-hati bunda",
    "Kuota gratis 50 GB untuk semua operator dalam rangka hari jadi negara, klik link dan bagikan ke 12 teman",
    "Video detik-detik pesawat jatuh di Kota Misal, ratusan penumpang tewas, media menutupi",
    "Lowongan kerja BUMN Contoh tanpa tes, gaji 8 juta, tiket dan penginapan ditanggung, hubungi nomor WA berikut",
    "Jutaan tenaga kerja asing masuk diam-diam lewat bandara malam hari dengan seragam tentara",
    "Minum air hangat dan jeruk nipis setiap pagi membunuh virus di tenggorokan, kata profesor",
    "Foto presiden bersujud di depan pemimpin negara asing, ini bukti negara kita sudah dijual",
    "Whatsapp akan berbayar mulai besok, kirim pesan ini ke 20 kontak agar akun Anda tetap gratis",
    "Kartu SIM Anda diblokir polisi karena kasus pencucian uang, tekan 9 untuk bicara dengan petugas",
    "Beredar surat pemanggilan CPNS tanpa tes dari kementerian, peserta diminta mentransfer biaya seragam",
    "Tokoh Anu ditangkap KPK tadi malam, ditemukan emas 2 ton di bawah rumahnya",
    "Menteri Contoh mundur setelah ketahuan membagikan uang, videonya viral sebelum dihapus",
    "Radiasi menara 5G menyebabkan burung mati massal di Kota Misal dan menyebarkan virus",
    "Pemutihan pinjaman online: semua utang pinjol dihapus pemerintah, isi formulir lewat tautan ini",
]


@pytest.fixture(scope="module")
def scorer():
    """The model that ships."""
    return released("linear")


def test_hardly_any_criticism_of_an_invented_policy_is_flagged(scorer):
    """Of 32 grievances, questions, demands and jokes at most two reach `look`."""
    flagged = [
        text for text, answer in zip(CRITICISM, scorer.score_many(CRITICISM), strict=True) if answer.band is Band.LOOK
    ]
    assert len(flagged) <= 2, flagged


def test_most_classic_hoaxes_stand_above_the_criticism(scorer):
    """Of 20 classic hoaxes at least 12 reach `look`, or `abstain` above the median of the criticism."""
    median = float(np.median(scorer.probabilities(CRITICISM)))
    answers = scorer.score_many(HOAXES)
    noticed = [
        answer
        for answer in answers
        if answer.band is Band.LOOK or (answer.band is Band.ABSTAIN and answer.p_hoax > median)
    ]
    assert len(noticed) >= 12
