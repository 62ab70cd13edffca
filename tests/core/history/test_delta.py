"""Deltas: whatever the two masks, toggling goes there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.history import delta as module
from maskeditor.core.history.delta import Delta
from maskeditor.engine.box import Box

shapes = st.tuples(*[st.integers(1, 23)] * 3)


@st.composite
def changes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Box]:
    """A mask before, the same after, and a box that holds every change."""
    shape = draw(shapes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    before = np.asarray(rng.random(shape) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])), order=draw(orders))
    start = tuple(draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    box = Box(start, stop)
    after = before.copy(order="K")
    flip = rng.random(box.shape) < draw(st.sampled_from([0.0, 0.02, 0.5, 1.0]))
    after[box.slices] ^= flip
    return before, after, box


orders = st.sampled_from(["F", "C"])


chunks = st.sampled_from([8, 1000, 1 << 20])


@given(changes(), orders, chunks, chunks)
def test_there_and_back(change: tuple[np.ndarray, np.ndarray, Box], order: str, chunk: int, later: int) -> None:
    before, after, box = change
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        delta = Delta.between(before, np.asarray(after[box.slices], order=order), box)
    differ = before != after
    if delta is None:
        assert not differ.any()
        return
    assert (delta.added, delta.removed) == ((~before & after).sum(), (before & ~after).sum())
    assert delta.changed == differ.sum()
    places = np.argwhere(differ)
    assert delta.box == Box(tuple(places.min(axis=0).tolist()), tuple((places.max(axis=0) + 1).tolist()))

    with pytest.MonkeyPatch.context() as patch:
        # Bits are kept for long: another version may take other chunks.
        patch.setattr(module, "CHUNK", later)
        for live in (before.copy(order="F"), before.copy(order="C")):
            delta.toggle(live)
            assert np.array_equal(live, after)
            delta.toggle(live)
            assert np.array_equal(live, before)


@pytest.mark.parametrize(
    "within", [Box((0, 0, 0), (5, 3, 45)), Box((1, 1, 10), (4, 3, 40)), Box((1, 0, 8), (5, 3, 45))]
)
def test_a_change_that_fills_several_chunks(monkeypatch: pytest.MonkeyPatch, within: Box) -> None:
    monkeypatch.setattr(module, "CHUNK", 8)  # eight planes at a time
    rng = np.random.default_rng(0)
    before = np.asfortranarray(rng.random((5, 3, 45)) < 0.5)  # planes of 15 voxels
    after = before.copy(order="F")
    after[1:4, 1:, 10:40] ^= rng.random((3, 2, 30)) < 0.5
    after[1, 1, 10], after[3, 2, 39] = ~before[1, 1, 10], ~before[3, 2, 39]
    delta = Delta.between(before, after[within.slices], within)
    assert delta is not None
    assert delta.box == Box((1, 1, 10), (4, 3, 40))
    assert (delta.added, delta.removed) == ((~before & after).sum(), (before & ~after).sum())
    delta.toggle(before)
    assert np.array_equal(before, after)


def test_the_mask_may_be_read_only_while_it_is_compared() -> None:
    before = np.zeros((3, 4, 5), bool, order="F")
    before.setflags(write=False)
    delta = Delta.between(before, np.ones((1, 1, 1), bool), Box((1, 2, 3), (2, 3, 4)))
    assert delta is not None
    assert delta.box == Box((1, 2, 3), (2, 3, 4))


def test_bits_that_were_put_away_are_read_back() -> None:
    stored: list[bytes] = []

    def keep(delta: Delta):
        stored.append(delta.bits())
        return lambda: stored[0]

    before = np.zeros((5, 5, 5), bool, order="F")
    delta = Delta.between(before, np.ones((5, 5, 5), bool), Box.whole((5, 5, 5)))
    assert delta is not None
    held = delta.nbytes
    assert not delta.put_away(lambda delta: None)
    assert delta.nbytes == held
    assert delta.put_away(keep)
    assert delta.put_away(keep)
    assert held == len(stored[0])
    assert len(stored) == 1
    assert delta.nbytes == 0
    delta.toggle(before)
    assert before.all()


def test_the_delta_shares_no_memory_with_the_masks() -> None:
    before, after = np.zeros((4, 4, 4), bool, order="F"), np.ones((4, 4, 4), bool, order="F")
    delta = Delta.between(before, after, Box.whole((4, 4, 4)))
    assert delta is not None
    after[:] = False
    delta.toggle(before)
    assert before.all()


def test_a_smooth_change_is_small() -> None:
    distance = np.sqrt(((np.indices((64, 64, 64)) - 31.5) ** 2).sum(axis=0))
    before = np.zeros((64, 64, 64), bool, order="F")
    delta = Delta.between(before, distance < 30, Box.whole((64, 64, 64)))
    assert delta is not None
    assert delta.nbytes < before.size / 8 / 4
