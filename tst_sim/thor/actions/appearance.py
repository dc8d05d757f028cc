"""Actions that change how the house looks: materials, colors, light."""

from __future__ import annotations

import colorsys
import json
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from tst_sim.assets import procthor_data_file
from tst_sim.embedded.mesh.materials import material_for, surface_material
from tst_sim.houses import Color, House, Room
from tst_sim.placement.body import Body
from tst_sim.placement.freespace import inside_polygon
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import ActionFailed

ROOM_TYPES = MappingProxyType(
    {
        "bedroom": "Bedroom",
        "bathroom": "Bathroom",
        "livingroom": "LivingRoom",
        "kitchen": "Kitchen",
        "robothor": "RoboTHOR",
    }
)
FLOOR_FAMILIES: tuple[str, ...] = ("Wood", "Wall")
WALL_FAMILIES: tuple[str, ...] = ("Wall",)


def randomize_materials(
    world: ActionState, useTrainMaterials: bool = True, useValMaterials: bool = True, useTestMaterials: bool = True,
    useExternalMaterials: bool = True, inRoomTypes: list[str] | None = None,
) -> None:  # fmt: skip
    """Another material of its kind for every surface and thing, or those in rooms of the types; drawn by SetRandomSeed.

    A thing gets a material that another thing of its type has, in the color of that material's name. Which
    splits are used decides which materials there are to draw from; at least one must be.
    """
    wanted = _room_types(inRoomTypes)
    splits = [
        split
        for split, used in zip(("train", "val", "test"), (useTrainMaterials, useValMaterials, useTestMaterials))
        if used
    ]
    if not splits and not useExternalMaterials:
        raise ActionFailed("RandomizeMaterials needs materials: set at least one of the use...Materials to true")
    if world.house is None:
        return
    rng, paint = world.rng("materials"), dict(world.paint)
    rooms = [room for room in world.house.rooms if wanted is None or room.room_type.lower() in wanted]
    for name, families in _surfaces(world.house, rooms, ceilings=wanted is None):
        paint[name] = _surface_color(families, splits, rng)
    for body in (*world.scene, *world.hand):
        if wanted is None or _stands_in(rooms, body):
            paint[body.id] = _object_color(body, splits, rng)
    world.paint = paint
    world.version += 1


def _room_types(given: list[str] | None) -> frozenset[str] | None:
    """Lower-case room types; None for all."""
    if given is None:
        return None
    if not given:
        raise ActionFailed("inRoomTypes must have a non-zero length!")
    for name in given:
        if name.lower() not in ROOM_TYPES:
            listed = ", ".join(f'"{known}"' for known in ROOM_TYPES.values())
            raise ActionFailed(
                f"inRoomTypes contains unknown room type: {name}.\nValid room types include {{{listed}}}"
            )
    return frozenset(name.lower() for name in given)


