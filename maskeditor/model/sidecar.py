"""What a mask is, as its sidecar tells."""

from __future__ import annotations

from maskeditor.core.history import Step
from maskeditor.core.recipe import Recipe


def mask_type(recipe: Recipe) -> str:
    """Return the BIDS "Type" of a recipe's mask: "Brain" where a brain mask was made last, else "ROI".

    What only changes a mask, such as an opening, leaves it what it was.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation import from_text
    >>> from maskeditor.core.recipe import of_operations
    >>> lines = ("threshold lower=3", "epi_mask", "dilation")
    >>> mask_type(of_operations(Step(from_text(line), "roi1") for line in lines))
    'Brain'
    """
    for step in reversed(recipe.steps):
        if step.roi == recipe.target and step.enabled and _makes_anew(step):
            return "Brain" if _makes_brain(step) else "ROI"
    return "ROI"


def _makes_anew(step: Step) -> bool:
    return getattr(step.operation, "combine", "") == "replace" or step.operation.id == "clear"


def _makes_brain(step: Step) -> bool:
    if step.operation.id == "template_mask":
        return getattr(step.operation, "mask_type", "") == "whole-brain"
    return step.operation.id in ("epi_mask", "background_mask")


def took_part_by_hand(recipe: Recipe) -> bool:
    """Whether a hand took part: with a brush, a polygon, a mask from elsewhere, or anything a tool makes."""
    return any(step.operation.by_tool for step in recipe.steps if step.enabled)
