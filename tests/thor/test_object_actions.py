"""Actions on objects: opening, switching, taking out, placing, shuffling; asked of the engine in process."""

from __future__ import annotations

import math

import pytest

from tests.thor.steps import Steps, bottom, top, vector
from tst_sim.assets import asset_table
from tst_sim.thor.actions.raycast import hit_at

TABLE, BOWL, VASE, BED, PILLOW, DOOR = "3|0|0", "small|3|1", "small|3|0", "2|0", "2|0|1", "door|2|3"
TELEVISION = "3|1|1"


@pytest.fixture
def step() -> Steps:
    return Steps()


# Which object is meant


def test_an_object_is_named_by_id_or_by_its_place_in_the_picture(step):
    assert "not the objectId on any object" in step.refused("OpenObject", objectId="nobody")
    assert step.engine.run("OpenObject", {})["errorCode"] == "MissingArguments"
    assert step.engine.run("OpenObject", {"x": 0.5})["errorMessage"].endswith("missing the following arguments: y")
    assert "[0:1]" in step.refused("PickupObject", x=1.5, y=0.5)


def test_what_is_at_a_place_in_the_picture_is_picked_up_from_there(step):
    grid = [(x / 30, y / 30) for x in range(31) for y in range(31)]
    hits = {place: hit_at(step.engine.world, *place) for place in grid}
    found = {place: hit[0] for place, hit in hits.items() if hit is not None}
    x, y = next(place for place, name in found.items() if name == VASE)
    assert step("PickupObject", x=x, y=y)["actionReturn"] == VASE
    x, y = next(place for place, name in found.items() if name == TABLE and place[1] > 0.8)
    step("PutObject", x=x, y=y)
    assert step[VASE]["parentReceptacles"] == [TABLE]


def test_what_is_out_of_sight_or_reach_needs_force(step):
    assert "within the specified visibility" in step.refused("ToggleObjectOn", objectId=TELEVISION)
    step("ToggleObjectOn", objectId=TELEVISION, forceAction=True)


# Opening and switching


def test_a_door_opens_by_any_share_and_its_metadata_and_picture_follow(step):
    version = step.version
    for openness in (0.5, 0.7, 0):
        step("OpenObject", objectId=DOOR, openness=openness, forceAction=True)
        assert step[DOOR]["openness"] == openness and step[DOOR]["isOpen"] == (openness > 0)
        drawn = {placed.object_id: placed.openness for placed in step.engine.world.placed()}
        assert drawn[DOOR] == openness
    assert step.version == version + 3
    for openness in (-0.5, 1.5):
        assert "[0:1]" in step.refused("OpenObject", objectId=DOOR, openness=openness, forceAction=True)
    step("OpenObject", objectId=DOOR, moveMagnitude=0, forceAction=True)
    assert step[DOOR]["openness"] == 1
    step("CloseObject", objectId=DOOR, forceAction=True)
    assert step[DOOR]["openness"] == 0 and not step[DOOR]["isOpen"]


def test_nobody_walks_through_a_shut_door(step):
    wide = len(step("GetReachablePositions")["actionReturn"])
    step("CloseObject", objectId=DOOR, forceAction=True)
    shut = len(step("GetReachablePositions")["actionReturn"])
    step("OpenObject", objectId=DOOR, forceAction=True)
    assert shut < 0.6 * wide and len(step("GetReachablePositions")["actionReturn"]) == wide


def test_only_what_opens_opens_and_not_while_it_runs(step):
    assert "is not an Openable object" in step.refused("OpenObject", objectId=BED, forceAction=True)
    microwave = step.spawn("Microwave", "oven", position=vector(6, 1.2, 3))
    step("ToggleObjectOn", objectId=microwave, forceAction=True)
    assert "must be OFF to open" in step.refused("OpenObject", objectId=microwave, forceAction=True)
    step("ToggleObjectOff", objectId=microwave, forceAction=True)
    step("OpenObject", objectId=microwave, forceAction=True)
    assert "must be closed to Toggle On" in step.refused("ToggleObjectOn", objectId=microwave, forceAction=True)


