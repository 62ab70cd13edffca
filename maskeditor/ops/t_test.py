"""t test: where the volumes of two conditions differ."""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import SCIPY, Citation, Python, quoted
from maskeditor.core.operation.conditions import ConditionsOperation, labels_of_events, p_result, upper_parameter
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.engine.arrays import Array
from maskeditor.engine.over_time import Moments


@operation(
    "t_test",
    title="t test",
    group="Images",
    synonyms=("Student's t", "Welch", "contrast", "activation", "statistical map", "compare conditions"),
)
class TTest(ConditionsOperation):
    """Make the t values of each voxel, or their p, from the volumes of one condition against those of another.

    Equal to `scipy.stats.ttest_ind` (two-sided) in float64. Where no value can be had, as nothing varies, t and
    -log10 p are 0 and p is 1.
    """

    a: str = parameter("", title="Condition", description="The condition looked at.", role=Role.CONDITION)
    b: str = parameter("", title="Against", description="The condition that it is compared with.", role=Role.CONDITION)
    equal_variances: bool = parameter(
        True,
        title="Equal variances",
        description="Take both conditions to vary alike (Student's test); otherwise each by itself (Welch's test).",
    )
    result: Literal["t", "p", "minus_log10_p"] = parameter(
        "t",
        title="Result",
        description="t is above 0 where the first condition is higher; p is two-sided; minus_log10_p is -log10 p.",
    )
    upper: float | None = upper_parameter("t")

    def compared(self) -> tuple[str, ...]:
        """Return both conditions."""
        return (self.a, self.b)

    def groups(self, frames: int) -> list[list[int]]:
        """Return the volumes of both conditions; there must be two of each."""
        groups = self.chosen(frames, (self.a, self.b))
        for name, volumes in zip((self.a, self.b), groups, strict=True):
            if len(volumes) < 2:
                raise OperationError(f"One volume belongs to {name!r}, but a t test wants two at least; give more.")
        if self.a == self.b:
            raise OperationError(f"Both conditions are {self.a!r}; choose two that differ.")
        return groups

    def tested(self, groups: list[Moments]) -> Array:
        """Compare the means of the two, measured by how much both vary."""
        a, b = groups
        return t_result(*t_values(a, b, self.equal_variances), self.result, self.upper)

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        test = "t test" if self.equal_variances else "Welch's t test"
        return f"{test} of {self.a} against {self.b} ({self.result_words})"

    def python(self) -> Python:
        """Return the t values, by the means and squares of both."""
        first, second = (
            f"[frame for frame, names in enumerate(labels) if names == {{{quoted(name)}}}]" for name in (self.a, self.b)
        )
        return Python(
            (
                *self.python_labels,
                f"first = {first}",
                f"second = {second}",
                f"series = series_of({self.python_source})",
                f"tested = t_values(moments(series, first), moments(series, second), {self.equal_variances})",
                self.python_made(f"t_result(*tested, {self.python_result})"),
            ),
            helpers=(labels_of_events, t_values, t_result),
            imports=("from bisect import bisect_left", "import scipy.special"),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        test = "Student's t test" if self.equal_variances else "Welch's t test"
        return (
            f"Volumes of {self.methods_source} under condition {self.a} were compared with those under condition "
            f"{self.b} by {test}, voxel by voxel (two-sided; {self.methods_result}), which made the {self.name}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return scipy's paper."""
        return (SCIPY,)


def t_values(a: tuple[int, Array, Array], b: tuple[int, Array, Array], equal: bool) -> tuple[Array, Array | float]:
    """Return t and its degrees of freedom, from number, mean and sum of squared deviations of two groups."""
    (count_a, mean_a, squares_a), (count_b, mean_b, squares_b) = a, b
    degrees: Array | float = count_a + count_b - 2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if equal:
            variance = (squares_a + squares_b) / degrees * (1 / count_a + 1 / count_b)
        else:
            one, other = squares_a / (count_a - 1) / count_a, squares_b / (count_b - 1) / count_b
            variance = one + other
            degrees = variance**2 / (one**2 / (count_a - 1) + other**2 / (count_b - 1))
        return (mean_a - mean_b) / np.sqrt(variance), degrees


def t_result(t: Array, degrees: Array | float, result: str, upper: float | None) -> Array:
    """Return t, p or -log10 p; where there is none, 0, 1 or 0, and t infinite where means differ and nothing varies."""
    if result == "t":
        made = np.where(np.isnan(t), 0.0, t)
        return made if upper is None else np.clip(made, -upper, upper)
    # (Welch's test has no degrees of freedom where nothing varies; scipy takes 1 there.)
    p = 2 * scipy.special.stdtr(np.nan_to_num(degrees, nan=1.0), -np.abs(t))
    return p_result(p, result, upper)
