"""Where a thing's surfaces are inside its bounding box: one truth for drawn shapes and placement.

Every function maps an asset to metres. Heights are measured upwards from the bottom of the box,
depths along z from the back (-z) or the front (+z) as named. A pillow placed by the placement
geometry therefore lies on the seat that the catalogue draws. Heights at which things are known to lie
(`Asset.supports_m`) come first; for the rest the constants are everyday furniture measures (seat 0.45 m,
desk 0.75 m, counter run 0.61 m), capped so that they fit the asset's box.
"""

from __future__ import annotations

import hashlib

from tst_sim.assets import Asset

DESK_HEIGHT_M = 0.75
DRAWER_STEP_M, FRIDGE_STEP_M, SHELF_STEP_M, STAND_STEP_M = 0.24, 0.24, 0.5, 0.26
"""Between drawers, boards of a fridge, of a shelving unit and of a television stand, where some are measured."""

FRIDGE_ARCH = 0.09
"""How high an arched fridge rises towards its middle, of its width."""
BOARD_M = 0.012
"""Thickness of a drawer's floor."""
BED_DRAWER_INSET_M = EXTRA_BOARD_INSET_M = 0.05

Rectangle = tuple[float, float, float, float]
"""(x low, z low, x high, z high), metres, in the asset's own frame (origin at the box centre)."""

LOWER_HALF = 0.5
"""Of a table's height: what is known to lie below is on an open board, what lies above in a drawer."""
TABLE_TYPES = ("CoffeeTable", "Desk", "DiningTable", "SideTable")
SEAT_TYPES = ("ArmChair", "Chair", "Sofa")
HOLLOW_TYPES = ("Bowl", "Box", "Cup", "DogBed", "GarbageCan", "LaundryHamper", "Mug", "Pan", "Plate", "Pot", "Sink")


def asset_choice(asset: Asset, what: str, count: int) -> int:
    """A number in [0, count) that is always the same for this asset and this question.

    It varies the details of assets of one type: sha256 of the asset id and the question.
    """
    digest = hashlib.sha256(f"{asset.asset_id}/{what}".encode()).digest()
    return int.from_bytes(digest[:4], "little") % count


def _supports_below(asset: Asset, high_m: float) -> tuple[float, ...]:
    """The known supports under a height, lowest first."""
    return tuple(height for height in asset.supports_m if height < high_m - 0.02)


def _filled(known_m: tuple[float, ...], low_m: float, high_m: float, step_m: float) -> tuple[float, ...]:
    """The known heights, and others about `step_m` apart between, below and above them."""
    heights = list(known_m[:1])
    while heights[0] - step_m >= low_m:
        heights.insert(0, heights[0] - step_m)
    for height in known_m[1:]:
        start, count = heights[-1], max(1, round((height - heights[-1]) / step_m))
        heights += [start + (height - start) * (index + 1) / count for index in range(count)]
    while heights[-1] + 1.6 * step_m <= high_m:
        heights.append(heights[-1] + step_m)
    return tuple(heights)


# Seats and beds


def seat_height_m(asset: Asset) -> float:
    """Top of the sitting surface of a Chair, Stool, ArmChair, Sofa, Ottoman, Footstool or Toilet."""
    height = asset.size_m[1]
    if asset.object_type in ("Stool", "Ottoman", "Footstool"):
        return height
    known = _supports_below(asset, 0.85 * height) if asset.object_type in SEAT_TYPES else ()
    if known:
        return known[-1]
    fraction, most = {"Chair": (0.48, 0.48), "Toilet": (0.46, 0.46)}.get(asset.object_type, (0.5, 0.5))
    return min(fraction * height, most)


def back_depth_m(asset: Asset) -> float:
    """Depth, from -z, taken by the back of a Chair, ArmChair or Sofa; by a Toilet's tank."""
    depth = asset.size_m[2]
    fraction, most = {"Chair": (0.12, 0.06), "Toilet": (0.35, 0.3)}.get(asset.object_type, (0.24, 0.24))
    return min(fraction * depth, most)


def arm_width_m(asset: Asset) -> float:
    """Width of each arm rest of an ArmChair or a Sofa, at -x and +x."""
    fraction, most = (0.17, 0.18) if asset.object_type == "ArmChair" else (0.1, 0.22)
    return min(fraction * asset.size_m[0], most)


