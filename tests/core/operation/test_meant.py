"""What a name that is not known is answered with."""

from __future__ import annotations

import pytest

import maskeditor.ops
from maskeditor.core.operation.declaration import operations
from maskeditor.core.operation.meant import ending, meant

assert maskeditor.ops  # fills the register

NAMES = {cls.id: (cls.title, *cls.synonyms) for cls in operations()}


@pytest.mark.parametrize("cls", operations(), ids=lambda cls: cls.id)
def test_every_operation_is_found_by_its_title_and_with_a_letter_left_out(cls: type) -> None:
    assert cls.id in meant(cls.title, NAMES)
    assert cls.id in meant(cls.id[:2] + cls.id[3:], NAMES)
    called = {one.name: (one.title,) for one in cls.parameters()}
    for one in cls.parameters():
        assert one.name in meant(one.title.upper(), called)


def test_what_is_like_nothing_is_answered_with_what_there_is() -> None:
    assert ending("xyzzy", NAMES, ".") == ending("", NAMES, ".") == ending("?" * 10_000, NAMES, ".") == "."
    assert ending("wide", {"fwhm": ["Width"], "w": ["Wide"], "v": ["wide"]}, "") == "; did you mean 'w' or 'v'?"
