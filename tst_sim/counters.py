"""The plan of kitchen counters, shared by the drawn shape, its doors and the objects on it."""

from __future__ import annotations

from typing import NamedTuple

from tst_sim.assets import Asset
from tst_sim.proportions import Rectangle

COUNTER_RUN_DEPTH_M = 0.61
"""Depth of one run of a kitchen counter (24 inches), as in AI2-THOR's `Countertop_*`."""


class CounterRun(NamedTuple):
    """One straight stretch of a CounterTop."""

    rectangle: Rectangle
    front: str
    """Where its doors are: `+z`, `+x` or `-x`."""


def counter_runs(asset: Asset) -> tuple[CounterRun, ...]:
    """A CounterTop's runs, by the letter in its asset id.

    I and Island are the whole box; L has a run along -z and one along +x; C has runs along -z, -x
    and +x. Where the box is too small for that, the whole box.
    """
    x, z = asset.size_m[0] / 2, asset.size_m[2] / 2
    deep = COUNTER_RUN_DEPTH_M
    shape = asset.asset_id.split("_")[1] if asset.asset_id.startswith("Countertop_") else "I"
    if shape not in ("L", "C") or 2 * z < deep + 0.1 or 2 * x < (2 if shape == "C" else 1) * deep + 0.1:
        return (CounterRun((-x, -z, x, z), "+z"),)
    runs = [CounterRun((-x, -z, x, -z + deep), "+z"), CounterRun((x - deep, -z + deep, x, z), "-x")]
    if shape == "C":
        runs.append(CounterRun((-x, -z + deep, -x + deep, z), "+x"))
    return tuple(runs)


def counter_footprint(asset: Asset) -> tuple[Rectangle, ...]:
    """The rectangles that a CounterTop's runs cover; they touch, and do not overlap."""
    return tuple(run.rectangle for run in counter_runs(asset))


def counter_outline(asset: Asset) -> list[tuple[float, float]]:
    """Corners (x, z) of a CounterTop's top, about its runs."""
    (x0, z0, x1, inner), *sides = counter_footprint(asset)
    right = next((side for side in sides if side[2] == x1), None)
    left = next((side for side in sides if side[0] == x0), None)
    corners = [(x0, z0), (x1, z0)]
    corners += [(x1, right[3]), (right[0], right[3]), (right[0], inner)] if right else [(x1, inner)]
    corners += [(left[2], inner), (left[2], left[3]), (x0, left[3])] if left else [(x0, inner)]
    return corners
