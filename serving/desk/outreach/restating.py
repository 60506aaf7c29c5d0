"""A caption only restates what two humans approved: nothing added, nobody accused, nobody spoken to.

Every rule is a list of what it found, so that a refusal names the first stranger. The check is made of words, not of
meaning: the approver reads every caption. The approved text is read once, however many captions are held against it.

Whoever writes in their own words is held to less: what is a matter of fact (``BLOCKING``) still stops them, any other
departure they are told of and may keep.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from models.stemming import stem
from serving.desk.checking import gates
from serving.desk.outreach import naming
from serving.desk.outreach.posting import LINK, caption_budget, length_on
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.vocabulary import CampaignKind, Platform

OPENERS = {
    CampaignKind.CLARIFICATION: ("", "Faktanya: ", "Sudah ada penjelasan resmi. ", "Perlu diketahui: "),
    CampaignKind.PROGRAMME: ("", "Kabar baik untuk dibagikan: ", "Perlu diketahui: ", "Sekilas kabar program. "),
}
CLOSERS = {
    CampaignKind.CLARIFICATION: (
        "",
        " Baca dulu penjelasannya sebelum meneruskan pesan serupa.",
        " Bantu keluarga dan teman ikut tahu.",
        " Cek sumber resminya, ya.",
    ),
    CampaignKind.PROGRAMME: (
        "",
        " Selengkapnya ada di tautan resmi.",
        " Silakan teruskan kepada yang memerlukan.",
        " Simpan dan bagikan, ya.",
    ),
}
_FIXED = tuple(phrase for frame in (OPENERS, CLOSERS) for each in frame.values() for phrase in each)
_BARE_OPENERS = sorted({opener.strip() for each in OPENERS.values() for opener in each} - {""}, key=len, reverse=True)
# Each is a text of at most 20,000 characters with its word sets.
_REMEMBERED = 32

RETELLS = re.compile(
    r"\s*(?:[\[(]|(?:hoaks|hoax|salah(?! satu)|keliru|cek fakta|disinformasi|misinformasi|beredar|viral|klaim|narasi)\b"
    r"|sebuah (?:unggahan|pesan|video|narasi|foto)\b)",
    re.IGNORECASE,
)
_MENTION = re.compile(r"@")
# Pages of people stand here, so a link to one speaks to somebody as a mention does.
_SOCIAL = re.compile(
    r"(?<![\w-])(?:(?:facebook|fb|instagram|twitter|x|tiktok|threads|youtube|telegram|whatsapp|linkedin)\.(?:com|net|me)"
    r"|fb\.watch|instagr\.am|t\.co|t\.me|wa\.me|youtu\.be|lnkd\.in|bsky\.app)(?![\w-])(?:/\S*)?",
    re.IGNORECASE,
)
# An account named without the sign: "IG: nama.akun", "akun Instagram nama.akun", or a word with an underscore.
_HANDLE = re.compile(
    r"\b(?:ig|fb|instagram|facebook|twitter|tiktok|threads|telegram|youtube)\s*[:/]\s*[\w.]+"
    r"|\bakun\s+(?:\w+\s+)?[^\W\d]\w*[.\d]\w+|(?<![a-z0-9.])[a-z0-9.]++_[a-z0-9_]*+(?:\.[a-z0-9_]++)*+",
    re.IGNORECASE,
)
_HASHTAG = re.compile(r"#\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CLAUSE = re.compile(r"(?<=[.!?;\u2026])\s+|\n+")
_TOKEN = re.compile(r"\w+|[^\w\s'\u2019-]")
_CONTENT = re.compile(r"[^\W\d_]{4,}")
# Words of more than three letters that hold a sentence together and say nothing by themselves.
_GLUE_WORDS = (
    "adalah agar akan anda antara atau bagi bahwa bukan dalam dapat dari dengan ialah itulah jangan jika juga kami "
    "karena kepada ketika kita lagi lalu lebih maka mereka namun oleh pada para saat saja saya sebagai sehingga serta "
    "setelah setiap sudah supaya tanpa telah tentang tetapi tidak untuk yaitu yang"
)
_GLUE = frozenset(_GLUE_WORDS.split())
MIN_SHARED = 0.5
# Glue too, but the sentence says the opposite without them, so their number is held against the source.
_DENIAL_WORDS = "belum bukan bukanlah enggak gak jangan janganlah nggak tak takkan tanpa tiada tidak tidaklah"
_DENIALS = frozenset(_DENIAL_WORDS.split())
_PART = re.compile(r"[,:;()\u2013\u2014]|\b(?:dan|melainkan|namun|sedangkan|tapi|tetapi)\b", re.IGNORECASE)
# A part of a sentence of which less than this stands in one part of the source restates none in particular.
MIN_RESTATED = 0.75
# What follows a link in a sentence and is no part of it.
_LINK_TAIL = ".,;:!?)\"'\u2019\u201d\u2026"
_LINK_HEAD = re.compile(r"(?:https?://)?(?:www\.)?", re.IGNORECASE)
# Also as one word, as many write them: "duapuluh", "limaratus", "sepertiga". A "kesebelasan" is a team and no number.
_UNITS = "dua|tiga|empat|lima|enam|tujuh|delapan|sembilan"
_SCALES = "belas|puluh|ratus|ribu|juta|miliar|triliun"
_NUMBER_WORDS = re.compile(
    rf"\b(?:nol|(?<!salah )satu(?!-)|(?:ke)?(?:{_UNITS})(?:(?:{_SCALES})(?:an)?|per(?:{_UNITS}))?"
    rf"|(?:ke)?se(?:{_SCALES})|se(?:{_SCALES})an|se(?:tengah|paruh|per(?:{_UNITS}|sepuluh))"
    rf"|(?:{_SCALES})(?:an)?|(?:se)?lusin(?:an)?|persen)\b"
)
_DATE_WORDS = re.compile(
    r"\b(?:januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember"
    r"|senin|selasa|rabu|kamis|jumat|sabtu|minggu|ahad|kemarin|besok|lusa)\b"
)
# A number and the word that it counts, and a word that announces a number: what says of the source that 10 were towns.
_COUNTED = re.compile(r"(\d+(?:[.,]\d+)*)\s*([^\W\d_]{2,}|%)")
_ANNOUNCED = re.compile(r"\b(pukul|jam|nomor|pasal|ayat|tahun|tanggal|usia|umur|rp)\.?\s*(\d+(?:[.,]\d+)*)")


class Departure(StrEnum):
    """In what a caption departs from the approved text, in the order in which it is looked for."""

    EMPTY = "empty"
    LENGTH = "length"
    HIDDEN = "hidden"
    ACCOUNT = "account"
    ACCUSATION = "accusation"
    RETELLING = "retelling"
    LINK = "link"
    HASHTAG = "hashtag"
    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    FAR = "far"
    DENIAL = "denial"


BLOCKING = frozenset(
    {
        Departure.EMPTY,
        Departure.LENGTH,
        Departure.HIDDEN,
        Departure.ACCOUNT,
        Departure.LINK,
        Departure.NUMBER,
        Departure.DATE,
        Departure.NAME,
    }
)
"""What stops somebody's own words too. About criticism of government, an accusation does as well."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure: what was found, and the sentence that says so, with its gaps."""

    kind: Departure
    sentence: str
    params: Mapping[str, object]

    def blocks(self, approved: Approved) -> bool:
        """Tell whether it stops somebody's own words about this text."""
        return self.kind in BLOCKING or (approved.criticism and self.kind is Departure.ACCUSATION)


