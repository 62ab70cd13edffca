"""Tasks shared among processes of this computer, or of a cluster; results come as they are done."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any

from maskeditor.core.errors import FileError
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.parallel import share_processors
from maskeditor.engine.progress import Progress
from maskeditor.io.provenance import sidecar_path
from maskeditor.io.replacing import remove_left
from maskeditor.model.cohort.tasks import Outcome, Task

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

Work = Callable[[Task, Progress | None], Outcome]
#: Tasks that wait in each process beside the one that it works on, so that it never waits itself.
_AHEAD = 2
#: Tasks on a cluster at a time for each of its threads: few enough for its scheduler, many enough for one message.
_AHEAD_THERE = 64
#: How often a task is tried whose worker was lost.
_TRIES = 3
_LOST = (
    "The process that worked on it ended before its time, as happens where memory runs out; give fewer --jobs, or look "
    "at this image by itself."
)

# Set in each process: not 0 where the batch should stop. It has no lock, which a process that is killed could keep.
_stop: list[Any] = []
# Held in each process while it works on a task.
_at_work = threading.Lock()


def _begin(stop: Any, processes: int) -> None:
    """Make a process ready: Ctrl+C is for the one that shares the work out, which asks this one to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    share_processors(processes)
    # At its end, Python looks for garbage in all that was imported, three times: as long as some images take.
    atexit.register(gc.freeze)
    _stop[:] = [stop]
    if (parent := parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """End this process when the one that shares the work out is killed: it would wait for work for ever."""
    parent.join()
    _stop[0].value = 1
    with _at_work:
        os._exit(1)


def _asked(work: Work, task: Task) -> Outcome | None:
    def heed(_fraction: float) -> None:
        if _stop[0].value:
            raise Cancelled

    with _at_work:
        if _stop[0].value:
            return None
        try:
            return work(task, Progress(heed))
        except Cancelled:
            return None


def in_processes(tasks: Iterable[Task], jobs: int, work: Work) -> Iterator[Outcome]:
    """Yield what comes of tasks that some processes share; a task whose process is lost is tried again by itself.

    When this is closed, or anything is raised, the processes stop as soon as what they work on allows; masks are whole
    or not there.
    """
    left = iter(tasks)
    suspects: list[Task] = []
    yield from _shared(left, jobs, jobs * _AHEAD, work, suspects)
    while suspects:
        for task in suspects:
            remove_left([task.output, sidecar_path(task.output)])
        # Which of those that were going on has ended its process is seen only where each is alone.
        alone, lost = iter(suspects), list[Task]()
        yield from _shared(alone, 1, 1, work, lost)
        for task in lost:
            remove_left([task.output, sidecar_path(task.output)])
            yield Outcome.failed(task, _LOST)
        suspects = list(alone)
        if not suspects:
            yield from _shared(left, jobs, jobs * _AHEAD, work, suspects)


def _shared(tasks: Iterator[Task], jobs: int, most: int, work: Work, lost: list[Task]) -> Iterator[Outcome]:
    context = get_context("spawn")
    stop = context.RawValue("b", 0)
    with _interrupts(stop):
        yield from _done_by(ProcessPoolExecutor(jobs, context, _begin, (stop, jobs)), stop, tasks, most, work, lost)


def _done_by(
    pool: ProcessPoolExecutor, stop: Any, tasks: Iterator[Task], most: int, work: Work, lost: list[Task]
) -> Iterator[Outcome]:
    running: dict[Future[Outcome | None], Task] = {}
    try:
        while not stop.value:
            try:
                for task in islice(tasks, most - len(running)):
                    # Known to be running before the pool can refuse it, so that it is not forgotten.
                    waiting: Future[Outcome | None] = Future()
                    running[waiting] = task
                    with _deaf_children():
                        running[pool.submit(_asked, work, task)] = running.pop(waiting)
            except BrokenProcessPool:
                lost += running.values()
                return
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            broken = False
            for future in done:
                task = running.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    lost.append(task)
                    broken = True
                    continue
                if outcome is not None:
                    yield outcome
            if broken:
                lost += running.values()
                return
    finally:
        stop.value = 1
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts(stop: Any) -> Iterator[None]:
    """Have Ctrl+C ask the processes to stop, and be raised when they have: anywhere in between, it would do harm."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[bool] = []

    def hear(_number: int, _frame: object) -> None:
        heard.append(True)
        stop.value = 1

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if heard:
            raise KeyboardInterrupt


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Have processes that start meanwhile never hear Ctrl+C, not even while they import; this one hears it later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def here(tasks: Iterable[Task], work: Work) -> Iterator[Outcome]:
    """Yield what comes of tasks, one after the other in this process."""
    for task in tasks:
        yield work(task, None)


def on_cluster(tasks: Iterable[Task], address: str, work: Work) -> Iterator[Outcome]:
    """Yield what comes of tasks that the workers of a Dask cluster share; those of a lost worker go to others.

    Parameters
    ----------
    tasks : iterable of Task
    address : str
        Of its scheduler, such as tcp://10.0.0.1:8786, or the path of its scheduler file.
    work : callable

    Raises
    ------
    FileError
        If distributed is not installed, or there is no scheduler.
    """
    try:
        from distributed import Client, as_completed
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise FileError(
            "--scheduler needs the package distributed, which is not installed; run: pip install 'maskeditor[cluster]'."
        ) from None
    by_file = address.endswith(".json")
    try:
        client = Client(**({"scheduler_file": address} if by_file else {"address": address}), timeout=30)
    except (OSError, TimeoutError, ValueError) as error:
        raise FileError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}); start one with dask scheduler, or check "
            "the address."
        ) from None
    with _quiet("distributed", "tornado"), client:
        left: Iterator[Task] = iter(tasks)
        known: dict[str, Task] = {}

        def sent(count: int) -> list[Any]:
            some = list(islice(left, count))
            # One message for all of them.
            futures = client.map(work, some, [None] * len(some), pure=False, retries=_TRIES) if some else []
            known.update((future.key, task) for future, task in zip(futures, some, strict=True))
            return futures

        room = max(1, sum(client.nthreads().values())) * _AHEAD_THERE
        waiting = as_completed(sent(room))
        tried: Counter[str] = Counter()
        while known:
            future = next(waiting)
            task = known.pop(future.key)
            try:
                outcome = future.result()
                future.release()
            except KilledWorker:
                outcome = Outcome.failed(task, _LOST)
            except (FutureCancelledError, OSError):
                # The result may have gone with its worker; without a scheduler all of them have.
                tried[task.key] += 1
                if client.status != "running" or tried[task.key] > _TRIES:
                    raise FileError(
                        f"The scheduler at {address} went away; start it and run the same again, which goes on from "
                        "here."
                    ) from None
                left = chain([task], left)
                outcome = None
            if len(known) <= room // 2:
                waiting.update(sent(room - len(known)))
            if outcome is not None:
                # A worker may have been lost while it saved this, before another did it.
                remove_left([task.output, sidecar_path(task.output)])
                yield outcome


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Keep what some libraries log to themselves: what it means for the batch is raised."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
