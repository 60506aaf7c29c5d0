"""The kit: what one person can post in a minute, under their own name and in the open.

Captions only restate what two humans approved. They are drafted here, edited and approved with the campaign, and
checked again by ``check_caption``. The disclosure is no part of a caption: it is added when the kit is rendered, so
nobody can edit it away. The cost is room: on X a caption has 280 minus what disclosure and link need.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from urllib.parse import urlencode

from serving.db import offers as rows
from serving.desk import gates, routing
from serving.desk.context import Context
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import CampaignKind, CampaignState, Category, ClarificationState, OfferState, Platform, Role

# How X counts (twitter-text configuration v3): most of Latin weighs 1, everything else 2, a link always 23.
X_LIMIT = 280
X_LINK = 23
X_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
LIMITS = {Platform.X: X_LIMIT, Platform.INSTAGRAM: 2_200, Platform.FACEBOOK: 5_000}
# The longest name of an Indonesian ministry in 2025 has 66 letters; a longer one is written by its code.
EMPLOYER_MAX_CHARS = 70
N_VARIANTS = 6
NEAR_COPY = 0.8
SHINGLE = 3

LINK = re.compile(
    r"https?://\S+|\bwww\.\S+"
    r"|\b(?:[a-z0-9-]+\.)+(?:com|id|org|net|go|co|me|ly|info|gl|link|xyz|top|site|online|app|io|tv|be|example)"
    r"\b(?:/\S*)?",
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
    r"|\bakun\s+(?:\w+\s+)?[^\W\d]\w*[.\d]\w+|\b[a-z0-9.]+_[a-z0-9_.]*\b",
    re.IGNORECASE,
)
_HASHTAG = re.compile(r"#\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"\u201c(]?[A-Z0-9])")
_RETELLS = re.compile(
    r"\s*(?:[\[(]|(?:hoaks|hoax|salah(?! satu)|keliru|cek fakta|disinformasi|misinformasi|beredar|viral|klaim|narasi)\b"
    r"|sebuah (?:unggahan|pesan|video|narasi|foto)\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?<=[.!?;\u2026])\s+|\n+")
_CONTENT = re.compile(r"[^\W\d_]{4,}")
# Words of more than three letters that hold a sentence together and say nothing by themselves.
_GLUE_WORDS = (
    "adalah agar akan anda antara atau bagi bahwa bukan dalam dapat dari dengan ialah itulah jangan jika juga kami "
    "karena kepada ketika kita lagi lalu lebih maka mereka namun oleh pada para saat saja saya sebagai sehingga serta "
    "setelah setiap sudah supaya tanpa telah tentang tetapi tidak untuk yaitu yang"
)
_GLUE = frozenset(_GLUE_WORDS.split())
MIN_SHARED = 0.5
_EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}"
    "|[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*"
    "(?:\u200d[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*)*)"
)
_CAPITALS = re.compile(r"\b[A-Z\u00c0-\u00de][\w'\u2019-]*(?:\s+[A-Z\u00c0-\u00de][\w'\u2019-]*)*")
_NUMBER_WORDS = re.compile(
    r"\b(?:dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|se(?:puluh|belas|ratus|ribu|juta|tengah|paruh)"
    r"|belas|puluh|ratus|ribu|juta|miliar|triliun|persen)\b"
)
_DATE_WORDS = re.compile(
    r"\b(?:januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember"
    r"|senin|selasa|rabu|kamis|jumat|sabtu|kemarin|besok|lusa)\b"
)


class CaptionError(InvalidInputError):
    """A caption says something that the approved text does not, or speaks to somebody."""

    code = "caption"


class KitNotTakenError(ConflictError):
    """The kit opens once the offer has been accepted."""

    code = "kit-not-taken"


class KitWithdrawnError(ConflictError):
    """What the kit carries no longer stands, or may not be spread now."""

    code = "kit-withdrawn"


@dataclass(frozen=True, slots=True)
class KitCaption:
    """One platform's text as it would be posted, disclosure and link included.

    ``n_chars`` is counted as the platform counts. ``share_url`` opens the platform's own composer; Instagram has none.
    """

    platform: Platform
    text: str
    n_chars: int
    limit: int
    share_url: str | None


@dataclass(frozen=True, slots=True)
class CardText:
    """The words on a card image."""

    kicker: str
    title: str
    issuer: str
    disclosure: str
    link: str


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything one person needs to post."""

    offer_id: int
    campaign_id: int
    state: OfferState
    kind: CampaignKind
    title: str
    issuer: str
    link: str
    disclosure: str
    captions: tuple[KitCaption, ...]
    messengers: dict[str, str]
    official_posts: dict[str, str]
    card: CardText
    card_alt: str