class CaptionError(InvalidInputError):
    """A caption says something that the approved text does not, or speaks to somebody."""

    code = "caption"


@dataclass(frozen=True, slots=True)
class Approved:
    """What captions are made from and held against: the words of one version, and where its official page stands.

    Where ``criticism`` is set the claim is criticism of government; then nobody is accused, whatever the source says.
    """

    title: str
    body: str
    link: str = ""
    criticism: bool = False

    @property
    def text(self) -> str:
        """Give title and body as one text."""
        return f"{self.title}\n{self.body}"


@dataclass(frozen=True, slots=True)
class _Source:
    """What an approved text says, in the forms that captions are held against.

    ``words`` is one string, so that a name is looked up as a sequence of whole words; ``everyday`` are its words that
    stand there without a capital, and ``stems`` theirs; ``beginnings`` are those of names. ``counts`` holds, by the
    word that is counted or announces a number, which numbers. ``denials`` holds, for each sentence and part of one by
    its content words, how many denying words it has; ``saying`` finds those by a word.
    """

    links: frozenset[str]
    tags: frozenset[str]
    numbers: frozenset[str]
    number_words: frozenset[str]
    counts: Mapping[str, frozenset[str]]
    words: str
    everyday: frozenset[str]
    stems: frozenset[str]
    beginnings: frozenset[str]
    accusing: frozenset[str]
    content: frozenset[str]
    denials: Mapping[frozenset[str], frozenset[int]]
    saying: Mapping[str, Sequence[frozenset[str]]]


