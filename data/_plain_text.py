"""The cleaning of `data.normalise` for texts that need no more than letters, blanks, slang and links, in one pass.

Most posts are words, punctuation, emoji and a link. For those a pass over the bytes gives exactly what `normalise`
gives, a tenth of the time; anything else (a handle, a bracket, a foreign letter, leetspeak, a stretched word, what may
be a telephone number) is *hard* and left to it. When in doubt a text is hard, so what a character means is decided in
one place: the table of signs asks `normalise`'s own folding.

The compiled parts take each array by itself: handed on as one object, they cost the pass a quarter more.
"""

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from data.normalise import LINK, fold, slang

HARD: Final = -1

_LETTER, _DIGIT, _DROPPED, _BREAK, _STOP, _HARD_SIGN = range(6)
_HARD_ASCII: Final = "\\&[(<{@$"
_APOSTROPHES: Final = "'`"
_PLACEHOLDER: Final = "\ue000"
# Where punctuation, arrows, symbols and emoji stand; all other signs beyond ASCII are hard.
_SIGNS: Final = ((0x2000, 0x2C00), (0xFE00, 0xFE10), (0x1F1E6, 0x1F200), (0x1F300, 0x1FB00))
_BEYOND: Final = 0x1FB00
_SPELLED_OUT: Final = 4
_BLANK: Final = 32
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

_LINK: Final[_Bytes] = np.frombuffer(LINK.encode(), np.uint8)
_HTTP_WORD: Final = np.uint64(_hash(b"http"))
_HTTPS_WORD: Final = np.uint64(_hash(b"https"))
# Of the last four bytes as one number: "http", a mask of three bytes, and what makes three of one.
_HTTP: Final = np.uint32(int.from_bytes(b"http", "big"))
_THREE: Final = np.uint32(0xFFFFFF)
_ALIKE: Final = np.uint32(0x010101)


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
    raw = text.encode("utf-8", "surrogatepass")
    out = np.empty(room_for(len(raw)), np.uint8)
    size = clean(raw, *cleaner(), out)
    return None if size == HARD else out[:size].tobytes().decode()


@compiled
def room_for(n_bytes: int) -> int:  # pragma: no cover - compiled
    """How many bytes to give `clean` for a text of `n_bytes`; one that grows beyond them is hard."""
    return 2 * n_bytes + 64


# One function, because every branch goes on with the same local variables: in parts it takes four times as long.
@compiled
def clean(raw: Any, kinds: Any, slots: Any, spellings: Any, out: Any) -> Any:  # pragma: no cover - compiled
    """Write the cleaned text into `out`; return its bytes, or HARD. `raw` is bytes, or an array of them."""
    size = len(raw)
    at = n = 0
    n_single: Any = 0
    is_first = True
    any_digit = False
    while at < size:
        byte, after = raw[at], at + 1
        kind: Any = np.int64(kinds[byte])
        if byte >= 128:
            kind, after = _sign(raw, at, kinds)
        if kind > _DIGIT:
            if kind == _HARD_SIGN or (kind == _STOP and after < size and _may_join(raw[after], kinds)):
                return HARD
            at = after
            continue
        if n:
            out[n] = _BLANK
            n += 1
        began, started = n, at  # of this word, in `out` and in `raw`
        n_digits: Any = 0
        word = _FNV_OFFSET
        last_four = np.uint32(0)
        may_be_odd = False
        while kind <= _DROPPED:
            if kind < _DROPPED:
                low = byte | np.uint8(32)  # a digit has that bit already
                n_digits += kind
                word = (word ^ np.uint64(low)) * _FNV_PRIME
                last_four = (last_four << np.uint32(8)) | np.uint32(low)
                may_be_odd |= (last_four & _THREE) == np.uint32(low) * _ALIKE or last_four == _HTTP
                out[n] = low
                n += 1
            at = after
            byte, after = raw[at] if at < size else np.uint8(_BLANK), at + 1
            kind = np.int64(kinds[byte])
            if byte >= 128:
                kind, after = _sign(raw, at, kinds)
        if may_be_odd and _is_link(raw, started, at, word):
            at, n = _past_link(raw, at, kinds), _put_link(out, began)
        elif (is_first and word in _OPENERS) or (
            (may_be_odd or 0 < n_digits < n - began) and _is_odd(out, began, n, n_digits)
        ):
            return HARD
        else:
            slot = _slot(out, began, n, word, slots, spellings)
            if slot >= 0:
                n = _put_standard(out, began, slots[slot, 2], slots[slot, 3], spellings)
            elif n - began > 2 and out[n - 1] == out[n - 2] and _is_doubled(out, began, n, n_digits, slots, spellings):
                return HARD
        if HARD in (at, n) or n + size - at + 2 > out.size:
            return HARD
        is_first = False
        any_digit |= n_digits > 0
        n_single += np.int64(n - began == 1)
    if n_single >= _SPELLED_OUT or (any_digit and _may_hold_a_number(out, n)):
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
    return (np.int64(kinds[code]) if code < kinds.size else np.int64(_HARD_SIGN)), at + length


@compiled
def _is_link(raw: Any, start: int, at: int, word: Any) -> bool:  # pragma: no cover - compiled
    """Whether the word raw[start:at] is "http" or "https", nothing dropped inside, and "://" or ":/" goes on."""
    is_word = (word == _HTTP_WORD and at - start == 4) or (word == _HTTPS_WORD and at - start == 5)
    return is_word and at + 1 < len(raw) and raw[at] == 58 and raw[at + 1] == 47


@compiled
def _past_link(raw: Any, at: int, kinds: Any) -> int:  # pragma: no cover - compiled
    """Where the blank behind a link stands, or HARD where it holds a sign that `normalise` reads before links."""
    while at < len(raw):
        byte = raw[at]
        if byte == 32 or 9 <= byte <= 13:
            break
        if byte < 33 or byte > 126 or kinds[byte] == _HARD_SIGN:
            return HARD
        at += 1
    return at


@compiled
def _put_link(out: Any, began: int) -> int:  # pragma: no cover - compiled
    """Write the placeholder of a link; return where `out` then ends."""
    for at in range(_LINK.size):
        out[began + at] = _LINK[at]
    return began + _LINK.size


@compiled
def _may_join(byte: int, kinds: Any) -> bool:  # pragma: no cover - compiled
    """Whether what follows a full stop could make it part of an address."""
    return byte >= 128 or kinds[byte] == _LETTER or kinds[byte] == _DROPPED


@compiled
def _slot(out: Any, began: int, end: int, word: Any, slots: Any, spellings: Any) -> Any:  # pragma: no cover - compiled
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
def _put_standard(out: Any, began: int, start: int, length: int, spellings: Any) -> int:  # pragma: no cover - compiled
    """Write a standard spelling over the word at `began`; return where `out` then ends, or HARD."""
    if length == 0:
        return max(began - 1, 0)
    if began + length + 2 > out.size:
        return HARD
    for at in range(length):
        out[began + at] = spellings[start + at]
    return began + length


@compiled
def _is_doubled(
    out: Any, began: int, end: int, n_digits: int, slots: Any, spellings: Any
) -> bool:  # pragma: no cover - compiled
    """Whether a word that ends in two letters alike is an informal one with its last letter twice."""
    stem = _FNV_OFFSET
    for at in range(began, end - 1):
        stem = (stem ^ np.uint64(out[at])) * _FNV_PRIME
    return n_digits < end - began and _slot(out, began, end - 1, stem, slots, spellings) >= 0


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
