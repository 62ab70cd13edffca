"""The report of masks: what it says of their steps, and of masks that may be others."""

from __future__ import annotations

import re
from dataclasses import replace

from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import recipe_of
from maskeditor.core.space.mask import COLOURS
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.progress import Progress
from maskeditor.io.provenance import fingerprint
from maskeditor.model.data.report import Report, Reported, report_of
from tests import phantoms

NEWER = "blake9:" + "0" * 64
IMAGE = phantoms.volume()


def limited_recipe() -> tuple[Recipe, MaskBits]:
    """Return how a mask was made by steps with limits, and its voxels."""
    document = Document(IMAGE)
    mask, bright, edge = document.rois[0], document.add_roi("bright parts"), document.add_roi("edge")
    document.do(make("threshold", {"lower": 600}), bright.id)
    document.do(make("threshold", {"lower": 740}), edge.id)
    document.do(make("threshold", {"lower": 300}), mask.id, Scope(inside=bright.id))
    document.do(make("dilation", {}), mask.id, Scope(outside=(edge.id, bright.id)))
    return recipe_of(document, mask.id, {}, {}, "maskeditor 1"), document.mask(mask.id).copy()


def reported(recipe: Recipe, mask: MaskBits) -> Report:
    return report_of(IMAGE, "head.nii", [Reported("brain", COLOURS[0], mask, recipe)], Progress())


def test_the_limits_of_steps_name_rois_as_they_are_called() -> None:
    page = reported(*limited_recipe()).html.decode()
    assert "inside bright parts<" in page
    assert "not inside edge or bright parts<" in page
    assert "<title>Threshold from 300 (inside bright parts): 300</title>" in page  # a bound in the histogram
    assert not re.search(r"\broi\d", page)


def test_a_mask_that_may_be_another_than_its_recipe_made() -> None:
    recipe, mask = limited_recipe()

    def said(known: str) -> tuple[str, ...]:
        found = reported(replace(recipe, result={"fingerprint": known}), mask)
        return tuple(one for one in found.warnings if "recipe" in one)

    assert said(fingerprint(mask[...])) == ()
    (doubt,) = said(NEWER)
    assert doubt.startswith("Whether the recipe of brain made this mask cannot be told: its fingerprint is of a kind")
    (other,) = said(fingerprint(~mask[...]))
    assert other.startswith("brain: its recipe made another mask than this")
