"""What never reaches `look`, whatever a model says: a question, and what says of itself that it is satire.

Whoever asks whether a rumour is true spreads no hoax, and a text marked as satire deceives nobody. Both are told by
their form, which no model may read from typing. A rumour dressed up as a question therefore stays below `look` too: its
spread still brings it up the queue.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from models.score import Probabilities, Thresholds

_ADDRESS: Final = re.compile(r"\b\w{1,10}://\S+|www\.\S+", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"(?<=[.!?…？！])\s++|\n++")
_WORD: Final = re.compile(r"[^\W_]+")
_GREETED: Final = (
    r"\W*+(?:(?:halo|hai|hi|min|mimin|admin|kak|gan|pak|bu|(?:mohon\s)?maaf|permisi|misi|izin|assalamu\w*)\W++){0,4}"
)
_ASKED: Final = (
    r"apa(?:kah)?\s[^.!?\n]{0,120}\b(?:benar|bener|betul|hoaks|hoax)\b",
    r"(?:benar|bener|betul)(?:kah|\s*(?:gak|nggak|enggak|ngga|ga|tidak|apa))\b",
    r"(?:emang|memang)(?:nya)?\s+(?:benar|bener|betul|iya)",
    r"(?:ada\s+yang|siapa\s+yang)\s+(?:tahu|tau)\b",
    r"(?:(?:mau|ingin|numpang|sekadar|sekedar|cuma)\s)?(?:tanya|nanya|bertanya)\b",
    r"(?:minta|mohon|butuh)\s+(?:klarifikasi|penjelasan|pencerahan)",
)
_OPENS_ASKING: Final = re.compile(_GREETED + "(?:" + "|".join(_ASKED) + ")", re.IGNORECASE)
_JEST: Final = r"(?:satire?|parodi|fiksi|humor)"
_SAYS_JEST: Final = re.compile(rf"[(\[{{#]\s*{_JEST}\b|\A\W*{_JEST}\s*[:|–—-]", re.IGNORECASE)
_ASIDE: Final = 2  # words; a shorter sentence between questions claims nothing


def asks(text: str) -> bool:
    """Whether `text` opens by asking if something is true, or holds nothing but questions."""
    if _OPENS_ASKING.match(text):
        return True
    if "?" not in text and "？" not in text:
        return False
    said = _ADDRESS.sub(" ", text)
    sentences = [one for one in _BETWEEN.split(said) if len(_WORD.findall(one)) >= _ASIDE]
    return bool(sentences) and all(_ends_asking(one) for one in sentences)


def _ends_asking(sentence: str) -> bool:
    """Whether a question mark stands behind the last word, before or after quotes, brackets and emoji."""
    last = 0
    for word in _WORD.finditer(sentence):
        last = word.end()
    return any(mark in "?？" for mark in sentence[last:])


def jests(text: str) -> bool:
    """Whether `text` is marked as satire, parody, fiction or humour: in brackets, as a hashtag or before a colon."""
    said = text.lower()
    # Most texts hold none of the words, which is told a good deal sooner than where they stand.
    is_named = "satir" in said or "parodi" in said or "fiksi" in said or "humor" in said
    return is_named and _SAYS_JEST.search(text) is not None


def is_kept_below(text: str) -> bool:
    """Whether `text` may not reach `look` by its form."""
    return jests(text) or asks(text)


def kept_below(texts: Sequence[str], p_hoax: Probabilities, thresholds: Thresholds) -> Probabilities:
    """`p_hoax` (n,) with what its form keeps below `look` just below it; only what stands at `look` is read."""
    is_kept = np.zeros(p_hoax.size, dtype=np.bool_)
    for at in np.flatnonzero(p_hoax >= thresholds.look).tolist():
        is_kept[at] = is_kept_below(texts[at][: thresholds.max_characters])
    return np.where(is_kept, np.nextafter(thresholds.look, 0.0), p_hoax) if is_kept.any() else p_hoax
