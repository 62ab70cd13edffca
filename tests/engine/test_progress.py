"""Progress: one request to stop, heard by the whole and by every part of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress


@pytest.mark.parametrize("asked", [lambda whole, part: whole, lambda whole, part: part])
def test_who_is_asked_to_stop_is_heard_by_all(asked: Callable[[Progress, Progress], Progress]) -> None:
    whole = Progress()
    part = whole.within(0.2, 0.6).within(0.0, 0.5)
    part(0.5)
    asked(whole, part).cancel()
    for progress in (whole, part, whole.within(0.6, 1.0)):
        assert progress.cancelled
        with pytest.raises(Cancelled):
            progress(0.0)
