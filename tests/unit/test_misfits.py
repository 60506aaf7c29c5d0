"""What pydantic finds, in our words: every kind that our shapes can meet has a clause, with its places filled."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from serving.i18n import Language, translate
from serving.inputs import Count, Id, Input, Line, Moment, Paragraph, WebAddress, misfit


class Colour(StrEnum):
    """A choice."""

    RED = "merah"
    BLUE = "biru"


class Shape(Input):
    """An object."""

    name: str


CASES = [
    (Shape, {}, "wajib ada"),
    (Shape, {"name": "a", "x": 1}, "tidak dikenal di sini"),
    (Shape, "a", "harus sebuah objek"),
    (str, 1, "harus berupa teks"),
    (Line, "", "paling sedikit 1 huruf"),
    (Line, "a" * 501, "paling banyak 500 huruf"),
    (Line, "a\nb", "hanya satu baris"),
    (Paragraph, "a\x00", "tidak boleh berisi karakter kendali"),
    (Paragraph, "a\ud800", "bukan Unicode yang sah"),
    (WebAddress, "ftp://x", "harus alamat yang berawal http:// atau https://"),
    (Annotated[str, Field(pattern="^a$")], "b", "harus berbentuk ^a$"),
    (int, "x", "harus bilangan bulat"),
    (int, 1.5, "harus bilangan bulat"),
    (Id, 0, "paling kecil 1"),
    (Count, 10**13, "paling besar 1000000000000"),
    (Annotated[float, Field(gt=0)], 0, "harus lebih dari 0.0"),
    (Annotated[float, Field(lt=1)], 1, "harus kurang dari 1.0"),
    (float, "x", "harus bilangan"),
    (bool, "x", "harus true atau false"),
    (list[int], 1, "harus sebuah daftar"),
    (Annotated[list[int], Field(max_length=1)], [1, 2], "paling banyak 1 butir"),
    (Annotated[list[int], Field(min_length=1)], [], "paling sedikit 1 butir"),
    (Colour, "hijau", "harus salah satu dari 'merah', 'biru'"),
    (Literal["a", "b"], "c", "harus salah satu dari 'a', 'b'"),
    (Moment, "kemarin", "harus waktu seperti 2026-03-02T10:00:00+07:00"),
    (datetime, "kemarin", "harus waktu seperti 2026-03-02T10:00:00+07:00"),
    (Moment, "2026-03-02T10:00:00", "waktu harus berzona"),
    (date, "kemarin", "harus tanggal seperti 2026-03-02"),
    (time, "sore", "harus jam seperti 07:00"),
    (dict[str, int], 1, "harus sebuah objek"),
]


@pytest.mark.parametrize(("kind", "value", "clause"), CASES)
def test_each_misfit_has_a_clause_in_both_languages(kind, value, clause):
    """Indonesian is what stands in the code, and its English differs from it."""
    with pytest.raises(ValidationError) as found:
        TypeAdapter(kind).validate_python(value)
    said = misfit(found.value.errors()[0])
    assert str(said).startswith(clause)
    english = translate(Language.EN, said.message, **said.params)
    assert english != str(said)
    assert "{" not in english
