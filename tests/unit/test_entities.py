"""The list of identities masks names and leaves everyday words alone."""

import re
from collections import Counter
from importlib.resources import files

import pytest

LEAST = {"ethnic": 250, "party": 150, "person": 3000, "place": 800, "religion": 240}
WORDS = """
    abu ada adalah adat adik adil agama agar air ajar akan akhir aksi aku alam alat aman amal amanah amin anak
    anggaran angin angka anjing antara antre anugerah apa apakah api arah arif arti asal asap asing asli atas
    atau atur awal awan awas ayah ayam bagaimana bagus bahan bahasa bahaya bakti bangsa bangun banjir bank
    bantuan banyak bapak barang barat baru batu bayar bayu bebas beban beda bekerja belajar beli belum benar
    bencana beras berat berita berkarya bersama bersih besar besok biaya biasa bijak bintang bisa bohong boleh
    buah budaya bukan bukti buku bulan bumi bunga buruh butuh cahaya cara cepat cerdas cerita cinta coba contoh
    cucu curang daerah daftar dagang damai dana dapat dari darah dasar data datang debu demi demokrat dengan
    depan desa detik dewan dewi dharma dia dinas diri disiplin doa dokter dosa dunia ekonomi emas embun enak
    fajar fakta fitnah firman gaji garuda gas gelap gelora gema gempa gerak gratis guntur guru gunung hadiah hak
    hakim hancur harap harapan harga hari hati harus hasil hidayah hidup hijau hikmah hilang hitam hoaks hormat
    hujan hukum hutan ibadah ibu ikan ilmu iman imam indah indra ingat ini intan istri itu jabatan jadi jaga
    jalan jaminan jangan janji jasa jati jatuh jaya jelas jiwa jual juga jujur juni kabar kabupaten kali kalah
    kalau kami kampung kamu kantor kapan karena karunia karya kasih kasus kaya kebun kecewa keluarga kepala
    keras kerja kereta kesehatan ketua kirim kita korban korupsi kota kuat kudus kuliah kuning kuningan kurnia
    lagi lagu laku lama lapar lapor laut layanan lebak lemah lestari libur lihat listrik logo luar lupa mahal
    main makan makmur malam malang mandiri manis manusia marah masa masalah masyarakat mata matahari mau mawar
    maya mega mei melati menang menteri mereka merah merdeka metro milik minggu minta minyak miskin mobil modal
    mohon motor muda mudah mulia murah murni musim mutiara nada naik nama nanti nasi nasib nasional negara nilai
    nurani nyata obat ombak orang padang pagi pahala pajak palsu palu pamungkas pan panas pandai panen panjang
    pantai pasar pasti pati pegawai pemerintah pemilu penduduk penting perang perdana permata pesan pilih pintar
    polisi politik presiden prihatin program proyek puasa puji pulang pulau puncak pura purba purnama pusat
    puspa putih putra putri raja rakyat ramah rasa ratu raya rahmat resmi rezeki ria rindu rohani rumah rumput
    rusak sabar sakit sakti salah salam sama sampah sandi satria satu sari saya sebarkan sedih sehat sekolah
    selamat selatan semangat semua seni senin serang sering setia siang siap solo suara suami suci sudah sukma
    sumber sungai surat surga surya tahun takut taman tanah tangan tanjung tari tarif tegar teguh teladan teman
    tempat tenang tentara tetap tidak tidur timur tinggi tirta titik toko tolak tugas tuhan tulus tunggu uang
    udara umat umum undang untung upah usaha utama utang utara viral wabah wahyu waktu wanita warga waspada
    wibawa wisata yang yatim yoga angel bill bush faith grace hope joy king long made mark may mercy my queen
    rich rose star sun will win young
"""
EVERYDAY = frozenset(WORDS.split())


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    """Each row of the shipped list as kind and form."""
    text = files("data").joinpath("entities.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [(kind, form) for kind, form in (line.split("\t") for line in lines)]


def test_forms_are_plain(rows: list[tuple[str, str]]) -> None:
    """Every form is lower-case words of plain letters with one space between them."""
    assert [form for _, form in rows if not re.fullmatch(r"[a-z]+(?: [a-z]+)*", form)] == []


def test_forms_are_long_enough_to_mask(rows: list[tuple[str, str]]) -> None:
    """No form is one or two letters, which would mask half of chat."""
    assert [form for _, form in rows if len(form) < 3] == []


def test_a_form_stands_once(rows: list[tuple[str, str]]) -> None:
    """A form has one kind, so that a mask is the same whoever reads the file."""
    assert [form for form, n in Counter(form for _, form in rows).items() if n > 1] == []


def test_rows_are_sorted(rows: list[tuple[str, str]]) -> None:
    """Rows stand by kind, then form, so that a change shows as the lines it adds."""
    assert rows == sorted(rows)


def test_every_kind_is_covered(rows: list[tuple[str, str]]) -> None:
    """Each kind is known and holds at least its minimum."""
    found = Counter(kind for kind, _ in rows)
    assert found.keys() == LEAST.keys()
    assert {kind: n for kind, n in found.items() if n < LEAST[kind]} == {}


def test_everyday_words_stay(rows: list[tuple[str, str]]) -> None:
    """No everyday word is a form of its own, for masking it costs more than missing a name."""
    assert len(EVERYDAY) >= 300
    assert EVERYDAY.intersection(form for _, form in rows) == frozenset()


@pytest.mark.parametrize(
    ("kind", "form"),
    [("person", "anies"), ("party", "gerindra"), ("religion", "kristen"), ("ethnic", "orang jawa"), ("place", "jatim")],
)
def test_what_people_write_is_there(rows: list[tuple[str, str]], kind: str, form: str) -> None:
    """The name that people use most stands under its kind."""
    assert (kind, form) in rows
