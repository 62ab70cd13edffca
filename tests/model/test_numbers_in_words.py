"""Numbers as people read them."""

from __future__ import annotations

import pytest

from maskeditor.model.numbers_in_words import trimmed


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(1.50, 2, "1.5"), (0.0, 3, "0"), (-0.0001, 2, "0"), (1e6, 0, "1000000")]
)
def test_numbers_are_shown_without_empty_zeros(value: float, digits: int, text: str) -> None:
    assert trimmed(value, digits) == text
