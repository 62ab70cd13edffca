"""Which parameters of a declaration lie on a histogram, and where: read from their roles, for any operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from maskeditor.core.operation.parameters import RANGES, Parameter, Role

if TYPE_CHECKING:
    from maskeditor.model.histogram import Histogram
    from maskeditor.model.intensity_range import Bounds

#: Of a share that is dragged, the smallest part of the whole that counts.
FINEST_SHARE = 1000


class Ends(NamedTuple):
    """The two parameters that a range on a histogram stands for: two intensities, or two shares of the voxels."""

    lower: Parameter
    upper: Parameter

    @property
    def are_shares(self) -> bool:
        """Whether they are fractions of the voxels, counted from the darkest, and not intensities."""
        return self.lower.role is Role.LOWEST_SHARE

    def on_axis(self, values: Mapping[str, Any], histogram: Histogram | None) -> Bounds | None:
        """Return the intensities that lie at both ends; None for an end that bounds nothing.

        Without a histogram there are no shares of its voxels, and so no range of them.
        """
        low, high = values[self.lower.name], values[self.upper.name]
        if not self.are_shares:
            return low, high
        if histogram is None:
            return None
        low, high = low / self._whole, high / self._whole
        return (histogram.at_share(low) if low > 0 else None, histogram.at_share(high) if high < 1 else None)

    def at(self, bounds: Bounds, histogram: Histogram) -> dict[str, Any]:
        """Return the values of both parameters, by name, for a range of intensities."""
        low, high = bounds
        if self.are_shares:
            low = 0.0 if low is None else self._share(histogram.share_up_to(low, included=False))
            high = self._whole if high is None else self._share(histogram.share_up_to(high))
        return {self.lower.name: low, self.upper.name: high}

    def shares(self, values: Mapping[str, Any]) -> tuple[float, float] | None:
        """Return the shares of the voxels at both ends, from 0 to 1; None where the ends are intensities."""
        if not self.are_shares:
            return None
        return values[self.lower.name] / self._whole, values[self.upper.name] / self._whole

    def at_shares(self, shares: tuple[float, float]) -> dict[str, Any]:
        """Return the values of both parameters, by name, for shares of the voxels from 0 to 1."""
        return {end.name: self._share(share) for end, share in zip(self, shares, strict=True)}

    @property
    def _whole(self) -> float:
        assert self.upper.maximum is not None
        return self.upper.maximum

    def _share(self, share: float) -> float:
        return round(share * FINEST_SHARE) * self._whole / FINEST_SHARE


def ends_of_range(parameters: Iterable[Parameter]) -> Ends | None:
    """Return the parameters that are the ends of a range on a histogram, if there are any."""
    by_role = {parameter.role: parameter for parameter in parameters}
    for lower, upper in RANGES:
        if lower in by_role and upper in by_role:
            return Ends(by_role[lower], by_role[upper])
    return None


def of_role(role: Role, parameters: Iterable[Parameter]) -> Parameter | None:
    """Return the parameter of a role, if there is one."""
    return next((parameter for parameter in parameters if parameter.role is role), None)