def test_switching_twice_and_switching_furniture_are_refused(step):
    version = step.version
    step("ToggleObjectOn", objectId=TELEVISION, forceAction=True)
    assert step[TELEVISION]["isToggled"] and step.version == version
    assert "already on" in step.refused("ToggleObjectOn", objectId=TELEVISION, forceAction=True)
    step("ToggleObjectOff", objectId=TELEVISION, forceAction=True)
    assert "not toggleable" in step.refused("ToggleObjectOn", objectId=BED, forceAction=True)


# Out of the scene and back


def test_what_lay_on_a_thing_comes_down_and_goes_up_again_with_it(step):
    lay = step[PILLOW]
    step("DisableObject", objectId=BED)
    assert bottom(step[PILLOW]) == pytest.approx(0) and step[PILLOW]["parentReceptacles"] == ["Floor"]
    assert BED not in {item.object_id for item in step.engine.world.placed()}
    step("EnableObject", objectId=BED)
    assert step[PILLOW]["parentReceptacles"] == [BED]
    assert step[PILLOW]["position"] == pytest.approx(lay["position"])
    step("EnableObject", objectId=BED)
    assert "not the objectId" in step.refused("EnableObject", objectId="nobody")


def test_what_is_removed_does_not_come_back_and_doors_stay(step):
    step("RemoveFromScene", objectId=BOWL)
    assert "not the objectId" in step.refused("EnableObject", objectId=BOWL)
    assert "part of the house" in step.refused("RemoveFromScene", objectId=DOOR)
    step("PickupObject", objectId=VASE)
    step("RemoveFromScene", objectId=VASE)
    assert not step("Pass")["inventoryObjects"]


# To a place that is given


def test_a_point_above_a_table_means_its_top(step):
    step("PlaceObjectAtPoint", objectId=BOWL, position=vector(5.6, 2.0, 2.0))
    item = step[BOWL]
    assert (item["position"]["x"], item["position"]["z"]) == (5.6, 2.0)
    assert bottom(item) == pytest.approx(top(step[TABLE])) and item["parentReceptacles"] == [TABLE]
    step("PlaceObjectAtPoint", objectId=BOWL, position=vector(2.2, 0.01, 2.0), rotation=vector(0, 30, 0))
    assert bottom(step[BOWL]) == pytest.approx(0) and step[BOWL]["rotation"]["y"] == 30


def test_a_point_is_refused_where_something_is_or_no_house_is(step):
    assert f"({VASE}) is in the way" in step.refused(
        "PlaceObjectAtPoint", objectId=BOWL, position=vector(5.6, 0.9, 1.6)
    )
    assert "not within scene bounds" in step.refused("PlaceObjectAtPoint", objectId=BOWL, position=vector(50, 1, 1))
    step("PlaceObjectAtPoint", objectId=BOWL, positions=[vector(50, 1, 1), vector(2.2, 1, 2.0)])
    assert step[BOWL]["position"]["x"] == 2.2


def test_every_spawn_coordinate_above_a_table_takes_a_bowl_but_where_the_vase_is(step):
    points = step("GetSpawnCoordinatesAboveReceptacle", objectId=TABLE, anywhere=True)["actionReturn"]
    step("RemoveFromScene", objectId=VASE)
    assert len(points) > 50
    for point in points[::7]:
        step("PlaceObjectAtPoint", objectId=BOWL, position=point)
        assert step[BOWL]["parentReceptacles"] == [TABLE]
    near = step("GetSpawnCoordinatesAboveReceptacle", objectId=TABLE)["actionReturn"]
    assert 0 < len(near) < len(points)
    assert all(math.hypot(point["x"] - 4.75, point["z"] - 1.5) <= 1.5 for point in near)


def test_a_table_is_teleported_with_what_is_on_it(step):
    gap = step[BOWL]["position"]["x"] - step[TABLE]["position"]["x"]
    assert "colliding with" in step.refused("TeleportObject", objectId=TABLE, position=vector(2, 0.42, 4))
    step("TeleportObject", objectId=TABLE, position=vector(2.0, 0.4124, 1.6), rotation=vector(0, 90, 0))
    assert step[BOWL]["position"]["z"] == pytest.approx(1.6 - gap) and step[BOWL]["parentReceptacles"] == [TABLE]


