"""How far things move from where house files have them, and whether they lie on what is drawn.

    python -m benchmarks.supports FOLDER

reads every house JSON in a folder. Houses that Unity made are the measure: their things are where physics left
them. ProcTHOR states what can break 5 cm above that (lest it breaks), which is taken off; see docs/placement.md.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.mesh.mesh import merge
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import turn
from tst_sim.placement.scene import PlacementScene
from tst_sim.placement.settle import settled_scene

LIFTED_M = 0.05
"""ProcTHOR adds this to the height of what can break."""
HIT_FROM_M = 0.03
"""Rays down to the furniture start so far above a thing's bottom."""
TOLERANCE_M = 0.015


@dataclass(frozen=True)
class Move:
    """One thing: where its house has it, against where it comes to rest."""

    house: str
    object_id: str
    parent_type: str
    parent_id: str
    aside_m: float
    up_m: float
    """Upwards; what can break counts from where it comes down to."""
    gap_m: float
    """From the thing's bottom down to its furniture as it is drawn; negative where it is sunk."""


def moves(house: House) -> Iterator[Move]:
    """Every thing on a piece of furniture, in the order of the house."""
    stated, resting = PlacementScene.of(house), settled_scene(house)
    for item, parent in house.all_objects():
        if parent is None or _is_dropped(stated[item.id], stated[parent.id]):
            continue
        before, after, carrier = stated[item.id], resting[item.id], resting[parent.id]
        lifted = LIFTED_M if "CanBreak" in before.asset.secondary_properties else 0.0
        (x0, y0, z0), (x1, y1, z1) = before.position, after.position
        up = y1 - y0 + (lifted if y1 - y0 < -0.5 * lifted else 0.0)
        kind = carrier.asset.object_type
        yield Move(
            house.name, item.id, kind, carrier.asset_id, math.hypot(x1 - x0, z1 - z0), up, drawn_gap_m(after, carrier)
        )


def _is_dropped(body: Body, carrier: Body) -> bool:
    """Whether a thing is stated on the top of its furniture's box and falls from there: a pillow of a bed's group."""
    onto_seat = carrier.asset.object_type in ("ArmChair", "Bed", "Chair", "Sofa")
    return onto_seat and abs(body.bottom - carrier.top) < 0.002


def drawn_gap_m(body: Body, carrier: Body) -> float:
    """From a thing's bottom down to the drawn furniture, the least of five rays; to the floor where that is nearer."""
    asset = carrier.asset.with_supports(getattr(carrier, "supports_m", ()))
    openness = 1.0 if asset.object_type in ("Fridge", "Safe", "Box", "LaundryHamper") else None
    mesh = merge([part.mesh for part in build_asset(asset, openness=openness)])
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    low_x, low_z, high_x, high_z = body.base
    middle, half_x, half_z = body.base_centre, 0.3 * (high_x - low_x), 0.3 * (high_z - low_z)
    bottom, least = body.bottom - carrier.position[1], body.bottom
    for u, v in ((0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
        across, along = turn(u * half_x, v * half_z, body.yaw_deg)
        x, z = carrier.to_local(middle[0] + across, middle[1] + along)
        least = min(least, _drop(corners, (x, bottom + HIT_FROM_M, z)) - HIT_FROM_M)
    return least


def _drop(corners: np.ndarray, point: tuple[float, float, float]) -> float:
    """Distance straight down from a point to triangles (n, 3, 3); inf where there are none."""
    a, b, c = (corners[:, index][:, [0, 2]] for index in range(3))
    here = np.array([point[0], point[2]])
    area = _cross(b - a, c - a)
    with np.errstate(all="ignore"):
        u, v = _cross(c - b, here - b) / area, _cross(a - c, here - c) / area
        heights = u * corners[:, 0, 1] + v * corners[:, 1, 1] + (1 - u - v) * corners[:, 2, 1]
        inside = (np.minimum(np.minimum(u, v), 1 - u - v) >= -1e-9) & (heights <= point[1])
    return point[1] - float(heights[inside].max()) if inside.any() else math.inf


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]


def read(folder: Path) -> list[Move]:
    """All things of all houses of a folder."""
    found: list[Move] = []
    for path in sorted(folder.glob("*.json")):
        try:
            found += moves(House.from_json(json.loads(path.read_text()), name=path.stem))
        except UserError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
    return found


def table(found: Sequence[Move]) -> list[str]:
    """Markdown: type, things, median and worst move, how many are beside what is drawn."""
    lines = ["| type | things | up or down: median | worst | sideways: worst | not on what is drawn |"]
    lines.append("|---|---|---|---|---|---|")
    for kind in [*sorted({move.parent_type for move in found}), "all"]:
        rows = [move for move in found if kind in (move.parent_type, "all")]
        up = [abs(move.up_m) for move in rows]
        off = sum(abs(move.gap_m) > TOLERANCE_M for move in rows)
        lines.append(
            f"| {kind} | {len(rows)} | {statistics.median(up) * 100:.1f} cm | {max(up) * 100:.1f} cm "
            f"| {max(move.aside_m for move in rows) * 100:.1f} cm | {off} |"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The table, and the share of things that move by less than 2 cm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="also list the N things that move most")
    options = parser.parse_args(arguments)
    found = read(options.folder)
    if not found:
        print(f"{options.folder} has no house with things on furniture", file=sys.stderr)
        return 2
    print("\n".join(table(found)))
    near = sum(abs(move.up_m) < 0.02 for move in found) / len(found)
    print(f"\n{near:.1%} of {len(found)} things ({len(asset_table())} assets known) move by less than 2 cm up or down")
    by_size = sorted(found, key=lambda move: -max(abs(move.up_m), move.aside_m, abs(move.gap_m)))
    for move in by_size[: options.worst]:
        print(
            f"{move.house} {move.object_id} in {move.parent_id}: {move.up_m:+.3f} up, {move.aside_m:.3f} aside, "
            f"{move.gap_m:+.3f} above what is drawn"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