@lru_cache(maxsize=_REMEMBERED)
def _read(approved: Approved) -> _Source:
    source, fixed = _squeezed(approved.text), " ".join(_FIXED)
    denials: dict[frozenset[str], set[int]] = {}
    # Lines count as sentences, and so does what they are when the text is set as one line, as it is when drafted from.
    for text in (approved.text, _squeezed(approved.title), _squeezed(approved.body), *_FIXED):
        for clause in _clauses(_without_links(text)):
            if not RETELLS.match(clause):
                for part in (clause, *_PART.split(clause)):
                    denials.setdefault(frozenset(_content(part)), set()).add(_n_denials(part))
    saying: dict[str, list[frozenset[str]]] = {}
    for said in denials:
        for word in said:
            saying.setdefault(word, []).append(said)
    everyday = frozenset(word for word in naming.WORD.findall(approved.text) if word.islower())
    counts: dict[str, set[str]] = {}
    for number, word in _counted(LINK.sub(" ", source)):
        counts.setdefault(word, set()).add(number)
    return _Source(
        # The page that the post links to anyway may be named in it as well.
        links=frozenset(map(_address, LINK.findall(f"{source} {approved.link}"))),
        tags=frozenset(tag.casefold() for tag in _HASHTAG.findall(source)),
        numbers=frozenset(_NUMBER.findall(LINK.sub(" ", source))),
        number_words=frozenset(word for words in (_NUMBER_WORDS, _DATE_WORDS) for word in _spelled(words, source)),
        counts={word: frozenset(numbers) for word, numbers in counts.items()},
        words=_in_sequence(_without_links(f"{approved.title}.\n{approved.body}")),
        everyday=everyday,
        stems=frozenset(map(stem, everyday)),
        beginnings=naming.beginnings(approved.text),
        accusing=frozenset(() if approved.criticism else gates.accusations(approved.text)),
        content=frozenset(_content(f"{source} {fixed}")),
        denials={said: frozenset(counts) for said, counts in denials.items()},
        saying=saying,
    )


def _squeezed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _without_links(text: str) -> str:
    """Take links and hashtags out, and leave the full stop after a link: it ends the sentence."""
    plain = unicodedata.normalize("NFKC", text)
    return _HASHTAG.sub(" ", LINK.sub(lambda link: " " + link[0][len(link[0].rstrip(_LINK_TAIL)) :], plain))


def _address(link: str) -> str:
    """Give what a link points to: host without case, path as it stands."""
    host, slash, path = _LINK_HEAD.sub("", link.rstrip(_LINK_TAIL), count=1).partition("/")
    return f"{host.casefold()}{slash}{path}".rstrip("/")


def _spelled(words: re.Pattern[str], text: str) -> list[str]:
    return words.findall(text.casefold())


def _counted(text: str) -> list[tuple[str, str]]:
    """Give each number with the word that it counts, and with the one that announces it."""
    plain = text.casefold()
    counted = [(number, word) for number, word in _COUNTED.findall(plain) if word not in _GLUE | _DENIALS]
    return [*counted, *((number, word) for word, number in _ANNOUNCED.findall(plain))]


