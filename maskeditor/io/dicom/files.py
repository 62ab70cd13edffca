"""The files of a folder, and what is asked of many files at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from time import sleep
from typing import TypeVar

from maskeditor.io.streams import reason

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Threads that wait for the disk, files that each takes at a time, and how many such batches are under way. A slow
#: disk (2 ms a file) is read seven times as fast by them; where the system holds the files in memory, they cost nothing
#: only if each takes several files at a time.
_THREADS, _BATCH, _UNDER_WAY = 8, 8, 16
#: Of many files, each one of so many is looked at before all others.
_SAMPLE = 64
#: After so many items, other threads have their turn.
_TURN = 8


def files_below(path: Path, troubles: dict[Path, str] | None = None) -> Iterator[Path]:
    """Yield the files below a folder in the order of their names; links that lead round in a circle end.

    Parameters
    ----------
    path : Path
    troubles : dict of Path to str, optional
        Filled with what was passed over, folders and links, and why: each reason ends a sentence.
    """
    troubles = {} if troubles is None else troubles
    seen: set[tuple[int, int]] = set()
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                around = folder.parent.resolve()
                if folder.is_symlink() and folder.resolve() in (around, *around.parents):
                    troubles[folder] = "its symbolic link leads back to a folder that it lies in"
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            troubles[folder] = reason(error)
            continue
        below = []
        for entry in ordered:
            try:
                if entry.is_dir():
                    below.append(folder / entry.name)
                elif entry.is_file():
                    yield folder / entry.name
                elif entry.is_symlink():
                    (folder / entry.name).stat()  # raises where it leads nowhere; devices and the like are no images
            except FileNotFoundError:
                troubles[folder / entry.name] = "its symbolic link leads to nothing"
            except OSError as error:
                troubles[folder / entry.name] = reason(error)
        folders += reversed(below)


def sampled(items: list[Item]) -> list[tuple[int, Item]]:
    """Return items with their places, some from everywhere first: so all longer series soon show.

    Examples
    --------
    >>> [place for place, _ in sampled(list("abcdefg" * 20))][:5]
    [0, 64, 128, 1, 2]
    """
    numbered = list(enumerate(items))
    return numbered[::_SAMPLE] + [one for one in numbered if one[0] % _SAMPLE]


def giving_way(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, and let other threads have their turn between them now and then.

    Python gives a thread that waits its turn after a millisecond, and takes it back at its next wait: beside one that
    only computes, a window that draws a list of ten thousand has a tenth of a processor.

    Examples
    --------
    >>> list(giving_way("abc"))
    ['a', 'b', 'c']
    """
    for number, item in enumerate(items):
        if number % _TURN == 0:
            sleep(0)
        yield item


def ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield the results of some work that mostly waits for the disk, in order, while threads work on the next items.

    Parameters
    ----------
    work : callable
        Called on any thread.
    items : iterable
        Taken as needed; it may itself be what another `ahead` yields.

    Examples
    --------
    >>> list(ahead(str.upper, "ab"))
    ['A', 'B']
    """
    source = iter(items)
    under_way: deque[Future[list[Result]]] = deque()

    def all_of(batch: list[Item]) -> list[Result]:
        return [work(item) for item in batch]

    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            while batch := list(islice(source, _BATCH)):
                under_way.append(pool.submit(all_of, batch))
                if len(under_way) == _UNDER_WAY:
                    yield from under_way.popleft().result()
            while under_way:
                yield from under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
