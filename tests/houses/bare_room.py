"""One bare room to put things into, where what a camera must see can be reckoned by hand."""

from __future__ import annotations

import copy

from tst_sim.houses import House


def box_house(*objects: dict, size: float = 4.0, name: str = "box-000000") -> House:
    """One bare room, `size` metres square and 2.5 m high, with the objects given as JSON."""
    corners = [(0.0, 0.0), (0.0, size), (size, size), (size, 0.0)]
    walls = []
    for number, ((x0, z0), (x1, z1)) in enumerate(zip(corners, corners[1:] + corners[:1])):
        ends = [(x0, 0, z0), (x1, 0, z1), (x0, 2.5, z0), (x1, 2.5, z1)]
        polygon = [{"x": x, "y": y, "z": z} for x, y, z in ends]
        wall = {"id": f"wall|2|{number}", "roomId": "room|2", "material": {"name": "PureWhite"}, "polygon": polygon}
        walls.append(wall)
    room = {
        "id": "room|2",
        "roomType": "LivingRoom",
        "floorMaterial": {"name": "DarkWoodFloors"},
        "floorPolygon": [{"x": x, "y": 0, "z": z} for x, z in corners],
    }
    lamp = {"id": "light_2", "type": "point", "intensity": 0.75, "range": 15, "rgb": {"r": 1, "g": 1, "b": 1}}
    document = {
        "metadata": {"schema": "1.0.0"},
        "rooms": [room],
        "walls": walls,
        "doors": [],
        "windows": [],
        "objects": list(objects),
        "proceduralParameters": {
            "ceilingMaterial": {"name": "PureWhite"},
            "skyboxId": "Sky1",
            "lights": [{**lamp, "position": {"x": size / 2, "y": 2.3, "z": size / 2}}],
        },
    }
    return House.from_json(copy.deepcopy(document), name=name)


def placed(asset_id: str, x: float, y: float, z: float, yaw: float = 0.0, **more: object) -> dict:
    return {
        "id": f"{asset_id}|1",
        "assetId": asset_id,
        "position": {"x": x, "y": y, "z": z},
        "rotation": {"x": 0, "y": yaw, "z": 0},
        "kinematic": True,
        **more,
    }
