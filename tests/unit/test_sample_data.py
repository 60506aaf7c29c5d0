"""The sample keeps the promises of its data card: counts, fields, edge cases, and nobody real in it."""

import json
import re
from collections import Counter
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest

DATA = resources.files("data")
SAMPLE = DATA / "sample"
TWO_DAYS_S = 172_800
PLATFORMS = ("facebook", "x", "instagram")
CATEGORIES = {
    "penipuan",
    "politik",
    "pemerintahan",
    "kesehatan",
    "bencana",
    "agama",
    "ekonomi",
    "keamanan",
    "lain",
}
TOPICS = {
    "kesehatan",
    "bencana",
    "ekonomi",
    "bantuan_sosial",
    "pendidikan",
    "keamanan_digital",
    "infrastruktur",
    "layanan_publik",
}

# What a reader could mistake for a real person: a handle, an address, a mobile number.
HANDLE = re.compile(r"(?<![\w.])@(\w+)")
MAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
PHONE = re.compile(r"(?:\+?62|\b0)8[\d -]{7,}\d")
LINK_HOST = re.compile(r"\b(?:[\w-]+\.)+(?:id|com|co|net|org|me|io|ly|example)\b", re.IGNORECASE)


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of one JSONL file of the sample."""
    lines = (SAMPLE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def table(path: Any) -> list[dict[str, str]]:
    """Return the rows of a tab-separated file with a header line."""
    head, *body = path.read_text(encoding="utf-8").splitlines()
    names = head.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in body]


POSTS = rows("posts")
CLAIMS = {row["claim"]: row for row in rows("claims")}
CLARIFICATIONS = {row["id"]: row for row in rows("clarifications")}
PROGRAMMES = rows("programme_news")
PEOPLE = rows("influencers")
MINISTRIES = {row["code"] for row in table(SAMPLE / "ministries.tsv")}
REGIONS = {row["code"]: row for row in table(DATA / "regions.tsv")}


def of_claim(key: str) -> list[dict[str, Any]]:
    """Return the posts of one claim in time order."""
    return [post for post in POSTS if post["claim"] == key]


def has_jump(evidence: dict[str, Any]) -> bool:
    """A count that grows fivefold between two readings, far from anything that the slow histories do."""
    counts = [reading["count"] for reading in evidence.get("history", ())]
    return any(later > 5 * earlier for earlier, later in pairwise(counts))


def lacks(person: dict[str, Any]) -> set[str]:
    """What keeps a person from offers, worked out here from the row alone."""
    evidence = person["evidence"].values()
    found = {
        "no_consent": not person["consent"],
        "inactive": not person["active"],
        "paused": person["paused"],
        "missing_platform": set(person["evidence"]) != set(PLATFORMS),
        "too_few_followers": any(item["count"] < 500 for item in evidence),
        "evidence_expired": any(item["age_days"] > 90 for item in evidence),
        "held_for_review": any(has_jump(item) for item in evidence),
    }
    return {reason for reason, true in found.items() if true}


# ---- the card


def test_card_states_the_row_counts() -> None:
    """The table in the data card gives the number of rows that each file has."""
    card = (SAMPLE / "README.md").read_text(encoding="utf-8")
    stated = {name: int(n) for name, n in re.findall(r"^\| `([^`]+)` \| (\d+) \|", card, re.MULTILINE)}
    assert stated == {
        "posts.jsonl": len(POSTS),
        "claims.jsonl": len(CLAIMS),
        "clarifications.jsonl": len(CLARIFICATIONS),
        "programme_news.jsonl": len(PROGRAMMES),
        "influencers.jsonl": len(PEOPLE),
        "ministries.tsv": len(MINISTRIES),
        "../regions.tsv": len(REGIONS),
    }


# ---- posts


def test_posts_are_about_four_hundred() -> None:
    """The feed holds about 400 posts around about 30 claims."""
    assert 380 <= len(POSTS) <= 430
    assert {post["claim"] for post in POSTS} == set(CLAIMS)
    assert 28 <= len(CLAIMS) <= 33


def test_post_fields() -> None:
    """Every post has the fields of the card, no others, and no author among them."""
    fields = {
        "source",
        "external_id",
        "text",
        "offset_s",
        "engagement",
        "media",
        "url",
        "claim",
        "truth",
    }
    for post in POSTS:
        assert set(post) == fields
        assert post["source"] in {"x", "facebook", "instagram", "tiktok", "whatsapp_tip", "rss"}
        assert set(post["engagement"]) == {"likes", "shares", "comments", "views"}
        assert all(type(n) is int and n >= 0 for n in post["engagement"].values())
        assert len(post["text"].split()) >= 5


def test_post_ids_are_unique() -> None:
    """No two posts share an external id or an address."""
    assert len({post["external_id"] for post in POSTS}) == len(POSTS)
    assert len({post["url"] for post in POSTS}) == len(POSTS)


def test_posts_stand_in_time_order_within_two_days() -> None:
    """Offsets are whole seconds, rise through the file, and stay within two days."""
    offsets = [post["offset_s"] for post in POSTS]
    assert all(type(offset) is int and 0 <= offset <= TWO_DAYS_S for offset in offsets)
    assert offsets == sorted(offsets)
    assert offsets[-1] > TWO_DAYS_S // 2


def test_media_references() -> None:
    """A media reference is a picture or a video with a 64-bit hash, and some videos carry a transcript."""
    media = [item for post in POSTS for item in post["media"]]
    assert all(item["kind"] in {"image", "video"} for item in media)
    assert all(re.fullmatch(r"[0-9a-f]{16}", item["phash"]) for item in media)
    assert sum("transcript" in item for item in media) >= 5
    assert all(item["kind"] == "video" for item in media if "transcript" in item)


def test_copies_of_one_picture_hash_alike() -> None:
    """The picture of a resharing differs from the first in at most eight bits between any two copies."""
    hashes = [
        int(item["phash"], 16)
        for post in of_claim("bansos-tautan")
        for item in post["media"]
        if item["kind"] == "image"
    ]
    assert len(hashes) >= 3
    assert max((a ^ b).bit_count() for a in hashes for b in hashes) <= 8


@pytest.mark.parametrize("key", [key for key, claim in CLAIMS.items() if claim["truth"] == "hoax"])
def test_each_hoax_has_copies(key: str) -> None:
    """A hoax comes in 10 to 35 posts, forwarded unchanged at times but in many wordings."""
    posts = of_claim(key)
    assert 10 <= len(posts) <= 35
    assert len({post["text"] for post in posts}) >= 0.6 * len(posts)


def test_kinds_of_claim() -> None:
    """Thirteen hoaxes stand beside news, opinion, satire and programme news, and the posts agree."""
    assert Counter(claim["truth"] for claim in CLAIMS.values()) == {
        "hoax": 13,
        "news": 6,
        "opinion": 6,
        "satire": 3,
        "programme": 3,
    }
    assert all(post["truth"] == CLAIMS[post["claim"]]["truth"] for post in POSTS)


def test_spread_shapes() -> None:
    """A burst is mostly over in eight hours; a second wave has a quiet gap and more posts after it."""
    for key, claim in CLAIMS.items():
        offsets = [post["offset_s"] for post in of_claim(key)]
        if claim["spread"] == "burst":
            assert sum(offset <= offsets[0] + 8 * 3600 for offset in offsets) >= 0.8 * len(offsets)
        if claim["spread"] == "second_wave":
            gap, end = max((b - a, b) for a, b in pairwise(offsets))
            assert gap > 8 * 3600
            assert sum(offset >= end for offset in offsets) > len(offsets) / 2


@pytest.mark.parametrize("style", ["[“”]", "\n", r"[A-Z]{4,} [A-Z]{4,}", "[\U0001f300-\U0001faff]", "yg"])
@pytest.mark.parametrize("truth", ["hoax", "news", "opinion"])
def test_style_does_not_tell_the_truth(style: str, truth: str) -> None:
    """Curly quotes, line breaks, capitals, emoji and chat spelling occur in every kind, in none always."""
    posts = [post for post in POSTS if post["truth"] == truth]
    share = sum(bool(re.search(style, post["text"])) for post in posts) / len(posts)
    assert 0.04 < share < 0.6


def test_something_to_mask() -> None:
    """A few posts carry a handle, a phone number and an e-mail address, so that masking shows."""
    texts = [post["text"] for post in POSTS]
    assert sum(bool(HANDLE.search(text)) for text in texts) >= 5
    assert sum(bool(PHONE.search(text)) for text in texts) >= 3
    assert sum(bool(MAIL.search(text)) for text in texts) >= 3


# ---- nobody real


@pytest.mark.parametrize("name", ["posts", "claims", "clarifications", "programme_news", "influencers"])
def test_only_reserved_contacts(name: str) -> None:
    """Every handle, address, number and link is one of the made-up ones."""
    text = (SAMPLE / f"{name}.jsonl").read_text(encoding="utf-8")
    assert all(handle.startswith("contoh_") for handle in HANDLE.findall(text))
    assert all(host.lower() == "contoh.example" for host in MAIL.findall(text))
    numbers = [re.sub(r"\D", "", number) for number in PHONE.findall(text)]
    assert all(re.fullmatch(r"(0|62)8120000\d{4}", number) for number in numbers)
    hosts = {host.lower() for host in LINK_HOST.findall(text)}
    assert all(host == "wa.me" or host.endswith("contoh.example") for host in hosts)


# ---- claims and clarifications


def test_claims_use_the_published_words() -> None:
    """Every claim has a category and a topic of the vocabularies, and one sentence."""
    for claim in CLAIMS.values():
        assert claim["category"] in CATEGORIES
        assert claim["topic"] in TOPICS
        assert claim["statement"].endswith(".")
    assert {claim["category"] for claim in CLAIMS.values()} == CATEGORIES


def test_ten_hoaxes_have_a_clarification() -> None:
    """Ten hoaxes are answered by a clarification that points back; nothing else is."""
    answered = {key: claim["clarification"] for key, claim in CLAIMS.items() if claim["clarification"]}
    assert len(answered) == 10
    assert all(CLAIMS[key]["truth"] == "hoax" for key in answered)
    assert {row["claim"]: row["id"] for row in CLARIFICATIONS.values() if row["claim"]} == answered


def test_political_hoax_has_no_clarification() -> None:
    """The one political claim is a hoax that nobody has answered yet."""
    political = [claim for claim in CLAIMS.values() if claim["political"]]
    assert [(claim["category"], claim["clarification"]) for claim in political] == [("politik", None)]


@pytest.mark.parametrize("row", CLARIFICATIONS.values(), ids=CLARIFICATIONS)
def test_clarification(row: dict[str, Any]) -> None:
    """A clarification leads with the fact, runs to 80–160 words and rests on two sources, one independent."""
    assert 80 <= len(row["text"].split()) <= 160
    assert not re.search(r"hoa(ks|x)|salah\]|beredar", row["title"], re.IGNORECASE)
    assert len(row["sources"]) >= 2
    kinds = {source["kind"] for source in row["sources"]}
    assert kinds == {"affected_agency", "independent"}
    assert all(set(source) == {"url", "title", "publisher", "kind"} for source in row["sources"])
    assert row["issuer"].endswith("(contoh)")
    assert row["ministry"] in MINISTRIES
    assert row["category"] in CATEGORIES
    assert row["topic"] in TOPICS
    assert row["region"] is None or row["region"] in REGIONS
    assert row["published_offset_s"] < 0


def test_clarifications_are_twenty_five() -> None:
    """There are 25 clarifications with 25 ids and 25 titles, and every employer issues some."""
    assert len(rows("clarifications")) == len(CLARIFICATIONS) == 25
    assert len({row["title"] for row in CLARIFICATIONS.values()}) == 25
    assert {row["ministry"] for row in CLARIFICATIONS.values()} == MINISTRIES


def test_programme_news() -> None:
    """Programme news names its issuer, topic and regions; three items are the subject of posts."""
    assert 3 <= len(PROGRAMMES) <= 5
    for item in PROGRAMMES:
        assert item["ministry"] in MINISTRIES
        assert item["issuer"].endswith("(contoh)")
        assert item["topic"] in TOPICS
        assert set(item["regions"]) <= set(REGIONS)
        assert item["link"].startswith("https://contoh.example/")
    subjects = {item["claim"] for item in PROGRAMMES if item["claim"]}
    assert subjects == {key for key, claim in CLAIMS.items() if claim["truth"] == "programme"}


# ---- people


def test_sixty_people_of_five_ministries_everywhere() -> None:
    """Sixty people: twelve an employer, every employer in all three zones, every province reached."""
    assert len({person["key"] for person in PEOPLE}) == len({person["email"] for person in PEOPLE}) == 60
    assert Counter(person["ministry"] for person in PEOPLE) == dict.fromkeys(MINISTRIES, 12)
    seen = {(person["ministry"], person["timezone"]) for person in PEOPLE}
    assert len(seen) == 15
    assert {person["region"] for person in PEOPLE} == set(REGIONS)


def test_people_live_in_the_zone_of_their_province() -> None:
    """A person's time zone is that of the province."""
    assert all(person["timezone"] == REGIONS[person["region"]]["zone"] for person in PEOPLE)