def _in_sequence(text: str) -> str:
    """Give the words and the marks between them, a blank around each, so that whole words are found by ``in``."""
    return f" {' '.join(_TOKEN.findall(text.casefold()))} "


def _strange_names(text: str, source: _Source) -> list[str]:
    """Give names that the source does not have as a whole: runs of capitals, else whatever is known to be a name."""
    found = []
    for run, is_opening in naming.capital_runs(text):
        name = " ".join(run)
        if _in_sequence(name) in source.words:
            continue
        if is_opening and naming.is_everyday(run[0], source.everyday, source.stems):
            rest = " ".join(run[1:])
            if not rest:
                continue
            if _in_sequence(rest) not in source.words:
                name = rest
            # The end of a name behind another word is another name: no "Badan Contoh" out of "Kota Contoh".
            elif run[1].casefold() in source.beginnings:
                continue
        found.append(name)
    return found or [name for name in naming.known_names(text) if _in_sequence(name) not in source.words]


def _strange_numbers(text: str, source: _Source) -> list[str]:
    """Give numbers that the source does not have, and those that it has of something else."""
    lone = [number for number in _NUMBER.findall(text) if number not in source.numbers]
    return lone or [
        f"{number} {word}"
        for number, word in _counted(text)
        if word in source.counts and number not in source.counts[word]
    ]


def _clauses(text: str) -> list[str]:
    """Give the sentences and half-sentences of a caption, without the fixed openers."""
    found = []
    for clause in _CLAUSE.split(unicodedata.normalize("NFKC", text)):
        plain = clause.strip()
        for opener in _BARE_OPENERS:
            plain = plain.removeprefix(opener).strip()
        found.append(plain)
    return [clause for clause in found if clause]


def _content(text: str) -> list[str]:
    words = _CONTENT.findall(_squeezed(text).casefold())
    return [word for word in words if word not in _GLUE and word not in _DENIALS]


def _n_denials(text: str) -> int:
    return sum(word in _DENIALS for word in _TOKEN.findall(text.casefold()))


def _strange_clauses(text: str, source: _Source) -> list[str]:
    """Give sentences fewer than half of whose content words stand in the source or in the fixed phrases."""
    return [
        clause
        for clause in _clauses(text)
        if (words := _content(clause)) and sum(word in source.content for word in words) < MIN_SHARED * len(words)
    ]


def _turned_clauses(text: str, source: _Source) -> list[str]:
    """Give sentences that deny more or less than what they restate; one that does not as a whole may in its parts."""
    return [
        clause
        for clause in _clauses(text)
        if not _denies_alike(clause, source)
        and not (len(parts := _PART.split(clause)) > 1 and all(_denies_alike(part, source) for part in parts))
    ]


def _denies_alike(part: str, source: _Source) -> bool:
    """Tell whether a part of a sentence has as many denying words as the closest one in the source."""
    words, n = frozenset(_content(part)), _n_denials(part)
    if not words or n in source.denials.get(words, ()):
        return True
    # What shares three words in four has one of any quarter of them and one more: the rarest find the fewest.
    n_enough = int((1 - MIN_RESTATED) * len(words)) + 1
    rarest = sorted(words, key=lambda word: len(source.saying.get(word, ())))[:n_enough]
    near = {said for word in rarest for said in source.saying.get(word, ())}
    # Most words in common first, then fewest others: half a sentence says it more closely than the whole.
    likeness = {
        said: (len(said & words), -len(said)) for said in near if len(said & words) >= MIN_RESTATED * len(words)
    }
    closest = max(likeness.values(), default=None)
    return closest is None or any(n in source.denials[said] for said, like in likeness.items() if like == closest)


def check(text: str, approved: Approved, platform: Platform | None = None) -> None:
    """Refuse a caption that departs from the approved text in anything at all; see ``findings``.

    Raises:
        CaptionError: with the first thing found.
    """
    for found in findings(text, approved, platform):
        raise CaptionError(found.sentence, **found.params)


