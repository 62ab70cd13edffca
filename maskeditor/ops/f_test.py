"""F test: where the volumes of several conditions differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import scipy

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import SCIKIT_LEARN, Citation, Python, joined, quoted
from maskeditor.core.operation.conditions import ConditionsOperation, labels_of_events, p_result, upper_parameter
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.engine.arrays import Array
from maskeditor.engine.over_time import Moments


@operation(
    "f_test",
    title="F test",
    group="Images",
    synonyms=("ANOVA", "analysis of variance", "f_classif", "feature selection", "statistical map"),
)
class FTest(ConditionsOperation):
    """Make the F values of each voxel, or their p, from the volumes of several conditions (analysis of variance).

    Equal to `sklearn.feature_selection.f_classif`. Where no value can be had, as nothing varies, F and -log10 p are 0
    and p is 1.
    """

    among: tuple[str, ...] = parameter(
        (),
        title="Among",
        description="The conditions that are compared; without any, all that the table has.",
        role=Role.SEVERAL_CONDITIONS,
    )
    result: Literal["f", "p", "minus_log10_p"] = parameter(
        "f", title="Result", description="f is the F value; minus_log10_p is -log10 of p."
    )
    upper: float | None = upper_parameter("f")

    def compared(self) -> tuple[str, ...]:
        """Return the conditions that were chosen; all of the table where none was."""
        return self.among or super().compared()

    def groups(self, frames: int) -> list[list[int]]:
        """Return the volumes of each condition; there must be two, and more volumes than conditions."""
        names = tuple(dict.fromkeys(self.among)) or tuple(sorted(set(self.labels(frames)) - {""}))
        groups = self.chosen(frames, names)
        if len(groups) < 2:
            raise OperationError(f"An F test wants two conditions at least, but there is {len(groups)}; choose more.")
        if sum(map(len, groups)) <= len(groups):
            raise OperationError("An F test wants more volumes than conditions; give more.")
        return groups

    def tested(self, groups: list[Moments]) -> Array:
        """Compare how much the means vary with how much the volumes vary about them."""
        return f_result(*f_values(groups), self.result, self.upper)

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        among = f" among {joined(self.among)}" if self.among else ""
        return f"F test{among} ({self.result_words})"

    def python(self) -> Python:
        """Return the F values, by the means and squares of all."""
        names = "sorted(set().union(*labels))"
        if self.among:
            names = f"[{', '.join(quoted(name) for name in dict.fromkeys(self.among))}]"
        return Python(
            (
                *self.python_labels,
                f"names = {names}",
                "groups = [[frame for frame, own in enumerate(labels) if own == {name}] for name in names]",
                f"series = series_of({self.python_source})",
                "tested = f_values(moments(series, group) for group in groups)",
                self.python_made(f"f_result(*tested, {self.python_result})"),
            ),
            helpers=(labels_of_events, f_values, f_result),
            imports=("from bisect import bisect_left", "import scipy.special"),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        names = f"the conditions {joined(self.among)}" if self.among else "all conditions"
        return (
            f"Volumes of {self.methods_source} under {names} were compared by a one-way analysis of variance, voxel by "
            f"voxel ({self.methods_result}), which made the {self.name}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return scikit-learn's paper."""
        return (SCIKIT_LEARN,)


def f_values(groups: Iterable[tuple[int, Array, Array]]) -> tuple[Array, int, int]:
    """Return F and its degrees of freedom, from number, mean and sum of squared deviations of each group."""
    count, number_of_groups = 0, 0
    mean: Array = np.zeros(())
    between: Array = np.zeros(())
    within: Array = np.zeros(())
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for size, own_mean, squares in groups:
            # The squares between groups grow by how far the mean of the next lies from that of all before.
            apart = own_mean - mean
            between = between + apart**2 * (count * size / (count + size))
            mean = mean + apart * (size / (count + size))
            within = within + squares
            count, number_of_groups = count + size, number_of_groups + 1
        degrees = number_of_groups - 1, count - number_of_groups
        return (between / degrees[0]) / (within / degrees[1]), *degrees


def f_result(f: Array, between: int, within: int, result: str, upper: float | None) -> Array:
    """Return F, p or -log10 p; where there is none, 0, 1 or 0, and F infinite where means differ and nothing varies."""
    if result == "f":
        made = np.where(np.isnan(f), 0.0, f)
        return np.asfortranarray(made if upper is None else np.minimum(made, upper))
    return p_result(scipy.special.fdtrc(between, within, f), result, upper)