@dataclass(frozen=True, slots=True)
class NearCopies:
    """How alike the captions of one platform are: 1 is the same words, 0 nothing shared."""

    n: int
    closest: float
    mean: float
    n_pairs_too_close: int


# ---- drafting --------------------------------------------------------------------------------------------------

_OPENERS = {
    CampaignKind.CLARIFICATION: ("", "Faktanya: ", "Sudah ada penjelasan resmi. ", "Perlu diketahui: "),
    CampaignKind.PROGRAMME: ("", "Kabar baik untuk dibagikan: ", "Perlu diketahui: ", "Sekilas kabar program. "),
}
_CLOSERS = {
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


def sentences(text: str) -> list[str]:
    """Split approved text into sentences, each ending as it did."""
    flat = " ".join(text.split())
    return [part.strip() for part in _SENTENCE.split(flat) if part.strip()]


def _facts(title: str, body: str) -> list[str]:
    """Give the sentences that may be used, the fact first.

    A title or sentence that retells the hoax is left out where anything else is said.
    """
    head = title.strip()
    told = [head if head[-1:] in ".!?" else f"{head}.", *sentences(body)] if head else sentences(body)
    return [sentence for sentence in told if not _RETELLS.match(sentence)] or told


def _sayable(title: str, body: str) -> list[str]:
    """Give the facts that a caption may say: those that pass ``check_caption`` by themselves."""
    source = f"{title}\n{body}"
    return [fact for fact in _facts(title, body) if _passes(fact, source)]


def _passes(text: str, source: str) -> bool:
    try:
        check_caption(text, source)
    except CaptionError:
        return False
    return True


def caption_budget(platform: Platform, link: str) -> int:
    """Give how many characters, as the platform counts, a caption may have beside disclosure and link."""
    longest = disclosure(CampaignKind.CLARIFICATION, "M" * EMPLOYER_MAX_CHARS, "", link)
    return LIMITS[platform] - length_on(platform, f"\n\n{longest}")


def _fitted(opener: str, facts: Sequence[str], closer: str, platform: Platform, budget: int) -> str | None:
    """Put one caption together from as many sentences as fit; none where not even the first does."""
    for n in range(len(facts), 0, -1):
        for end in dict.fromkeys((closer, "")):
            text = opener + " ".join(facts[:n]) + end
            if length_on(platform, text) <= budget:
                return text
    return None


def _shortened(fact: str, platform: Platform, budget: int) -> str:
    """Cut a sentence that is too long by itself at a word, and show that it was cut."""
    words = fact.split()
    while words and length_on(platform, " ".join(words) + "\u2026") > budget:
        words.pop()
    return " ".join(words) + "\u2026"


def _orders(facts: Sequence[str], platform: Platform) -> list[list[str]]:
    """Give the sentences in orders that lead with one of the first two, short for X and longer elsewhere."""
    n = 2 if platform is Platform.X else 4
    first, rest = facts[0], list(facts[1:])
    orders = [[first, *rest[: n - 1]], [first]]
    if rest:
        orders += [[rest[0], first, *rest[1 : n - 1]], [rest[0]]]
    if len(rest) > 1:
        orders += [[first, rest[1]], [rest[0], rest[1]]]
    return orders


def _variants(kind: CampaignKind, facts: Sequence[str], platform: Platform, link: str) -> list[str]:
    budget = caption_budget(platform, link)
    chosen: list[str] = []
    orders = _orders(facts, platform)
    # Step through openers, orders and closers together first, so that neighbours differ in all three.
    frames = list(product(_OPENERS[kind], _CLOSERS[kind]))
    diagonal = [(frames[(5 * i) % len(frames)], orders[i % len(orders)]) for i in range(len(frames))]
    for (opener, closer), order in [*diagonal, *product(frames, orders)]:
        text = _fitted(opener, order, closer, platform, budget)
        if text and all(similarity(text, other) < NEAR_COPY for other in chosen):
            chosen.append(text)
        if len(chosen) == N_VARIANTS:
            break
    return chosen or [_shortened(facts[0], platform, budget)]


def draft_captions(kind: CampaignKind, title: str, body: str, link: str) -> dict[Platform, list[str]]:
    """Draft caption variants for each platform out of approved sentences only.

    Args:
        kind: a clarification or programme news.
        title: the approved title.
        body: the approved text.
        link: where the official page stands; it is counted, never written into a caption.

    Returns:
        One to six variants a platform, without disclosure and link. No two are near-copies (see ``similarity``).

    Raises:
        CaptionError: nothing is left once sentences that ``check_caption`` refuses are dropped.
    """
    facts = _sayable(title, body)
    if not facts:
        raise CaptionError(mark("Tidak ada kalimat dalam teks yang disetujui yang boleh menjadi takarir."))
    return {platform: _variants(kind, facts, platform, link) for platform in Platform}


# ---- checking --------------------------------------------------------------------------------------------------


def _squeezed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _foreign_links(text: str, source: str) -> list[str]:
    known = source.casefold()
    return [found for found in LINK.findall(text) if found.rstrip(".,;:!?)").casefold() not in known]


def _foreign_words(text: str, source: str) -> list[str]:
    """Give number and date words that the source does not use."""
    kinds = (_NUMBER_WORDS, _DATE_WORDS)
    known = {word for kind in kinds for word in kind.findall(source.casefold())}
    return [word for kind in kinds for word in kind.findall(text.casefold()) if word not in known]


def _foreign_numbers(text: str, source: str) -> list[str]:
    known = set(_NUMBER.findall(source))
    return [number for number in _NUMBER.findall(text) if number not in known]


def _capital_runs(text: str) -> Iterator[str]:
    """Give each run of capitalised words, without the word that is capital only because a sentence begins."""
    for sentence in re.split(r"[.!?:;\n\u2026]+", text):
        opening = _WORD.search(sentence)
        for run in _CAPITALS.finditer(sentence):
            words = run.group().split()
            if opening and run.start() == opening.start():
                words = words[1:]
            if words:
                yield " ".join(words)


def _foreign_names(text: str, source: str) -> list[str]:
    known = _squeezed(source).casefold()
    return [name for name in _capital_runs(text) if name.casefold() not in known]


def _clauses(text: str) -> list[str]:
    """Give the sentences and half-sentences of a caption, without the fixed openers."""
    openers = sorted({opener.strip() for each in _OPENERS.values() for opener in each} - {""}, key=len, reverse=True)
    found = []
    for clause in _CLAUSE.split(unicodedata.normalize("NFKC", text)):
        plain = clause.strip()
        for opener in openers:
            plain = plain.removeprefix(opener).strip()
        found.append(plain)
    return [clause for clause in found if clause]


def _content(text: str) -> list[str]:
    return [word for word in _CONTENT.findall(_squeezed(text).casefold()) if word not in _GLUE]


def _strange_clauses(text: str, source: str) -> list[str]:
    """Give sentences fewer than half of whose content words stand in the source or in the fixed phrases."""
    fixed = " ".join(phrase for frame in (_OPENERS, _CLOSERS) for each in frame.values() for phrase in each)
    known = set(_content(f"{source} {fixed}"))
    return [
        clause
        for clause in _clauses(text)
        if (words := _content(clause)) and sum(word in known for word in words) < MIN_SHARED * len(words)
    ]


def check_caption(text: str, source_text: str, platform: Platform | None = None, link: str = "") -> None:
    """Refuse a caption that adds to the approved text, retells the hoax, accuses or speaks to somebody.

    Numbers, number words, dates, capitalised names, links and hashtags must stand in the source. The first word of a
    sentence is capital anyway, so a lone name there is not seen: the approver reads every caption. At least half of the
    content words of every sentence stand in the source or in the fixed phrases. Social pages, accusing words and
    openings that retell the hoax are refused even where the source has them.

    Args:
        text: the caption, without disclosure and link.
        source_text: title and body as approved.
        platform: where it is for; its length is checked too.
        link: the official page, for the length.

    Raises:
        CaptionError: with the first thing found.
    """
    plain = _squeezed(text)
    if not plain:
        raise CaptionError(mark("Takarir masih kosong."))
    if any(unicodedata.category(character) == "Cf" and character != "\u200d" for character in text):
        raise CaptionError(mark("Takarir memuat huruf tak terlihat; ketik ulang bagian itu."))
    if _MENTION.search(plain):
        raise CaptionError(mark("Takarir tidak boleh menyebut atau membalas akun siapa pun (@)."))
    source = _squeezed(source_text)
    without_links = LINK.sub(" ", plain)
    found = (
        (
            [*_SOCIAL.findall(plain), *_HANDLE.findall(without_links)],
            mark("Takarir tidak boleh mengarah ke akun atau media sosial: \u201c{what}\u201d."),
        ),
        (gates.accusing_words(text), mark("Takarir tidak menuduh; ganti kata \u201c{what}\u201d.")),
        (
            [clause for clause in _clauses(text) if _RETELLS.match(clause)],
            mark("Takarir tidak mengulang kabar keliru; mulai dari faktanya: \u201c{what}\u201d."),
        ),
        (_foreign_links(plain, source), mark("Tautan \u201c{what}\u201d tidak ada dalam teks yang disetujui.")),
        (
            [tag for tag in _HASHTAG.findall(plain) if tag.casefold() not in source.casefold()],
            mark("Tagar \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
        ),
        (
            _foreign_numbers(without_links, LINK.sub(" ", source)),
            mark("Angka \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
        ),
        (
            _foreign_words(without_links, source),
            mark("Angka atau tanggal \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
        ),
        (
            _foreign_names(_without_links(text), source),
            mark("Nama \u201c{what}\u201d tidak ada dalam teks yang disetujui."),
        ),
        (
            _strange_clauses(_without_links(text), source),
            mark("Kalimat \u201c{what}\u201d terlalu jauh dari teks yang disetujui."),
        ),
    )
    for strangers, sentence in found:
        if strangers:
            raise CaptionError(sentence, what=strangers[0])
    if platform is not None and length_on(platform, text) > caption_budget(platform, link):
        raise CaptionError(
            mark("Takarir untuk {platform} terlalu panjang: {n} huruf, paling banyak {limit}."),
            platform=platform.value,
            n=length_on(platform, text),
            limit=caption_budget(platform, link),
        )


def _without_links(text: str) -> str:
    return _HASHTAG.sub(" ", LINK.sub(" ", unicodedata.normalize("NFKC", text)))


# ---- counting --------------------------------------------------------------------------------------------------


def x_length(text: str) -> int:
    """Count characters as X does: Latin weighs 1, other scripts and an emoji 2, a link 23."""
    text = unicodedata.normalize("NFC", text)
    without, n_links = LINK.subn("", text)
    plain, n_emoji = _EMOJI.subn("", without)
    weights = (1 if any(low <= ord(c) <= high for low, high in X_LIGHT) else 2 for c in plain)
    return n_links * X_LINK + n_emoji * 2 + sum(weights)


def length_on(platform: Platform, text: str) -> int:
    """Count characters as the platform counts them."""
    return x_length(text) if platform is Platform.X else len(text)


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = [word.casefold() for word in re.findall(r"\w+", text)]
    size = min(SHINGLE, len(words)) or 1
    return frozenset(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def similarity(a: str, b: str) -> float:
    """Give the share of three-word sequences that two texts have in common (Jaccard), 0 to 1."""
    left, right = _shingles(a), _shingles(b)
    return len(left & right) / len(left | right) if left | right else 1.0


def near_copies(captions: Sequence[str]) -> NearCopies:
    """Measure how much a set of captions repeats itself."""
    pairs = [similarity(a, b) for a, b in combinations(captions, 2)]
    return NearCopies(
        n=len(captions),
        closest=max(pairs, default=0.0),
        mean=sum(pairs) / len(pairs) if pairs else 0.0,
        n_pairs_too_close=sum(pair >= NEAR_COPY for pair in pairs),
    )


# ---- rendering -------------------------------------------------------------------------------------------------


def disclosure(kind: CampaignKind, employer: str, employer_code: str, link: str) -> str:
    """Give the sentence that every post carries: who speaks, for whom they work, and where the source is."""
    name = employer if len(employer) <= EMPLOYER_MAX_CHARS else employer_code.upper()[:EMPLOYER_MAX_CHARS]
    source = "Klarifikasi resmi" if kind is CampaignKind.CLARIFICATION else "Info resmi"
    return f"Saya ASN di {name}. {source}: {link}"


def campaign_link(settings: Settings, campaign: rows.Carried) -> str:
    """Give the official page that a campaign points to."""
    base = settings.base_url.rstrip("/")
    if campaign.clarification_slug is not None:
        return f"{base}/klarifikasi/{campaign.clarification_slug}"
    return campaign.link or f"{base}/"


def share_url(platform: Platform, text: str, link: str) -> str | None:
    """Give the address of the platform's own composer, filled in; Instagram has none."""
    match platform:
        case Platform.FACEBOOK:
            return "https://www.facebook.com/sharer/sharer.php?" + urlencode({"u": link, "quote": text})
        case Platform.X:
            return "https://x.com/intent/post?" + urlencode({"text": text})
        case Platform.INSTAGRAM:
            return None


def messenger_urls(text: str, link: str) -> dict[str, str]:
    """Give share addresses of the messengers, by name."""
    return {
        "WhatsApp": "https://wa.me/?" + urlencode({"text": text}),
        "Telegram": "https://t.me/share/url?" + urlencode({"url": link, "text": text}),
    }


def card_text(settings: Settings, carried: rows.Carried) -> CardText:
    """Give the words on the card of one offer."""
    clarifies = carried.kind is CampaignKind.CLARIFICATION
    facts = _facts(carried.title, carried.body)
    return CardText(
        kicker="KLARIFIKASI RESMI" if clarifies else "KABAR PROGRAM",
        title=facts[0] if facts else carried.title,
        issuer=carried.issuer,
        disclosure=f"Dibagikan oleh ASN {_employer(carried)}",
        link=campaign_link(settings, carried),
    )


def _employer(carried: rows.Carried) -> str:
    if len(carried.employer) <= EMPLOYER_MAX_CHARS:
        return carried.employer
    return carried.employer_code.upper()


def card_alt(card: CardText) -> str:
    """Say in words what the card shows, for those who hear it and for the platform's own field."""
    return f"Kartu {card.kicker.lower()} dari {card.issuer}: {card.title} {card.disclosure}. Kode QR menuju {card.link}"


def _caption(carried: rows.Carried, captions: Sequence[str], platform: Platform, closing: str, link: str) -> KitCaption:
    text = f"{captions[carried.variant % len(captions)]}\n\n{closing}"
    return KitCaption(platform, text, length_on(platform, text), LIMITS[platform], share_url(platform, text, link))


OPEN = frozenset({OfferState.OFFERED, OfferState.SNOOZED})
TAKEN = frozenset({OfferState.ACCEPTED, OfferState.POSTED, OfferState.VERIFIED})


def carried_for(ctx: Context, offer_id: int) -> rows.Carried:
    """Give what an offer of the person who asks carries; raise ``NotFoundError`` for anybody else's."""
    carried = rows.carried(ctx.session, offer_id)
    if carried is None or carried.user_id is None or carried.user_id != ctx.require(Role.INFLUENCER):
        raise NotFoundError(mark("Tawaran itu tidak ada."))
    return carried


def check_stands(ctx: Context, carried: rows.Carried) -> None:
    """Refuse where the clarification was withdrawn, the campaign stopped or over, or politics barred by an election."""
    if carried.clarification_state in {ClarificationState.RETRACTED, ClarificationState.SUPERSEDED}:
        raise KitWithdrawnError(mark("Klarifikasi ini sudah ditarik atau diganti. Jangan unggah materinya."))
    if carried.campaign_state is CampaignState.FROZEN:
        raise KitWithdrawnError(mark("Kampanye ini sedang dibekukan. Tunggu kabar sebelum mengunggah."))
    # A revision that changes the meaning ends the campaigns on the old words; so does the end of their window.
    if carried.campaign_state is CampaignState.ENDED:
        raise KitWithdrawnError(mark("Kampanye ini sudah berakhir."))
    if carried.category is Category.POLITICS and ctx.settings.in_election(routing.local_day(ctx.now)):
        raise KitWithdrawnError(mark("Selama masa pemilu materi politik tidak dibagikan. Jangan unggah materinya."))


def kit_for(ctx: Context, offer_id: int) -> Kit:
    """Give the kit of an accepted offer to its own person.

    Raises:
        NotFoundError: there is no such offer, or it is somebody else's.
        KitNotTakenError: it has not been accepted.
        KitWithdrawnError: what it carries was retracted, superseded, frozen, or is politics in an election period.
    """
    carried = carried_for(ctx, offer_id)
    if carried.state not in TAKEN:
        raise KitNotTakenError(mark("Ambil tawaran ini dahulu; materinya terbuka sesudah itu."))
    check_stands(ctx, carried)
    link = campaign_link(ctx.settings, carried)
    closing = disclosure(carried.kind, carried.employer, carried.employer_code, link)
    texts = rows.captions(ctx.session, carried.campaign_id)
    captions = tuple(_caption(carried, texts[p], p, closing, link) for p in Platform if texts.get(p))
    spoken = captions[0].text if captions else closing
    card = card_text(ctx.settings, carried)
    return Kit(
        offer_id=carried.offer_id,
        campaign_id=carried.campaign_id,
        state=carried.state,
        kind=carried.kind,
        title=carried.title,
        issuer=carried.issuer,
        link=link,
        disclosure=closing,
        captions=captions,
        messengers=messenger_urls(spoken, link),
        official_posts={name: str(url) for name, url in carried.official_posts.items() if url},
        card=card,
        card_alt=card_alt(card),
    )


def card_for(ctx: Context, offer_id: int) -> CardText:
    """Give the words of the card to the offer's own person, while it is open or once it was taken."""
    carried = carried_for(ctx, offer_id)
    if carried.state not in OPEN | TAKEN:
        raise KitNotTakenError(mark("Tawaran ini sudah tidak terbuka."))
    check_stands(ctx, carried)
    return card_text(ctx.settings, carried)
