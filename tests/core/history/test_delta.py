"""Deltas: whatever the two masks, toggling goes there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.history import delta as module
from maskeditor.core.history.delta import Delta
from maskeditor.core.space.mask_bits import MaskBits, Rows
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
        delta = Delta.between(MaskBits.of(before), Rows.of(box, np.asarray(after[box.slices], order=order)))
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
        live = MaskBits.of(before)
        delta.toggle(live)
        assert np.array_equal(live[...], after)
        delta.toggle(live)
        assert np.array_equal(live[...], before)


def test_the_mask_is_read_once_for_the_change_of_a_stroke(monkeypatch: pytest.MonkeyPatch) -> None:
    there = np.zeros((16, 16, 16), bool)
    there[0, 0, 0] = True
    before, read = MaskBits.of(there), []
    plain = MaskBits.rows
    monkeypatch.setattr(MaskBits, "rows", lambda mask, box: read.append(box) or plain(mask, box))
    box = Box((3, 4, 5), (11, 9, 6))
    delta = Delta.between(before, Rows.of(box, np.ones(box.shape, bool)))
    assert delta is not None
    assert (delta.box, read) == (box, [box])


def test_of_an_empty_mask_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it becomes is the change: nothing is made to be compared with it."""
    after = np.zeros((40, 9, 30), bool, order="F")
    after[3:33, 2:7, 1:29] = True
    mask = MaskBits(after.shape)
    monkeypatch.setattr(MaskBits, "rows", None)
    delta = Delta.between(mask, Rows.of(Box.whole(after.shape), after))
    assert delta is not None
    assert (delta.box, delta.added, delta.removed) == (Box((3, 2, 1), (33, 7, 29)), 4200, 0)
    delta.toggle(mask)
    assert (mask[...] == after).all()
    assert Delta.between(MaskBits(after.shape), Rows.of(Box.whole(after.shape), after & False)) is None


def test_whole_bytes_of_a_wider_box() -> None:
    before, after = np.zeros((24, 5, 4), bool), np.zeros((24, 5, 4), bool)
    after[8:16, 1:4, 2] = True
    delta = Delta.between(MaskBits.of(before), Rows.of(Box((0, 0, 0), before.shape), after))
    assert delta is not None
    assert delta.box == Box((8, 1, 2), (16, 4, 3))
    live = MaskBits.of(before)
    delta.toggle(live)
    assert np.array_equal(live[...], after)


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
    delta = Delta.between(MaskBits.of(before), Rows.of(within, after[within.slices]))
    assert delta is not None
    assert delta.box == Box((1, 1, 10), (4, 3, 40))
    assert (delta.added, delta.removed) == ((~before & after).sum(), (before & ~after).sum())
    live = MaskBits.of(before)
    delta.toggle(live)
    assert np.array_equal(live[...], after)


def test_bits_that_were_put_away_are_read_back() -> None:
    before = MaskBits((5, 5, 5))
    delta = Delta.between(before, Rows.of(Box.whole((5, 5, 5)), np.ones((5, 5, 5), bool)))
    assert delta is not None
    stored = {delta: delta.bits()}
    assert delta.nbytes == len(stored[delta])
    delta.put_away(stored.__getitem__)
    assert delta.nbytes == 0
    delta.toggle(before)
    assert before.count() == 125


def test_deltas_are_equal_that_change_the_same_voxels_in_the_same_way() -> None:
    whole = Box.whole((5, 5, 5))
    empty, full = (np.full((5, 5, 5), value, order="F") for value in (False, True))
    one, same, back = (
        Delta.between(MaskBits.of(before), Rows.of(whole, after))
        for before, after in ((empty, full), (empty, full), (full, empty))
    )
    assert one is not None
    assert same is not None
    assert back is not None
    assert one.equals(one)
    assert one.equals(same)
    assert not one.equals(back)


def test_the_delta_shares_no_memory_with_the_masks() -> None:
    before, after = MaskBits((4, 4, 4)), Rows.of(Box.whole((4, 4, 4)), np.ones((4, 4, 4), bool))
    delta = Delta.between(before, after)
    assert delta is not None
    after.data[:] = 0
    delta.toggle(before)
    assert before.count() == 64


def test_a_smooth_change_is_small() -> None:
    distance = np.sqrt(((np.indices((64, 64, 64)) - 31.5) ** 2).sum(axis=0))
    delta = Delta.between(MaskBits((64, 64, 64)), Rows.of(Box.whole((64, 64, 64)), distance < 30))
    assert delta is not None
    assert delta.nbytes < 64**3 / 8 / 4
