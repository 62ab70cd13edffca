"""Signals by what happened meanwhile: the volumes of each condition, and the boxes that a plot draws of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.conditions import Conditions, labels_of
from maskeditor.engine.arrays import Array, Floats
from maskeditor.model.data.signals import Signals

#: How far beyond the quartiles whiskers reach at most, by the distance between these (Tukey 1977).
REACH = 1.5


class Box(NamedTuple):
    """What a box of a plot shows of some values; equal to `matplotlib.cbook.boxplot_stats`.

    Parameters
    ----------
    number : int
        How many values there are.
    low, lower, median, upper, high : float
        The end of the lower whisker, the quartiles, and the end of the upper whisker.
    beyond : tuple of float
        Values beyond the whiskers, ascending.
    """

    number: int
    low: float
    lower: float
    median: float
    upper: float
    high: float
    beyond: tuple[float, ...]

    @classmethod
    def of(cls, values: Array) -> Box:
        """Return the box of one value or more (N,).

        Examples
        --------
        >>> Box.of(np.array([1.0, 2.0, 3.0, 4.0, 20.0]))
        Box(number=5, low=1.0, lower=2.0, median=3.0, upper=4.0, high=4.0, beyond=(20.0,))
        """
        ordered = np.sort(np.asarray(values, np.float64))
        lower, median, upper = (float(value) for value in np.percentile(ordered, (25, 50, 75)))
        reach = REACH * (upper - lower)
        among = ordered[(ordered >= lower - reach) & (ordered <= upper + reach)]
        low, high = (min(float(among[0]), lower), max(float(among[-1]), upper)) if among.size else (lower, upper)
        beyond = ordered[(ordered < low) | (ordered > high)]
        return cls(ordered.size, low, lower, median, upper, high, tuple(beyond.tolist()))


class ByCondition(NamedTuple):
    """Signals by condition.

    Parameters
    ----------
    labels : tuple of str
        The condition of each volume that was kept; "" for none.
    conditions : tuple of str
        Those that have volumes, by the alphabet.
    names : tuple of str
        Of the signals.
    values : dict of (str, str) to (M,) array of float64
        By condition and name.
    """

    labels: tuple[str, ...]
    conditions: tuple[str, ...]
    names: tuple[str, ...]
    values: dict[tuple[str, str], Floats]

    def boxes(self) -> dict[tuple[str, str], Box]:
        """Return the box of each condition and signal."""
        return {key: Box.of(values) for key, values in self.values.items()}


def by_condition(
    signals: Signals, conditions: Conditions, frames: int, delay: float = 0.0, among: Sequence[str] = ()
) -> ByCondition:
    """Return the values of signals in the volumes of each condition.

    Parameters
    ----------
    signals : Signals
    conditions : Conditions
        A label for each volume of the series, or events.
    frames : int
        Volumes of the series, also those that were not kept.
    delay : float
        How many seconds after an event the volumes are taken that belong to it.
    among : sequence of str
        The conditions that are wanted; all for none.

    Raises
    ------
    OperationError
        If the table is not for this series, or no volume that was kept belongs to a condition.
    """
    labels = labels_of(conditions, frames, signals.repetition_time, delay, "the series")
    kept = tuple(labels[volume] for volume in signals.volumes)
    there = sorted(set(kept) - {""})
    for name in among or there[:1] or ("",):
        if name not in there:
            raise OperationError(
                f"No volume that was kept belongs to {repr(name) if name else 'a condition'} "
                f"(conditions: {', '.join(map(repr, there)) or 'none'}); choose others, or keep more volumes."
            )
    wanted = tuple(name for name in there if name in (among or there))
    of_volume = np.array(kept)
    values = {
        (condition, name): np.asarray(signals.values[of_volume == condition, place], np.float64)
        for place, name in enumerate(signals.names)
        for condition in wanted
    }
    return ByCondition(kept, wanted, tuple(signals.names), values)
