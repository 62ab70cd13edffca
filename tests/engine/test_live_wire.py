"""The wire takes the cheapest way, as scikit-image's, and clings to edges that are seen."""

from __future__ import annotations

import numpy as np
import pytest

from maskeditor.engine import live_wire
from maskeditor.engine.live_wire import Wire, cost_of_edges


@pytest.mark.parametrize("zooms", [(1.0, 1.0), (0.7, 2.5)])
def test_ways_cost_what_those_of_scikit_image_cost(zooms: tuple[float, float]) -> None:
    from skimage.graph import MCP_Geometric

    random = np.random.default_rng(3)
    values = random.normal(size=(23, 31)).cumsum(axis=0)
    costs = cost_of_edges(values, zooms, (slice(None), slice(None)))
    wire, start = Wire(values, zooms, (4, 20)), (4, 20)
    wanted = MCP_Geometric(costs, sampling=zooms).find_costs([start])[0]
    for stop in random.integers((0, 0), values.shape, (40, 2)).tolist():
        way = wire.to((stop[0], stop[1]))
        assert tuple(way[0]) == start
        assert way[-1].tolist() == stop
        steps = np.abs(np.diff(way, axis=0))
        assert (steps.max(axis=1) == 1).all() if len(steps) else tuple(stop) == start
        lengths = np.hypot(*(steps * zooms).T)
        there = costs[tuple(way.T)]
        assert np.sum(lengths * (there[1:] + there[:-1]) / 2) == pytest.approx(wanted[tuple(stop)], abs=1e-12)


def test_it_goes_round_a_disc() -> None:
    """Between two places on the rim it keeps to the rim, to the voxel beside it."""
    places = np.indices((60, 60)) - 30
    distance = np.hypot(*places)
    disc = np.where(distance < 20, 400, 100) + np.random.default_rng(0).integers(0, 30, (60, 60))
    way = Wire(disc, (1, 1), (50, 30)).to((30, 50))
    assert np.abs(distance[tuple(way.T)] - 20).max() < 1.5
    assert len(way) > 25  # and does not cut the corner


def test_only_what_it_may_reach_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_wire, "REACH", 5)
    sizes: list[int] = []
    steps_between = live_wire.steps_between
    monkeypatch.setattr(
        live_wire, "steps_between", lambda costs, zooms: (sizes.append(costs.size), steps_between(costs, zooms))[1]
    )
    wire = Wire(np.zeros((512, 512)), (1, 1), (2, 100))
    assert sizes == [8 * 11]
    assert wire.to((300, 101))[-1].tolist() == [7, 101]
    assert wire.to((-4, 90))[-1].tolist() == [0, 95]


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.0])
def test_without_an_edge_it_goes_straight(value: float) -> None:
    way = Wire(np.full((9, 9), value), (1, 1), (4, 1)).to((4, 6))
    assert way.tolist() == [[4, j] for j in range(1, 7)]
