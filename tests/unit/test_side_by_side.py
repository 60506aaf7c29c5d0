"""Two texts side by side: the words that only one of them has are marked, and no letter is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serving.desk.checking.compare import beside


def test_words_that_only_one_side_has_are_marked():
    """Whatever their case or place; marks and spaces belong to no side."""
    found = beside("Bank membagikan KUOTA, gratis!", "Kuota: bank tidak pernah")
    assert [piece.text.strip() for piece in found.left if piece.only_here] == ["membagikan", "gratis"]
    assert [piece.text.strip() for piece in found.right if piece.only_here] == ["tidak", "pernah"]
    assert found.n_shared == 2


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_pieces_joined_are_the_text(left, right):
    """Marking changes nothing, and a text beside itself has no mark."""
    found = beside(left, right)
    assert "".join(piece.text for piece in found.left) == left
    assert "".join(piece.text for piece in found.right) == right
    assert not any(piece.only_here for piece in beside(left, left).left)
