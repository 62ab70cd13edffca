"""What stored numbers stand for: slope and intercept, doses, real-world values, and what of it is doubtful."""

from __future__ import annotations

import math

import numpy as np

from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.tables import table_of
from maskeditor.io.plausible import doubts_of_scaling

#: Slopes and intercepts that differ by less than this part are the same but for rounding.
_SAME = 1e-5
#: Letters of a text that should be a number, in a sentence.
_MOST_SHOWN = 40


def scaling_of(elements: Elements, own: Elements, mapping: Elements) -> tuple[float, float, tuple[str, ...]]:
    """Return slope and intercept, and what is doubtful about them.

    Parameters
    ----------
    elements : Elements
        Of the file.
    own : Elements
        Of the frame, which go before.
    mapping : Elements
        What states real-world values: of the frame, or of the file.
    """
    source = own if tags.SLOPE in own else elements
    findings = [
        f"The {name} of the intensities is stated to be “{source.text(tag)[:_MOST_SHOWN]}”, which is no number; "
        f"{taken} is taken."
        for name, tag, taken in (("slope", tags.SLOPE, 1), ("intercept", tags.INTERCEPT, 0))
        if tag in source and source.text(tag) and not source.numbers(tag)
    ]
    slope, intercept = source.number(tags.SLOPE, 1.0), source.number(tags.INTERCEPT, 0.0)
    stated = tags.SLOPE in source
    if not stated and tags.DOSE_SCALING in elements:
        slope, intercept, stated = elements.number(tags.DOSE_SCALING, 1.0), 0.0, True
    if not math.isfinite(slope) or slope == 0:
        findings.append(f"The slope of the intensities is stated to be {slope:g}, which cannot be; 1 is taken.")
        slope = 1.0
    if not math.isfinite(intercept):
        findings.append(f"The intercept of the intensities is stated to be {intercept:g}; 0 is taken.")
        intercept = 0.0
    if tags.MODALITY_LUT in elements:
        kind = elements.item(tags.MODALITY_LUT).text(tags.LUT_TYPE)
        table = f"a table (modality LUT{f', {kind}' if kind else ''})"
        if table_of(elements) is not None:
            slope, intercept = 1.0, 0.0
            findings.append(f"The intensities are those that {table} in the file states for the stored numbers.")
        else:
            findings.append(
                f"What the stored numbers stand for is stated by {table} that is damaged; it is not applied, and the "
                "numbers are kept as they are stored."
            )
    elif tags.REAL_WORLD in mapping:
        slope, intercept, doubt = _real_world(elements, mapping, slope, intercept, stated=stated)
        findings += [doubt] if doubt else []
    stored = np.dtype(np.uint16 if elements.integer(tags.BITS_ALLOCATED, 16) <= 16 else np.uint32)
    return slope, intercept, (*findings, *doubts_of_scaling(slope, intercept, stored))


def _real_world(
    elements: Elements, mapping: Elements, slope: float, intercept: float, *, stated: bool
) -> tuple[float, float, str]:
    """Return slope, intercept and a finding, in the light of what is said of real-world values."""
    items = mapping.items(tags.REAL_WORLD)
    units = {item.item(tags.REAL_UNIT).text(tags.CODE_VALUE) for item in items}
    unit = ", ".join(sorted(filter(None, units))) or "of no unit"
    linear = [
        (item.number(tags.REAL_SLOPE, 0), item.number(tags.REAL_INTERCEPT, 0))
        for item in items
        if tags.REAL_SLOPE in item
    ]
    if len(linear) == len(items) and all(_near(pair, (slope, intercept)) for pair in linear):
        return slope, intercept, ""
    if not stated and len(items) == len(linear) == 1 and linear[0][0] and all(map(math.isfinite, linear[0])):
        held = _held_range(elements, items[0])
        return *linear[0], f"The intensities are the real-world values ({unit}) that the file states{held}."
    return (
        slope,
        intercept,
        f"The file also states real-world values ({unit}) other than the intensities shown; they are not applied.",
    )


def _held_range(elements: Elements, item: Elements) -> str:
    """Return words on the stored numbers that real-world values are stated for; empty if they are all there can be."""
    first, last = item.numbers(tags.REAL_FIRST), item.numbers(tags.REAL_LAST)
    bits = elements.integer(tags.BITS_STORED, 16)
    low = -(2 ** (bits - 1)) if elements.integer(tags.PIXEL_REPRESENTATION) else 0
    if not first or not last or (first[0] <= low and last[0] >= low + 2**bits - 1):
        return ""
    return f" for stored numbers from {first[0]:g} to {last[0]:g}; others are worked out in the same way"


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    scale = max(abs(one[0]), abs(one[1]), 1e-30)
    return all(abs(a - b) <= _SAME * scale for a, b in zip(one, other, strict=True))
