"""Times of the day without a date, of a series that runs past midnight."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from maskeditor.io.dicom.slices import CONTENT, TAKEN, Member, Slice

_DAY = 86400.0
#: No series takes longer, and so the clock has begun anew where times lie further apart (dcm2niix goes by the same).
_HALF_A_DAY = _DAY / 2
_SAID = "No date is stated beside times that run past midnight; the early ones are taken as of the next day."


def put_after_midnight(members: Iterable[Member]) -> tuple[str, ...]:
    """Put early times on the next day where the clock has begun anew and no date says so; return what is to be said."""
    slices = [item for member in members for item in member.slices]
    turned = [_turned(slices, place) for place in (TAKEN, CONTENT)]
    return (_SAID,) if any(turned) else ()


def _turned(slices: list[Slice], place: int) -> bool:
    """Put early times on the next day if they are, of those at one place among what tells the time of a slice.

    Zero is a time that is not stated.
    """
    times = sorted({item.time[0][place] for item in slices} - {0.0})
    if not times or times[-1] - times[0] <= _HALF_A_DAY or times[-1] >= _DAY:
        return False
    gap, late = max((late - early, late) for early, late in pairwise(times))
    if gap <= _HALF_A_DAY:
        return False
    for item in slices:
        first, numbers = item.time
        if 0.0 < first[place] < late:
            changed = list(first)
            changed[place] += _DAY
            item.time = (tuple(changed), numbers)
    return True