def _surfaces(house: House, rooms: Sequence[Room], *, ceilings: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Ids of floors, walls and, all together or not at all, ceilings, with the families of their materials."""
    names = {room.id for room in rooms}
    found = [(f"floor|{room.id}", FLOOR_FAMILIES) for room in rooms]
    found += [(wall.id, WALL_FAMILIES) for wall in house.walls if wall.room_id in names and not wall.empty]
    return found + [(f"ceiling|{room.id}", WALL_FAMILIES) for room in rooms if ceilings]


def _surface_color(families: tuple[str, ...], splits: list[str], rng: np.random.Generator) -> Color:
    names = _usable([name for family in families for name in _materials()[family]], splits)
    return _srgb(surface_material(names[int(rng.integers(len(names)))]).color)


def _object_color(body: Body, splits: list[str], rng: np.random.Generator) -> Color:
    own = body.asset.materials
    family = own[int(rng.integers(len(own)))][0] if own else "Plastic"
    names = _usable(_materials().get(family, _materials()["Plastic"]), splits)
    return _srgb(material_for(family, names[int(rng.integers(len(names)))]).color)


def _srgb(linear: Color) -> Color:
    """sRGB of linear RGB, both in [0, 1] (IEC 61966-2-1)."""
    red, green, blue = (c * 12.92 if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in linear)
    return red, green, blue


def _usable(names: Sequence[str], splits: list[str]) -> Sequence[str]:
    """The share of the names that belongs to the splits: of twenty in order, train has 14, val and test 3 each."""
    owners = ["train"] * 14 + ["val"] * 3 + ["test"] * 3
    chosen = [name for index, name in enumerate(names) if owners[index % len(owners)] in splits]
    return chosen or names


@cache
def _materials() -> Mapping[str, tuple[str, ...]]:
    families = json.loads(procthor_data_file("material-database.json").read_text())
    return {family: tuple(sorted(names)) for family, names in families.items()}


def _stands_in(rooms: Sequence[Room], body: Body) -> bool:
    place = np.array([[body.position[0], body.position[2]]])
    return any(inside_polygon(place, room.floor_polygon)[0] for room in rooms)


def randomize_colors(world: ActionState) -> None:
    """A color at random for every surface and thing; drawn by SetRandomSeed."""
    if world.house is None:
        return
    rng = world.rng("colors")
    names = [name for name, _ in _surfaces(world.house, world.house.rooms, ceilings=True)]
    names += [body.id for body in (*world.scene, *world.hand)]
    world.paint = {name: colorsys.hsv_to_rgb(*rng.uniform((0, 0.2, 0.3), (1, 1, 1)).tolist()) for name in names}
    world.version += 1


def reset_looks(world: ActionState) -> None:
    """Everything in the colors of the house again."""
    world.paint = {}
    world.version += 1


def randomize_lighting(
    world: ActionState, synchronized: bool = False, brightness: list[float] | None = None, randomizeColor: bool = True,
    hue: list[float] | None = None, saturation: list[float] | None = None,
) -> None:  # fmt: skip
    """Other brightness and color for the lights; drawn by SetRandomSeed.

    The house's light changes as a whole: unless `synchronized`, by the mean of what each light would get.
    """
    if not randomizeColor and (hue is not None or saturation is not None):
        name, value = ("hue", hue) if hue is not None else ("saturation", saturation)
        raise ActionFailed(f"Cannot pass in randomizeColor=False while also providing {name}={value}.")
    ranges = {
        "brightness": brightness if brightness is not None else [0.5, 1.5],
        "hue": hue if hue is not None else [0.0, 1.0],
        "saturation": saturation if saturation is not None else [0.5, 1.0],
    }
    if any(len(pair) != 2 for pair in ranges.values()):
        raise ActionFailed(f"Ranges for hue, saturation, and brightness must each have 2 values. You gave {ranges}.")
    if min(ranges["brightness"]) < 0:
        raise ActionFailed(f"Each brightness must be >= 0, not brightness={ranges['brightness']}.")
    for name in ("hue", "saturation"):
        if min(ranges[name]) < 0 or max(ranges[name]) > 1:
            raise ActionFailed(f"{name} range must be in [0:1], not {ranges[name]}")
    lights = world.house.lights if world.house is not None else ()
    rng = world.rng("lighting")
    draws = [_light(ranges, randomizeColor, rng) for _ in range(1 if synchronized else max(1, len(lights)))]
    red, green, blue = np.mean(draws, axis=0).tolist()
    world.light_gain = (red, green, blue)
    world.version += 1


def _light(ranges: Mapping[str, list[float]], colored: bool, rng: np.random.Generator) -> tuple[float, ...]:
    """One light's factors: a color of full value, times the brightness."""
    drawn = {name: float(rng.uniform(min(pair), max(pair))) for name, pair in ranges.items()}
    color = colorsys.hsv_to_rgb(drawn["hue"], drawn["saturation"], 1.0) if colored else (1.0, 1.0, 1.0)
    return tuple(channel * drawn["brightness"] for channel in color)


def get_materials(world: ActionState) -> dict[str, Any]:
    """Names of materials by the family in which RandomizeMaterials exchanges them."""
    return {family: list(names) for family, names in _materials().items()}


ACTIONS = {
    "GetMaterials": get_materials,
    "RandomizeColors": randomize_colors,
    "RandomizeLighting": randomize_lighting,
    "RandomizeMaterials": randomize_materials,
    "ResetColors": reset_looks,
    "ResetMaterials": reset_looks,
}
