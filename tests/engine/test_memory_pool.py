"""Memory is used again only once nobody can see what was in it."""

import weakref

import numpy as np

from maskeditor.engine.memory_pool import SMALLEST, Pool


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_in_use_is_never_handed_out_again():
    pool = Pool()
    first = pool.empty((SMALLEST, 2), np.uint8)
    inner = first.T[1, 5:]
    inner[...] = 7
    before = address(first)
    del first
    second = pool.empty((SMALLEST, 2), np.uint8)
    second[...] = 1
    assert (inner == 7).all()
    assert not np.shares_memory(inner, second)
    del inner
    third = pool.empty((SMALLEST, 2), np.uint8)
    assert address(third) == before


def test_shape_type_and_order():
    pool = Pool()
    for order, dtype in (("C", np.float32), ("F", np.uint64), ("F", bool)):
        for shape in ((3, 4, 5), (130, 121, 110)):
            array = pool.empty(shape, dtype, order)
            assert array.shape == shape
            assert array.dtype == dtype
            assert array.flags[f"{order}_CONTIGUOUS"]
            assert array.flags.writeable


def test_much_larger_memory_is_not_taken_for_a_small_array():
    pool = Pool()
    large = pool.empty((9 * SMALLEST,), np.uint8)
    del large
    small = pool.empty((2 * SMALLEST,), np.uint8)
    assert small.base.size < 3 * SMALLEST


def test_idle_memory_is_given_back_and_what_is_in_use_stays():
    pool = Pool()
    used, idle = (pool.empty((SMALLEST,), np.uint8) for _ in range(2))
    part = used[5:9]
    part[...] = 7
    gone = weakref.ref(idle.base)
    del used, idle
    pool.free_idle()
    assert gone() is None
    other = pool.empty((SMALLEST,), np.uint8)
    assert not np.shares_memory(part, other)
    assert (part == 7).all()


def test_only_a_few_blocks_are_known():
    pool = Pool(blocks=2)
    arrays = [pool.empty((SMALLEST,), np.uint8) for _ in range(5)]
    assert len(pool._blocks) == 2
    assert len({address(array) for array in arrays}) == 5


def test_no_more_lies_idle_than_was_asked_for_last():
    pool = Pool()
    for megabytes in (3, 7, 20):
        pool.empty((megabytes * SMALLEST,), np.uint8)[...] = 1
        assert pool.nbytes <= 2 * 1.1 * megabytes * SMALLEST
    used = pool.empty((SMALLEST,), np.uint8)
    # What lay idle and is ten times too large went.
    assert [block.size for block in pool._blocks] == [used.base.size]
    assert pool.nbytes == 0
    del used
    assert pool.nbytes == pool._blocks[0].size
    pool.free_idle()
    assert pool.nbytes == 0