def arm_height_m(asset: Asset) -> float:
    """Top of the arm rests of an ArmChair or a Sofa."""
    return min(seat_height_m(asset) + 0.17, 0.8 * asset.size_m[1])


def mattress_top_m(asset: Asset) -> float:
    """Top of a Bed's mattress (the lower one of a bunk bed); flat, the whole length but the headboard."""
    height = asset.size_m[1]
    known = _supports_below(asset, height)
    if known and known[-1] > 0.3 * height:
        return known[-1]
    if height < 0.45:
        return 0.8 * height
    return min(0.62, max(0.36, 0.7 * height))


def bed_drawers_m(asset: Asset) -> tuple[float, ...]:
    """Floor of the drawer under a day bed's mattress; empty where there is none."""
    return _supports_below(asset, 0.6 * mattress_top_m(asset))[:1] if asset.object_type == "Bed" else ()


def bed_depth_m(asset: Asset) -> float:
    """From the top of a Bed's mattress down to where it is open below: to the floor, but where a drawer is there."""
    return 0.2 if bed_drawers_m(asset) else mattress_top_m(asset)


def headboard_depth_m(asset: Asset) -> float:
    """Depth, from -z, taken by the headboard of a Bed."""
    return min(0.06, 0.03 * asset.size_m[2])


def is_bunk_bed(asset: Asset) -> bool:
    """Whether a Bed is so tall and narrow that it carries a second bed above the first."""
    return asset.size_m[1] > 1.5 and asset.size_m[0] < 1.3


# Tables, desks and counters


def table_top_m(asset: Asset) -> float:
    """Height of the working surface of a table, desk, counter, dresser or stand.

    The top of the box, except for a desk that carries a hutch (a shelf above the desk).
    """
    height = asset.size_m[1]
    if not has_hutch(asset):
        return height
    known = [support for support in asset.supports_m if 0.65 <= support <= min(0.95, 0.75 * height)]
    return min(known, key=lambda support: abs(support - DESK_HEIGHT_M), default=min(0.76, 0.6 * height))


def has_hutch(asset: Asset) -> bool:
    """Whether a Desk's box is so tall that its upper part is a shelf above the desk."""
    return asset.object_type == "Desk" and asset.size_m[1] > 1.0


def hutch_depth_m(asset: Asset) -> float:
    """Depth, from -z, of the shelf above a desk."""
    return min(0.3, 0.45 * asset.size_m[2])


def table_top_thickness_m(asset: Asset) -> float:
    """Thickness of the top board of a table, desk, counter, dresser or stand."""
    return min(0.04, 0.08 * asset.size_m[1])


def is_round_top(asset: Asset) -> bool:
    """Whether a table or stool has a round (elliptic) top that touches all four sides of its box."""
    width, _, depth = asset.size_m
    if max(width, depth) > 1.06 * min(width, depth):
        return False
    if asset.object_type == "Stool":
        return asset_choice(asset, "round", 3) > 0
    return asset.object_type in ("CoffeeTable", "DiningTable", "SideTable") and asset_choice(asset, "round", 3) > 0


def table_leg_m(asset: Asset) -> float:
    """Side length of a table's, chair's or stool's leg; legs stand in the corners of the top."""
    width, _, depth = asset.size_m
    most = 0.04 if asset.object_type in ("Chair", "Stool") else 0.07
    return min(most, 0.1 * min(width, depth))


# Storage


def shelf_heights_m(asset: Asset) -> tuple[float, ...]:
    """Upper faces of the open boards of a ShelvingUnit, TVStand, Cart, table or hutch desk, lowest first.

    The last one is the top of the box (of the desk's hutch, where it is one). Closed furniture and
    plain tables have the top alone.
    """
    height, kind = asset.size_m[1], asset.object_type
    known = _supports_below(asset, height)
    if kind in ("ShelvingUnit", "TVStand", "Cart"):
        step = {"ShelvingUnit": SHELF_STEP_M}.get(kind, STAND_STEP_M)
        return (*_filled(known, 0.02, height - 0.15, step), height) if known else _usual_shelves_m(asset)
    if has_hutch(asset):
        top = table_top_m(asset)
        above = tuple(support for support in known if support > top + 0.05)
        gap = height - top
        if not above and gap > 0.6:
            above = (top + gap / 2,)
        return (*above, height)
    if kind in TABLE_TYPES and has_lower_shelf(asset):
        low = [support for support in known if support < LOWER_HALF * height]
        return (low[-1] if low else 0.22 * height, height)
    return (height,)


