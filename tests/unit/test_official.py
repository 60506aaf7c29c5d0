"""An address is that of an official account only where a browser would go there."""

from __future__ import annotations

import pytest

from serving.desk.outreach.official import Place, place, place_of
from serving.errors import InvalidInputError
from serving.vocabulary import Platform

ACCOUNT = Place("x.com", ("contoh_resmi",))


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/contoh_resmi/status/1",
        "https://www.x.com/Contoh_Resmi/status/1?s=20",
        "http://X.com//contoh_resmi/",
        "https://x.com/contoh%5Fresmi/status/1",
    ],
)
def test_its_own_posts_are_official(url):
    """Case, ``www.``, empty parts and escapes change nothing about where an address stands."""
    assert ACCOUNT.holds(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/contoh_resmi_palsu/status/1",
        "https://x.com/orang/status/1?contoh_resmi",
        "https://x.com.lain.example/contoh_resmi/1",
        "https://x.com@lain.example/contoh_resmi/1",
        "https://lain.example/x.com/contoh_resmi/1",
        "https://x.com/contoh_resmi/../orang/status/1",
        "https://x.com/contoh_resmi/%2e%2e/orang/status/1",
        "https://x.com/contoh_resmi%2f..%2forang/status/1",
        "https://x.com\\@lain.example/contoh_resmi/1",
        "https://x.com/orang\\..\\contoh_resmi/1",
        "https://x.com:8443/contoh_resmi/1",
        "https://x.com:port/contoh_resmi/1",
        "https://[x.com/contoh_resmi/1",
        "ftp://x.com/contoh_resmi/1",
        "javascript:alert(1)//x.com/contoh_resmi",
        "//x.com/contoh_resmi/1",
        "https://x.com/contoh_res\tmi/1",
        "",
    ],
)
def test_what_only_looks_like_it_is_not(url):
    """Neighbouring names, other hosts, user names, ports, steps upwards and what browsers read otherwise are outside."""
    assert not ACCOUNT.holds(url)


def test_a_host_of_its_own_is_official_as_a_whole():
    """Where nobody else posts, no path is needed."""
    whole = place(Platform.FACEBOOK, " WWW.Contoh.go.id. ", "/")
    assert whole == Place("contoh.go.id")
    assert whole.holds("https://contoh.go.id/kabar/1")
    assert not whole.holds("https://kabar.contoh.go.id/1")


@pytest.mark.parametrize(
    ("platform", "host", "path"),
    [
        (Platform.X, "x.com", ""),
        (Platform.FACEBOOK, "m.facebook.com", "/"),
        (Platform.INSTAGRAM, "x.com", "contoh"),
        (Platform.X, "localhost", "contoh"),
        (Platform.X, "https://x.com", "contoh"),
        (Platform.X, "x.com/contoh", ""),
        (Platform.X, "x.com", "../contoh"),
        (Platform.X, "x.com", "dua kata"),
        (Platform.X, "x.com", "a" * 201),
        (Platform.X, "10.0.0.1", "contoh"),
        (Platform.X, "", ""),
        (Platform.X, "mobile.x.com", ""),
        (Platform.X, "x.com", "i/web"),
        (Platform.INSTAGRAM, "instagram.com", "p"),
        (Platform.INSTAGRAM, "www.instagram.com", "/Reel/"),
        (Platform.FACEBOOK, "facebook.com", "groups"),
        (Platform.FACEBOOK, "facebook.com", "story.php"),
        (Platform.FACEBOOK, "web.facebook.com", "groups/contoh"),
    ],
)
def test_a_place_that_cannot_be_one_is_refused(platform, host, path):
    """A platform's own hosts need an account's name, which none of its own words is; hosts and paths are written plainly."""
    with pytest.raises(InvalidInputError):
        place(platform, host, path)


def test_reading_an_address_never_fails():
    """Whatever is sent as an address is either read or not one."""
    assert place_of("https://contoh.example") == Place("contoh.example")
    assert place_of("https://contoh.example/%zz\u0000") is None
