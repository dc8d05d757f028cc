"""A floor plan to read: rooms with names and areas, walls, doors with their swing, windows, furniture.

Seen from above, x to the right and z up, as AI2-THOR's map view.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull

from generators.exporters.canvas import Canvas, Paper, PngCanvas, SvgCanvas, letter_width
from tst_sim.assets import asset_table
from tst_sim.embedded.mesh.polygons import area
from tst_sim.embedded.scene.floor_plan import wall_segments
from tst_sim.embedded.scene.free_space import free_space
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.embedded.scene.openings import PlacedAsset
from tst_sim.embedded.scene.scene import Scene
from tst_sim.embedded.scene.structure import WallFrame
from tst_sim.houses import Opening, Room
from tst_sim.storage import atomic_write

MAX_SIDE_PX, MAX_PX_PER_M = 1500, 140
MARGIN_M, FOOT_M = 0.45, 0.8
WALL_M = 0.1
ON_WALL_M = 0.75
"""What hangs with its lower edge higher than this stands on nothing, and has no name on the plan."""
JAMB_M, JAMB_SHARE = 0.07, 0.06
"""How wide the jambs beside a leaf are: metres or, if that is less, a share of the door's width."""
LETTERS_PX = (15.0, 9.0)
"""Height of the names of furniture: at most, at least."""
LEADING = 1.15
ROOM_PX, AREA_PX = 22.0, 16.0
FREE_SPACING_M = 0.25

PAPER, INK, GREY, FURNITURE, THING, WINDOW, FREE = (
    "#ffffff", "#33383d", "#7d858c", "#fbfaf7", "#c9cdd0", "#5b9bd0", "#58a868",
)  # fmt: skip
ROOMS = {"Kitchen": "#fbe5c8", "LivingRoom": "#dfebd6", "Bedroom": "#dae4f4", "Bathroom": "#d3edf0"}
OTHER_ROOM = "#e9e4f1"


@dataclass(frozen=True)
class _Thing:
    """An object on the plan."""

    outline: np.ndarray
    """(n, 2) corners of its box seen from above."""
    name: str
    on_floor: bool
    on_wall: bool


def write_floor_plan(scene: Scene, path: Path, *, show_free: bool = False) -> None:
    """Draw a house's plan; the ending, `.svg` or `.png`, says as what. `show_free`: dots where an agent can stand."""
    corners = np.concatenate([np.array(room.floor_polygon) for room in scene.house.rooms])
    low, high = corners.min(axis=0) - MARGIN_M, corners.max(axis=0) + MARGIN_M
    low[1] -= FOOT_M
    paper = Paper(low.tolist(), high.tolist(), min(MAX_SIDE_PX / float((high - low).max()), MAX_PX_PER_M))
    kind = SvgCanvas if path.suffix.lower() == ".svg" else PngCanvas
    canvas = kind(paper, PAPER)
    draw_floor_plan(scene, canvas, paper, show_free=show_free)
    with atomic_write(path) as file:
        file.write(canvas.finished())


def draw_floor_plan(scene: Scene, canvas: Canvas, paper: Paper, *, show_free: bool = False) -> None:
    """The whole plan, from the floors up."""
    house, scale = scene.house, paper.px_per_m
    for room in house.rooms:
        canvas.polygon(room.floor_polygon, fill=ROOMS.get(room.room_type, OTHER_ROOM))
    if show_free:
        for x, _, z in free_space(scene, FREE_SPACING_M).positions_m.tolist():
            canvas.dot((x, z), radius=2.2, fill=FREE)
    things = _things(scene)
    for thing in things:
        if thing.on_floor:
            canvas.polygon(thing.outline, fill=FURNITURE, stroke=GREY, width=1.4)
    for thing in things:
        if not thing.on_floor:
            canvas.polygon(thing.outline, fill=GREY if thing.on_wall else None, stroke=None if thing.on_wall else THING)
    for start, end in wall_segments(house):
        canvas.line(np.stack([start, end]), stroke=INK, width=WALL_M * scale)
    frames = {wall.id: WallFrame.of(wall) for wall in house.walls}
    for window in house.windows:
        if window.wall_ids:
            _draw_window(canvas, frames[window.wall_ids[0]], window, scale)
    openings = {opening.id for opening in house.doors}
    taken = [thing.outline for thing in things if thing.on_floor]
    for item in scene.placed:
        if item.object_id in openings:
            taken += _draw_door(canvas, item, scale)
    _draw_names(canvas, things, scale)
    for room, name in zip(house.rooms, room_names(house.rooms), strict=True):
        _draw_room_name(canvas, np.array(room.floor_polygon), name, taken, scale)
    _draw_foot(canvas, paper, house.name)


