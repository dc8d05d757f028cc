"""Placement geometry of hollow things: what is put in lies on an inner floor between walls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tst_sim import proportions
from tst_sim.assets import Asset
from tst_sim.placement.parts import PartsBuilder, Rectangle, scaled

ROUND_TYPES = ("Bowl", "Cup", "GarbageCan", "Mug", "Pan", "Plate", "Pot")
SAFE_WALL_M = 0.03
FRIDGE_WALL_M = 0.05


def walls(builder: PartsBuilder, outer: Rectangle, inner: Rectangle, low_m: float, high_m: float) -> None:
    """Four walls between an outer and an inner rectangle."""
    low_x, low_z, high_x, high_z = outer
    builder.box((low_x, low_z, inner[0], high_z), low_m, high_m)
    builder.box((inner[2], low_z, high_x, high_z), low_m, high_m)
    builder.box((inner[0], low_z, inner[2], inner[1]), low_m, high_m)
    builder.box((inner[0], inner[3], inner[2], high_z), low_m, high_m)


def _vessel(asset: Asset, builder: PartsBuilder) -> None:
    height, floor = asset.size_m[1], proportions.inner_floor_m(asset)
    half_x, half_z = proportions.inner_half_extents_m(asset)
    shift_x, shift_z = proportions.body_offset_m(asset)
    inner = (shift_x - half_x, shift_z - half_z, shift_x + half_x, shift_z + half_z)
    builder.box(builder.footprint, 0.0, floor)
    walls(builder, builder.footprint, inner, floor, height)
    round_floor = asset.object_type in ROUND_TYPES
    builder.surface("inside", scaled(inner, math.sqrt(0.5)) if round_floor else inner, floor)


def _sink(asset: Asset, builder: PartsBuilder) -> None:
    _vessel(asset, builder)
    low_x, low_z, high_x, _ = builder.footprint
    rim = (low_x, low_z, high_x, low_z + proportions.wall_thickness_m(asset))
    builder.surface("rim", rim, asset.size_m[1])


def _cabinet(builder: PartsBuilder, wall_m: float, heights: tuple[float, ...], ceiling_m: float) -> None:
    """A closed body with boards inside; a door is part of it and things may lie behind it."""
    height = builder.size_m[1]
    low_x, low_z, high_x, high_z = builder.footprint
    inner = (low_x + wall_m, low_z + wall_m, high_x - wall_m, high_z - wall_m)
    walls(builder, builder.footprint, inner, 0.0, height)
    builder.box(inner, 0.0, heights[0])
    builder.box(inner, ceiling_m, height)
    for index, board in enumerate(heights):
        above = heights[index + 1] - 0.01 if index + 1 < len(heights) else ceiling_m
        if index:
            builder.box(inner, board - 0.01, board)
        builder.surface("inside", inner, board, above - board)


def _fridge(asset: Asset, builder: PartsBuilder) -> None:
    _cabinet(builder, FRIDGE_WALL_M, proportions.fridge_shelves_m(asset), proportions.fridge_ceiling_m(asset))


def _safe(asset: Asset, builder: PartsBuilder) -> None:
    _cabinet(builder, SAFE_WALL_M, (SAFE_WALL_M,), asset.size_m[1] - SAFE_WALL_M)


CONTAINER_SHAPES: Mapping[str, Callable[[Asset, PartsBuilder], None]] = MappingProxyType(
    {
        "Bowl": _vessel,
        "Box": _vessel,
        "DogBed": _vessel,
        "Fridge": _fridge,
        "GarbageCan": _vessel,
        "LaundryHamper": _vessel,
        "Pan": _vessel,
        "Plate": _vessel,
        "Pot": _vessel,
        "Safe": _safe,
        "Sink": _sink,
    }
)
