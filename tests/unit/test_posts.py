"""A post loses every identity before it is kept, and its claim gets a neutral sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.desk.incoming.posts import AUTHOR_FIELDS, AnonymousPost, Media, NewPost, PostRefusedError, anonymous
from serving.desk.incoming.trends import Engagement
from serving.desk.incoming.wording import LONGEST, clarity, neutral_wording
from serving.rows import read_post
from serving.security import Vault

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
VAULT = Vault(b"only-for-tests-only-for-tests-only-for-tests")


def _post(**over):
    values = {"source": "x", "external_id": "9001", "text": "Bendungan contoh jebol sore ini", "posted_at": NOW}
    return NewPost(**values | over)


def _anonymous(**over):
    return anonymous(_post(**over), VAULT, NOW, 20_000)


def test_no_identity_is_left():
    """Handle, profile, number, mail, own address and external id are gone from everything that is kept."""
    url = "https://x.com/sampel_rinjani/status/9001777"
    kept = _anonymous(
        external_id="9001777",
        text=f"Kata @sampel_rinjani (0812-0000-1111, a@contoh.example) lihat {url} ya",
        media=(Media("video", "00ff00ff00ff00ff", "kirim ke @sampel_rinjani"),),
        url=url,
    )
    everything = json.dumps(kept.as_row())
    for secret in ("sampel_rinjani", "0812", "1111", "contoh.example", "9001777", "status"):
        assert secret not in everything
    assert "@akun" in kept.text
    assert VAULT.unseal(kept.sealed_link or b"") == url


def test_a_row_survives_the_inbox():
    """What is written into the inbox is read back the same."""
    kept = _anonymous(
        engagement=Engagement(1, 2, 3, 4), media=(Media("image", "ab" * 8),), url="https://contoh.example/a"
    )
    assert AnonymousPost.from_row(json.loads(json.dumps(kept.as_row()))) == kept


@pytest.mark.parametrize(
    "over",
    [
        {"posted_at": NOW + timedelta(minutes=6)},
        {"posted_at": datetime(1999, 12, 31, tzinfo=UTC)},
        {"source": "Surat Kabar"},
        {"external_id": "  "},
        {"text": "x" * 20_001},
        {"text": "🔥🔥🔥 !!!"},
        {"text": "@seseorang"},
        {"text": "", "media": (Media("image", "0" * 16),)},
        {"text": "🙏", "media": (Media("image"),)},
    ],
    ids=["future", "long ago", "source", "no id", "too long", "no word", "only a handle", "blank picture", "no hash"],
)
def test_a_post_that_cannot_be_kept_is_refused(over):
    """It says nothing, too much, or at an impossible time."""
    with pytest.raises(PostRefusedError):
        _anonymous(**over)


def test_a_clock_a_little_ahead_is_forgiven():
    """Another machine may be five minutes ahead."""
    assert _anonymous(posted_at=NOW + timedelta(minutes=5)).posted_at > NOW


def test_a_transcript_speaks_for_a_short_text():
    """Where the text says too little, what is said in the video is read with it."""
    kept = _anonymous(text="lihat ini", media=(Media("video", None, "bendungan contoh jebol sore ini"),))
    assert "bendungan" in kept.reading


@pytest.mark.parametrize("text", ["", "🙏🔥", "@seseorang"])
def test_a_picture_without_words_is_named_by_its_hash(text):
    """The commonest repost says nothing of its own: the same picture gives the same words, another one others."""
    kept = _anonymous(text=text, media=(Media("image", "8123456789012345"),))
    assert kept.text.startswith("Gambar tanpa kata ")
    assert kept.text == _anonymous(text="", media=(Media("image", "8123456789012345"),)).text
    assert kept.text != _anonymous(text="", media=(Media("image", "8123456789012346"),)).text
    assert kept.reading == kept.text.lower()
    assert AnonymousPost.from_row(kept.as_row()) == kept


@pytest.mark.parametrize(("kind", "words"), [("video", "Video tanpa kata "), ("audio", "Rekaman tanpa kata ")])
def test_a_video_without_words_is_no_picture(kind, words):
    """What a post without words carries is called what it is."""
    assert _anonymous(text="", media=(Media(kind, "ABCD" * 4),)).text.startswith(words)


@pytest.mark.parametrize("name", [*sorted(AUTHOR_FIELDS), "Author", "USER-NAME"])
def test_an_author_field_is_refused(name):
    """No way of naming whoever wrote a post is taken."""
    row = {"source": "x", "external_id": "1", "text": "air naik", "posted_at": NOW.isoformat(), name: "seseorang"}
    with pytest.raises(PostRefusedError, match="penulis"):
        read_post(row)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "nol\x00di sini"),
        ("text", "\ud800"),
        ("text", 5),
        ("text", None),
        ("posted_at", "2026-03-02T10:00:00"),
        ("posted_at", "kemarin"),
        ("posted_at", 10**30),
        ("external_id", ""),
        ("engagement", {"likes": -1}),
        ("engagement", {"likes": 10**30}),
        ("engagement", {"likes": "banyak"}),
        ("engagement", []),
        ("media", [{"kind": "map"}]),
        ("media", [{"kind": "image", "phash": "zz"}]),
        ("media", {}),
        ("url", "javascript:alert(1)"),
        ("lagi", 1),
    ],
)
def test_a_misshapen_row_is_refused_by_the_field(field, value):
    """The reason names the field."""
    row = {"source": "x", "external_id": "1", "text": "air naik", "posted_at": NOW.isoformat(), field: value}
    with pytest.raises(PostRefusedError, match=field):
        read_post(row)


@pytest.mark.parametrize("row", [None, [], "x", 1, {}])
def test_what_is_no_row_is_refused(row):
    """Anything but an object with the needed fields is refused, never a fault."""
    with pytest.raises(PostRefusedError):
        read_post(row)


# ---- wording -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        (
            "🚨🚨 SEBARKAN!!! 🚨 BANK CONTOH MEMBAGIKAN KUOTA GRATIS LEWAT TAUTAN PENDAFTARAN!!!",
            "Bank contoh membagikan kuota gratis lewat tautan pendaftaran.",
        ),
        (
            "Sebarkan ke semua grup! Bendungan Contoh Hulu jebol, air sedang menuju kota. Viralkan!",
            "Bendungan Contoh Hulu jebol, air sedang menuju kota.",
        ),
        (
            "INFO PENTING: @akun bilang KTP lama tidak berlaku mulai bulan depan di seluruh kecamatan",
            "Bilang KTP lama tidak berlaku mulai bulan depan di seluruh kecamatan.",
        ),
        ("Benarkah besok semua sekolah di Kota Contoh libur???", "Benarkah besok semua sekolah di Kota Contoh libur?"),
    ],
)
def test_the_wording_is_calm_and_says_the_claim(text, wording):
    """No shouting, no call to forward, no emoji; what is claimed stays in its own words."""
    assert neutral_wording(text) == wording


@settings(max_examples=200)
@given(st.text(max_size=600))
def test_a_wording_is_short_for_any_text(text):
    """Whatever was written, the sentence is bounded and on one line, and a second pass is no longer."""
    found = neutral_wording(text)
    assert len(found) <= LONGEST + 1
    assert "\n" not in found


def test_the_plainest_copy_is_the_clearest():
    """Capitals, marks and chat spellings make a copy stand less for its claim."""
    plain = "Bendungan Contoh Hulu jebol dan air menuju kota setinggi atap rumah"
    assert clarity(plain) > clarity("BENDUNGAN CONTOH HULU JEBOL!!! AIR MENUJU KOTA SETINGGI ATAP RUMAH!!!")
    assert clarity(plain) > clarity("b3ndung4n contoh hulu jebol dn air mnuju kota stinggi atap rmh yg gk")
    assert clarity(plain) > clarity("jebol!!")
    assert clarity("") == 0.0