def _things(scene: Scene) -> list[_Thing]:
    """Objects, those on the floor first by size, so that small ones lie on top."""
    children = {item.id for item, parent in scene.house.all_objects() if parent is not None}
    openings = {opening.id for opening in scene.house.doors + scene.house.windows}
    things = []
    for item in scene.placed:
        if item.object_id in openings:
            continue
        asset = asset_table()[item.asset_id]
        signs = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
        box = (signs * asset.size_m) @ rotation_matrix(item.rotation).T + np.array(item.position)
        plan = box[:, [0, 2]]
        on_wall = item.object_id not in children and float(box[:, 1].min()) > ON_WALL_M
        on_floor = item.object_id not in children and not on_wall
        name = _words(asset.object_type)
        things.append(_Thing(plan[ConvexHull(plan).vertices], name, on_floor, on_wall))
    return sorted(things, key=lambda thing: -abs(area(thing.outline)))


def _words(name: str) -> str:
    """`TVStand` as `TV Stand`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)


def _draw_window(canvas: Canvas, frame: WallFrame, window: Opening, scale: float) -> None:
    ends = np.array([frame.point(x, 0.0)[[0, 2]] for x in (window.hole_min[0], window.hole_max[0])])
    across = frame.normal[[0, 2]] * WALL_M / 2
    box = np.array([ends[0] - across, ends[1] - across, ends[1] + across, ends[0] + across])
    canvas.polygon(box, fill=PAPER, stroke=WINDOW, width=0.018 * scale)
    canvas.line(ends, stroke=WINDOW, width=0.018 * scale)


def _draw_door(canvas: Canvas, item: PlacedAsset, scale: float) -> list[np.ndarray]:
    """The threshold and, where there are leaves, each as it stands and the quarter circle it swings through.

    Leaves are hinged at the asset's -x (the second of a double door at +x) and swing towards its +z. Returned are the
    outlines (n, 2) of what they sweep.
    """
    asset = asset_table()[item.asset_id]
    turn = rotation_matrix(item.rotation)[[0, 2]][:, [0, 2]]
    centre, half = np.array(item.position)[[0, 2]], asset.size_m[0] / 2
    for side in (-WALL_M / 2, WALL_M / 2):
        canvas.line(np.array([(-half, side), (half, side)]) @ turn.T + centre, stroke=GREY, width=1.0)
    if asset.object_type != "Doorway":
        return []
    double, swept = "Double" in item.asset_id, []
    half -= min(JAMB_M, JAMB_SHARE * asset.size_m[0])
    length = half if double else 2 * half
    for side in (1, -1) if double else (1,):
        hinge = np.array([-side * half, 0.0])
        angles = np.radians(np.linspace(0, 90, 24))
        swing = (hinge + length * np.stack([side * np.cos(angles), np.sin(angles)], axis=1)) @ turn.T + centre
        canvas.line(swing, stroke=GREY, width=1.0)
        opened = math.radians(90 * (item.openness or 0.0))
        tip = hinge + length * np.array([side * math.cos(opened), math.sin(opened)])
        canvas.line(np.array([hinge, tip]) @ turn.T + centre, stroke=INK, width=0.035 * scale)
        swept.append(np.concatenate([(hinge @ turn.T + centre)[None], swing]))
    return swept


@dataclass(frozen=True)
class _Name:
    """Letters that fit into a box, and the rectangle they cover: low x, low z, high x, high z."""

    lines: list[str]
    height: float
    upright: bool
    middle: np.ndarray
    covers: tuple[float, float, float, float]

    def meets(self, other: _Name) -> bool:
        a, b = self.covers, other.covers
        return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _draw_names(canvas: Canvas, things: list[_Thing], scale: float) -> None:
    """The names of what stands on the floor, where they fit and meet no other; those of large things first."""
    drawn: list[_Name] = []
    for thing in things:
        name = _fitted(thing, scale) if thing.on_floor else None
        if name is None or any(name.meets(other) for other in drawn):
            continue
        drawn.append(name)
        for number, line in enumerate(name.lines):
            shift = (number - (len(name.lines) - 1) / 2) * LEADING * name.height / scale
            place = name.middle + ((shift, 0) if name.upright else (0, -shift))
            canvas.text(place.tolist(), line, height=name.height, fill=INK, upright=name.upright)


def _fitted(thing: _Thing, scale: float) -> _Name | None:
    """The name of a thing as large as fits into it, in one line or a line a word; None where it does not fit."""
    low, high = thing.outline.min(axis=0), thing.outline.max(axis=0)
    middle, (width, depth) = (low + high) / 2, (high - low) * scale - 4
    most, least = LETTERS_PX
    best: _Name | None = None
    for lines in ([thing.name], thing.name.split()):
        longest = max(letter_width(line, 100.0) for line in lines) / 100
        for upright in (False, True):
            along, across = (depth, width) if upright else (width, depth)
            height = min(most, along / longest, across / (LEADING * len(lines)))
            if height < least or (best and height <= best.height + 0.5):
                continue
            reach = np.array([longest, LEADING * len(lines)])[:: -1 if upright else 1] * height / scale / 2
            x0, z0, x1, z1 = np.concatenate([middle - reach, middle + reach]).tolist()
            best = _Name(lines, height, upright, middle, (x0, z0, x1, z1))
    return best


def room_names(rooms: tuple[Room, ...]) -> list[str]:
    """`Kitchen`, `Bedroom 1`, `Bedroom 2`: numbered where there are several of a kind."""
    kinds = Counter(room.room_type for room in rooms)
    seen: Counter[str] = Counter()
    names = []
    for room in rooms:
        seen[room.room_type] += 1
        words = _words(room.room_type)
        names.append(f"{words} {seen[room.room_type]}" if kinds[room.room_type] > 1 else words)
    return names


def _draw_room_name(canvas: Canvas, outline: np.ndarray, name: str, taken: list[np.ndarray], scale: float) -> None:
    size = f"{abs(area(outline)):.1f} m"
    wide = letter_width(size, AREA_PX) / scale
    place = _roomiest(outline, taken, max(letter_width(name, ROOM_PX) / scale, wide), 1.3 * (ROOM_PX + AREA_PX) / scale)
    x, z = place[0], place[1] - 0.65 * ROOM_PX / scale
    canvas.text((x, place[1] + 0.55 * ROOM_PX / scale), name, height=ROOM_PX, fill=INK)
    canvas.text((x, z), size, height=AREA_PX, fill=GREY)
    canvas.text((x + wide / 2 + 4 / scale, z + 0.4 * AREA_PX / scale), "2", height=0.65 * AREA_PX, fill=GREY)


def _roomiest(outline: np.ndarray, taken: list[np.ndarray], width: float, height: float) -> tuple[float, float]:
    """The place in a room where letters of this size are farthest from walls, furniture and doors."""
    cell = 0.05
    low = outline.min(axis=0) - 2 * cell
    shape = np.ceil((outline.max(axis=0) - low) / cell).astype(int) + 2
    image = Image.new("1", (int(shape[0]), int(shape[1])))
    draw = ImageDraw.Draw(image)

    def cells(points: np.ndarray) -> list[tuple[float, float]]:
        return [(x, z) for x, z in ((points - low) / cell).tolist()]

    draw.polygon(cells(outline), fill=1)
    for shape in taken:
        draw.polygon(cells(shape), fill=0)
    free = np.asarray(ndimage.distance_transform_edt(np.asarray(image), sampling=(1.0, height / width)))
    k, i = np.unravel_index(int(free.argmax()), free.shape)
    return float(low[0] + (i + 0.5) * cell), float(low[1] + (k + 0.5) * cell)


def _draw_foot(canvas: Canvas, paper: Paper, name: str) -> None:
    """A scale in metres, the name of the house and which way x and z rise."""
    left, z = float(paper.low[0]) + MARGIN_M, float(paper.low[1]) + 0.42
    length = 5 if paper.high[0] - paper.low[0] > 8 else 2
    for metre in range(length):
        box = [(left + metre, z), (left + metre + 1, z), (left + metre + 1, z + 0.09), (left + metre, z + 0.09)]
        canvas.polygon(box, fill=INK if metre % 2 == 0 else PAPER, stroke=INK)
    for metre in range(length + 1):
        words = f"{metre} m" if metre == length else str(metre)
        canvas.text((left + metre, z - 0.14), words, height=14.0, fill=INK)
    middle = float(paper.high[0]) - MARGIN_M - (letter_width(name, 14.0) / 2 + 60) / paper.px_per_m
    canvas.text((middle, z), name, height=14.0, fill=GREY)
    corner, reach = float(paper.high[0]) - MARGIN_M - 40 / paper.px_per_m, 26 / paper.px_per_m
    for tip, letter in (((corner + reach, z - 0.1), "x"), ((corner, z - 0.1 + reach), "z")):
        canvas.line([(corner, z - 0.1), tip], stroke=INK, width=1.6)
        far = 1 + 11 / 26
        place = (corner + (tip[0] - corner) * far, z - 0.1 + (tip[1] - z + 0.1) * far)
        canvas.text(place, letter, height=14.0, fill=INK)