def test_people_are_plainly_made_up() -> None:
    """Names start with Contoh or Sampel and end in a number; topics are of the vocabulary."""
    for person in PEOPLE:
        assert re.fullmatch(r"(Contoh|Sampel) [A-Z][A-Za-z ]+ \d\d", person["name"])
        assert set(person["topics"]) <= TOPICS
        assert len(person["topics"]) >= 2


def test_evidence_fields() -> None:
    """Evidence has a count, a method and an age; a history runs forward and ends in the present count."""
    for person in PEOPLE:
        assert set(person["evidence"]) <= set(PLATFORMS)
        for item in person["evidence"].values():
            assert set(item) - {"history"} == {"count", "method", "age_days"}
            assert item["method"] in {"api", "screenshot", "hr_verified"}
            history = item.get("history", [])
            assert all(a["age_days"] > b["age_days"] for a, b in pairwise(history))
            assert not history or history[-1] == {"count": item["count"], "age_days": item["age_days"]}


@pytest.mark.parametrize("person", PEOPLE, ids=[person["key"] for person in PEOPLE])
def test_people_lack_what_the_row_says(person: dict[str, Any]) -> None:
    """An eligible person lacks nothing; every other lacks exactly the one thing named."""
    expected = person["expected"]
    assert lacks(person) == (set() if expected == "eligible" else {expected})


