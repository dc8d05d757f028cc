"""Positions of ceiling lights: each inside its own room."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from scipy import ndimage

from tst_sim.embedded.scene.floor_plan import FloorPlan
from tst_sim.houses import House, Light

_CELL_M = 0.1
_NUMBER = re.compile(r"^(?:light|room)\D(\d+)$")


def ceiling_lights(house: House) -> tuple[Light, ...]:
    """The house's lights but the sun; those that are not over their room's floor are moved to its widest place.

    ProcTHOR hangs a lamp at the middle of its room's corners, which for an L-shaped room is often over the next
    room. Unity lights by room all the same (culling masks); light that is traced does not get round a wall.
    """
    lights = [light for light in house.lights if light.kind != "directional"]
    if not lights or not house.rooms:
        return tuple(lights)
    plan = FloorPlan.of(house, _CELL_M)
    rooms = {_number(room.id): index for index, room in enumerate(house.rooms)}
    return tuple(_inside_its_room(light, plan, rooms.get(_number(light.id))) for light in lights)


def _number(name: str) -> str | None:
    found = _NUMBER.match(name)
    return found.group(1) if found else None


def _inside_its_room(light: Light, plan: FloorPlan, room: int | None) -> Light:
    x, y, z = light.position
    if room is None or plan.room_at(np.array([[x, z]]))[0] == room or not (plan.rooms == room).any():
        return light
    clear = np.asarray(ndimage.distance_transform_edt(plan.rooms == room))
    x, z = plan.centres().reshape(-1, 2)[np.argmax(clear)].tolist()
    return replace(light, position=(x, y, z))