def findings(text: str, approved: Approved, platform: Platform | None = None) -> Iterator[Finding]:
    """Give everything in which a caption adds to the approved text, retells the hoax, accuses or speaks to somebody.

    Numbers, number words, dates, names, links, hashtags and accusing words must stand in the source, each as a whole,
    and a number with the word that it counts. At least half of the content words of every sentence stand in the source
    or in the fixed phrases, and what restates a sentence denies as often as that does. Social pages and openings that
    retell the hoax are found even where the source has them; so is every accusing word where the claim is criticism of
    government.

    Args:
        text: the caption, without disclosure and link.
        approved: what it restates; its link counts against the length.
        platform: where it is for; its length is checked too.
    """
    plain = _squeezed(text)
    if not plain:
        yield Finding(Departure.EMPTY, mark("Takarir masih kosong."), {})
        return
    if platform is not None and (n := length_on(platform, text)) > (limit := caption_budget(platform, approved.link)):
        sentence = mark("Takarir untuk {platform} terlalu panjang: {n} huruf, paling banyak {limit}.")
        yield Finding(Departure.LENGTH, sentence, {"platform": platform.value, "n": n, "limit": limit})
    if any(unicodedata.category(character) == "Cf" and character != "\u200d" for character in text):
        yield Finding(Departure.HIDDEN, mark("Takarir memuat huruf tak terlihat; ketik ulang bagian itu."), {})
    if _MENTION.search(plain):
        sentence = mark("Takarir tidak boleh menyebut atau membalas akun siapa pun (@): yang diluruskan kabarnya.")
        yield Finding(Departure.ACCOUNT, sentence, {})
    for kind, strangers, sentence in _additions(text, plain, _read(approved)):
        if strangers:
            yield Finding(kind, sentence, {"what": strangers[0]})


def _additions(text: str, plain: str, source: _Source) -> Iterator[tuple[Departure, list[str], str]]:
    """Give what a caption may not hold, a kind at a time, each with the sentence that refuses it.

    Args:
        text: the caption as it was written.
        plain: the same, squeezed.
        source: what it restates.
    """
    unlinked = LINK.sub(" ", plain)
    bare = _without_links(text)
    yield (
        Departure.ACCOUNT,
        [*_SOCIAL.findall(plain), *_HANDLE.findall(unlinked)],
        mark("Takarir tidak boleh mengarah ke akun atau media sosial: \u201c{what}\u201d."),
    )
    yield (
        Departure.ACCUSATION,
        [word for word in gates.accusations(text) if word not in source.accusing],
        mark("Takarir tidak menuduh; ganti kata \u201c{what}\u201d."),
    )
    yield (
        Departure.RETELLING,
        [clause for clause in _clauses(text) if RETELLS.match(clause)],
        mark("Takarir tidak mengulang kabar keliru; mulai dari faktanya: \u201c{what}\u201d."),
    )
    yield (
        Departure.LINK,
        [link for link in LINK.findall(plain) if _address(link) not in source.links],
        mark("Tautan \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
    )
    yield (
        Departure.HASHTAG,
        [tag for tag in _HASHTAG.findall(plain) if tag.casefold() not in source.tags],
        mark("Tagar \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
    )
    yield (
        Departure.NUMBER,
        _strange_numbers(unlinked, source),
        mark("Angka \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
    )
    for kind, words in ((Departure.NUMBER, _NUMBER_WORDS), (Departure.DATE, _DATE_WORDS)):
        yield (
            kind,
            [word for word in _spelled(words, unlinked) if word not in source.number_words],
            mark("Angka atau tanggal \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
        )
    yield (
        Departure.NAME,
        _strange_names(bare, source),
        mark("Nama \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
    )
    yield (
        Departure.FAR,
        _strange_clauses(bare, source),
        mark("Kalimat \u201c{what}\u201d terlalu jauh dari teks yang disetujui."),
    )
    yield (
        Departure.DENIAL,
        _turned_clauses(bare, source),
        mark("Kata sangkal (tidak, bukan, jangan) dalam \u201c{what}\u201d tidak sama dengan teks yang disetujui."),
    )
