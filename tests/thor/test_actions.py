"""AI2-THOR's actions answered in process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tst_sim.assets import asset_table
from tst_sim.placement.geometry_export import BOX_TRIANGLES
from tst_sim.thor.actions.controller import InProcessController
from tst_sim.thor.actions.engine import ActionEngine

DATA = Path(__file__).parents[1] / "data"
TABLE, BOWL = "3|0|0", "Bowl_10"


@pytest.fixture
def controller() -> InProcessController:
    controller = InProcessController()
    house = json.loads((DATA / "two_rooms_0.0.1.json").read_text())
    assert controller.step(action="CreateHouse", house=house, renderImage=False)
    return controller


def metadata_of(event, object_id: str) -> dict:
    return next(item for item in event.metadata["objects"] if item["objectId"] == object_id)


def things(event) -> list[dict]:
    """What the metadata lists beside doors, windows, floors and walls."""
    structure = ("Doorway", "Doorframe", "Window", "Floor", "Wall")
    return [item for item in event.metadata["objects"] if item["objectType"] not in structure]


def spawn_bowl(controller: InProcessController, seed: int = 7, receptacles: tuple[str, ...] = (TABLE,)):
    controller.step("SpawnAsset", assetId=BOWL, generatedId="small|9", position={"x": 0, "y": -20, "z": 0})
    return controller.step(
        "InitialRandomSpawn", randomSeed=seed, objectIds=["small|9"], receptacleObjectIds=list(receptacles)
    )


# The dispatcher


def test_an_unknown_action_is_refused_in_the_words_of_the_real_one(controller):
    assert ActionEngine().run("Fly", {})["errorCode"] == "InvalidAction"
    with pytest.raises(ValueError, match=r"^Invalid action: Fly$"):
        controller.step("Fly")


def test_missing_and_unknown_arguments_are_named(controller):
    with pytest.raises(ValueError, match="SpawnAsset is missing the following arguments: generatedId"):
        controller.step("SpawnAsset", assetId=BOWL)
    with pytest.raises(ValueError, match="invalid argument: 'openess'"):
        controller.step("OpenObject", objectId="x", openess=1)


def test_an_ordinary_failure_is_a_falsy_event_and_raises_only_when_asked(controller):
    event = controller.step({"action": "DisableObject", "objectId": "nobody"})
    assert (
        not event
        and event.metadata["errorMessage"] == "objectId: nobody is not the objectId on any object in the scene!"
    )
    with pytest.raises(RuntimeError, match="nobody"):
        controller.step("DisableObject", objectId="nobody", raise_for_failure=True)


# Houses and objects


def test_a_house_brings_its_objects_settled_with_their_world_boxes(controller):
    event = controller.step("Pass")
    assert len(things(event)) == 11
    stand = metadata_of(event, "3|1")
    width, height, depth = asset_table()["TV_Stand_204_1"].size_m
    assert stand["objectType"] == "TVStand" and stand["rotation"]["y"] == 180
    assert [stand["axisAlignedBoundingBox"]["size"][k] for k in "xyz"] == pytest.approx([width, height, depth])
    controller.step("SpawnAsset", assetId="Laptop_2", generatedId="laptop")
    assert metadata_of(controller.last_event, "laptop")["breakable"] and not stand["breakable"]


def test_a_turned_object_has_its_sides_swapped_in_the_world_box(controller):
    event = controller.step("SpawnAsset", assetId="TV_Stand_204_1", generatedId="t", rotation={"x": 0, "y": 90, "z": 0})
    box = metadata_of(event, "t")["axisAlignedBoundingBox"]
    width, height, depth = asset_table()["TV_Stand_204_1"].size_m
    assert [box["size"][k] for k in "xyz"] == pytest.approx([depth, height, width])
    assert box["cornerPoints"][0] == pytest.approx([depth / 2, height / 2, width / 2])


def test_a_house_with_no_rooms_is_refused_softly():
    house = {**json.loads((DATA / "two_rooms_0.0.1.json").read_text()), "rooms": []}
    event = InProcessController().step("CreateHouse", house=house)
    assert (
        not event and "rooms is a list of 0" in event.metadata["errorMessage"] and event.metadata["errorCode"] is None
    )


def test_reset_empties_the_scene_or_loads_the_house_given(controller):
    assert controller.reset().metadata["objects"] == []
    house = json.loads((DATA / "two_rooms_1.0.0.json").read_text())
    assert len(things(controller.reset(scene=house))) == 11


def test_the_object_filter_hides_others_until_it_is_reset(controller):
    controller.step("SetObjectFilter", objectIds=["2|0"])
    assert [item["objectId"] for item in controller.step("Pass").metadata["objects"]] == ["2|0"]
    assert len(things(controller.step("ResetObjectFilter"))) == 11


def test_a_disabled_object_is_gone(controller):
    assert controller.step("DisableObject", objectId="2|1")
    assert len(things(controller.last_event)) == 10


def test_only_what_can_be_opened_opens(controller):
    controller.step("SpawnAsset", assetId="Laptop_2", generatedId="laptop")
    assert (
        metadata_of(controller.step("OpenObject", objectId="laptop", openness=0.4, forceAction=True), "laptop")[
            "openness"
        ]
        == 0.4
    )
    assert not controller.step("OpenObject", objectId=TABLE, forceAction=True)


def test_geometry_is_closed_faces_outwards_and_fills_the_box(controller):
    event = controller.step("GetInSceneAssetGeometry", objectId=TABLE, triangles=True)
    meshes = event.metadata["actionReturn"]
    points = np.array([[v["x"], v["y"], v["z"]] for mesh in meshes for v in mesh["vertices"]])
    box = metadata_of(event, TABLE)["axisAlignedBoundingBox"]["cornerPoints"]
    np.testing.assert_allclose([points.min(axis=0), points.max(axis=0)], [np.min(box, axis=0), np.max(box, axis=0)])
    cube = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    a, b, c = cube[np.array(BOX_TRIANGLES).reshape(-1, 3)].transpose(1, 0, 2)
    # Clockwise seen from outside in a left-handed world: the right-handed formula gives +1.
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6 == pytest.approx(1.0)


# Random placement


def test_a_bowl_lands_wholly_on_the_table_and_on_nothing_else(controller):
    event = spawn_bowl(controller)
    assert event and metadata_of(event, "small|9")["parentReceptacles"] == [TABLE]
    scene = controller.engine.world.scene
    bowl, table = scene["small|9"], scene[TABLE]
    assert bowl.bottom == pytest.approx(table.top)
    reach = np.array(bowl.asset.size_m)[[0, 2]] / 2
    offset = np.abs(np.array(bowl.position)[[0, 2]] - np.array(table.position)[[0, 2]])
    assert (offset + reach <= np.array(table.asset.size_m)[[0, 2]] / 2).all()
    assert not scene.collides(bowl)
    assert bowl.yaw_deg % 90 == 0


def test_the_place_depends_on_the_seed_alone(controller):
    places = []
    for seed in (7, 7, 8):
        spawn_bowl(controller, seed)
        places.append(controller.engine.world.scene["small|9"].position)
        controller.step("DisableObject", objectId="small|9")
    assert places[0] == places[1] != places[2]


def test_a_table_fills_up_and_then_refuses(controller):
    placed = 0
    for number in range(200):
        name = f"bowl|{number}"
        controller.step("SpawnAsset", assetId=BOWL, generatedId=name, position={"x": 0, "y": -20, "z": 0})
        event = controller.step("InitialRandomSpawn", randomSeed=1, objectIds=[name], receptacleObjectIds=[TABLE])
        if not event:
            assert metadata_of(event, name)["axisAlignedBoundingBox"]["center"]["y"] == -20
            break
        placed += 1
    assert 5 < placed < 50


def test_what_is_too_large_is_refused(controller):
    controller.step("SpawnAsset", assetId="Bed_1", generatedId="bed", position={"x": 0, "y": -20, "z": 0})
    assert not controller.step("InitialRandomSpawn", objectIds=["bed"], receptacleObjectIds=[TABLE])


def test_a_receptacle_whose_id_only_begins_alike_is_not_meant(controller):
    controller.step("SpawnAsset", assetId="Dining_Table_16_2", generatedId="2|10", position={"x": 0, "y": -9, "z": 0})
    controller.step("SpawnAsset", assetId="Houseplant_10", generatedId="2|1|0", position={"x": 0, "y": -20, "z": 0})
    assert not spawn_bowl(controller, receptacles=("2|1", "2|10"))
    controller.step("DisableObject", objectId="small|9")
    assert spawn_bowl(controller, receptacles=("2|10",))


def test_a_faucet_stands_on_the_rim_at_the_back_of_the_sink_and_a_sponge_lies_in_it(controller):
    sink = next(asset for asset in asset_table().values() if asset.object_type == "Sink")
    controller.step("SpawnAsset", assetId=sink.asset_id, generatedId="sink", position={"x": 0, "y": 0, "z": 0})
    faucets = [asset for asset in asset_table().values() if asset.object_type == "Faucet" and asset.size_m[0] < 0.4]
    sponge = next(asset for asset in asset_table().values() if asset.object_type == "DishSponge")
    for asset in (faucets[0], sponge):
        controller.step(
            "SpawnAsset", assetId=asset.asset_id, generatedId=asset.object_type, position={"x": 9, "y": 9, "z": 9}
        )
        assert controller.step("InitialRandomSpawn", objectIds=[asset.object_type], receptacleObjectIds=["sink"])
    scene = controller.engine.world.scene
    assert scene["Faucet"].bottom == pytest.approx(scene["sink"].top)
    assert scene["Faucet"].position[2] < 0 and scene["Faucet"].yaw_deg == 0
    assert scene["DishSponge"].bottom < scene["sink"].top - 0.02


# The agent


def test_the_agent_stands_on_the_floor_and_not_in_furniture(controller):
    pose = {"rotation": {"x": 0, "y": 450, "z": 0}, "horizon": 30, "standing": True}
    assert controller.step("TeleportFull", position={"x": 2.25, "y": 0.95, "z": 2.0}, **pose)
    agent = controller.last_event.metadata["agent"]
    assert agent["position"] == {"x": 2.25, "y": 0.901, "z": 2.0} and agent["rotation"]["y"] == 90
    for position in (
        {"x": 2.0, "y": 0.95, "z": 4.0},
        {"x": -3.0, "y": 0.95, "z": 2.0},
        {"x": 0.1, "y": 0.95, "z": 2.0},
    ):
        assert not controller.step("TeleportFull", position=position, **pose)
    assert not controller.step("Teleport", horizon=75)
    assert controller.last_event.metadata["agent"] == agent


def test_reachable_positions_are_free_and_on_both_sides_of_the_door(controller):
    controller.step("Teleport", position={"x": 2.25, "y": 0.95, "z": 2.0})
    points = controller.step("GetReachablePositions").metadata["actionReturn"]
    assert {point["y"] for point in points} == {0.901}
    assert min(point["x"] for point in points) < 1 and max(point["x"] for point in points) > 7
    for point in points[::10]:
        assert controller.step("Teleport", position=point)


def test_cameras_are_numbered_and_their_field_of_view_is_bounded(controller):
    here = {"position": {"x": 1, "y": 1.5, "z": 1}, "rotation": {"x": 0, "y": 0, "z": 0}}
    assert not controller.step("AddThirdPartyCamera", fieldOfView=180, **here)
    controller.step("AddThirdPartyCamera", **here)
    cameras = controller.step("AddThirdPartyCamera", fieldOfView=60, skyboxColor="white", **here).metadata[
        "thirdPartyCameras"
    ]
    assert [(camera["thirdPartyCameraId"], camera["fieldOfView"]) for camera in cameras] == [(0, 90.0), (1, 60.0)]