def test_poses_are_set_at_once_and_what_is_not_named_is_put_away(step):
    poses = [
        {"objectName": name, **{key: step[name][key] for key in ("position", "rotation")}} for name in (TABLE, BED)
    ]
    bowl = {"objectName": BOWL, "position": {**step[VASE]["position"], "y": step[BOWL]["position"]["y"]}}
    event = step("SetObjectPoses", objectPoses=[*poses, bowl])
    found = {item["objectId"]: item for item in event["objects"]}
    assert found[BOWL]["parentReceptacles"] == [TABLE] and found[BOWL]["position"]["x"] == pytest.approx(5.6)
    assert VASE not in found and "2|2" not in found and found[TABLE]["receptacleObjectIds"] == [BOWL]
    assert "No object of name nobody" in step.refused("SetObjectPoses", objectPoses=[{"objectName": "nobody"}])


# Shuffling


def test_everything_that_can_be_picked_up_is_shuffled_by_the_seed(step):
    before = {name: step[name]["position"] for name in (BOWL, VASE, BED)}
    places = []
    for seed in (1, 1, 2):
        fresh = Steps()
        event = fresh("InitialRandomSpawn", randomSeed=seed)
        found = {item["objectId"]: item for item in event["objects"]}
        places.append([found[name]["position"] for name in (BOWL, VASE, "2|2")])
        assert found[BED]["position"] == before[BED] and found[BOWL]["position"] != before[BOWL]
        for name in (BOWL, VASE, "2|2"):
            parents = found[name]["parentReceptacles"]
            assert parents and found[parents[0]]["receptacle"]
            assert not fresh.engine.world.scene.collides(fresh.engine.world.scene[name])
    assert places[0] == places[1] != places[2]


def test_excluded_things_and_receptacles_are_left_alone(step):
    kept = step[VASE]["position"]
    step("InitialRandomSpawn", randomSeed=4, excludedObjectIds=[VASE], excludedReceptacles=["DiningTable"])
    assert step[VASE]["position"] == kept and step[BOWL]["parentReceptacles"] != [TABLE]
    assert "positive integer" in step.refused("InitialRandomSpawn", numPlacementAttempts=0)


def test_the_floor_is_drawn_only_when_it_is_allowed_and_for_what_belongs_there(step):
    before = step["2|2"]["position"]
    step("InitialRandomSpawn", randomSeed=5, receptacleObjectIds=[])
    assert step["2|2"]["position"] == before
    step("InitialRandomSpawn", randomSeed=5, receptacleObjectIds=[], allowFloor=True)
    assert step["2|2"]["parentReceptacles"] == ["Floor"] and step["2|2"]["position"] != before
    assert step[BOWL]["parentReceptacles"] == [TABLE]


def test_duplicates_of_a_type_are_made_and_placed(step):
    event = step("InitialRandomSpawn", randomSeed=2, numDuplicatesOfType=[{"objectType": "Bowl", "count": 3}])
    bowls = [item for item in event["objects"] if item["objectType"] == "Bowl"]
    assert len(bowls) == 3 and all(bottom(item) > 0.1 for item in bowls)


def test_metadata_is_told_of_objects_that_the_filter_hides(step):
    step("SetObjectFilter", objectIds=[])
    (bowl,) = step("GetObjectMetadata", objectIds=[BOWL])["actionReturn"]
    assert bowl["objectId"] == BOWL and bowl["parentReceptacles"] == [TABLE]
    assert "not the objectId" in step.refused("GetObjectMetadata", objectIds=[BOWL, "nobody"])


def test_the_asset_database_has_every_asset_with_its_box(step):
    database = step("GetAssetDatabase")["actionReturn"]
    assert set(database) == set(asset_table())
    box = database["Bowl_10"]["boundingBox"]
    size = [box["max"][axis] - box["min"][axis] for axis in "xyz"]
    assert size == pytest.approx(asset_table()["Bowl_10"].size_m)