def test_edges_of_eligibility_are_present() -> None:
    """The sample holds 499 and exactly 500 followers, evidence of 89 and of 91 days, and every reason."""
    by_reason = Counter(person["expected"] for person in PEOPLE)
    assert 38 <= by_reason["eligible"] <= 44
    assert len(by_reason) == 8
    assert any(p["evidence"].get("x", {}).get("count") == 499 for p in PEOPLE)
    ages = {item["age_days"] for p in PEOPLE for item in p["evidence"].values()}
    assert {89, 91} <= ages
    assert 90 not in ages
    exactly = [p for p in PEOPLE if {item["count"] for item in p["evidence"].values()} == {500}]
    assert [p["expected"] for p in exactly] == ["eligible"]


# ---- regions


def test_provinces() -> None:
    """There are 38 provinces with unique ISO codes, names and tiles, in three zones."""
    assert len(table(DATA / "regions.tsv")) == len(REGIONS) == 38
    assert all(re.fullmatch(r"ID-[A-Z]{2}", code) for code in REGIONS)
    assert len({row["name"] for row in REGIONS.values()}) == 38
    assert len({(int(row["tile_x"]), int(row["tile_y"])) for row in REGIONS.values()}) == 38
    assert Counter(row["zone"] for row in REGIONS.values()) == {"WIB": 18, "WITA": 12, "WIT": 8}


def test_tiles_follow_the_map() -> None:
    """Zones run from west to east on the tile map: Aceh is leftmost, Papua lies right of Maluku."""

    def x(code: str) -> int:
        return int(REGIONS[code]["tile_x"])

    assert x("ID-AC") == min(map(x, REGIONS))
    assert x("ID-AC") < x("ID-JK") < x("ID-BA") < x("ID-MA") < x("ID-PB") < x("ID-PA")
