"""One neutral sentence for a claim, taken from what people wrote: pure, and machine-made until a human edits it.

It chooses the first sentence that says something, and takes off what only makes it loud: capitals, exclamation marks,
emoji, calls to forward it, links. It adds no word, so it cannot assert what nobody wrote; the cost is that a claim
spread over several sentences, or told as a question, keeps that form until a human rewords it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from data.normalise import light_words, slang

LONGEST: Final = 200
_SHORT: Final = 60
_ENOUGH_WORDS: Final = 4
_READ_CHARS: Final = 4_000

_NOISE: Final = re.compile(
    r"@akun|@tautan|\[(?:nomor|surel|tautan)\]|https?://\S+|www\.\S+|#(?=\w)|[*_~`|<>•►▶→=‼⁉]+", re.IGNORECASE
)
_SYMBOLS: Final = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2b00-\u2bff\ufe0f\u200d\u20e3\U000e0000-\U000e007f\ue000-\uf8ff]+"
)
_SENTENCES: Final = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\s*\n+\s*")
_ENDS: Final = re.compile(r"[!?.…]{2,}|!")
_LOOSE_MARK: Final = re.compile(r" ([.,!?:;])")
_LETTERS_REPEATED: Final = re.compile(r"([^\W\d_])\1{2,}")
_THRICE: Final = re.compile(r"(.)\1\1")  # the same, quicker, for signs that are no letters as well
_WORDS: Final = re.compile(r"\w+(?:[-'’]\w+)*")
_LABEL: Final = re.compile(
    r"\A\W*(?:(?:info(?:rmasi)?|breaking(?: news)?|berita|kabar|peringatan|pengumuman|waspada|awas|heboh|viral|gawat|"
    r"penting|darurat|terbaru|terkini|hati[- ]hati|fwd?|forwarded|diteruskan|rt|copas|dari grup sebelah|"
    r"sebar(?:kan|luaskan)?|viralkan|share|tolong|mohon|ya|ini|dan|a1|valid|buruan|segera|asli|nyata)\b[\s:!,.\-–—]*)+",
    re.IGNORECASE,
)
_CALL: Final = re.compile(
    r"\b(?:di|meny?)?(?:sebar(?:kan|luaskan|in)?|viral(?:kan|in)|bagi(?:kan)|share|forward|copas|teruskan)\b"
    r"|\bjangan (?:sampai )?(?:putus|berhenti)\b",
    re.IGNORECASE,
)
_LEET: Final = re.compile(r"[a-z][0-9]+[a-z]")
_CALL_WORDS: Final = 9
_PARAGRAPH_WORDS: Final = 40
_SHOUTED_SHARE: Final = 0.6
_ACRONYM_CHARS: Final = 5
_NAMES_SHARE: Final = 0.2


def _content(sentence: str) -> int:
    return n_content_words(_WORDS.findall(sentence.casefold()))


def n_content_words(words: list[str]) -> int:
    """Count the words that are neither light nor a single letter."""
    light = light_words()
    return sum([word not in light and len(word) > 1 for word in words])


@lru_cache(maxsize=1 << 15)
def _is_odd(word: str) -> bool:
    """Tell whether a word is chat spelling or has digits inside."""
    return word in slang() or _LEET.search(word) is not None


_NO_LETTERS: Final = bytes(code for code in range(256) if not chr(code).isascii() or not chr(code).isalpha())
_NO_CAPITALS: Final = bytes(code for code in range(256) if not chr(code).isascii() or not chr(code).isupper())


def _letters(text: str) -> tuple[int, int]:
    """Count letters, and capitals among them; text of ASCII alone is counted without looking at each."""
    if text.isascii():
        plain = text.encode()
        return len(plain.translate(None, _NO_LETTERS)), len(plain.translate(None, _NO_CAPITALS))
    letters = [*filter(str.isalpha, text)]
    return len(letters), sum(map(str.isupper, letters))


def _quiet(sentence: str) -> str:
    """Take the shouting out: capitals stay for names and acronyms, marks become one full stop."""
    n_letters, capitals = _letters(sentence)
    if n_letters > _ACRONYM_CHARS and capitals > _SHOUTED_SHARE * n_letters:
        sentence = sentence.lower()
    else:
        sentence = _WORDS.sub(
            lambda word: word[0].lower() if word[0].isupper() and len(word[0]) > _ACRONYM_CHARS else word[0],
            sentence,
        )
    if _THRICE.search(sentence):
        sentence = _LETTERS_REPEATED.sub(r"\1", sentence)
    return _ENDS.sub(lambda run: "?" if "?" in run[0] else ".", _LOOSE_MARK.sub(r"\1", sentence))


def _sentences(text: str) -> Iterator[str]:
    """Give the pieces that hold a word, one by one: a wording seldom needs more than the first two."""
    plain = _NOISE.sub(" ", text[:_READ_CHARS])
    if not plain.isascii():
        plain = _SYMBOLS.sub(" ", plain)
    began = 0
    for end in chain(_SENTENCES.finditer(plain), (None,)):
        piece = plain[began : end.start()] if end else plain[began:]
        began = end.end() if end else began
        sentence = " ".join(_LABEL.sub("", piece, count=1).split()).strip(" ,;:-–—\"'“”")
        if _WORDS.search(sentence):
            yield sentence


def _is_call(sentence: str) -> bool:
    return _CALL.search(sentence) is not None and len(_WORDS.findall(sentence)) <= _CALL_WORDS


def _cut(sentence: str) -> str:
    if len(sentence) <= LONGEST:
        return sentence
    return sentence[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(" ,;:-–—.") + "…"


def _first_two(text: str) -> tuple[str, str]:
    """Give the sentence that says what a post claims and the next one that is no call; empty where there is none.

    The first is the earliest that says enough, else the one that says most. Calls count where there is nothing else.
    """
    read: list[str] = []
    said: list[str] = []
    sentences = _sentences(text)
    for sentence in sentences:
        read.append(sentence)
        if _is_call(sentence):
            continue
        if _content(sentence) >= _ENOUGH_WORDS:
            return sentence, next((then for then in sentences if not _is_call(then)), "")
        said.append(sentence)
    said = said or read or [""]
    contents = [min(_content(sentence), _ENOUGH_WORDS) for sentence in said]
    first = contents.index(max(contents))
    return said[first], said[first + 1] if first + 1 < len(said) else ""


def neutral_wording(text: str) -> str:
    """Give one sentence of at most ``LONGEST`` characters for a masked post; empty only where it holds no word."""
    first, then = _first_two(text)
    if not first:
        return _cut(" ".join(_SYMBOLS.sub(" ", text[:_READ_CHARS]).split()))
    chosen = _quiet(first)
    if len(chosen) < _SHORT and then:
        more = _quiet(then)
        chosen = f"{chosen}{'' if chosen[-1:] in '.?…' else '.'} {more[:1].upper()}{more[1:]}"
    chosen = _cut(chosen).strip()
    chosen = chosen[:1].upper() + chosen[1:]
    return chosen if chosen[-1:] in {".", "?", "…"} else f"{chosen}."


def clarity(text: str) -> float:
    """Say how well a post would stand for its claim: from 0, larger for more content and plainer spelling.

    Content counts up to a paragraph; capitals, marks, chat spellings and digits inside words take away from it.
    """
    text = text[:_READ_CHARS]
    words = _WORDS.findall(text.lower())
    n_letters, n_capitals = _letters(text)
    if not words or not n_letters:
        return 0.0
    capitals = n_capitals / n_letters
    # Some capitals are names and beginnings; none at all, or most letters, is how people write in haste.
    haste = 0.1 if n_capitals == 0 else max(0.0, capitals - _NAMES_SHARE)
    marks = sum(text.count(mark) for mark in "!?") / len(words)
    odd = sum(map(_is_odd, words)) / len(words)
    content = n_content_words(words) if text.isascii() else _content(text)
    return min(content, _PARAGRAPH_WORDS) * (1 - 0.5 * haste) * (1 - odd) ** 2 / (1 + marks)
