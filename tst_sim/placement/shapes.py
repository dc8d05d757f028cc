"""The placement geometry of every asset, from its type and its real bounding box."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from tst_sim import proportions
from tst_sim.assets import Asset, asset_table
from tst_sim.counters import counter_footprint
from tst_sim.placement.containers import CONTAINER_SHAPES, walls
from tst_sim.placement.parts import PartsBuilder, PlacementGeometry, Rectangle, inset, scaled

PLACEMENT_VERSION = 2
"""Raised by every change that can move an object in a generated house."""

FAUCET_FOOT_M = 0.03
INSCRIBED = math.sqrt(0.5)
"""Side of the largest square in a circle, over its diameter."""


@cache
def placement_geometry(asset_id: str, supports_m: tuple[float, ...] = ()) -> PlacementGeometry:
    """Collision parts and support surfaces of an asset; a solid box where its type has no shape.

    `supports_m` are heights above its bottom at which things lie in this one, beyond those known of the asset.
    """
    asset = asset_table()[asset_id].with_supports(supports_m)
    builder = PartsBuilder(asset.size_m)
    shape = SHAPES.get(asset.object_type)
    if shape is not None:
        shape(asset, builder)
        inner = inset(builder.footprint, proportions.EXTRA_BOARD_INSET_M)
        for height in proportions.extra_boards_m(asset):
            _board(builder, "inside", inner, height, asset.size_m[1])
    return builder.build()


def _board(builder: PartsBuilder, kind: str, rectangle: Rectangle, height_m: float, under_m: float) -> None:
    """A thin board that carries up to what is above it."""
    builder.box(rectangle, height_m - proportions.BOARD_M, height_m)
    builder.surface(kind, rectangle, height_m, under_m - height_m)


def _table(asset: Asset, builder: PartsBuilder) -> None:
    top = proportions.table_top_m(asset)
    under = top - proportions.table_top_thickness_m(asset)
    if proportions.is_round_top(asset):
        _round_slab(builder, under, top)
        builder.box(scaled(builder.footprint, 0.15), 0.0, under)
        builder.surface("top", scaled(builder.footprint, INSCRIBED), top)
    else:
        builder.box(builder.footprint, under, top)
        _legs(builder, proportions.table_leg_m(asset), under)
        if proportions.has_hutch(asset):
            _hutch(asset, builder)
        else:
            builder.surface("top", builder.footprint, top)
    drawers = proportions.drawer_floors_m(asset)
    for floor in drawers:
        _board(builder, "drawer", proportions.drawer_rectangle(asset), floor, under)
    if proportions.has_lower_shelf(asset):
        shelf, thickness = proportions.shelf_heights_m(asset)[0], proportions.shelf_thickness_m(asset)
        inner = inset(builder.footprint, proportions.table_leg_m(asset))
        builder.box(inner, shelf - thickness, shelf)
        builder.surface("inside", inner, shelf, (drawers[0] - proportions.BOARD_M if drawers else under) - shelf)


def _hutch(asset: Asset, builder: PartsBuilder) -> None:
    """The shelf above a desk: two side panels and boards; the desk top in front of it is free."""
    low_x, low_z, high_x, high_z = builder.footprint
    behind = low_z + proportions.hutch_depth_m(asset)
    thickness = proportions.shelf_thickness_m(asset)
    heights = (proportions.table_top_m(asset), *proportions.shelf_heights_m(asset))
    builder.surface("top", (low_x, behind, high_x, high_z), heights[0])
    for side in ((low_x, low_x + thickness), (high_x - thickness, high_x)):
        builder.box((side[0], low_z, side[1], behind), heights[0], asset.size_m[1])
    _boards(builder, (low_x + thickness, low_z, high_x - thickness, behind), heights, thickness, first_is_drawn=True)


def _boards(
    builder: PartsBuilder, inner: Rectangle, heights: tuple[float, ...], thickness: float, first_is_drawn: bool = False
) -> None:
    """Boards with their upper faces at the heights; each carries up to the board above it."""
    for index, height in enumerate(heights):
        if index or not first_is_drawn:
            builder.box(inner, height - thickness, height)
        last = index == len(heights) - 1
        free = math.inf if last else heights[index + 1] - thickness - height
        builder.surface("top" if last else "inside", inner, height, free)


def _round_slab(builder: PartsBuilder, low_m: float, high_m: float) -> None:
    """A disc as three crossing boxes that touch all four sides of the footprint."""
    half_x, half_z = builder.footprint[2], builder.footprint[3]
    for fraction_x, fraction_z in ((1.0, 0.38), (INSCRIBED, INSCRIBED), (0.38, 1.0)):
        x, z = fraction_x * half_x, fraction_z * half_z
        builder.box((-x, -z, x, z), low_m, high_m)


def _legs(builder: PartsBuilder, side_m: float, high_m: float) -> None:
    low_x, low_z, high_x, high_z = builder.footprint
    for x in (low_x, high_x - side_m):
        for z in (low_z, high_z - side_m):
            builder.box((x, z, x + side_m, z + side_m), 0.0, high_m)


def _side_table(asset: Asset, builder: PartsBuilder) -> None:
    (_drawers if proportions.is_closed_side_table(asset) else _table)(asset, builder)


def _drawers(asset: Asset, builder: PartsBuilder) -> None:
    """A chest: what is in its drawers is out of sight, what is on it is not."""
    height, floors = asset.size_m[1], proportions.drawer_floors_m(asset)
    inner = proportions.drawer_rectangle(asset)
    ceiling = height - proportions.table_top_thickness_m(asset)
    walls(builder, builder.footprint, inner, 0.0, height)
    builder.box(inner, ceiling, height)
    builder.box(inner, 0.0, floors[0])
    builder.surface("top", builder.footprint, height)
    for index, floor in enumerate(floors):
        above = floors[index + 1] - proportions.BOARD_M if index + 1 < len(floors) else ceiling
        if index:
            builder.box(inner, floor - proportions.BOARD_M, floor)
        builder.surface("drawer", inner, floor, above - floor)


def _solid(asset: Asset, builder: PartsBuilder) -> None:
    builder.box(builder.footprint, 0.0, asset.size_m[1])
    builder.surface("top", builder.footprint, asset.size_m[1])


def _counter(asset: Asset, builder: PartsBuilder) -> None:
    for run in counter_footprint(asset):
        builder.box(run, 0.0, asset.size_m[1])
        builder.surface("top", run, asset.size_m[1])


def _chair(asset: Asset, builder: PartsBuilder) -> None:
    low_x, low_z, high_x, high_z = builder.footprint
    seat, behind = proportions.seat_height_m(asset), low_z + proportions.back_depth_m(asset)
    thickness = min(0.06, 0.2 * seat)
    builder.box(builder.footprint, seat - thickness, seat)
    builder.box((low_x, low_z, high_x, behind), seat, asset.size_m[1])
    _legs(builder, proportions.table_leg_m(asset), seat - thickness)
    builder.surface("seat", (low_x, behind, high_x, high_z), seat)


def _upholstered(asset: Asset, builder: PartsBuilder) -> None:
    low_x, low_z, high_x, high_z = builder.footprint
    seat, behind = proportions.seat_height_m(asset), low_z + proportions.back_depth_m(asset)
    arm, arm_top = proportions.arm_width_m(asset), proportions.arm_height_m(asset)
    builder.box(builder.footprint, 0.0, seat)
    builder.box((low_x, low_z, high_x, behind), seat, asset.size_m[1])
    for left, right in ((low_x, low_x + arm), (high_x - arm, high_x)):
        builder.box((left, behind, right, high_z), seat, arm_top)
    builder.surface("seat", (low_x + arm, behind, high_x - arm, high_z), seat)


def _stool(asset: Asset, builder: PartsBuilder) -> None:
    seat = proportions.seat_height_m(asset)
    if asset.object_type == "Stool":
        builder.box(builder.footprint, seat - min(0.06, 0.2 * seat), seat)
        _legs(builder, proportions.table_leg_m(asset), seat - min(0.06, 0.2 * seat))
    round_top = proportions.is_round_top(asset)
    builder.surface("top", scaled(builder.footprint, INSCRIBED) if round_top else builder.footprint, seat)


def _bed(asset: Asset, builder: PartsBuilder) -> None:
    low_x, low_z, high_x, high_z = builder.footprint
    mattress, behind = proportions.mattress_top_m(asset), low_z + proportions.headboard_depth_m(asset)
    height = asset.size_m[1]
    low = proportions.bed_depth_m(asset)
    builder.box(builder.footprint, mattress - low, mattress)
    builder.box((low_x, low_z, high_x, behind), 0.0, height)
    free = math.inf
    for drawer in proportions.bed_drawers_m(asset):
        _board(builder, "drawer", inset(builder.footprint, proportions.BED_DRAWER_INSET_M), drawer, mattress - low)
    if proportions.is_bunk_bed(asset):
        upper = 0.72 * height
        free = upper - 0.2 - mattress
        builder.box(builder.footprint, upper - 0.2, upper)
    builder.surface("seat", (low_x, behind, high_x, high_z), mattress, free)


def _toilet(asset: Asset, builder: PartsBuilder) -> None:
    low_x, low_z, high_x, high_z = builder.footprint
    behind, seat = low_z + proportions.back_depth_m(asset), proportions.seat_height_m(asset)
    builder.box((low_x, low_z, high_x, behind), 0.0, asset.size_m[1])
    builder.box((low_x, behind, high_x, high_z), 0.0, seat)
    builder.surface("top", (low_x, low_z, high_x, behind), asset.size_m[1])


def _shelves(asset: Asset, builder: PartsBuilder) -> None:
    low_x, low_z, high_x, high_z = builder.footprint
    heights, thickness = proportions.shelf_heights_m(asset), proportions.shelf_thickness_m(asset)
    for left, right in ((low_x, low_x + thickness), (high_x - thickness, high_x)):
        builder.box((left, low_z, right, high_z), 0.0, asset.size_m[1])
    _boards(builder, (low_x + thickness, low_z, high_x - thickness, high_z), heights, thickness)


def _faucet(asset: Asset, builder: PartsBuilder) -> None:
    """Solid as far as other things go, but only the foot at its back stands on the sink's rim."""
    low_x, low_z, high_x, _ = builder.footprint
    builder.base = (low_x / 2, low_z, high_x / 2, low_z + FAUCET_FOOT_M)


SHAPES: Mapping[str, Callable[[Asset, PartsBuilder], None]] = MappingProxyType(
    {
        **CONTAINER_SHAPES,
        "ArmChair": _upholstered,
        "Bed": _bed,
        "Cart": _shelves,
        "Chair": _chair,
        "ClothesDryer": _solid,
        "CoffeeTable": _table,
        "CounterTop": _counter,
        "Desk": _table,
        "DiningTable": _table,
        "Dresser": _drawers,
        "Faucet": _faucet,
        "Footstool": _stool,
        "Ottoman": _stool,
        "ShelvingUnit": _shelves,
        "SideTable": _side_table,
        "Sofa": _upholstered,
        "Stool": _stool,
        "TVStand": _shelves,
        "Toilet": _toilet,
        "WashingMachine": _solid,
    }
)
"""Object type -> its shape; every other type is a solid box that carries nothing."""
