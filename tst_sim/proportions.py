"""Where a thing's surfaces are inside its bounding box: one truth for drawn shapes and placement.

Every function maps an asset to metres. Heights are measured upwards from the bottom of the box,
depths along z from the back (-z) or the front (+z) as named. A pillow placed by the placement
geometry therefore lies on the seat that the catalogue draws. The constants are everyday furniture
measures (seat 0.45 m, desk 0.75 m, counter run 0.61 m), capped so that they fit the asset's box.
"""

from __future__ import annotations

import hashlib

from tst_sim.assets import Asset

COUNTER_RUN_DEPTH_M = 0.61
"""Depth of one run of a kitchen counter (24 inches), as in AI2-THOR's `Countertop_*`."""

Rectangle = tuple[float, float, float, float]
"""(x low, z low, x high, z high), metres, in the asset's own frame (origin at the box centre)."""

TABLE_TYPES = ("CoffeeTable", "Desk", "DiningTable", "SideTable")
HOLLOW_TYPES = ("Bowl", "Box", "Cup", "DogBed", "GarbageCan", "LaundryHamper", "Mug", "Pan", "Plate", "Pot", "Sink")


def asset_choice(asset: Asset, what: str, count: int) -> int:
    """A number in [0, count) that is always the same for this asset and this question.

    It varies the details of assets of one type: sha256 of the asset id and the question.
    """
    digest = hashlib.sha256(f"{asset.asset_id}/{what}".encode()).digest()
    return int.from_bytes(digest[:4], "little") % count


# Seats and beds


def seat_height_m(asset: Asset) -> float:
    """Top of the sitting surface of a Chair, Stool, ArmChair, Sofa, Ottoman, Footstool or Toilet."""
    height = asset.size_m[1]
    if asset.object_type in ("Stool", "Ottoman", "Footstool"):
        return height
    share, most = {"Chair": (0.48, 0.48), "Toilet": (0.46, 0.46)}.get(asset.object_type, (0.5, 0.45))
    return min(share * height, most)


def back_depth_m(asset: Asset) -> float:
    """Depth, from -z, taken by the back of a Chair, ArmChair or Sofa; by a Toilet's tank."""
    depth = asset.size_m[2]
    share, most = {"Chair": (0.12, 0.06), "Toilet": (0.28, 0.24)}.get(asset.object_type, (0.24, 0.24))
    return min(share * depth, most)


def arm_width_m(asset: Asset) -> float:
    """Width of each arm rest of an ArmChair or a Sofa, at -x and +x."""
    share, most = (0.17, 0.18) if asset.object_type == "ArmChair" else (0.1, 0.22)
    return min(share * asset.size_m[0], most)


def arm_height_m(asset: Asset) -> float:
    """Top of the arm rests of an ArmChair or a Sofa."""
    return min(seat_height_m(asset) + 0.17, 0.8 * asset.size_m[1])


def mattress_top_m(asset: Asset) -> float:
    """Top of a Bed's mattress (the lower one of a bunk bed); flat, the whole length but the headboard."""
    height = asset.size_m[1]
    if height < 0.45:
        return 0.8 * height
    return min(0.55, max(0.36, 0.6 * height))


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
    return min(0.76, 0.6 * asset.size_m[1]) if has_hutch(asset) else asset.size_m[1]


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


def counter_footprint(asset: Asset) -> tuple[Rectangle, ...]:
    """The rectangles that a CounterTop's runs cover, by the letter in its asset id.

    I and Island are the whole box; L has a run along -z and one along -x; C has runs along -z, -x
    and +x. Where the box is too small for that, the whole box.
    """
    x, z = asset.size_m[0] / 2, asset.size_m[2] / 2
    run = COUNTER_RUN_DEPTH_M
    shape = asset.asset_id.split("_")[1] if asset.asset_id.startswith("Countertop_") else "I"
    if shape not in ("L", "C") or 2 * z < run + 0.1 or 2 * x < (2 if shape == "C" else 1) * run + 0.1:
        return ((-x, -z, x, z),)
    runs = [(-x, -z, x, -z + run), (-x, -z + run, -x + run, z)]
    if shape == "C":
        runs.append((x - run, -z + run, x, z))
    return tuple(runs)


# Storage


def shelf_heights_m(asset: Asset) -> tuple[float, ...]:
    """Upper faces of the open boards of a ShelvingUnit, TVStand, Cart, SideTable or hutch desk, lowest first.

    The last one is the top of the box (of the desk's hutch, where it is one). Closed furniture and
    plain tables have the top alone.
    """
    height = asset.size_m[1]
    if asset.object_type == "ShelvingUnit":
        return _even_shelves(0.07 * min(height, 1.0), height, max(2, round(height / 0.36)))
    if asset.object_type == "TVStand":
        return _even_shelves(0.1 * height, height, 2 if height > 0.5 else 1)
    if asset.object_type == "Cart":
        return _even_shelves(0.15 * height, 0.85 * height, 2)
    if has_hutch(asset):
        gap = height - table_top_m(asset)
        boards = 2 if gap > 0.6 else 1
        return tuple(table_top_m(asset) + gap * (index + 1) / boards for index in range(boards))
    if asset.object_type == "SideTable" and has_lower_shelf(asset):
        return (0.22 * height, height)
    return (height,)


def _even_shelves(lowest: float, highest: float, gaps: int) -> tuple[float, ...]:
    return tuple(lowest + (highest - lowest) * index / gaps for index in range(gaps + 1))


def shelf_thickness_m(asset: Asset) -> float:
    """Thickness of the boards and side panels of open furniture."""
    return min(0.025, 0.05 * min(asset.size_m))


def has_lower_shelf(asset: Asset) -> bool:
    """Whether a SideTable has an open board between its legs."""
    return not is_closed_side_table(asset) and not is_round_top(asset) and asset_choice(asset, "lower shelf", 2) == 0


def is_closed_side_table(asset: Asset) -> bool:
    """Whether a SideTable is a chest with drawers (a night stand) rather than a top on legs."""
    return asset.object_type == "SideTable" and not is_round_top(asset) and asset_choice(asset, "chest", 3) == 0


def fridge_split_m(asset: Asset) -> float:
    """Height of the gap between a Fridge's lower (cooling) and upper (freezer) door."""
    return 0.66 * asset.size_m[1]


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
    if asset.object_type == "Sink":
        return max(height - 0.17, 0.15 * height)
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
    share = {"Bowl": 0.5, "Plate": 0.6, "Pan": 0.85, "Pot": 0.95, "Cup": 0.7, "GarbageCan": 0.8}.get(
        asset.object_type, 1.0
    )
    wall = wall_thickness_m(asset)
    return share * (width / 2 - wall), share * (depth / 2 - wall)


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
