"""Work shared among threads: all of it done once, in order, and stopped as a whole."""

import threading
import time
import weakref

import numpy as np
import pytest

from maskeditor.engine import morphology, parallel
from maskeditor.engine.in_range import Extremes, in_range
from maskeditor.engine.parallel import in_parallel, parts_of, processors


@pytest.fixture(autouse=True)
def four_processors(monkeypatch):
    """Whatever the machine has."""
    parallel._helpers.cache_clear()
    monkeypatch.setattr(parallel, "processors", lambda: 4)
    yield
    parallel._helpers().shutdown()
    parallel._helpers.cache_clear()


@pytest.mark.parametrize(("there", "processes", "own"), [(8, 3, 2), (8, 1, 4), (2, 5, 1)])
def test_processors_are_left_to_processes_that_work_at_the_same_time(monkeypatch, there, processes, own):
    with monkeypatch.context() as machine:
        machine.setattr(parallel, "processors", processors)
        machine.setattr(parallel, "_apart", [])
        machine.setattr(parallel, "all_processors", lambda: there)
        processors.cache_clear()
        assert processors() == min(4, there)
        parallel.share_processors(processes)
        assert processors() == own
    processors.cache_clear()


@pytest.mark.parametrize(("length", "least", "count"), [(100, 1, 4), (100, 30, 3), (100, 101, 1), (3, 1, 3), (0, 5, 1)])
def test_parts_are_as_many_as_wanted_and_cover_all(length, least, count):
    parts = parts_of(length, least)
    assert len(parts) == count
    assert [index for part in parts for index in range(part.start, part.stop)] == list(range(length))
    assert count == 1 or min(part.stop - part.start for part in parts) >= least


def test_results_come_in_the_order_of_parts_and_from_several_threads():
    meeting = threading.Barrier(3, timeout=60)

    def work(part, _report):
        meeting.wait()  # none gets past it alone
        return part, threading.get_ident()

    results = in_parallel(work, ["a", "b", "c"])
    assert [part for part, _ in results] == ["a", "b", "c"]
    assert len({thread for _, thread in results}) == 3


def test_a_caller_goes_on_alone_where_helpers_are_busy():
    begun, free = threading.Semaphore(0), threading.Event()

    def occupied():
        begun.release()
        free.wait(60)

    busy = [parallel._helpers().submit(occupied) for _ in range(3)]
    for _ in busy:
        assert begun.acquire(timeout=60)
    threads = in_parallel(lambda _part, _report: threading.get_ident(), range(5))
    assert set(threads) == {threading.get_ident()}
    free.set()


def test_one_processor_does_all_parts(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(parallel, "processors", lambda: 1)
        threads = in_parallel(lambda _part, _report: threading.get_ident(), range(3))
    assert threads == [threading.get_ident()] * 3


def test_no_helper_holds_on_to_what_was_worked_on():
    free = threading.Event()
    busy = [parallel._helpers().submit(free.wait, 60) for _ in range(3)]

    def summed():
        array = np.zeros(1000)
        in_parallel(lambda part, _report: array[part].sum(), parts_of(1000, 1))
        return weakref.ref(array)

    gone = summed()() is None
    free.set()
    assert gone
    assert all(one.result() for one in busy)


def test_work_may_share_work_of_its_own():
    def outer(part, _report):
        return sum(in_parallel(lambda inner, _report: inner * part, range(4)))

    assert in_parallel(outer, range(6)) == [6 * part for part in range(6)]


def test_progress_grows_on_the_calling_thread_alone():
    seen = []

    def work(_part, report):
        for fraction in (0.25, 0.5, 1.0):
            report(fraction)

    in_parallel(work, range(8), lambda fraction: seen.append((threading.get_ident(), fraction)))
    assert {thread for thread, _ in seen} <= {threading.get_ident()}
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert all(0 < fraction <= 1 for fraction in fractions)


def test_an_error_anywhere_stops_all_and_is_told():
    started = threading.Barrier(4, timeout=60)
    # (Of several errors the first is raised, so that a failure in here would not be heard of.)
    going, never_stopped = [], []

    def work(part, report):
        started.wait()
        if part == 2:
            raise MemoryError("part 2")
        going.append(part)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            report(0.1)
        never_stopped.append(part)

    with pytest.raises(MemoryError, match="part 2"):
        in_parallel(work, range(4))
    assert sorted(going) == [0, 1, 3]
    assert not never_stopped


def test_once_cancelled_nothing_runs_any_more():
    running, never_stopped = set(), []

    def work(part, report):
        running.add(part)
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end:
                report(0.1)
            never_stopped.append(part)
        finally:
            running.remove(part)

    def cancel(_fraction):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        in_parallel(work, range(8), cancel)
    assert not running
    assert not never_stopped


def test_more_threads_give_the_same_masks(monkeypatch):
    """Slabs of large masks meet without a seam, however far the steps reach over it."""
    monkeypatch.setattr(morphology, "LEAST_VOXELS", 1)
    monkeypatch.setattr(morphology, "LEAST_PLANES", 1)
    monkeypatch.setattr(morphology, "TILE_BYTES", 256)
    rng = np.random.default_rng(0)
    for shape in ((23, 19, 70), (8, 9, 10), (5, 40, 64)):
        for steps in ((1,), (-1,), (1, 1, 1, 1, 1, -1, -1), (-1, 1, 1, -1), (1,) * 12):
            mask = rng.random(shape) < (0.9 if steps[0] < 0 else 0.05)
            made = morphology.apply_sequence(mask, steps)
            with monkeypatch.context() as alone:
                alone.setattr(parallel, "processors", lambda: 1)
                assert np.array_equal(made, morphology.apply_sequence(mask, steps))


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_more_threads_find_the_same_range(monkeypatch, dtype):
    monkeypatch.setattr("maskeditor.engine.in_range.LEAST_ROWS", 1)
    monkeypatch.setattr("maskeditor.engine.in_range.COMPARED", 1 << 15)
    values = np.asfortranarray(np.random.default_rng(0).normal(0, 100, (70, 50, 40)).astype(dtype))
    expected = (values >= -50) & (values <= 80)
    extremes = Extremes(values)
    assert np.array_equal(in_range(values, -50, 80), expected)
    for _ in range(2):
        assert np.array_equal(in_range(values, -50, 80, extremes=extremes), expected)