def _usual_shelves_m(asset: Asset) -> tuple[float, ...]:
    height = asset.size_m[1]
    if asset.object_type == "ShelvingUnit":
        return _even_shelves(0.07 * min(height, 1.0), height, max(2, round(height / 0.36)))
    if asset.object_type == "TVStand":
        return _even_shelves(0.1 * height, height, 2 if height > 0.5 else 1)
    return _even_shelves(0.15 * height, 0.85 * height, 2)


def drawer_floors_m(asset: Asset) -> tuple[float, ...]:
    """What things in drawers lie on, lowest first: of a Dresser and a night stand, and under a table's top.

    Empty where there are no drawers; things that lie in them are behind their fronts.
    """
    height, top = asset.size_m[1], table_top_m(asset)
    known = _supports_below(asset, top)
    if asset.object_type == "Dresser" or is_closed_side_table(asset):
        low, rows = 0.09 * height, max(1, round(0.91 * height / DRAWER_STEP_M))
        usual = tuple(low + (height - low) * row / rows for row in range(rows))
        return _filled(known, 0.05, height, DRAWER_STEP_M) if known else usual
    if asset.object_type in TABLE_TYPES:
        return tuple(support for support in known if support >= LOWER_HALF * top)[-1:]
    return ()


def drawer_rectangle(asset: Asset) -> Rectangle:
    """What a drawer's floor covers: of a chest between its sides, of a table between its legs."""
    x, z = asset.size_m[0] / 2, asset.size_m[2] / 2
    if asset.object_type == "Dresser" or is_closed_side_table(asset):
        return (-x + 0.02, -z + 0.02, x - 0.02, z - 0.035)
    leg = table_leg_m(asset) + 0.01
    return (-x + leg, -z + leg, x - leg, z - leg)


def extra_boards_m(asset: Asset) -> tuple[float, ...]:
    """Known supports that are no seat, mattress, drawer or board of the asset's type: plain boards carry there."""
    height, kind = asset.size_m[1], asset.object_type
    served = [height, inner_floor_m(asset)] if kind in HOLLOW_TYPES else [height]
    served += [seat_height_m(asset)] if kind in SEAT_TYPES else []
    served += [mattress_top_m(asset), *bed_drawers_m(asset)] if kind == "Bed" else []
    served += fridge_shelves_m(asset) if kind == "Fridge" else []
    served += [*shelf_heights_m(asset), table_top_m(asset), *drawer_floors_m(asset)]
    known = _supports_below(asset, height)
    return tuple(support for support in known if min(abs(support - other) for other in served) > 0.012)


def _even_shelves(lowest: float, highest: float, gaps: int) -> tuple[float, ...]:
    return tuple(lowest + (highest - lowest) * index / gaps for index in range(gaps + 1))


def shelf_thickness_m(asset: Asset) -> float:
    """Thickness of the boards and side panels of open furniture."""
    return min(0.025, 0.05 * min(asset.size_m))


def has_lower_shelf(asset: Asset) -> bool:
    """Whether a table has an open board between its legs: where one is known, and in half the side tables."""
    if is_closed_side_table(asset) or is_round_top(asset):
        return False
    known = asset.object_type in TABLE_TYPES and _supports_below(asset, LOWER_HALF * table_top_m(asset))
    usual = asset.object_type == "SideTable" and not asset.supports_m
    return bool(known) or (usual and asset_choice(asset, "lower shelf", 2) == 0)


def is_closed_side_table(asset: Asset) -> bool:
    """Whether a SideTable is a chest with drawers (a night stand) rather than a top on legs."""
    return asset.object_type == "SideTable" and not is_round_top(asset) and asset_choice(asset, "chest", 3) == 0


