"""One cleaning for training and for serving, so that a model meets the text it was fitted on.

`normalise` makes everything uninformative that says how a text was typed and not what it asserts: case,
quotes, punctuation, line breaks, emoji, styled letters, look-alike letters of other scripts, leetspeak,
elongation and chat spelling. What it costs is exactly that information: a model behind it cannot see
shouting. `mask_identities` is for storage: it leaves the text readable and takes out what points to a
person. Both are idempotent and linear in the length of the text; every pattern starts at a token's first
character or is bounded, so hostile input cannot make one backtrack.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from types import MappingProxyType
from typing import Final

ACCOUNT: Final = "@akun"
LINK: Final = "@tautan"
NUMBER: Final = "@nomor"

_REMEMBERED_TOKENS: Final = 1 << 16
_LONGEST_REMEMBERED: Final = 40  # characters; a longer token is computed each time, so memory stays bounded
_SPELLED_OUT: Final = 4  # that many single letters in a row are one word, "h o a k s"

_SHORTEST_STEM: Final = 2

_MARK: Final = "\ue000"  # private use, stands for the @ of our own placeholders until punctuation is gone
_INVISIBLE: Final = (
    (0x00AD, 0x00AD), (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x064B, 0x065F),
    (0x0670, 0x0670), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x200B, 0x200F), (0x202A, 0x202E),
    (0x2060, 0x2064), (0x206A, 0x206F), (0x20D0, 0x20FF), (0xE000, 0xE000), (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F), (0xFEFF, 0xFEFF), (0xE0100, 0xE01EF),
)  # fmt: skip
_APOSTROPHES: Final = "'`´‘’‛ʻʼʹ′＇"
# Look-alikes after case folding and compatibility decomposition: Cyrillic, Greek, small capitals, stroked
# Latin.
_LOOKALIKES: Final = (
    ("авгекмнопрстухѕіјԁһԛԝӏьъ", "abrekmhonpctyxsijdhqwlbb"),
    ("αβγεηικλμνορστυχω", "abyenikaunopstuxw"),
    ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz"),
    ("øđłħıŧɑɡɩʋɐǝɔɹʇʌʍ", "odlhitagivaecrtvw"),
    ("".join(map(chr, range(0x1F150, 0x1F16A))), "abcdefghijklmnopqrstuvwxyz"),
    ("".join(map(chr, range(0x1F170, 0x1F18A))), "abcdefghijklmnopqrstuvwxyz"),
)
_LEET: Final = str.maketrans("013456789", "oieasgtbg")

_ESCAPES: Final = re.compile(r"(?:\\x[0-9a-f]{2})++|\\[nrt](?![a-z])")
_ENTITIES: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#39|#34);")
_TAG_WORDS: Final = (
    "salah|hoax|hoaks|fakta|benar|klarifikasi|disinformasi|misinformasi|edukasi|berita|penipuan|satire|satir|"
    "fitnah|hasut|isu|cek fakta|hoax or not|terkonfirmasi|salah konteks|konten palsu|klaim|clarification|"
    "misleading content|false|fabricated content|false context|manipulated content|impostor content|"
    "disinformation|misinformation|hoax buster|tidak benar|update|arsip"
)
_TAGS: Final = re.compile(rf"[\[(<{{]\s{{0,3}}(?:{_TAG_WORDS})\s{{0,3}}[!:]?[\])>}}]")
_VERDICT_PREFIX: Final = re.compile(
    r"\A\W{0,9}(?:(?:cek fakta|hoax or not|hoaks|hoax|salah|keliru|menyesatkan)\s?[:!]\W{0,9})+"
)
_DOMAINS: Final = "com|id|net|org|info|me|ly|gl|co|tv|my|news|xyz|site|online|live|link|club|top|app|be|cc"
_LINKS: Final = re.compile(
    r"(?:https?:[/\\]|www\.)\S*+"
    rf"|(?<![\w.\-])(?:[a-z0-9\-]++\.)+(?:{_DOMAINS})(?![\w\-])(?:[/?:]\S*+)?"
)  # fmt: skip
_DOT_DOMAIN: Final = re.compile(rf"\.(?:{_DOMAINS})")  # without it there is no link to look for
_PLACEHOLDERS: Final = re.compile(r"@(tautan|nomor)(?!\w)")
# What public data sets write in place of a handle, a link, a number; the case-folded forms.
_STAND_INS: Final = re.compile(r"[\[<](?:user(?:name)?|mention|url|link|phone|email)[\]>]")
_MAILS: Final = re.compile(r"(?<![\w.+\-])[\w.+\-]++@[\w\-]++(?:\.[\w\-]+)+")
_HANDLES: Final = re.compile(r"(?<!\w)@(?: (?=[^\W\d]))?\w+(?:\.\w+)*")
_INNER_AT: Final = re.compile(r"(?<=\w)@(?=\w)")
_INNER_DOLLAR: Final = re.compile(r"(?<=[a-z])\$(?=[a-z])")
_PHONES: Final = re.compile(
    r"(?<!\d)(?:(?:62|0)8\d{7,11}|(?:62|0) ?8\d(?: ?\d){6,9})(?!\d)"
)  # on words between single blanks
_SEPARATORS: Final = re.compile(r"[\W_]+")
_LINK_OR_ACCOUNT: Final = re.compile(rf"{_MARK}[a-z]+")

_RUNS: Final = re.compile(r"([^\W\d])\1{2,}")
_INNER_DIGIT: Final = re.compile(r"[a-z][013456789][a-z]")
_LONE_DIGIT: Final = re.compile(r"(?<![0-9])[013456789](?![0-9])")
_DOUBLED: Final = re.compile(r"([a-z]{3,30})2(nya|an|kan|lah|ku|mu|i)?")


def _unicode_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {code: None for first, last in _INVISIBLE for code in range(first, last + 1)}
    for foreign, latin in _LOOKALIKES:
        table.update({ord(a): b for a, b in zip(foreign, latin, strict=True)})
    table.update(dict.fromkeys(map(ord, _APOSTROPHES)))
    return table


_UNICODE: Final[Mapping[int, str | None]] = MappingProxyType(_unicode_table())
_ASCII_SEPARATORS: Final = str.maketrans(
    {chr(code): None if chr(code) in _APOSTROPHES else " " for code in range(128) if not chr(code).isalnum()}
)
# As above for ASCII alone, with the marks of our own placeholders as a control character.
_PLAIN_MARK: Final = "\x01"
_PLAIN_SEPARATORS: Final = bytes(
    code if chr(code).isalnum() else ord("@") if chr(code) == _PLAIN_MARK else ord(" ") for code in range(128)
) + bytes(range(128, 256))
_PLAIN_APOSTROPHES: Final = "".join(filter(str.isascii, _APOSTROPHES)).encode()
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_STUCK_TO_MARK: Final = re.compile(rf"{_MARK}[!-~]*[^\x00-\x7f]")


@cache
def slang() -> Mapping[str, str]:
    """Informal spelling → standard Indonesian, from `slang.tsv`; an empty standard form drops the token."""
    lines = files("data").joinpath("slang.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return MappingProxyType({row[0]: row[1] for row in rows})


@cache
def light_words() -> frozenset[str]:
    """Function words and what chain letters say around every claim, as `normalise` leaves words: `light_words.txt`."""
    return frozenset(files("data").joinpath("light_words.txt").read_text(encoding="utf-8").split())


def normalise(text: str) -> str:
    """Return `text` as lower-case words between single blanks, for the model and for clustering.

    Handles, links and telephone numbers become `@akun`, `@tautan` and `@nomor`; fact-checkers' tags,
    retweet marks and byte escapes go. Numbers stay. Words of other scripts stay, in their own letters. The
    result of a text that holds no word is empty. Idempotent; linear in `len(text)`.
    """
    folded = _plain_letters(text)
    if "\\" in folded:
        folded = _ESCAPES.sub(" ", folded)
    if "&" in folded:
        folded = _ENTITIES.sub(" ", folded)
    folded = _without_verdicts(folded)
    words = _split(_with_placeholders(folded))
    plain = " ".join(_joined_letters(_standard_words(words)))
    if "62" in plain or "08" in plain or "0 8" in plain:
        plain, n_found = _PHONES.subn(_number_apart, plain)
        if n_found:  # letters that a number was typed against are words of their own now
            plain = " ".join(_joined_letters(_standard_words(plain.split())))
    return plain


def _number_apart(found: re.Match[str]) -> str:
    """The placeholder of a telephone number, kept apart from letters that it was typed against."""
    text, start, end = found.string, found.start(), found.end()
    before = " " if start and text[start - 1] != " " else ""
    after = " " if end < len(text) and text[end] != " " else ""
    return f"{before}{NUMBER}{after}"


def _plain_letters(text: str) -> str:
    if text.isascii():
        return text.lower()
    # Bytes are lowered where they are ASCII. None of those decomposes or combines with another, so only the stretches
    # between them need the tables.
    lowered = text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
    return _FOREIGN.sub(_folded_run, lowered).replace("'", "").replace("`", "")


def _folded_run(run: re.Match[str]) -> str:
    found = run[0]
    return _folded(found) if len(found) <= _LONGEST_REMEMBERED else fold(found)


def fold(run: str) -> str:
    """`run` in folded case, decomposed, with look-alike letters made Latin and invisible signs gone."""
    # Case folding can leave a decomposable letter, hence the second decomposition.
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", run).casefold()).translate(_UNICODE)


_folded = lru_cache(maxsize=_REMEMBERED_TOKENS)(fold)


def _without_verdicts(text: str) -> str:
    if "[" in text or "(" in text or "<" in text or "{" in text:
        text = _STAND_INS.sub(" ", _TAGS.sub(" ", text))
    return _VERDICT_PREFIX.sub(" ", text)


def letters_and_placeholders(text: str) -> str:
    """`text` in plain lower-case letters, without tags, handles and links; punctuation and spelling stay."""
    folded = _plain_letters(text)
    if "\\" in folded:
        folded = _ESCAPES.sub(" ", folded)
    if "&" in folded:
        folded = _ENTITIES.sub(" ", folded)
    return _LINK_OR_ACCOUNT.sub(" ", _with_placeholders(_without_verdicts(folded)))


def _with_placeholders(text: str) -> str:
    """Replace what points elsewhere by marked words; the mark survives the loss of punctuation."""
    if "@" in text:
        text = _PLACEHOLDERS.sub(rf"{_MARK}\1", text)
        text = _MAILS.sub(f" {_MARK}akun ", text)
        text = _HANDLES.sub(f" {_MARK}akun ", text)
        text = _INNER_AT.sub("a", text)
    if "http" in text or "www." in text or _DOT_DOMAIN.search(text):
        text = _LINKS.sub(f" {_MARK}tautan ", text)
    if "$" in text:
        text = _INNER_DOLLAR.sub("s", text)
    return text


def _split(text: str) -> list[str]:
    if not _STUCK_TO_MARK.search(text):
        plain = text.replace(_PLAIN_MARK, " ")
        if not text.isascii():
            plain = _FOREIGN.sub(_letters_of, plain.replace(_MARK, f" {_PLAIN_MARK}"))
        if plain.isascii():
            return plain.encode().translate(_PLAIN_SEPARATORS, _PLAIN_APOSTROPHES).decode().split()
    text = text.translate(_ASCII_SEPARATORS).replace(_MARK, " @")
    if text.isascii():
        return text.split()
    return [word for piece in text.split() for word in _words_of(piece)]


def _letters_of(run: re.Match[str]) -> str:
    """Give a stretch without ASCII its letters, and blanks for the rest."""
    return _SEPARATORS.sub(" ", run[0])


def _words_of(piece: str) -> Iterable[str]:
    if piece.isascii() or piece.startswith("@"):
        return (piece,)
    return _SEPARATORS.sub(" ", piece).split()


def _standard_words(words: list[str]) -> list[str]:
    spelling = _remembered if max(map(len, words), default=0) <= _LONGEST_REMEMBERED else _unremembered
    # One token may stand for several words; spelled-out letters are looked for among all of them.
    return " ".join(map(spelling, words)).split()


def _unremembered(word: str) -> str:
    return _remembered(word) if len(word) <= _LONGEST_REMEMBERED else _standard(word)


def _joined_letters(words: list[str]) -> list[str]:
    """Join spelled-out words, "h o a k s" → "hoaks"; shorter runs of single letters stay."""
    if len([word for word in words if len(word) == 1]) < _SPELLED_OUT:
        return words
    joined: list[str] = []
    for single, run in groupby(words, key=lambda word: len(word) == 1 and word.isalpha()):
        letters = list(run)
        if single and len(letters) >= _SPELLED_OUT:
            letters = _standard("".join(letters)).split()
        joined.extend(letters)
    return joined


def _standard(word: str) -> str:
    """The standard spelling of one lower-case token; may hold several words, or none."""
    known = slang()
    if word in known:
        return known[word]
    if word.isdigit() or word.startswith("@"):
        return word
    plain = word if word.isalpha() else without_leetspeak(word)
    plain = _RUNS.sub(r"\1", plain)
    if len(plain) > _SHORTEST_STEM and plain[-1] == plain[-2] and plain[:-1] in known:
        plain = plain[:-1]
    if plain == word:
        return word
    return " ".join(filter(None, map(_standard, plain.split())))


def without_leetspeak(word: str) -> str:
    """Undo leetspeak ("v1rus") and the 2 of reduplication ("anak2nya"); "covid19", "4g" and "g30s" stay."""
    doubled = _DOUBLED.fullmatch(word)
    if doubled:
        return f"{doubled[1]} {doubled[1]}{doubled[2] or ''}"
    if _INNER_DIGIT.search(word):
        return _LONE_DIGIT.sub(lambda digit: digit[0].translate(_LEET), word)
    return word


_remembered = lru_cache(maxsize=_REMEMBERED_TOKENS)(_standard)


_ANY_AT: Final = "[@＠﹫]"
_HOSTS: Final = (
    r"facebook\.com|fb\.com|fb\.me|fb\.watch|x\.com|twitter\.com|instagram\.com|instagr\.am|tiktok\.com|t\.me|"
    r"telegram\.me|wa\.me|whatsapp\.com|threads\.net|threads\.com|linkedin\.com|line\.me|bsky\.app|youtube\.com|youtu\.be"
)
_PROFILES: Final = re.compile(
    rf"(?<![\w.\-])(?:https?://)?(?:[a-z0-9\-]{{1,20}}\.){{0,3}}(?:{_HOSTS})/[^\s<>\"'()\[\]]+", re.IGNORECASE
)
_PROFILE_HINTS: Final = tuple(host.replace("\\", "") + "/" for host in _HOSTS.split("|"))
_STORED_MAILS: Final = re.compile(rf"(?<![\w.+\-])[\w.+\-]++{_ANY_AT}(?!akun(?!\.?\w))[\w\-]++(?:\.[\w\-]+)+")
_STORED_HANDLES: Final = re.compile(rf"{_ANY_AT}(?:[\u200b-\u200f\u2060\ufeff]{{1,3}}| (?=[^\W\d]))?\w+(?:\.\w+)*")
# Every number that is masked holds this; it is looked for first because most texts have none.
_SEVEN_DIGITS: Final = re.compile(r"\d(?:[ .\-)]{0,2}\d){6}")
_STORED_PHONES: Final = re.compile(
    r"(?<![\w.,])(?:\(?\+?62\)?|\(?0)[ .\-]?\(?[2-9]\d(?:[ .\-)]{0,2}\d){6,11}(?!\d)"
    r"|(?<![\w.,])\d{10,20}(?!\d)"
)


def mask_identities(text: str) -> str:
    """Return `text` as people wrote it, less what points to a person; for storage.

    Handles and links to accounts (Facebook, X, Instagram, TikTok, Telegram, WhatsApp, ...) become `@akun`,
    e-mail addresses `[surel]`, telephone, identity and account numbers `[nomor]`. Names stay: they are part
    of the claim. Idempotent; linear in `len(text)`.
    """
    folded = text.casefold() if "/" in text else ""
    if any(hint in folded for hint in _PROFILE_HINTS):
        text = _PROFILES.sub(ACCOUNT, text)
    if "@" in text or "＠" in text or "﹫" in text:
        text = _STORED_MAILS.sub("[surel]", text)
        text = _STORED_HANDLES.sub(ACCOUNT, text)
    return _STORED_PHONES.sub("[nomor]", text) if _SEVEN_DIGITS.search(text) else text
