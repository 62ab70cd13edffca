"""Work beside the interface comes back on the interface's thread, in order, and can be stopped."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest
from PyQt6.QtWidgets import QApplication

from maskeditor.engine.errors import Cancelled
from maskeditor.engine.parallel import NICENESS
from maskeditor.engine.progress import Progress
from maskeditor.ui.work import worker
from maskeditor.ui.work.worker import Lane
from tests.ui.drivers import wait_until

Make = Callable[..., Lane]


@pytest.fixture
def make(qapp: QApplication) -> Iterator[Make]:
    lanes: list[Lane] = []

    def made(newest_wins: bool = False) -> Lane:
        lanes.append(Lane("test", newest_wins))
        return lanes[-1]

    yield made
    for lane in lanes:
        lane.close()
        assert not any(thread.name == "test" for thread in threading.enumerate())


def unexpected(found: object) -> None:
    raise AssertionError(found)


def until_cancelled(started: threading.Event) -> Callable[[Progress], None]:
    """Return work that goes on until it is cancelled."""

    def work(progress: Progress) -> None:
        started.set()
        while True:
            progress(0.5)

    return work


def test_results_come_back_on_the_thread_of_the_interface(make: Make) -> None:
    lane, threads, results = make(), [], []

    def work(progress: Progress) -> int:
        threads.append(threading.current_thread())
        return 42

    def done(result: int) -> None:
        threads.append(threading.current_thread())
        results.append(result)

    lane.submit(work, done, unexpected)
    wait_until(lambda: results)
    assert results == [42]
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()


def test_work_is_done_in_order_one_at_a_time(make: Make) -> None:
    lane, running, most, results = make(), [], [], []

    def work(number: int) -> Callable[[Progress], int]:
        def call(progress: Progress) -> int:
            running.append(number)
            most.append(len(running))
            running.remove(number)
            return number

        return call

    for number in range(20):
        lane.submit(work(number), results.append, unexpected)
    assert lane.busy
    wait_until(lambda: len(results) == 20)
    assert results == list(range(20))
    assert max(most) == 1
    wait_until(lambda: not lane.busy)


def test_errors_come_back_too_and_work_goes_on(make: Make) -> None:
    lane, errors, results = make(), [], []

    def fails(progress: Progress) -> None:
        raise ValueError("no")

    lane.submit(fails, unexpected, errors.append)
    lane.submit(lambda progress: 1, results.append, unexpected)
    wait_until(lambda: results)
    assert [type(error) for error in errors] == [ValueError]


def test_a_lane_is_busy_until_its_result_has_arrived(make: Make) -> None:
    lane, results = make(), []
    lane.submit(lambda progress: "made", results.append, unexpected)
    while not lane._arriving or lane._running is not None:
        threading.Event().wait(0.001)
    # Nothing runs and nothing waits, and no event was handled since.
    assert (results, lane.busy) == ([], True)
    wait_until(lambda: results)
    assert not lane.busy


@pytest.mark.parametrize(("seconds", "expected"), [(0, [0.25, 0.5, 0.75, 1.0]), (1000, [0.25])])
def test_progress_is_told_while_it_grows_but_not_all_of_it(
    make: Make, monkeypatch: pytest.MonkeyPatch, seconds: float, expected: list[float]
) -> None:
    monkeypatch.setattr(worker, "REPORTED", seconds)
    lane, fractions, results = make(), [], []
    lane.progressed.connect(fractions.append)
    lane.submit(lambda progress: [progress(part / 4) for part in range(5)], results.append, unexpected)
    wait_until(lambda: results)
    assert fractions == expected


def test_cancelled_work_says_so(make: Make) -> None:
    lane, started, errors = make(), threading.Event(), []
    progress = lane.submit(until_cancelled(started), unexpected, errors.append)
    assert started.wait(60)
    progress.cancel()
    wait_until(lambda: errors)
    assert [type(error) for error in errors] == [Cancelled]


def test_the_newest_wins(make: Make) -> None:
    lane, started, results = make(newest_wins=True), threading.Event(), []
    lane.submit(until_cancelled(started), unexpected, unexpected)
    assert started.wait(60)
    for number in range(5):
        lane.submit(lambda progress, number=number: number, results.append, unexpected)
    wait_until(lambda: 4 in results)
    wait_until(lambda: not lane.busy)
    assert results[-1] == 4


def test_a_finished_result_is_dropped_when_newer_work_has_come(make: Make) -> None:
    lane, results, go_on = make(newest_wins=True), [], threading.Event()

    def work(progress: Progress) -> str:
        go_on.wait(60)
        return "old"  # without having looked whether it was cancelled

    lane.submit(work, unexpected, unexpected)
    lane.submit(lambda progress: "new", results.append, unexpected)
    go_on.set()
    wait_until(lambda: results)
    assert results == ["new"]


@pytest.mark.parametrize("cancel", [False, True])
def test_a_result_on_its_way_is_dropped_when_it_is_not_wanted_any_more(make: Make, cancel: bool) -> None:
    lane, results = make(newest_wins=True), []
    lane.submit(lambda progress: "old", unexpected, unexpected)
    while not lane._arriving:  # no event is processed, so that it stays on its way
        pass
    lane.cancel() if cancel else lane.submit(lambda progress: "new", results.append, unexpected)
    wait_until(lambda: not lane.busy)
    assert results == ([] if cancel else ["new"])


def test_a_result_on_its_way_is_dropped_when_the_lane_is_closed(make: Make) -> None:
    lane = make()
    lane.submit(lambda progress: "old", unexpected, unexpected)
    while not lane._arriving:  # no event is processed, so that it stays on its way
        pass
    lane.close()
    lane.submit(lambda progress: "new", unexpected, unexpected)
    wait_until(lambda: not lane.busy)


def test_closing_stops_what_runs_and_forgets_what_waits(make: Make) -> None:
    lane, started = make(), threading.Event()
    lane.submit(until_cancelled(started), unexpected, unexpected)
    lane.submit(lambda progress: 1, unexpected, unexpected)
    assert started.wait(60)
    lane.close()
    QApplication.processEvents()


def test_a_waiting_thread_holds_on_to_nothing(make: Make) -> None:
    class Image:
        pass

    lane, image, results = make(), Image(), []
    gone = weakref.ref(image)

    def work(progress: Progress, image: Image = image) -> None:
        assert image is not None

    lane.submit(work, results.append, unexpected)
    del work, image
    wait_until(lambda: results)
    wait_until(lambda: gone() is None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts niceness by thread")
def test_a_worker_stands_back_behind_the_interface(make: Make) -> None:
    found: list[int] = []
    make().submit(lambda progress: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), found.append, unexpected)
    wait_until(lambda: bool(found))
    assert found == [min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)]