def fridge_shelves_m(asset: Asset) -> tuple[float, ...]:
    """Upper faces of the boards of a Fridge, lowest first: those behind its upper door."""
    height = asset.size_m[1]
    low = 0.34 * height
    known = _supports_below(asset, height - 0.1)
    return _filled(known or (low,), low, fridge_ceiling_m(asset), FRIDGE_STEP_M)


def fridge_ceiling_m(asset: Asset) -> float:
    """Underside of a Fridge's top."""
    return asset.size_m[1] - 0.05 - (FRIDGE_ARCH * asset.size_m[0] if is_arched_fridge(asset) else 0.0)


def is_arched_fridge(asset: Asset) -> bool:
    """Whether a Fridge's head is an arc."""
    return asset_choice(asset, "head", 3) == 0


def fridge_split_m(asset: Asset) -> float:
    """Height of the gap between a Fridge's lower door (freezer) and its upper one (things are kept there)."""
    return 0.99 * fridge_shelves_m(asset)[0]


# Hollow things


def wall_thickness_m(asset: Asset) -> float:
    """Thickness of the wall of a hollow thing (`HOLLOW_TYPES`), the same all around."""
    width, _, depth = asset.size_m
    if asset.object_type == "Sink":
        return min(0.05, 0.1 * min(width, depth))
    if asset.object_type == "DogBed":
        return 0.16 * min(width, depth)
    thin = {"Box": 0.006, "GarbageCan": 0.012, "LaundryHamper": 0.015, "Mug": 0.006, "Cup": 0.004}
    return min(thin.get(asset.object_type, 0.005), 0.08 * min(width, depth))


def inner_floor_m(asset: Asset) -> float:
    """Height of the inner floor of a hollow thing (`HOLLOW_TYPES`): what is put in lies there."""
    height = asset.size_m[1]
    known = _supports_below(asset, height)
    if known and asset.object_type in ("GarbageCan", "Sink"):
        return known[0]
    if asset.object_type == "Sink":
        return max(height - (0.08 if height > 0.4 else 0.17), 0.15 * height)
    if asset.object_type == "DogBed":
        return 0.45 * height
    if asset.object_type == "Plate":
        return 0.4 * height
    return min(2 * wall_thickness_m(asset), 0.15 * height)


def inner_half_extents_m(asset: Asset) -> tuple[float, float]:
    """(x, z) half extents of the flat inner floor of a hollow thing, centred on the box's axis.

    Round things (bowl, pot, pan, plate, cup, mug, round bin) taper and have an elliptic floor with these
    half axes; where there is a handle the axis is at `body_offset_m`.
    """
    width, _, depth = body_size_m(asset)
    fraction = {"Bowl": 0.5, "Plate": 0.6, "Pan": 0.85, "Pot": 0.95, "Cup": 0.7, "GarbageCan": 0.8}.get(
        asset.object_type, 1.0
    )
    wall = wall_thickness_m(asset)
    return fraction * (width / 2 - wall), fraction * (depth / 2 - wall)


def body_size_m(asset: Asset) -> tuple[float, float, float]:
    """Size of the vessel itself, without the handles.

    A Mug's handle is at +x. A Pan or Pot much longer than wide has one long handle at +z; else it has two
    grips on the longer axis.
    """
    width, height, depth = asset.size_m
    if asset.object_type in ("Pan", "Pot"):
        return (min(width, depth), height, min(width, depth))
    if asset.object_type == "Mug":
        return min(depth, 0.85 * width), height, depth
    return width, height, depth


def has_long_handle(asset: Asset) -> bool:
    """Whether a Pan or Pot has one long handle at +z rather than two grips."""
    return asset.object_type in ("Pan", "Pot") and asset.size_m[2] > 1.2 * asset.size_m[0]


def body_offset_m(asset: Asset) -> tuple[float, float]:
    """(x, z) of the vessel's axis in the asset's frame; (0, 0) where it has no one-sided handle."""
    width, _, depth = asset.size_m
    body_width, _, body_depth = body_size_m(asset)
    if has_long_handle(asset):
        return 0.0, (body_depth - depth) / 2
    if asset.object_type == "Mug":
        return (body_width - width) / 2, 0.0
    return 0.0, 0.0
