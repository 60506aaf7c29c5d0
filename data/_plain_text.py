"""The cleaning of `data.normalise` for texts that need no more than letters, blanks and slang, in one compiled pass.

Most posts are words, punctuation and emoji. For those a pass over the bytes gives exactly what `normalise` gives, a
tenth of the time; anything else (a link, a handle, a bracket, a foreign letter, leetspeak, a stretched word, what may
be a telephone number) is *hard* and left to it. When in doubt a text is hard, so what a character means is decided in
one place: the table of signs asks `normalise`'s own folding.
"""

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from data.normalise import fold, slang

HARD: Final = -1

_LETTER, _DIGIT, _BREAK, _DROPPED, _STOP, _HARD_SIGN = range(6)
_HARD_ASCII: Final = "\\&[(<{@$"
_APOSTROPHES: Final = "'`"
_PLACEHOLDER: Final = "\ue000"
# Where punctuation, arrows, symbols and emoji stand; all other signs beyond ASCII are hard.
_SIGNS: Final = ((0x2000, 0x2C00), (0xFE00, 0xFE10), (0x1F1E6, 0x1F200), (0x1F300, 0x1FB00))
_BEYOND: Final = 0x1FB00
_SPELLED_OUT: Final = 4
_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)


def _hash(word: bytes) -> int:
    found = int(_FNV_OFFSET)
    for byte in word:
        found = (found ^ byte) * int(_FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return found


# A text that opens with one of them may open with a fact-checker's verdict.
_OPENERS: Final = tuple(
    np.uint64(_hash(opener)) for opener in (b"cek", b"hoax", b"hoaks", b"salah", b"keliru", b"menyesatkan")
)

_Bytes = npt.NDArray[np.uint8]


class Cleaner(NamedTuple):
    """The tables of the pass, few because each costs a call a fraction of a microsecond.

    `kinds` says what a code point is. `slots` (n, 4) is an open table by a word's hash: where an informal word begins
    in `spellings` and its bytes (0 where the slot is free), where its standard form begins and its bytes.
    """

    kinds: _Bytes
    slots: npt.NDArray[np.int32]
    spellings: _Bytes


@cache
def cleaner() -> Cleaner:
    """Give the tables, made once a process in about 10 ms."""
    pairs = [(word.encode(), plain.encode()) for word, plain in slang().items() if word.isascii()]
    slots = np.zeros((1 << (2 * len(pairs)).bit_length(), 4), np.int32)
    began = 0
    for word, plain in pairs:
        slot = _hash(word) & (len(slots) - 1)
        while slots[slot, 1]:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = began, len(word), began + len(word), len(plain)
        began += len(word) + len(plain)
    spellings = np.frombuffer(b"".join(word + plain for word, plain in pairs), np.uint8)
    return Cleaner(_kinds(), slots, spellings)


def _kinds() -> _Bytes:
    kinds = np.full(_BEYOND, _HARD_SIGN, np.uint8)
    for code in range(128):
        kinds[code] = _kind(chr(code))
    for first, end in _SIGNS:
        for code in range(first, end):
            # A sign means what it folds to; where that is more than separators, it is hard.
            folded = fold(chr(code))
            if not folded:
                kinds[code] = _DROPPED
            elif all(not sign.isalnum() and _kind(sign) == _BREAK and sign != _PLACEHOLDER for sign in folded):
                kinds[code] = _BREAK
    return kinds


def _kind(sign: str) -> int:
    if sign.isascii() and sign.isalpha():
        return _LETTER
    if sign.isascii() and sign.isdigit():
        return _DIGIT
    if sign in _HARD_ASCII:
        return _HARD_SIGN
    if sign in _APOSTROPHES:
        return _DROPPED
    return _STOP if sign == "." else _BREAK


def cleaned_plain(text: str) -> str | None:
    """Give what `normalise` gives, or none where the text is hard."""
    raw = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    out = np.empty(room_for(raw.size), np.uint8)
    size = clean(raw, cleaner(), out)
    return None if size == HARD else out[:size].tobytes().decode()


@compiled
def room_for(n_bytes: int) -> int:  # pragma: no cover - compiled
    """How many bytes to give `clean` for a text of `n_bytes`; one that grows beyond them is hard."""
    return 2 * n_bytes + 64


@compiled
def clean(raw: Any, tables: Cleaner, out: Any) -> int:  # noqa: C901, PLR0912 - one pass, branch by branch  # pragma: no cover - compiled
    """Write the cleaned text into `out`; return its bytes, or HARD."""
    kinds, slots, spellings = tables
    size = raw.size
    at = n = 0
    n_single: Any = 0
    n_digits: Any = 0
    began = -1  # where the present word begins in `out`
    word = _FNV_OFFSET
    is_first = True
    while at <= size:
        byte = raw[at] if at < size else np.uint8(0)
        kind: Any = np.int64(kinds[byte])
        if byte < 128:
            at += 1
        else:
            kind, at = _sign(raw, at, kinds)
        if kind <= _DIGIT:
            if kind == _LETTER:
                byte |= np.uint8(32)
            else:
                n_digits += 1
            if began < 0:
                if n:
                    out[n] = 32
                    n += 1
                began = n
                n_digits = np.int64(kind == _DIGIT)
                word = _FNV_OFFSET
            word = (word ^ np.uint64(byte)) * _FNV_PRIME
            out[n] = byte
            n += 1
            continue
        if kind == _DROPPED:
            continue
        if kind == _HARD_SIGN or (kind == _STOP and at < size and _may_join(raw[at], kinds)):
            return HARD
        if began < 0:
            continue
        if is_first and word in _OPENERS:
            return HARD
        is_first = False
        n = _finished(out, began, n, n_digits, word, slots, spellings)
        if n == HARD or n + size - at + 2 > out.size:
            return HARD
        n_single += np.int64(n - began == 1)
        began = -1
    if n_single >= _SPELLED_OUT or _may_hold_a_number(out, n):
        return HARD
    return n


@compiled
def _sign(raw: Any, at: int, kinds: Any) -> tuple[Any, int]:  # pragma: no cover - compiled
    """What the sign beyond ASCII at `at` is, and where the next one begins."""
    lead = np.int64(raw[at])
    length = 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2
    code = lead & (0x7F >> length)
    for more in range(at + 1, at + length):
        code = (code << 6) | (np.int64(raw[more]) & 0x3F)
    return (np.int64(kinds[code]) if code < kinds.size else _HARD_SIGN), at + length


@compiled
def _may_join(byte: int, kinds: Any) -> bool:  # pragma: no cover - compiled
    """Whether what follows a full stop could make it part of an address."""
    return byte >= 128 or kinds[byte] == _LETTER or kinds[byte] == _DROPPED


@compiled
def _slot(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    out: Any, began: int, end: int, word: Any, slots: Any, spellings: Any
) -> Any:  # pragma: no cover - compiled
    """The slot of an informal word, or -1."""
    mask = np.uint64(slots.shape[0] - 1)
    slot = np.int64(word & mask)
    while slots[slot, 1]:
        if slots[slot, 1] == end - began:
            start = slots[slot, 0]
            same = True
            for at in range(end - began):
                if spellings[start + at] != out[began + at]:
                    same = False
                    break
            if same:
                return slot
        slot = np.int64(np.uint64(slot + 1) & mask)
    return -1


@compiled
def _finished(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    out: Any, began: int, end: int, n_digits: int, word: Any, slots: Any, spellings: Any
) -> Any:  # pragma: no cover - compiled
    """Put the standard spelling of the word in its place; return where `out` then ends, or HARD."""
    if _is_odd(out, began, end, n_digits):
        return HARD
    slot = _slot(out, began, end, word, slots, spellings)
    if slot >= 0:
        start, length = slots[slot, 2], slots[slot, 3]
        if length == 0:
            return max(began - 1, 0)
        if began + length + 2 > out.size:
            return HARD
        for at in range(length):
            out[began + at] = spellings[start + at]
        return began + length
    if end - began > 2 and n_digits < end - began and out[end - 1] == out[end - 2]:
        stem = _FNV_OFFSET
        for at in range(began, end - 1):
            stem = (stem ^ np.uint64(out[at])) * _FNV_PRIME
        if _slot(out, began, end - 1, stem, slots, spellings) >= 0:
            return HARD
    return end


@compiled
def _is_odd(out: Any, began: int, end: int, n_digits: int) -> bool:  # pragma: no cover - compiled
    """Whether a word is stretched, part of an address, or may be leetspeak."""
    is_mixed = 0 < n_digits < end - began
    if is_mixed and out[began] == 50:
        return True
    before, last = np.uint8(0), out[began]
    for at in range(began + 1, end):
        byte = out[at]
        if byte == last and byte == before and byte > 57:
            return True
        if is_mixed and (byte == 50 or (last <= 57 and byte > 57 and before > 57)):  # the 2 of reduplication; "v1rus"
            return True
        if byte == 112 and last == 116 and before == 116 and at >= began + 3 and out[at - 3] == 104:
            return True
        before, last = last, byte
    return False


@compiled
def _may_hold_a_number(out: Any, n: int) -> bool:  # pragma: no cover - compiled
    """Whether the telephone numbers of `normalise` are worth looking for: "62", "08" or "0 8"."""
    for at in range(1, n):
        byte = out[at]
        if byte == 50 and out[at - 1] == 54:
            return True
        if byte == 56 and (out[at - 1] == 48 or (at > 1 and out[at - 1] == 32 and out[at - 2] == 48)):
            return True
    return False
