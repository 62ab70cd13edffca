"""Nodes that belong together: each finds the lowest one that it is joined with."""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import Integers


def numbered(roots: Integers) -> tuple[Integers, int]:
    """Number the different roots of nodes, each the lowest of its nodes; return each node's number, and how many.

    Roots and numbers are (nodes,) of int.
    """
    is_root = roots == np.arange(roots.size, dtype=roots.dtype)
    numbers = np.cumsum(is_root, dtype=roots.dtype)
    numbers -= 1
    return numbers.take(roots), int(np.count_nonzero(is_root))


def roots_of(size: int, firsts: list[Integers], seconds: list[Integers]) -> Integers:
    """Return for each node the lowest node that edges connect it with; each edge goes from low to high.

    Each round hooks every root that has a lower neighbour to one such, then makes all roots so far point at those
    that are left; few rounds are needed, and each leaves fewer roots and edges. Edges come in parts, (edges,) of int
    each, which are used up; the result is (nodes,) of int.
    """
    parents: Integers = np.arange(size, dtype=np.int32 if size < 2**31 else np.int64)
    roots: Integers | slice = slice(None)
    while firsts:
        for first, second in zip(firsts, seconds, strict=True):
            parents[second] = first
        _follow(parents, roots)
        roots = np.flatnonzero(parents == np.arange(size, dtype=parents.dtype))
        left: tuple[list[Integers], list[Integers]] = ([], [])
        while firsts:
            first, second = parents.take(firsts.pop(), mode="clip"), parents.take(seconds.pop(), mode="clip")
            apart = np.flatnonzero(first != second)
            if apart.size:
                first, second = first.take(apart), second.take(apart)
                left[0].append(np.minimum(first, second))
                left[1].append(np.maximum(first, second))
        firsts, seconds = left
    _follow(parents, slice(None))
    return parents


def _follow(parents: Integers, nodes: Integers | slice) -> None:
    """Make some nodes point at their roots; each step leads twice as far as the one before."""
    above = parents[nodes].copy()
    while True:
        further = parents.take(above, mode="clip")
        if np.array_equal(further, above):
            return
        parents[nodes] = above = further


class Joined:
    """Numbers for nodes in a row, of which a few are joined with others.

    Parameters
    ----------
    size : int
        How many nodes there are.
    firsts, seconds : lists of arrays of int
        Nodes that belong together; the first of two is the lower. Used up, as they may be many.

    Examples
    --------
    >>> joined = Joined(6, [np.array([0, 2])], [np.array([3, 3])])
    >>> joined.count, joined.numbers(np.arange(6)).tolist()
    (4, [0, 1, 0, 0, 2, 3])
    >>> joined.numbers_between(3, 6).tolist()
    [0, 2, 3]
    """

    def __init__(self, size: int, firsts: list[Integers], seconds: list[Integers]) -> None:
        none = np.zeros(0, np.int32)
        first, second = np.concatenate([none, *firsts]), np.concatenate([none, *seconds])
        firsts.clear()
        seconds.clear()
        nodes: Integers = np.union1d(first, second)
        # The lowest come last, where the last counts: what many are joined with is then found at once.
        order = np.argsort(-first, kind="stable").astype(np.int32)
        edges = [[np.searchsorted(nodes, one[order]).astype(np.int32)] for one in (first, second)]
        del first, second, order
        roots = roots_of(nodes.size, *edges)
        moved = roots != np.arange(nodes.size)
        #: Nodes that are numbered as the lowest one that they are joined with, and those numbers.
        self._moved = nodes[moved]
        self._numbers = self._own(nodes[roots[moved]])
        self.count = size - self._moved.size

    def numbers(self, nodes: Integers) -> Integers:
        """Return the number of each of some nodes, both (nodes,) of int, in the order of the lowest nodes joined."""
        numbers = self._own(nodes)
        if self._moved.size:
            places = np.minimum(np.searchsorted(self._moved, nodes), self._moved.size - 1)
            moved = self._moved[places] == nodes
            numbers[moved] = self._numbers[places[moved]]
        return numbers

    def numbers_between(self, first: int, stop: int) -> Integers:
        """Return the numbers, (nodes,) of int, of all nodes from one up to before another, quicker."""
        before, upto = np.searchsorted(self._moved, (first, stop)).tolist()
        here = self._moved[before:upto] - first
        moved = np.zeros(stop - first, self._moved.dtype)
        moved[here] = 1
        numbers: Integers = np.arange(first - before, stop - before, dtype=self._moved.dtype)
        numbers -= np.cumsum(moved, dtype=moved.dtype)
        numbers[here] = self._numbers[before:upto]
        return numbers

    def _own(self, nodes: Integers) -> Integers:
        """Return the numbers of nodes that are the lowest of theirs."""
        return nodes - np.searchsorted(self._moved, nodes).astype(nodes.dtype)
