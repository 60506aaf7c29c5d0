"""What the encoder reads: typing and names say nothing, words do."""

from hypothesis import given
from hypothesis import strategies as st

from data.reading import STAND_INS, entities, neutral_words, plain_words

CRITICISM = "kenapa jalan di depan pasar rusak terus"


def test_quotes_capitals_lists_and_emoji_say_nothing():
    """A criticism typed on another keyboard reads the same."""
    typed = "1. “KENAPA jalan\n• di depan pasar… rusaaaak TERUS!!!” 😡"
    assert plain_words(typed) == plain_words(CRITICISM)


def test_the_value_of_a_number_says_nothing():
    """Years, sums and percentages become one word, so that no date is learned."""
    assert plain_words("harga naik 25% sejak 2019, jadi Rp 10.000") == "harga naik 0 sejak 0 jadi rp 0"


def test_a_question_stays_a_question():
    """The question mark is kept once: asking is no assertion."""
    assert plain_words("apa benar listrik padam???") == "apa benar listrik padam ?"


def test_leetspeak_is_undone_before_digits_go():
    """Letters hidden as digits come back."""
    assert plain_words("h0ax v4ksin") == "hoax vaksin"


def test_handles_links_and_tags_are_gone():
    """Nothing that points to a person, a place of publication or a fact-checker's verdict is read."""
    assert plain_words("[SALAH] RT @orang: lihat https://contoh.id/a1 ya") == "lihat ya"


def test_the_page_that_published_a_post_is_not_read():
    """A name and a bar before the text go, whatever they are; a bar later, or with nothing behind it, stays a blank."""
    assert plain_words("Kabar Desa Contoh | air sumur berubah asin") == "air sumur berubah asin"
    assert plain_words("Air sumur\nKabar Desa | berubah asin") == "air sumur kabar desa berubah asin"
    assert plain_words("air sumur berubah asin |") == "air sumur berubah asin"


def test_swapped_names_read_alike():
    """Parties, religions, peoples, persons and places become one word a kind, whatever their length."""
    one = neutral_words("Budi dari Partai Golkar ke Jawa Barat bicara soal umat Islam")
    other = neutral_words("Siti Aminah dari PDIP ke Kota Medan bicara soal umat Kristen")
    assert one == other
    assert {"seseorang", "partai", "daerah", "agama"} <= set(one.split())


def test_a_people_gives_way_to_the_place_it_begins():
    """The longer name wins where two overlap."""
    assert neutral_words("warga Jawa Barat mengeluh") == "warga daerah mengeluh"


def test_comparing_keeps_the_names():
    """What is compared with clarifications keeps who and where."""
    assert "bandung" in plain_words("gempa di Bandung").split()


def test_every_listed_form_is_read_as_its_stand_in():
    """A form that cleaning changes would never be found in a text."""
    listed = [" ".join(form) for forms in entities().values() for form, _ in forms]
    lost = [form for form in listed if not set(neutral_words(form).split()) & set(STAND_INS.values())]
    assert len(lost) <= len(listed) // 50, lost[:20]


@given(st.text(max_size=300))
def test_any_text_becomes_words_between_single_blanks(text):
    """Whatever comes in, what goes out are lower-case words, and taking names out adds none."""
    plain, neutral = plain_words(text).split(), neutral_words(text).split()
    assert " ".join(plain) == plain_words(text)
    assert all(word == word.lower() for word in plain)
    assert len(neutral) <= len(plain)
