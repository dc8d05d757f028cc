"""Actions that bring houses and change how they look; asked of the engine in process, and drawn from a live scene."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tst_sim.embedded.live_scene import LiveScene
from tst_sim.houses import House
from tst_sim.thor.actions.engine import ActionEngine

HOUSE = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
LAYOUT = """
    0 0 0 0 0 0
    0 2 2 2 2 0
    0 2 2 2 2 0
    0 1 1 2 2 0
    0 1 1 1 1 0
    0 0 0 0 0 0
"""
OBJECTS = """
    0 0 0 0 0 0
    0 2 2 2 2 0
    0 2 = 2 + 0
    0 1 = 2 2 0
    0 1 1 + w 0
    0 0 0 0 w 0
"""


def room(room_type: str, material: str) -> dict:
    return {
        "wallTemplate": {"material": {"color": {"r": 1.0, "g": 0.0, "b": 0.0}}},
        "floorTemplate": {"roomType": room_type, "floorMaterial": {"name": material}},
        "floorYPosition": 0.0,
        "wallHeight": 3.0,
    }


def template(**changes) -> dict:
    return {
        "id": "house_0",
        "layout": LAYOUT,
        "objectsLayouts": [OBJECTS],
        "rooms": {"1": room("Bedroom", "DarkWoodFloors"), "2": room("LivingRoom", "RedBrick")},
        "doors": {"=": {"room0": "1", "openness": 1.0, "assetId": "Doorway_1"}},
        "windows": {"w": {"assetId": "Window_Hung_48x44"}},
        "objects": {"+": {"kinematic": True, "assetId": "Chair_007_1", "rotation": {"axis": {"y": 1}, "degrees": 90}}},
        "proceduralParameters": {"receptacleHeight": 0.7, "skyboxId": "Sky1", "ceilingMaterial": {"name": "ps_mat"}},
        "metadata": {"schema": "1.0.0"},
        **changes,
    }


@pytest.fixture
def engine() -> ActionEngine:
    engine = ActionEngine()
    done(engine, "CreateHouse", house=HOUSE)
    return engine


def done(engine: ActionEngine, action: str, **arguments) -> dict:
    event = engine.run(action, arguments)
    assert event["lastActionSuccess"], event["errorMessage"]
    return event


def refused(engine: ActionEngine, action: str, **arguments) -> str:
    world = engine.world
    event = engine.run(action, arguments)
    assert not event["lastActionSuccess"] and engine.world is world
    return event["errorMessage"]


def corners(polygon: list[dict]) -> list[tuple[float, float]]:
    return [(corner["x"], corner["z"]) for corner in polygon]


# Houses from templates


def test_a_template_becomes_rooms_walls_a_door_a_window_and_objects():
    house = done(ActionEngine(), "GetHouseFromTemplate", template=template())["actionReturn"]
    rooms = {item["id"]: item for item in house["rooms"]}
    assert corners(rooms["1"]["floorPolygon"]) == [(2, 0), (2, 2), (3, 2), (3, 4), (4, 4), (4, 0)]
    assert corners(rooms["2"]["floorPolygon"]) == [(0, 0), (0, 4), (3, 4), (3, 2), (2, 2), (2, 0)]
    assert rooms["1"]["roomType"] == "Bedroom" and rooms["2"]["floorMaterial"]["name"] == "RedBrick"
    assert len(house["walls"]) == 12 and {wall["roomId"] for wall in house["walls"]} == {"1", "2"}
    first, second = (item["position"] for item in house["objects"])
    assert [item["id"] for item in house["objects"]] == ["+", "+_1"]
    assert (second["x"] - first["x"], second["z"] - first["z"]) == (2, -1)
    assert house["objects"][0]["rotation"] == {"x": 0, "y": 90, "z": 0} and house["objects"][1]["room"] == "1"


def test_a_door_of_a_template_joins_the_two_rooms_that_its_symbol_stands_in():
    house = done(ActionEngine(), "GetHouseFromTemplate", template=template())["actionReturn"]
    walls = {wall["id"]: wall for wall in house["walls"]}
    (door,) = house["doors"]
    assert (door["room0"], door["room1"], door["id"]) == ("1", "2", "=")
    for key in ("wall0", "wall1"):
        assert {corner["x"] for corner in walls[door[key]]["polygon"]} == {2}
    low, high = door["holePolygon"]
    assert low["x"] == pytest.approx(2 - (high["x"] - low["x"])) and high["y"] == pytest.approx(2.1275, abs=1e-3)
    (window,) = house["windows"]
    assert window["room0"] == window["room1"] == "1" and "wall1" not in window


def test_the_house_of_a_template_can_be_created_and_walked_through():
    engine = ActionEngine()
    house = done(engine, "GetHouseFromTemplate", template=template())["actionReturn"]
    House.from_json(json.loads(json.dumps(house)), name="from-template")
    event = done(engine, "CreateHouse", house=house)
    found = {item["objectId"]: item for item in event["objects"]}
    assert found["+"]["objectType"] == "Chair" and found["="]["openness"] == 1 and found["house_0"]["receptacle"]
    pose = {"rotation": {"x": 0, "y": 0, "z": 0}, "horizon": 0, "standing": True}
    done(engine, "TeleportFull", x=1.0, y=0.901, z=1.5, **pose, forceAction=True)
    done(engine, "TeleportFull", x=3.5, y=0.901, z=1.0, **pose, forceAction=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layout": "0 0\n0"}, "all rows must be the same size"),
        ({"layout": "0 0\n0 0", "objectsLayouts": []}, "no cell has the number"),
        ({"layout": 7}, "give rows of symbols"),
        ({"layout": "1 0\n0 1", "objectsLayouts": []}, "room 1"),
        ({"objects": {"+": {"assetId": "Throne_1"}}}, "'Throne_1'"),
        ({"doors": {"=": {"assetId": "Gate_1"}}}, "'Gate_1'"),
        ({"rooms": 3}, "rooms is 3"),
    ],
)
def test_a_template_that_is_none_is_refused_with_what_is_wrong(changes, message):
    assert message in refused(ActionEngine(), "GetHouseFromTemplate", template=template(**changes))


# Creating houses


def test_unknown_materials_and_assets_are_all_named_and_the_old_house_stays(engine):
    house = json.loads(json.dumps(HOUSE))
    house["walls"][0]["material"]["name"], house["rooms"][1]["floorMaterial"]["name"] = "Air", "Gold9"
    assert refused(engine, "CreateHouse", house=house).startswith("Invalid materials: 'Air', 'Gold9'.")
    house = json.loads(json.dumps(HOUSE))
    house["objects"][0]["assetId"], house["doors"][0]["assetId"] = "Throne_1", "Gate_1"
    assert refused(engine, "CreateHouse", house=house).startswith("Invalid assets: 'Gate_1', 'Throne_1'.")
    assert "Exception creating house. house in-process: proceduralParameters is missing" in refused(
        engine, "CreateHouse", house={}
    )


def test_a_house_takes_the_place_of_the_one_before_with_nothing_of_it_left(engine):
    fresh = ActionEngine()
    expected = json.dumps(done(fresh, "CreateHouse", house=HOUSE)["objects"])
    done(engine, "PickupObject", objectId="small|3|0", forceAction=True)
    done(engine, "DisableObject", objectId="2|0")
    done(engine, "OpenObject", objectId="door|2|3", openness=0.1, forceAction=True)
    done(engine, "RandomizeMaterials")
    done(engine, "RandomizeLighting")
    event = done(engine, "CreateHouse", house=HOUSE)
    assert json.dumps(event["objects"]) == expected and event["inventoryObjects"] == []
    assert engine.world.paint == {} and engine.world.light_gain == (1, 1, 1) and not engine.world.disabled


def test_the_agent_goes_where_the_house_has_it_for_its_mode(engine):
    pose = {"position": {"x": 2.25, "y": 0.95, "z": 2.0}, "rotation": {"x": 0, "y": 450, "z": 0}, "horizon": 30}
    house = {**HOUSE, "metadata": {**HOUSE["metadata"], "agentPoses": {"default": {**pose, "standing": True}}}}
    agent = done(engine, "CreateHouse", house=house)["agent"]
    assert agent["position"] == {"x": 2.25, "y": 0.901, "z": 2.0} and agent["rotation"]["y"] == 90
    assert agent["cameraHorizon"] == 30


def test_a_destroyed_house_leaves_nothing(engine):
    assert done(engine, "DestroyHouse")["objects"] == [] and engine.world.placed() == ()
    hole = done(engine, "GetAssetHoleMetadata", assetId="Doorway_1")["actionReturn"]
    assert hole["max"]["y"] == pytest.approx(2.1275, abs=1e-3) and set(hole) == {"min", "max", "offset"}
    assert done(engine, "GetAssetHoleMetadata", assetId="Bed_1")["actionReturn"] is None


# What is drawn


def test_doors_windows_and_objects_are_drawn_in_the_order_of_the_stage(engine):
    live_scene = LiveScene()
    live_scene.load(engine.world.house)
    assert engine.world.placed() == tuple(live_scene.scene.placed)


def test_a_door_that_is_shut_and_opened_again_is_drawn_as_the_house_has_it(engine):
    before = engine.world.placed()
    done(engine, "CloseObject", objectId="door|2|3", forceAction=True)
    assert engine.world.placed() != before
    done(engine, "OpenObject", objectId="door|2|3", forceAction=True)
    assert engine.world.placed() == before


# Materials and light


def test_materials_come_from_the_seed_and_concern_every_surface_and_thing(engine):
    paints = []
    for seed in (41, 42, 42):
        done(engine, "SetRandomSeed", seed=seed)
        assert done(engine, "RandomizeMaterials")["actionReturn"] is None
        paints.append(engine.world.paint)
    assert paints[0] != paints[1] == paints[2]
    live_scene = LiveScene()
    live_scene.load(engine.world.house)
    assert set(paints[0]) == {surface.object_id for surface in live_scene.scene.surfaces if not surface.outdoors} | {
        body.id for body in engine.world.scene
    }
    assert all(0 <= channel <= 1 for color in paints[0].values() for channel in color)
    done(engine, "RandomizeMaterials")
    assert engine.world.paint != paints[2]
    done(engine, "ResetMaterials")
    assert engine.world.paint == {}


def test_only_rooms_of_the_types_asked_for_change(engine):
    done(engine, "RandomizeMaterials", inRoomTypes=["bedroom"])
    assert "floor|room|2" in engine.world.paint and "2|0" in engine.world.paint
    assert "floor|room|3" not in engine.world.paint and "3|0|0" not in engine.world.paint
    assert "unknown room type: Cellar" in refused(engine, "RandomizeMaterials", inRoomTypes=["Cellar"])
    assert "non-zero length" in refused(engine, "RandomizeMaterials", inRoomTypes=[])


def test_materials_of_one_split_are_other_ones_than_of_another(engine):
    chosen = []
    for split in ("useTrainMaterials", "useTestMaterials"):
        splits = dict.fromkeys(("useTrainMaterials", "useValMaterials", "useTestMaterials"), False)
        colors = set()
        for seed in range(20):
            done(engine, "SetRandomSeed", seed=seed)
            done(engine, "RandomizeMaterials", **{**splits, split: True})
            colors.add(engine.world.paint["floor|room|2"])
        chosen.append(colors)
    assert len(chosen[0]) > len(chosen[1]) > 3 and len(chosen[0] & chosen[1]) < len(chosen[1])


def test_light_changes_within_its_ranges(engine):
    done(engine, "RandomizeLighting", brightness=[0.3, 0.4], randomizeColor=False)
    red, green, blue = engine.world.light_gain
    assert red == green == blue and 0.3 <= red <= 0.4
    done(engine, "RandomizeLighting", synchronized=True, brightness=[1, 1], hue=[0, 0], saturation=[1, 1])
    np.testing.assert_allclose(engine.world.light_gain, (1, 0, 0), atol=1e-9)
    before = engine.world.version
    done(engine, "RandomizeLighting")
    assert engine.world.version > before
    for arguments in (
        {"brightness": [-1, 1]}, {"hue": [0, 2]}, {"saturation": [-0.1, 1]}, {"hue": [0.5]},
        {"randomizeColor": False, "hue": [0, 1]},
    ):  # fmt: skip
        assert refused(engine, "RandomizeLighting", **arguments)


def test_the_names_of_materials_are_known(engine):
    materials = done(engine, "GetMaterials")["actionReturn"]
    assert "DarkWoodFloors" in materials["Wood"] and "PureWhite" in materials["Wall"]
