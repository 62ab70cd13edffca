"""Operations are found by what people call them, the likeliest first."""

from __future__ import annotations

import pytest

import maskeditor.ops
from maskeditor.core.operation.declaration import operations
from maskeditor.core.operation.search import found

assert maskeditor.ops


def ids(text: str) -> list[str]:
    return [cls.id for cls in found(text, operations())]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("dilat", "dilation"),  # the description of closing speaks of dilation
        ("remove", "remove_small"),
        ("backgr", "background_mask"),
        ("erosion", "erosion"),
        ("thresh", "threshold"),
        ("holes", "fill_holes"),
        ("largest", "keep_largest"),
        ("smooth", "smooth"),
        ("SMALL", "remove_small"),
    ],
)
def test_titles_that_begin_so_come_first(text: str, first: str) -> None:
    assert ids(text)[0] == first


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("label", {"keep_largest", "remove_small", "select_component"}),
        ("islands", {"keep_largest", "remove_small", "select_component"}),
        ("clusters", {"keep_largest", "remove_small", "select_component"}),
        ("skull strip", {"background_mask", "epi_mask", "template_mask"}),
        ("gaussian", {"smooth_mask"}),
        ("smooth", {"smooth_mask", "opening", "closing"}),
        ("magic wand", {"region_grow"}),
        ("dilate", {"dilation"}),
        ("union", {"boolean"}),
    ],
)
def test_what_others_call_it_is_found(text: str, wanted: set[str]) -> None:
    assert wanted <= set(ids(text))


def test_nothing_looked_for_finds_all_as_they_were() -> None:
    assert ids("") == ids("  ") == [cls.id for cls in operations()]


def test_what_nobody_calls_anything_is_not_found() -> None:
    assert ids("nothing like it") == []


def test_synonyms_are_words_of_their_own() -> None:
    for cls in operations():
        lowered = [synonym.lower() for synonym in cls.synonyms]
        assert len(lowered) == len(set(lowered))
        assert cls.title.lower() not in lowered
