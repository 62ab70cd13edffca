"""What puts the search for garbage off, and lets it go on."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from itertools import permutations

import pytest

from maskeditor.core.garbage import no_garbage


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_search_goes_on_once_the_last_that_put_it_off_has_ended(order: tuple[int, ...]) -> None:
    """As on several threads: a list of images that is being emptied while the next folder is read already."""
    assert gc.isenabled()
    stacks = [ExitStack() for _ in order]
    for stack in stacks:
        stack.enter_context(no_garbage())
    for ended, one in enumerate(order, 1):
        assert not gc.isenabled()
        stacks[one].close()
        assert gc.isenabled() == (ended == len(order))


def test_it_stays_put_off_where_it_was_so_before() -> None:
    gc.disable()
    try:
        with no_garbage():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
